/* A product drawn from the shipped VAE, edited along directions that were learned from the catalogue's
known factors; beside it how far the picture's own properties have moved. */
"use strict";

const vae = vaeDecoder(WEIGHTS);
const [FARTHEST, COMPARED] = [2, 60]; // standard deviations of an edit; products that give the unit
const LABELS = {
  value: "lighter", warm: "redder", height: "taller", width: "wider", rotation: "turned clockwise",
  light_angle: "light from the right",
};
const DETAILS = [
  "longer sleeves", "wider legs", "more flare", "higher handle", "higher collar", "wider brim",
  "larger handle", "longer neck", "more tapered shade", "higher back",
];
const page = document.querySelector("#page");
const amounts = ATTRIBUTES.names.map(() => 0);
let label = vae.classes.indexOf("t-shirt");
let seed = 1;
let start = []; // the code before the edit
let unit = {}; // what each property varies by among products of the class

Touch.choices(page, {
  legend: "Product",
  options: vae.classes.map((name, i) => [i, name]),
  value: label,
  onInput(value) {
    label = Number(value);
    begin();
  },
});

const editor = Touch.make("div", { class: "editor" });
page.append(editor);
const [paintBefore, paintAfter] = ["before", "after"].map((when) => {
  const figure = Touch.make("figure");
  const paint = vae.picture(figure, { role: "img", "aria-label": `The product ${when} the edit` });
  figure.append(Touch.make("figcaption", {}, when));
  editor.append(figure);
  return paint;
});

const table = Touch.make("table", { class: "moved" });
table.append(Touch.make("caption", {}, "Moved in the picture, in standard deviations among products"));
editor.append(table);
const properties = Object.keys(measure(new Uint8ClampedArray(3 * vae.size ** 2), vae.size));
const rows = properties.map((name) => {
  const value = Touch.make("td");
  const bar = Touch.make("i");
  const cell = Touch.make("td", { "aria-hidden": "true" }, Touch.make("div", { class: "bar" }, bar));
  table.append(Touch.make("tr", {}, Touch.make("th", { scope: "row" }, name), value, cell));
  return (moved) => {
    value.textContent = Touch.number(moved, 1);
    const share = Math.min(50, (Math.abs(moved) / (1.5 * FARTHEST)) * 50);
    bar.style.left = `${moved < 0 ? 50 - share : 50}%`;
    bar.style.width = `${share}%`;
  };
});

const controls = Touch.make("div", { class: "controls" });
page.append(controls);
const sliders = ATTRIBUTES.names.map((name, i) => {
  const range = { min: -FARTHEST, max: FARTHEST, step: 0.1, value: 0 };
  const slider = Touch.slider(controls, {
    label: LABELS[name] ?? "detail",
    ...range,
    format: (value) => Touch.number(value, 1),
    onInput(to) {
      amounts[i] = to;
      show();
    },
  });
  return slider;
});
const buttons = Touch.make("div", { class: "buttons" });
page.append(buttons);
Touch.button(buttons, "All back to 0", () => reset());
Touch.button(buttons, "Another product", () => {
  seed += 1;
  begin();
});

function reset() {
  amounts.fill(0);
  sliders.forEach((slider) => slider.set(0));
  show();
}

/* A new product of the class, and what is usual in it. */
function begin() {
  const others = Touch.random(label);
  const found = Array.from({ length: COMPARED }, () =>
    measure(vae.decode(vae.drawPrior(others, label), label), vae.size),
  );
  for (const name of properties) {
    const mean = found.reduce((sum, one) => sum + one[name], 0) / COMPARED;
    const squares = found.reduce((sum, one) => sum + (one[name] - mean) ** 2, 0);
    unit[name] = Math.sqrt(squares / (COMPARED - 1));
  }
  start = vae.drawPrior(Touch.random(seed), label);
  const detail = sliders[ATTRIBUTES.names.indexOf("detail")].element;
  detail.querySelector("label").textContent = DETAILS[label];
  reset();
  Touch.say(`A ${vae.classes[label]} from the fitted prior.`);
}

/* The start's code, moved by each amount along the direction of its attribute. */
function edited() {
  const directions = ATTRIBUTES.directions[label];
  return start.map((value, j) =>
    amounts.reduce((sum, amount, i) => sum + amount * directions[i][j], value),
  );
}

function show() {
  const before = measure(paintBefore(start, label), vae.size);
  const after = measure(paintAfter(edited(), label), vae.size);
  properties.forEach((name, i) => rows[i]((after[name] - before[name]) / unit[name]));
}

begin();
