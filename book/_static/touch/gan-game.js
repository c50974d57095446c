/* The page of the game: draws what gan-game-math.js plays. */
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const SIDE = 49; // points of the field along each side
  const EDGE = 3.2; // the plane from -EDGE to EDGE
  const AT_ONCE = 250; // moves between two pictures where motion is not wanted
  const settings = { loss: "non-saturating", gamma: 0, dSteps: 1, rate: 4e-3, beta1: 0 };
  let data = "ring";
  let seed = 0;
  let game;
  let real;
  let last;
  let log;
  let running = false;

  const grid = new Float64Array(2 * SIDE * SIDE);
  const place = (i) => -EDGE + (2 * EDGE * i) / (SIDE - 1);
  for (let k = 0; k < SIDE * SIDE; k += 1) {
    grid[2 * k] = place(k % SIDE);
    grid[2 * k + 1] = place(Math.floor(k / SIDE));
  }
  const pairs = (flat) =>
    Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

  function reset() {
    game = GanGame.start(data, seed, Touch.random);
    real = pairs(GanGame.realPoints(data, 240, Touch.random(2)));
    last = null;
    log = [];
    note();
  }

  function note() {
    const { modes, good } = GanGame.covered(data, GanGame.watched(game));
    log.push({ step: game.step, modes, good, ...last });
  }

  /* Play so many moves, noting every tenth. */
  function play(moves) {
    for (let i = 0; i < moves; i += 1) {
      last = GanGame.move(game, settings);
      if (game.step % 10 === 0) note();
    }
  }

  const now = () => log.at(-1);

  function words() {
    const { modes, good } = now();
    return `Step ${game.step}: ${modes} of 8 modes, ${Math.round(100 * good)} % of the points good.`;
  }

  /* The line where the field crosses zero: marching squares, [[x, y], [x, y]] pieces. */
  function contour(logits) {
    const pieces = [];
    const at = (i, j) => logits[j * SIDE + i];
    for (let j = 0; j < SIDE - 1; j += 1) {
      for (let i = 0; i < SIDE - 1; i += 1) {
        const corners = [
          [i, j],
          [i + 1, j],
          [i + 1, j + 1],
          [i, j + 1],
        ];
        const crossings = [];
        corners.forEach(([a, b], k) => {
          const [c, d] = corners[(k + 1) % 4];
          const [from, to] = [at(a, b), at(c, d)];
          if (from < 0 === to < 0) return;
          const share = from / (from - to);
          crossings.push([place(a + share * (c - a)), place(b + share * (d - b))]);
        });
        for (let k = 0; k + 1 < crossings.length; k += 2)
          pieces.push([crossings[k], crossings[k + 1]]);
      }
    }
    return pieces;
  }

  const field = document.createElement("canvas");
  field.width = field.height = SIDE;

  /* The field's colour at D: the ground at one half, and soon another, for D rarely leaves the middle. */
  function tone(d, { ground, accent, warm }) {
    return Plane.mixed(ground, d > 0.5 ? accent : warm, 0.6 * Math.sqrt(Math.abs(2 * d - 1)));
  }

  function drawField(context, at, logits, colors) {
    const pixels = field.getContext("2d").createImageData(SIDE, SIDE);
    for (let k = 0; k < SIDE * SIDE; k += 1) {
      const color = tone(GanGame.sigmoid(logits[k]), colors);
      const to = (SIDE - 1 - Math.floor(k / SIDE)) * SIDE + (k % SIDE);
      pixels.data.set([...color, 255], 4 * to);
    }
    field.getContext("2d").putImageData(pixels, 0, 0);
    context.imageSmoothingEnabled = true;
    const half = EDGE / (SIDE - 1); // a pixel of the field reaches half a step beyond its point
    context.drawImage(
      field,
      at.x(-EDGE - half),
      at.y(EDGE + half),
      at.unit * (2 * EDGE + 2 * half),
      at.unit * (2 * EDGE + 2 * half),
    );
  }

  function draw(context, w, h) {
    const colors = Touch.theme();
    const at = Plane.view(w, h, { x: [-EDGE, EDGE], y: [-EDGE, EDGE] });
    const logits = GanGame.output(game.d, grid);
    drawField(context, at, logits, colors);
    contour(logits).forEach((piece) =>
      Plane.line(context, at, piece, { color: colors.ink, width: 1.5 }),
    );
    Plane.marks(context, at, real, { color: colors.accent, kind: "ring", size: 3 });
    const made = pairs(GanGame.watched(game).slice(0, 600));
    Plane.marks(context, at, made, { color: colors.warm, size: 2.8, edge: colors.ground });
  }

  function drawChart(context, w, h) {
    const colors = Touch.theme();
    const end = Math.max(200, game.step);
    const at = Plane.view(w, h, {
      x: [0, end],
      y: [0, 8],
      left: 22,
      right: 30,
      top: 24,
      bottom: 32,
    });
    const losses = Plane.view(w, h, {
      x: [0, end],
      y: [-1, 3],
      left: 22,
      right: 30,
      top: 24,
      bottom: 32,
    });
    const ticksX = [0, end / 2, end].map((v) => [v, String(Math.round(v))]);
    Plane.axes(context, at, {
      ticksX,
      ticksY: [
        [0, "0"],
        [4, "4"],
        [8, "8"],
      ],
      nameX: "step",
      nameY: "modes of 8",
    });
    for (const v of [-1, 1, 3]) {
      Plane.text(context, String(v), w - 24, losses.y(v), {
        color: colors.soft,
        baseline: "middle",
      });
    }
    Plane.text(context, "loss", w, 1, { color: colors.soft, align: "right", baseline: "top" });
    const kept = log.filter((row) => row.d !== undefined);
    const clipped = (v) => Math.min(3, Math.max(-1, v));
    const smooth = (key) =>
      kept.map((row, i) => {
        const near = kept.slice(Math.max(0, i - 4), i + 1);
        return [row.step, clipped(near.reduce((sum, r) => sum + r[key], 0) / near.length)];
      });
    Plane.line(context, losses, smooth("d"), { color: colors.accent, dash: [6, 3] });
    Plane.line(context, losses, smooth("g"), { color: colors.warm, dash: [2, 2] });
    Plane.line(
      context,
      at,
      log.map((row) => [row.step, row.modes]),
      { color: colors.ink, width: 2.2 },
    );
  }

  function show() {
    const { modes, good } = now();
    figures.step.textContent = String(game.step);
    figures.modes.textContent = `${modes} of 8`;
    figures.good.textContent = `${Math.round(100 * good)} %`;
    figures.d.textContent = last ? Touch.number(last.d) : "–";
    figures.g.textContent = last ? Touch.number(last.g) : "–";
    picture.paint();
    chart.paint();
  }

  let spoken = -1;
  function frame() {
    if (!running) return;
    const moves = Touch.moves() ? 0 : AT_ONCE;
    if (moves) play(moves);
    else for (const until = performance.now() + 14; performance.now() < until;) play(1);
    show();
    if (now().modes !== spoken) {
      spoken = now().modes;
      Touch.say(words());
    }
    if (Touch.moves()) requestAnimationFrame(frame);
    else setTimeout(frame, 1000);
  }

  function run(on) {
    running = on;
    runs.textContent = on ? "Pause" : "Run";
    if (on) frame();
    else Touch.say(words());
  }

  function once(moves) {
    run(false);
    play(moves);
    if (game.step % 10) note();
    show();
    Touch.say(words());
  }

  function again(text) {
    run(false);
    reset();
    show();
    Touch.say(`${text} Step 0.`);
  }

  Plane.predict($("question"), {
    question:
      "The game finds all eight clouds with the settings below. Which one change leaves it with a few of them?",
    options: [
      ["minimax", "minimax loss"],
      ["steps", "five steps of D"],
      ["momentum", "momentum 0.9"],
    ],
    trial:
      "Run the game as it is for some 1,000 steps, then press Reset and try each of the three.",
    answer:
      "Momentum 0.9: the points are thrown past the clouds again and again, and mostly two of " +
      "them or fewer are held. Minimax reaches all eight: Adam gives back the length of the steps that saturation " +
      "takes away. Five steps of D make the points sharp early, four in five are good at step 500, but " +
      "at step 1,500 two clouds were still empty, in each of our three seeds. Losses alone would not " +
      "have told: those of the last two games are of much the same size.",
  });
  const picture = Touch.canvas($("picture"), {
    label:
      "The plane: real points, generated points, and the discriminator's field with the line D = ½.",
    width: 520,
    height: 520,
    draw,
  });
  const scale = Touch.make(
    "p",
    { class: "scale" },
    "D = 0, generated",
    Touch.make("i"),
    "D = 1, real",
  );
  $("picture").append(scale);
  Plane.legend($("picture"), [
    ["ring", "accent", "real"],
    ["dot", "warm", "generated"],
    ["line", "ink", "D = ½"],
  ]);
  const figures = Plane.figures($("figures"), {
    step: "step",
    modes: "modes covered",
    good: "good points",
    d: "loss of D",
    g: "loss of G",
  });
  const chart = Touch.canvas($("chart"), {
    label: "Modes covered and both losses over the steps.",
    width: 520,
    height: 200,
    draw: drawChart,
  });
  Plane.legend($("chart"), [
    ["line", "ink", "modes covered"],
    ["dash", "accent", "loss of D"],
    ["dash", "warm", "loss of G"],
  ]);
  Touch.button($("buttons"), "1 step", () => once(1));
  Touch.button($("buttons"), "100 steps", () => once(100));
  const runs = Touch.button($("buttons"), "Run", () => run(!running), { class: "main" });
  Touch.button($("buttons"), "Reset", () => again("The same networks again."));
  Touch.button($("buttons"), "Other seed", () => {
    seed += 1;
    again(`Seed ${seed}: other networks.`);
  });

  const controls = $("controls");
  const change =
    (key, convert = (v) => v) =>
    (value) => {
      settings[key] = convert(value);
    };
  Touch.choices(controls, {
    legend: "Loss of the generator",
    value: settings.loss,
    options: [
      ["non-saturating", "non-saturating"],
      ["minimax", "minimax"],
    ],
    onInput: change("loss"),
  });
  Touch.choices(controls, {
    legend: "R1 penalty, weight γ",
    value: 0,
    options: [
      [0, "off"],
      [0.1, "0.1"],
      [1, "1"],
    ],
    onInput: change("gamma", Number),
  });
  Touch.choices(controls, {
    legend: "Momentum β₁ of Adam, both players",
    value: 0,
    options: [
      [0, "0"],
      [0.5, "0.5"],
      [0.9, "0.9"],
    ],
    onInput: change("beta1", Number),
  });
  Touch.choices(controls, {
    legend: "Data",
    value: data,
    options: [
      ["ring", "ring of eight"],
      ["moons", "two moons"],
    ],
    onInput(value) {
      data = value;
      again("Other data, new networks.");
    },
  });
  Touch.slider(controls, {
    label: "Steps of D for one of G",
    min: 1,
    max: 5,
    step: 1,
    value: 1,
    onInput: change("dSteps"),
    format: (v) => String(v),
  });
  Touch.slider(controls, {
    label: "Learning rate, both players",
    min: -4,
    max: -1.7,
    step: 0.1,
    value: Math.log10(settings.rate),
    onInput: change("rate", (v) => 10 ** v),
    format: (v) => (10 ** v).toPrecision(2).replace(/0+$/, ""),
  });

  function tint() {
    const colors = Touch.theme();
    const stops = Array.from({ length: 21 }, (_, i) => `rgb(${tone(i / 20, colors)})`);
    scale.children[0].style.background = `linear-gradient(90deg, ${stops})`;
  }
  new MutationObserver(tint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  tint();
  reset();
  show();
})();
