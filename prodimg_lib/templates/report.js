"use strict";
(() => {
  // Without scripts every snapshot stands in the page; with them one does, and a slider picks it.
  const list = document.querySelector(".snapshots"), scrubber = document.querySelector(".scrubber");
  if (list && scrubber) {
    const snapshots = [...list.querySelectorAll("img")];
    const slider = scrubber.querySelector("input"), said = scrubber.querySelector("output");
    const picture = scrubber.querySelector("img");
    const show = () => {
      const chosen = snapshots[slider.value];
      picture.src = chosen.src;
      picture.alt = chosen.alt;
      said.textContent = chosen.dataset.step;
      slider.setAttribute("aria-valuetext", chosen.dataset.step);
    };
    slider.max = snapshots.length - 1;
    slider.value = slider.max;
    slider.addEventListener("input", show);
    show();
    list.hidden = true;
    scrubber.hidden = false;
  }

  // A picture is a button that opens it as large as the window allows, in whole steps of its pixels.
  const dialog = document.querySelector("dialog");
  if (!dialog.showModal) return;
  const large = dialog.querySelector("img"), room = dialog.querySelector(".room");
  let times = 1;
  const set = (wanted) => {
    times = Math.max(1, Math.min(16, wanted));
    large.width = large.naturalWidth * times;
  };
  const open = (image) => {
    large.src = image.src;
    large.alt = image.alt;
    dialog.querySelector("span").textContent = image.alt;
    dialog.showModal();
    large.decode().then(() => {
      const fits = Math.min(room.clientWidth / large.naturalWidth, room.clientHeight / large.naturalHeight);
      set(Math.max(2, Math.floor(fits)));
    });
  };
  for (const image of document.querySelectorAll("main img.pixels")) {
    const button = document.createElement("button");
    button.className = "zoom";
    button.type = "button";
    button.title = dialog.dataset.open;
    image.replaceWith(button);
    button.append(image);
    button.addEventListener("click", () => open(image));
  }
  dialog.addEventListener("click", (event) => {
    const does = event.target.dataset.does;
    if (does === "larger") set(times + 1);
    else if (does === "smaller") set(times - 1);
    else if (does === "close" || event.target === dialog || event.target === room) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") set(times + 1);
    else if (event.key === "-") set(times - 1);
  });
})();
