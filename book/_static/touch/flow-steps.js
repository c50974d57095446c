/* The page of the flow: draws what flow-steps-math.js computes. */
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const HEAPS = [
    [-1, -1],
    [-1, 1],
    [1, -1],
    [1, 1],
  ]; // as in the chapter
  const WIDTH = 0.15;
  const EDGE = 2.6;
  const N = 160; // points that are followed
  const STEPS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
  const ON_CHART = [1, 2, 4, 8, 16, 32];
  const CLASSES = { any: [0, 1, 2, 3], one: [3], two: [1, 3] };
  const state = { method: "euler", at: STEPS.indexOf(4), kind: "any", scale: 1, axis: "data" };
  const noise = FlowToy.noise(N, Touch.random(1));
  let real; // data of the class
  let floor; // what two samples of the data are apart, on average
  let curves; // {euler, heun}: [[passes, distance, error], ...]
  let exact; // where the flow itself ends: Heun's method with many steps
  let ends;

  const chosen = () => CLASSES[state.kind];
  const guidance = () => state.kind !== "any";
  const scale = () => (guidance() ? state.scale : 1);
  const field = () => FlowToy.field(HEAPS, WIDTH, chosen(), scale());
  const steps = () => STEPS[state.at];
  const passes = (method, count) => FlowToy.passes(method, count, guidance() && scale() !== 1);
  const percent = (share) => `${Math.round(100 * share)} %`;
  const number = (v) => Touch.number(v, 3);

  function newData() {
    const random = Touch.random(7);
    real = FlowToy.data(HEAPS, WIDTH, chosen(), N, random);
    const pairs = Array.from({ length: 8 }, () => {
      const [a, b] = [0, 1].map(() => FlowToy.data(HEAPS, WIDTH, chosen(), N, random));
      return Math.abs(FlowToy.energyDistance(a, b));
    });
    floor = pairs.reduce((sum, v) => sum + v, 0) / pairs.length;
  }

  const follow = (method, count) =>
    noise.map((start) => FlowToy.path(method, field(), start, count));

  /* The distance of the ends from the data, and from where the exact flow ends. */
  function newCurves() {
    exact = follow("heun", 128).map((path) => path.at(-1));
    curves = Object.fromEntries(
      ["euler", "heun"].map((method) => [
        method,
        ON_CHART.map((count) => {
          const found = follow(method, count).map((path) => path.at(-1));
          return [passes(method, count), FlowToy.energyDistance(found, real), error(found)];
        }),
      ]),
    );
  }

  /* Mean distance of end points from where the flow itself ends. */
  const error = (points) =>
    points.reduce((sum, p, i) => sum + Math.hypot(p[0] - exact[i][0], p[1] - exact[i][1]), 0) / N;

  function draw(context, w, h) {
    const colors = Touch.theme();
    const at = Plane.view(w, h, { x: [-EDGE, EDGE], y: [-EDGE, EDGE] });
    Plane.marks(context, at, real, { color: colors.accent, kind: "ring", size: 3 });
    for (const [k, centre] of HEAPS.entries()) {
      const [color, width] = chosen().includes(k) ? [colors.accent, 2] : [colors.soft, 1];
      const circle = Array.from({ length: 49 }, (_, i) =>
        [Math.cos, Math.sin].map((f, axis) => centre[axis] + 3 * WIDTH * f((i * Math.PI) / 24)),
      );
      Plane.line(context, at, circle, { color, width });
    }
    const paths = follow(state.method, steps());
    paths
      .slice(0, 60)
      .forEach((path) =>
        Plane.line(context, at, path, { color: colors.soft, width: 0.9, alpha: 0.7 }),
      );
    Plane.marks(context, at, noise.slice(0, 60), { color: colors.soft, size: 1.6 });
    Plane.marks(context, at, ends, { color: colors.warm, size: 2.8, edge: colors.ground });
  }

  function drawChart(context, w, h) {
    const colors = Touch.theme();
    const column = state.axis === "data" ? 1 : 2;
    const bottom = 1e-3;
    const at = Plane.view(w, h, {
      x: [1, 128],
      y: [bottom, 30],
      logX: true,
      logY: true,
      left: 44,
      right: 14,
      top: 20,
      bottom: 32,
    });
    Plane.axes(context, at, {
      ticksX: [1, 2, 4, 8, 16, 32, 64, 128].map((v) => [v, String(v)]),
      ticksY: [
        [0.001, "0.001"],
        [0.01, "0.01"],
        [0.1, "0.1"],
        [1, "1"],
        [10, "10"],
      ],
      nameX: "network passes",
      nameY: column === 1 ? "energy distance from the data" : "error of the end points",
    });
    if (column === 1) {
      Plane.line(
        context,
        at,
        [
          [1, floor],
          [128, floor],
        ],
        { color: colors.soft, width: 1.5, dash: [2, 3] },
      );
      Plane.text(context, "floor", at.x(1) + 4, at.y(floor) - 4, { color: colors.soft });
    }
    const seen = (row) => [row[0], Math.max(bottom, row[column])];
    for (const [method, color, kind, dash] of [
      ["euler", "accent", "dot", []],
      ["heun", "third", "ring", [6, 4]],
    ]) {
      const points = curves[method].map(seen);
      Plane.line(context, at, points, { color: colors[color], width: 2, dash });
      Plane.marks(context, at, points, { color: colors[color], kind, size: 3.2 });
    }
    const here = [passes(state.method, steps()), column === 1 ? distance() : error(ends)];
    Plane.marks(context, at, [seen([here[0], here[1], here[1]])], {
      color: colors.warm,
      kind: "ring",
      size: 8,
    });
  }

  const distance = () => FlowToy.energyDistance(ends, real);

  function lost() {
    const far = (p) => HEAPS.every(([x, y]) => Math.hypot(p[0] - x, p[1] - y) > 3 * WIDTH);
    return ends.filter(far).length / N;
  }

  function words() {
    const method = state.method === "heun" ? "Heun" : "Euler";
    const spread = FlowToy.spread(ends) / FlowToy.spread(real);
    return (
      `${method}, ${steps()} steps, ${passes(state.method, steps())} passes: energy distance ` +
      `${number(distance())}, ${percent(lost())} in no heap, spread ${percent(spread)} of the data’s.`
    );
  }

  function show() {
    ends = follow(state.method, steps()).map((path) => path.at(-1));
    figures.passes.textContent = String(passes(state.method, steps()));
    figures.distance.textContent = number(distance());
    figures.floor.textContent = number(floor);
    figures.lost.textContent = percent(lost());
    figures.spread.textContent = percent(FlowToy.spread(ends) / FlowToy.spread(real));
    scaleSlider.input.disabled = !guidance();
    picture.paint();
    chart.paint();
    Touch.say(words());
  }

  let waiting;
  function later() {
    // the curves take a moment: not at every move of a slider
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      newCurves();
      show();
    }, 120);
  }

  Plane.predict($("question"), {
    question:
      "One class is the heap at the top right. Guidance w = 4 instead of 1: its points will lie …",
    options: [
      ["same", "as they did"],
      ["wider", "further apart"],
      ["closer", "closer together, beyond the centre"],
    ],
    trial: "Choose the class, take 32 steps, and move w from 1 to 4.",
    answer:
      "Closer together, beyond the centre. In 32 of Euler’s steps their spread falls from 87 % of the " +
      "data’s to half of it, and their mean moves from 1.0 to 1.2 in both coordinates. Guidance asks for what " +
      "is typical of this class and not of the others, and that lies outwards, where there are few data. At " +
      "w = 8 more than half of the points have left the heap.",
  });
  const picture = Touch.canvas($("picture"), {
    label: "Paths of points from noise to four heaps, where they end, and data.",
    width: 520,
    height: 520,
    draw,
  });
  Plane.legend($("picture"), [
    ["ring", "accent", "data (circle: 3 widths)"],
    ["dot", "soft", "noise, and its way"],
    ["dot", "warm", "where it ends"],
  ]);
  const figures = Plane.figures($("figures"), {
    passes: "network passes",
    distance: "energy distance",
    floor: "data against data",
    lost: "in no heap",
    spread: "spread, of the data’s",
  });
  const chart = Touch.canvas($("chart"), {
    label: "Distance for each number of network passes, both methods.",
    width: 520,
    height: 260,
    draw: drawChart,
  });
  Plane.legend($("chart"), [
    ["line", "accent", "Euler"],
    ["dash", "third", "Heun"],
    ["ring", "warm", "what is shown"],
  ]);
  Touch.choices($("chart"), {
    legend: "The chart shows",
    value: "data",
    options: [
      ["data", "distance from the data"],
      ["error", "error of the end points"],
    ],
    onInput(value) {
      state.axis = value;
      show();
    },
  });

  const controls = $("controls");
  Touch.slider(controls, {
    label: "Number of steps",
    min: 0,
    max: STEPS.length - 1,
    step: 1,
    value: state.at,
    format: (v) => String(STEPS[v]),
    onInput(value) {
      state.at = value;
      show();
    },
  });
  Touch.choices(controls, {
    legend: "Method",
    value: "euler",
    options: [
      ["euler", "Euler"],
      ["heun", "Heun"],
    ],
    onInput(value) {
      state.method = value;
      show();
    },
  });
  Touch.choices(controls, {
    legend: "Class that is asked for",
    value: "any",
    options: [
      ["any", "any"],
      ["one", "top right"],
      ["two", "both at the top"],
    ],
    onInput(value) {
      state.kind = value;
      newData();
      newCurves();
      show();
    },
  });
  const scaleSlider = Touch.slider(controls, {
    label: "Guidance w (needs a class)",
    min: 0,
    max: 8,
    step: 0.25,
    value: 1,
    onInput(value) {
      state.scale = value;
      show();
      later();
    },
  });
  newData();
  newCurves();
  show();
})();
