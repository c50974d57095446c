/* Two runs of one bench side by side, at the step of the slider. Which one has collapsed is not said
before the reader has said it; then the measure that tells is shown. */
"use strict";

const [SIDE, ACROSS] = [32, 10]; // pixels of a sample; samples in a row, one of each class
const NAMES = { A: "collapsed", B: "healthy" };
const order = Object.keys(TRAINING.runs); // of the picture's rows
const looks = TRAINING.steps / TRAINING.every + 1; // one before the first step
const sheet = new Image();
const page = document.querySelector("#page");
let step = 0;
let told = false;

/* A line chart over the steps: lines are [colour name, values, step of the first, steps between]. */
function chart(parent, label, height, top, lines, extra = () => {}) {
  return Touch.canvas(parent, {
    label,
    width: 440,
    height,
    draw(context, w, h) {
      const colours = Touch.theme();
      const [left, bottom] = [30, h - 18];
      const x = (at) => left + (at / TRAINING.steps) * (w - left - 8);
      const y = (value) => bottom - (Math.min(value, top) / top) * (bottom - 8);
      context.font = "12px system-ui, sans-serif";
      context.fillStyle = colours.soft;
      context.strokeStyle = colours.line;
      context.strokeRect(left, 8, w - left - 8, bottom - 8);
      context.textAlign = "right";
      context.fillText("0", left - 5, bottom);
      context.fillText(String(top), left - 5, 17);
      context.textAlign = "center";
      for (let at = 200; at <= TRAINING.steps; at += 200) context.fillText(at, x(at) - 8, h - 4);
      extra(context, { x, y, colours });
      for (const [colour, values, first, every] of lines) {
        context.strokeStyle = colours[colour];
        context.lineWidth = 2;
        context.beginPath();
        values.forEach((value, i) => context.lineTo(x(first + i * every), y(value)));
        context.stroke();
      }
      context.strokeStyle = colours.ink;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x(step), 8);
      context.lineTo(x(step), bottom);
      context.stroke();
    },
  });
}

function key(parent, ...pairs) {
  const line = Touch.make("p", { class: "note" });
  for (const [colour, text] of pairs) {
    line.append(Touch.make("span", { class: "key", style: `border-color: var(--${colour})` }), text);
  }
  parent.append(line);
}

const columns = Touch.make("div", { class: "columns" });
page.append(columns);
const views = Object.entries(NAMES).flatMap(([letter, name]) => {
  const run = TRAINING.runs[name];
  const column = Touch.make("section", {}, Touch.make("h2", {}, `Run ${letter}`));
  columns.append(column);
  const samples = Touch.canvas(column, {
    label: `Two samples of each of ten classes from run ${letter}`,
    width: 440,
    height: 88,
    draw(context, w, h) {
      const row = order.indexOf(name) * looks + step / TRAINING.every;
      context.imageSmoothingEnabled = false;
      for (let line = 0; line < 2; line += 1) {
        const from = [line * ACROSS * SIDE, row * SIDE, ACROSS * SIDE, SIDE];
        context.drawImage(sheet, ...from, 0, (line * h) / 2, w, h / 2);
      }
    },
  });
  samples.element.classList.add("samples");
  const { smooth } = TRAINING;
  const losses = [["accent", run.dLoss, smooth, smooth], ["warm", run.gLoss, smooth, smooth]];
  const right = [["third", run.accuracy, smooth, smooth]];
  const loss = chart(column, `Losses of run ${letter} over the steps`, 120, 2, losses);
  const share = chart(column, `Share that run ${letter}'s discriminator gets right`, 80, 1, right);
  return [samples, loss, share];
});
key(page, ["accent", "loss of the discriminator"], ["warm", "of the generator"],
  ["third", "share the discriminator gets right"]);

Touch.slider(page, {
  label: "Step",
  min: 0,
  max: TRAINING.steps,
  step: TRAINING.every,
  value: step,
  format: String,
  onInput(value) {
    step = value;
    paint();
    if (told) tellSpread();
  },
});
const buttons = Touch.make("div", { class: "buttons" });
page.append(buttons);
for (const letter of Object.keys(NAMES)) {
  Touch.button(buttons, `Run ${letter} has collapsed`, () => tell(letter));
}

page.append(Touch.make("p", { role: "status" }));

const spreadOf = (letter) => TRAINING.runs[NAMES[letter]].spread[step / TRAINING.every - 1];

function tellSpread() {
  if (!step) return Touch.say("Before the first step there is nothing to compare.");
  const [a, b] = ["A", "B"].map((letter) => Math.round(100 * spreadOf(letter)));
  return Touch.say(
    `Step ${step}: images of a class differ ${a} % as much as the catalogue's do in run A, ${b} % in run B.`,
  );
}

function tell(letter) {
  const guess = NAMES[letter] === "collapsed" ? "Right" : "No, the other one";
  const [found] = TRAINING.runs.collapsed.found.filter(([, name]) => name === "collapsed");
  Touch.say(
    `${guess}. You decided at step ${step}. The doctor looks every ${TRAINING.every} steps, waits for ` +
      `a second look, and speaks at step ${found[0]}.`,
  );
  if (told) return;
  told = true;
  const title = "The measure that tells: spread within a class, the catalogue's being 1";
  page.append(Touch.make("h2", {}, title));
  const { every } = TRAINING;
  const lines = Object.entries({ warm: "collapsed", accent: "healthy" }).map(([colour, name]) =>
    [colour, TRAINING.runs[name].spread, every, every]);
  const limit = (context, { x, y, colours }) => {
    context.strokeStyle = colours.soft;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(x(0), y(TRAINING.limit));
    context.lineTo(x(TRAINING.steps), y(TRAINING.limit));
    context.stroke();
    context.setLineDash([]);
  };
  views.push(chart(page, "Spread within a class of both runs over the steps", 140, 1.6, lines, limit));
  key(page, ["warm", "run A"], ["accent", "run B"], ["soft", `the doctor's limit, ${TRAINING.limit}`]);
}

function paint() {
  views.forEach((view) => view.paint());
}
sheet.addEventListener("load", paint);
sheet.src = "training-scrubber.webp";
Touch.say("Move the step, look at images and curves, and say which run has collapsed.");
