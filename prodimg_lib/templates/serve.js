"use strict";
// Text reaches the page by textContent alone: a class name is never markup.
const at = (id) => document.getElementById(id);
let asking = null;

function chosen() {
  const picked = document.querySelector('input[name="class"]:checked');
  return picked && picked.value ? [picked.value] : [];
}

function query(format) {
  const told = new URLSearchParams({ n: at("n").value, seed: at("seed").value, format });
  chosen().forEach((name) => told.append("classes", name));
  return "generate?" + told;
}

function say(text, wrong = false) {
  at("said").textContent = text;
  at("said").classList.toggle("wrong", wrong);
}

function reason(told) {
  if (typeof told.detail === "string") return told.detail;
  if (Array.isArray(told.detail)) return told.detail.map((d) => d.where.slice(1).join(" ") + ": " + d.what).join("; ");
  return "the service refused";
}

function shown(image) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const picture = document.createElement("img");
  const name = image.class === null ? "Image" : image.class;
  picture.src = "data:image/png;base64," + image.png;
  picture.alt = "Generated: " + name + ", seed " + image.seed + ", place " + image.index;
  const words = document.createElement("span");
  words.textContent = name;
  words.setAttribute("aria-hidden", "true");
  button.type = "button";
  button.append(picture, words);
  button.addEventListener("click", () => {
    at("picture").src = picture.src;
    at("picture").alt = picture.alt;
    at("caption").textContent = name + " · seed " + image.seed + " · place " + image.index;
    at("save").href = picture.src;
    at("save").download = name.replace(/[^\p{L}\p{N}]+/gu, "-") + "-" + image.seed + "-" + image.index + ".png";
    at("large").showModal();
  });
  item.append(button);
  return item;
}

async function draw() {
  if (!at("form").reportValidity()) return;
  if (asking) asking.abort();
  const mine = (asking = new AbortController());
  at("draw").setAttribute("aria-busy", "true");
  at("zip").href = query("zip");
  say("Drawing …");
  const began = performance.now();
  try {
    const answer = await fetch(query("json"), { signal: mine.signal });
    const told = await answer.json();
    if (!answer.ok) {
      say("No images: " + reason(told), true);
      return;
    }
    const items = told.images.map(shown);
    items.forEach((item, i) => { item.style.animationDelay = Math.min(i * 18, 500) + "ms"; });
    at("images").replaceChildren(...items);
    const count = items.length === 1 ? "One image" : items.length + " images";
    say(count + " in " + ((performance.now() - began) / 1000).toFixed(2) + " seconds. Select one to see it large.");
  } catch (error) {
    if (error.name !== "AbortError") say("No answer from the service: is it still running?", true);
  } finally {
    if (asking === mine) at("draw").removeAttribute("aria-busy");
  }
}

function chip(name, words, checked) {
  const label = document.createElement("label");
  label.className = "chip";
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "class", value: name, checked });
  const text = document.createElement("span");
  text.textContent = words;
  label.append(input, text);
  input.addEventListener("change", draw);
  return label;
}

async function begin() {
  try {
    const facts = await (await fetch("health")).json();
    at("model").textContent =
      facts.run + ", a " + facts.family + " for " + facts.size + " × " + facts.size + " pixels, model " + facts.model.slice(0, 12);
    if (facts.classes.length) {
      at("classes").append(chip("", "All in turn", true), ...facts.classes.map((name) => chip(name, name, false)));
    } else {
      at("classes").hidden = true;
    }
  } catch {
    say("No answer from the service: is it still running?", true);
    return;
  }
  draw();
}

at("form").addEventListener("submit", (event) => { event.preventDefault(); draw(); });
at("n").addEventListener("input", () => { at("shown").textContent = at("n").value; });
at("n").addEventListener("change", draw);
function another() {
  at("seed").value = Math.floor(Math.random() * 1e6);
  draw();
}
at("dice").addEventListener("click", another);
at("close").addEventListener("click", () => at("large").close());
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches('input[type="number"]');
  if (event.key === "r" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) another();
});
begin();
