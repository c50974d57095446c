// In the book: each interactive page gets the book's theme, and as much height as it asks for.
"use strict";

(() => {
  const frames = [...document.querySelectorAll("figure.touch iframe")];

  function theme(frame) {
    const value = document.documentElement.dataset.theme;
    frame.contentWindow.postMessage({ touch: "theme", value }, "*");
  }

  addEventListener("message", ({ source, data }) => {
    const frame = frames.find((one) => one.contentWindow === source);
    if (!frame || data?.touch !== "height" || !(data.value > 0)) return;
    frame.style.height = `${Math.min(data.value, 4000)}px`;
    theme(frame); // now it listens
  });
  new MutationObserver(() => frames.forEach(theme)).observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });
})();
