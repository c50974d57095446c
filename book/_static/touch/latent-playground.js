/* A shipped VAE's decoder to play with: its code, the class, draws from both priors, a map. */
"use strict";

const vae = vaeDecoder(WEIGHTS);
const SPAN = 3; // a standard normal number lies within it in 997 of 1,000 cases
const CELLS = 5; // of the map, each way
const axes = [0, 1]; // of the map: to the right, upwards
const page = document.querySelector("#page");
let label = vae.classes.indexOf("mug");
let code = vae.drawPrior(Touch.random(4), label);
let seed = 4;

function part(kind, tag = "div") {
  const element = Touch.make(tag, { class: kind });
  page.append(element);
  return element;
}

/* A small canvas, a pixel of it for a pixel of the image; the browser enlarges it without blur. */
function picture(parent, about) {
  const size = { width: vae.size, height: vae.size, class: "crisp" };
  const element = Touch.make("canvas", { ...size, ...about });
  parent.append(element);
  const context = element.getContext("2d");
  return (z, of) => vae.paint(context, vae.decode(z, of));
}

/* Tasks that may wait. Those asked for before and not done yet are dropped. */
let waiting = [];
function afterwards(tasks) {
  if (!waiting.length) requestAnimationFrame(work);
  waiting = tasks;
}
function work() {
  const until = performance.now() + 12; // milliseconds: pictures keep up with the finger
  while (waiting.length && performance.now() < until) waiting.shift()();
  if (waiting.length) requestAnimationFrame(work);
}

const paintProduct = picture(part("product"), { role: "img", "aria-label": "The decoded product" });

// The map: two numbers of the code over the plane, the others as they are.
const map = Touch.make("canvas", { width: CELLS * vae.size, height: CELLS * vae.size });
const tile = Touch.make("canvas", { width: vae.size, height: vae.size });
const pad = Touch.canvas(part("map"), {
  label: "A map of products over two numbers of the code; a ring marks the one that is shown",
  width: 272,
  height: 272,
  draw(context, w, h) {
    context.imageSmoothingEnabled = false;
    context.drawImage(map, 0, 0, w, h);
    const [x, y] = axes.map((axis) => Math.max(-SPAN, Math.min(SPAN, code[axis])) / (2 * SPAN));
    for (const [width, colour] of [[5, "#ffffff"], [2.5, "#b94a1e"]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.beginPath();
      context.arc((0.5 + x) * w, (0.5 - y) * h, 9, 0, 2 * Math.PI);
      context.stroke();
    }
  },
});
Touch.drag(pad.element, (x, y) => {
  code[axes[1]] = (1 - 2 * y) * SPAN;
  code[axes[0]] = (2 * x - 1) * SPAN;
  show({ onMap: true });
});

function paintCell(row, column) {
  const z = [...code];
  z[axes[1]] = SPAN * (1 - (2 * row + 1) / CELLS);
  z[axes[0]] = SPAN * ((2 * column + 1) / CELLS - 1);
  vae.paint(tile.getContext("2d"), vae.decode(z, label));
  map.getContext("2d").drawImage(tile, column * vae.size, row * vae.size);
  pad.paint();
}

// What to do: draws, and which numbers the map shows.
const deeds = part("deeds");
const buttons = Touch.make("div", { class: "buttons" });
deeds.append(buttons);
function drawn(from, draw) {
  Touch.button(buttons, `Draw from ${from}`, () => {
    seed += 1;
    code = draw(Touch.random(seed));
    show();
    const length = Touch.number(Math.hypot(...code), 1);
    Touch.say(`A ${vae.classes[label]} from ${from}; its code has the length ${length}.`);
  });
}
drawn("N(0, I)", (random) => code.map(() => random.normal()));
drawn("the fitted prior", (random) => vae.drawPrior(random, label));
["Map across", "up"].forEach((text, which) => {
  const select = Touch.make("select");
  code.forEach((_, i) => select.append(new Option(`z${i + 1}`, i)));
  select.value = axes[which];
  select.addEventListener("change", () => {
    axes[which] = Number(select.value);
    show();
  });
  deeds.append(Touch.make("label", {}, `${text} `, select));
});
deeds.append(Touch.make("p", { role: "status" }));

// The same code as every class.
const classes = part("classes", "fieldset");
classes.append(Touch.make("legend", {}, "The same code, decoded as"));
const thumbnails = vae.classes.map((name, i) => {
  const input = Touch.make("input", { type: "radio", name: "class", value: name });
  input.checked = i === label;
  const choice = Touch.make("label", {}, input);
  const paint = picture(choice, { "aria-hidden": "true" });
  choice.append(name);
  classes.append(choice);
  input.addEventListener("change", () => {
    label = i;
    show();
    Touch.say(`The same code as ${name}.`);
  });
  return () => paint(code, i);
});

const controls = part("controls");
const sliders = code.map((value, i) => {
  const range = { min: -SPAN, max: SPAN, step: 0.05, value };
  const onInput = (to) => {
    code[i] = to;
    show({ onMap: axes.includes(i) });
  };
  return Touch.slider(controls, { label: `z${i + 1}`, ...range, onInput });
});

/* Paint the state: the product at once; then the thumbnails; then the map, unless the move was on
   it (`onMap`) and it shows all of the present state but for where the ring is. */
let mapIsOld = true;
function show({ onMap = false } = {}) {
  sliders.forEach((slider, i) => slider.set(code[i]));
  paintProduct(code, label);
  pad.paint();
  const tasks = [...thumbnails];
  mapIsOld ||= !onMap;
  if (mapIsOld) {
    for (let row = 0; row < CELLS; row += 1) {
      for (let column = 0; column < CELLS; column += 1) tasks.push(() => paintCell(row, column));
    }
    tasks.push(() => (mapIsOld = false));
  }
  afterwards(tasks);
}

show();
Touch.say(`A ${vae.classes[label]} from the fitted prior.`);
