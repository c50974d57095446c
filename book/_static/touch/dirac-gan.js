/* The page of the game of one number each: draws what dirac-gan-math.js computes. */
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const EDGE = 3;
  const START = { h: 0.4, gamma: 0, alternate: false, momentum: 0 };
  const settings = { ...START };
  let start = [0, 1]; // psi, theta
  let shown = 60; // steps

  const number = (v, decimals = 3) => Touch.number(v, decimals);

  function verdict() {
    const modulus = DiracGan.radius(settings);
    if (modulus > 1 + 1e-9) return [modulus, "spirals out"];
    return [modulus, modulus < 1 - 1e-9 ? "spirals in" : "circles"];
  }

  function draw(context, w, h) {
    const colors = Touch.theme();
    const at = Plane.view(w, h, { x: [-EDGE, EDGE], y: [-EDGE, EDGE] });
    Plane.cross(context, at, EDGE);
    for (let x = -2.75; x < EDGE; x += 0.5) {
      for (let y = -2.75; y < EDGE; y += 0.5) {
        const [a, b] = DiracGan.wish([x, y], settings.gamma);
        const length = Math.hypot(a, b) + 1e-9;
        const [dx, dy] = [(0.17 * a) / length, (0.17 * b) / length];
        const style = { color: colors.soft, width: 1, alpha: 0.75 };
        Plane.line(
          context,
          at,
          [
            [x - dx, y - dy],
            [x + dx, y + dy],
          ],
          style,
        );
        Plane.marks(context, at, [[x + dx, y + dy]], { color: colors.soft, size: 1.6 });
      }
    }
    const path = DiracGan.path(start, shown, settings).map(([psi, theta]) => [psi, theta]);
    Plane.line(context, at, path, { color: colors.accent, width: 1.5 });
    Plane.marks(context, at, path, { color: colors.accent, size: 2.4, edge: colors.ground });
    Plane.marks(context, at, path.slice(-1), {
      color: colors.warm,
      size: 5.5,
      edge: colors.ground,
    });
    Plane.text(context, "ψ, discriminator", at.x(EDGE) - 6, at.y(0) - 6, {
      color: colors.soft,
      align: "right",
    });
    Plane.text(context, "θ, generator", at.x(0) + 6, 6, { color: colors.soft, baseline: "top" });
    handle.put(...start);
  }

  function drawDistance(context, w, h) {
    const colors = Touch.theme();
    const at = Plane.view(w, h, {
      x: [0, Math.max(10, shown)],
      y: [0, 3],
      left: 22,
      right: 14,
      top: 24,
      bottom: 32,
    });
    const ticksX = [0, shown / 2, shown].map((v) => [v, String(Math.round(v))]);
    Plane.axes(context, at, {
      ticksX,
      ticksY: [0, 1, 2, 3].map((v) => [v, String(v)]),
      nameX: "step",
      nameY: "distance from the equilibrium",
    });
    const path = DiracGan.path(start, shown, settings);
    const far = path.map(([psi, theta], i) => [i, Math.min(3, Math.hypot(psi, theta))]);
    Plane.line(context, at, far, { color: colors.accent, width: 2 });
  }

  function words() {
    const [modulus, says] = verdict();
    const [psi, theta] = DiracGan.path(start, shown, settings).at(-1);
    return `|λ| = ${number(modulus, 4)}: near the equilibrium it ${says}. After ${shown} steps the distance is ${number(Math.hypot(psi, theta), 2)}.`;
  }

  function show(text) {
    const [modulus, says] = verdict();
    figures.modulus.textContent = number(modulus, 4);
    figures.says.textContent = says;
    figures.end.textContent = number(
      Math.hypot(...DiracGan.path(start, shown, settings).at(-1).slice(0, 2)),
      2,
    );
    picture.paint();
    chart.paint();
    if (text !== null) Touch.say(text ?? words());
  }

  Plane.predict($("question"), {
    question: "When the players move one after the other, they circle. Momentum 0.5 makes them …",
    options: [
      ["in", "spiral in"],
      ["circle", "circle, only faster"],
      ["out", "spiral out"],
    ],
    trial: "Choose “one after the other”, read |λ|, then move the momentum, to both sides of 0.",
    answer:
      "Out: a game has no valley in which momentum could help. Negative momentum damps it, and so does R1: " +
      "one after the other, any γ above 0 is enough, for the squared modulus is 1 − hγ as long as the " +
      "path turns. When both move at once, a little more is needed: how much, asks an exercise below.",
  });
  const stage = Touch.make("div", { class: "stage" });
  $("picture").append(stage);
  const picture = Touch.canvas(stage, {
    label: "The path of both players, from the circle on, over the directions of their moves.",
    width: 520,
    height: 520,
    draw,
  });
  const handle = Plane.handle(stage, picture.element, {
    label: "Start of the game: drag it, or move it with the arrow keys",
    edge: EDGE,
    limit: 2.8,
    onMove(place, dragged) {
      start = place;
      show(dragged ? null : undefined);
    },
    onEnd: () => Touch.say(words()),
  });
  Plane.legend($("picture"), [
    ["ring", "warm", "start: drag it"],
    ["dot", "accent", "the game, step by step"],
    ["dot", "warm", "last step"],
  ]);
  const figures = Plane.figures($("figures"), {
    modulus: "largest |λ|",
    says: "near the middle it",
    end: "distance at the end",
  });
  const chart = Touch.canvas($("chart"), {
    label: "Distance from the equilibrium over the steps.",
    width: 520,
    height: 180,
    draw: drawDistance,
  });
  const controls = $("controls");
  const sliders = {};
  const slide = (name, label, min, max, step) => {
    sliders[name] = Touch.slider(controls, {
      label,
      min,
      max,
      step,
      value: settings[name],
      format: (v) => number(v, 2),
      onInput(value) {
        settings[name] = value;
        show();
      },
    });
  };
  slide("gamma", "R1 weight γ", 0, 1, 0.01);
  slide("momentum", "Momentum", -0.5, 0.9, 0.05);
  slide("h", "Step size h", 0.05, 1, 0.05);
  Touch.slider(controls, {
    label: "Steps shown",
    min: 10,
    max: 300,
    step: 10,
    value: shown,
    format: String,
    onInput(value) {
      shown = value;
      show();
    },
  });
  const order = Touch.choices(controls, {
    legend: "The players move",
    value: "",
    options: [
      ["", "both at once"],
      ["1", "one after the other"],
    ],
    onInput(value) {
      settings.alternate = Boolean(value);
      show();
    },
  });
  Touch.button($("buttons"), "Reset", () => {
    Object.assign(settings, START);
    for (const [name, slider] of Object.entries(sliders)) slider.set(START[name]);
    order.set("");
    start = [0, 1];
    show();
  });
  show();
})();
