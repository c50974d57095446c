/* The page of the clouds: draws what frechet-clouds-math.js computes. */
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const EDGE = 4.5;
  const REDRAWS = 200;
  const MOST = 800; // points a cloud
  const START = { right: 0, up: 0, turn: 0, wide: 1, high: 1 };
  const HOME = Clouds.placed(START);
  const state = { ...START };
  let shape = "normal";
  let n = 200;
  let seed = 0;
  let real;
  let own; // points of the shape before they are placed
  let estimates = [];
  let found; // what `both` gave for what is shown

  function draws() {
    const random = Touch.random(seed);
    real = Clouds.base("normal", n, random);
    own = Clouds.base(shape, n, random);
  }

  const generated = () => Clouds.moved(own, Clouds.placed(state));
  const number = (v) => Touch.number(v, 3);

  function both() {
    const points = generated();
    const place = Clouds.placed(state);
    return {
      estimated: Clouds.frechet(Clouds.moments(real), Clouds.moments(points)),
      truth: Clouds.frechet(Clouds.trueMoments(HOME), Clouds.trueMoments(place)),
      kernel: Clouds.kernelDistance(real, points),
      trueKernel: Clouds.trueKernelDistance("normal", HOME, shape, place),
    };
  }

  /* The ellipse of two standard deviations of a mean and a covariance. */
  function ellipse({ mean, cov }) {
    const [a, b, d] = [cov[0][0], cov[0][1], cov[1][1]];
    const l = Math.sqrt(a); // Cholesky: the circle's image is the ellipse
    const m = b / l;
    const r = Math.sqrt(Math.max(0, d - m * m));
    return Array.from({ length: 73 }, (_, i) => {
      const [c, s] = [2 * Math.cos((i * Math.PI) / 36), 2 * Math.sin((i * Math.PI) / 36)];
      return [mean[0] + l * c, mean[1] + m * c + r * s];
    });
  }

  const view = (w, h) => Plane.view(w, h, { x: [-EDGE, EDGE], y: [-EDGE, EDGE] });

  function draw(context, w, h) {
    const colors = Touch.theme();
    const at = view(w, h);
    const points = generated();
    Plane.cross(context, at, EDGE);
    Plane.marks(context, at, real, { color: colors.accent, kind: "ring", size: 2.4 });
    Plane.marks(context, at, points, { color: colors.warm, kind: "cross", size: 2.4 });
    const width = 2.2;
    Plane.line(context, at, ellipse(Clouds.moments(real)), { color: colors.accent, width });
    Plane.line(context, at, ellipse(Clouds.moments(points)), {
      color: colors.warm,
      width,
      dash: [7, 4],
    });
    handle.put(state.right, state.up);
  }

  /* Estimates from new points of the same clouds, as dots; the truth as a line. */
  function drawEstimates(context, w, h) {
    const colors = Touch.theme();
    const { estimated, truth } = found;
    const all = [...estimates, estimated.total, truth.total];
    const top = Math.max(0.05, 1.1 * Math.max(...all));
    const low = Math.max(0, Math.min(...all) - 0.1 * top);
    const at = Plane.view(w, h, {
      x: [low, top],
      y: [0, 1],
      left: 20,
      right: 20,
      top: 20,
      bottom: 32,
    });
    const ticksX = [low, (low + top) / 2, top].map((v) => [v, v.toFixed(top < 1 ? 3 : 2)]);
    Plane.axes(context, at, {
      ticksX,
      nameX: "Fréchet distance",
      nameY: estimates.length ? `${REDRAWS} redraws of ${n} points each` : "not redrawn yet",
    });
    const jitter = Touch.random(5);
    const dots = estimates.map((v) => [v, 0.08 + 0.84 * jitter.uniform()]);
    Plane.marks(context, at, dots, { color: colors.third, size: 1.8 });
    Plane.line(
      context,
      at,
      [
        [truth.total, 0],
        [truth.total, 1],
      ],
      { color: colors.ink, width: 2.2 },
    );
    Plane.line(
      context,
      at,
      [
        [estimated.total, 0],
        [estimated.total, 1],
      ],
      { color: colors.warm, width: 2, dash: [5, 3] },
    );
    if (!estimates.length) return;
    const middle = estimates.reduce((sum, v) => sum + v, 0) / estimates.length;
    Plane.line(
      context,
      at,
      [
        [middle, 0],
        [middle, 1],
      ],
      { color: colors.third, width: 2.2, dash: [2, 2] },
    );
  }

  function words() {
    const { estimated, truth, kernel } = found;
    return (
      `Fréchet distance ${number(estimated.total)} from ${n} points: mean part ${number(estimated.mean)}, ` +
      `covariance part ${number(estimated.cov)}. Its truth is ${number(truth.total)}. Kernel distance ${number(kernel)}.`
    );
  }

  function show(text) {
    found = both();
    const { estimated, truth, kernel, trueKernel } = found;
    const write = (name, value, exact) => {
      cells[name].textContent = number(value);
      cells[`${name}True`].textContent = number(exact);
    };
    write("mean", estimated.mean, truth.mean);
    write("cov", estimated.cov, truth.cov);
    write("total", estimated.total, truth.total);
    write("kernel", kernel, trueKernel);
    picture.paint();
    strip.paint();
    if (text !== null) Touch.say(text ?? words());
  }

  function redraw() {
    const random = Touch.random(1000 + seed);
    estimates = Clouds.estimates(REDRAWS, n, shape, Clouds.placed(state), random);
    const middle = estimates.reduce((sum, v) => sum + v, 0) / REDRAWS;
    const { truth } = found;
    show(
      `${REDRAWS} redraws of ${n} points: on average ${number(middle)}, the truth is ${number(truth.total)}.`,
    );
  }

  function change(values, text) {
    Object.assign(state, values);
    for (const [name, slider] of Object.entries(sliders))
      if (name in values) slider.set(values[name]);
    estimates = [];
    show(text);
  }

  Plane.predict($("question"), {
    question:
      "Both clouds have mean 0 and covariance I, but the generated one is a triangle of three lumps. " +
      "The Fréchet distance of the distributions is …",
    options: [
      ["large", "large"],
      ["small", "small, but not 0"],
      ["zero", "exactly 0"],
    ],
    trial: "Choose the triangle below and compare both columns of the table; then the ring.",
    answer:
      "Exactly 0: it sees means and covariances and nothing else. What the points show is bias alone; " +
      "lower n and press “200 redraws” to see it grow like 1/n. The kernel distance sees the triangle, " +
      "because its kernel has degree three and a triangle is lopsided. The ring deceives it too: its " +
      "first three moments are those of the normal cloud. Every distance has a blind spot.",
  });
  const stage = Touch.make("div", { class: "stage" });
  $("picture").append(stage);
  const picture = Touch.canvas(stage, {
    label: "Two clouds of points with the ellipses of their covariances.",
    width: 520,
    height: 520,
    draw,
  });
  const handle = Plane.handle(stage, picture.element, {
    label: "Generated cloud: drag it, or move it with the arrow keys",
    edge: EDGE,
    limit: 3,
    onMove: ([right, up], dragged) => change({ right, up }, dragged ? null : undefined),
    onEnd: () => Touch.say(words()),
  });
  Plane.legend($("picture"), [
    ["ring", "accent", "real"],
    ["cross", "warm", "generated"],
    ["line", "accent", "2 standard deviations, real"],
    ["dash", "warm", "generated"],
  ]);
  const table = Touch.make("table");
  const row = (tag, ...texts) => {
    const cells = texts.map((text, i) =>
      Touch.make(i && tag === "td" ? "td" : "th", { scope: tag === "th" ? "col" : "row" }, text),
    );
    cells.forEach((cell) => cell.tagName === "TD" && cell.removeAttribute("scope"));
    table.append(Touch.make("tr", {}, ...cells));
    return cells;
  };
  row("th", "distance", "from the points", "true");
  const cells = {};
  for (const [name, words_] of [
    ["mean", "means’ part"],
    ["cov", "covariances’ part"],
    ["total", "Fréchet distance"],
    ["kernel", "kernel distance"],
  ]) {
    [, cells[name], cells[`${name}True`]] = row("td", words_, "", "");
  }
  $("figures").append(table);
  const strip = Touch.canvas($("chart"), {
    label: "Estimates of the Fréchet distance from new points, and the true distance.",
    width: 520,
    height: 150,
    draw: drawEstimates,
  });
  Plane.legend($("chart"), [
    ["line", "ink", "true"],
    ["dash", "warm", "these points"],
    ["dot", "third", "other points"],
    ["dash", "third", "their mean"],
  ]);
  Touch.button($("buttons"), `${REDRAWS} redraws`, redraw, { class: "main" });
  Touch.button($("buttons"), "New points", () => {
    seed += 1;
    draws();
    change({});
  });
  Touch.button($("buttons"), "Reset", () => change({ ...START }));

  const controls = $("controls");
  Touch.choices(controls, {
    legend: "Shape of the generated cloud",
    value: shape,
    options: [
      ["normal", "normal"],
      ["triangle", "triangle"],
      ["ring", "ring"],
    ],
    onInput(value) {
      shape = value;
      draws();
      change({});
    },
  });
  const sliders = {};
  Touch.slider(controls, {
    label: "Points in each, n",
    min: 1,
    max: Math.log10(MOST),
    step: 0.05,
    value: Math.log10(n),
    format: (v) => String(Math.round(10 ** v)),
    onInput(value) {
      n = Math.round(10 ** value);
      draws();
      change({});
    },
  });
  const kinds = [
    ["right", "Move right", -3, 3, 0.05],
    ["up", "Move up", -3, 3, 0.05],
    ["turn", "Turn", -90, 90, 1, (v) => `${Touch.number(v, 0)}°`],
    ["wide", "Width", 0.1, 2.5, 0.05],
    ["high", "Height", 0.1, 2.5, 0.05],
  ];
  for (const [name, label, min, max, step, format] of kinds) {
    sliders[name] = Touch.slider(controls, {
      label,
      min,
      max,
      step,
      value: state[name],
      format,
      onInput: (value) => change({ [name]: value }),
    });
  }

  draws();
  show();
})();
