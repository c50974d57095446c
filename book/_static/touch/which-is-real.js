/* Twenty pairs of a catalogue drawing and one of the shipped 64-px GAN, both of one class: the score,
and its interval against chance. Nothing is told before the end, or one would learn from it. */
"use strict";

const CLASSES = [
  "t-shirt", "trousers", "dress", "handbag", "sneaker", "hat", "mug", "bottle", "lamp", "chair",
];
const [SIDE, ROWS, PAIRS, GLANCE] = [64, 4, 20, 400]; // pixels; of each kind; a round; milliseconds
const page = document.querySelector("#page");
const random = Touch.random(Date.now());
const sheet = new Image();
let stock = []; // pairs not shown yet
let round = []; // {label, real, drawn, realIsLeft, right}
let answered = 0;
const total = { right: 0, n: 0 };

/* Wilson's 95 % interval of a share of n trials, as `prodimg_lib.metrics.human.wilson_interval`. */
function wilson(share, n) {
  const z = 1.959963984540054;
  const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half =
    (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/* All pairs, one real and one drawn product of a class each, in chance order. */
function pairs() {
  const all = CLASSES.flatMap((_, label) => {
    const drawn = random.shuffle([4, 5, 6, 7]);
    return Array.from({ length: ROWS }, (_, row) => ({ label, real: row, drawn: drawn[row] }));
  });
  return random.shuffle(all);
}

function tile(parent, width) {
  let shown = null;
  const view = Touch.canvas(parent, {
    label: "",
    width,
    height: width,
    draw(context, w, h) {
      if (!shown) return;
      context.imageSmoothingEnabled = false;
      context.drawImage(sheet, ...shown, SIDE, SIDE, 0, 0, w, h);
    },
  });
  view.element.removeAttribute("role");
  view.element.setAttribute("aria-hidden", "true"); // what is on it is the question
  view.show = (label, row) => {
    shown = [label * SIDE, row * SIDE];
    view.paint();
  };
  return view;
}

const task = Touch.make("p");
const pair = Touch.make("div", { class: "pair" });
page.append(task, pair);
const sides = ["Left", "Right"].map((text, right) => {
  const button = Touch.button(pair, "", () => answer(!right));
  const view = tile(button, 224);
  button.append(text);
  return { button, view };
});
const look = Touch.choices(page, {
  legend: "Each pair is shown",
  options: [["long", "until you answer"], ["glance", `for ${GLANCE / 1000} seconds`]],
  value: "long",
  onInput() {
    Object.assign(total, { right: 0, n: 0 }); // another task, another score
    scale.paint();
    begin();
  },
});
const scale = Touch.canvas(page, {
  label: "Your score and its interval, on a scale from 0 to 100 %, with chance at 50 %",
  width: 560,
  height: 70,
  draw: drawScale,
});
const after = Touch.make("div");
page.append(after);

function drawScale(context, w, h) {
  const colours = Touch.theme();
  const [left, wide, y] = [24, w - 48, h / 2 + 2];
  const place = (share) => left + share * wide;
  context.font = "13px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillStyle = colours.soft;
  context.strokeStyle = colours.line;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(place(0), y);
  context.lineTo(place(1), y);
  context.stroke();
  ["0", "25", "50", "75", "100 %"].forEach((text, i) => context.fillText(text, place(i / 4), h - 3));
  context.strokeStyle = colours.soft;
  context.setLineDash([4, 4]);
  context.beginPath();
  context.moveTo(place(0.5), 16);
  context.lineTo(place(0.5), h - 15);
  context.stroke();
  context.setLineDash([]);
  context.fillText("chance", place(0.5), 12);
  if (!total.n) return;
  const share = total.right / total.n;
  const [low, high] = wilson(share, total.n);
  context.strokeStyle = context.fillStyle = colours.accent;
  context.lineWidth = 6;
  context.beginPath();
  context.moveTo(place(low), y);
  context.lineTo(place(high), y);
  context.stroke();
  context.beginPath();
  context.arc(place(share), y, 8, 0, 2 * Math.PI);
  context.fill();
}

let timer = null;
function present() {
  const now = round[answered];
  if (!now) return;
  task.textContent = `Pair ${answered + 1} of ${PAIRS}: which ${CLASSES[now.label]} is from the catalogue?`;
  sides.forEach(({ view }, i) => {
    view.element.classList.remove("gone");
    view.show(now.label, now.realIsLeft === (i === 0) ? now.real : now.drawn);
  });
  clearTimeout(timer);
  if (look.value === "glance") {
    timer = setTimeout(() => sides.forEach(({ view }) => view.element.classList.add("gone")), GLANCE);
  }
}

function begin() {
  if (stock.length < PAIRS) stock = pairs();
  round = stock.splice(0, PAIRS).map((one) => ({ ...one, realIsLeft: random.uniform() < 0.5 }));
  answered = 0;
  after.replaceChildren();
  sides.forEach(({ button }) => (button.disabled = false));
  present();
  Touch.say("Left and right arrow keys answer, too.");
}

function answer(left) {
  const now = round[answered];
  if (!now) return;
  now.right = left === now.realIsLeft;
  answered += 1;
  if (answered < PAIRS) present();
  else finish();
}

function finish() {
  clearTimeout(timer);
  sides.forEach(({ button, view }) => {
    button.disabled = true;
    view.element.classList.add("gone");
  });
  const right = round.filter((one) => one.right).length;
  total.right += right;
  total.n += PAIRS;
  const [low, high] = wilson(total.right / total.n, total.n);
  const percent = (share) => `${Math.round(100 * share)} %`;
  const far = low > 0.5 ? "Chance is excluded: you can tell them apart"
    : high < 0.5 ? "Chance is excluded, the other way round: you took what was drawn for real"
    : "Chance is not excluded. That is no proof that you guessed: more pairs could still show a difference";
  task.textContent = `${right} of ${PAIRS} right.`;
  Touch.say(
    `${total.right} of ${total.n} right, ${percent(total.right / total.n)}; 95 % interval ` +
      `${percent(low)} to ${percent(high)}. ${far}.`,
  );
  scale.paint();
  const again = Touch.button(after, "Twenty more pairs", begin, { class: "main" });
  after.append(Touch.make("h2", {}, "What you saw: the catalogue's on the left, the GAN's on the right"));
  const list = Touch.make("ol", { class: "review" });
  after.append(list);
  round.forEach(({ label, real, drawn, right }) => {
    const item = Touch.make("li");
    const two = Touch.make("div", { class: "pair" });
    [real, drawn].forEach((row) => tile(two, SIDE).show(label, row));
    item.append(two, `${CLASSES[label]}: ${right ? "right" : "taken for real"}`);
    list.append(item);
  });
  again.focus();
}

addEventListener("keydown", (event) => {
  if (event.target.matches?.("input")) return; // its own arrows
  if (event.key === "ArrowLeft") answer(true);
  if (event.key === "ArrowRight") answer(false);
});
sheet.addEventListener("load", begin);
sheet.src = "which-is-real.webp";
