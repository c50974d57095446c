/* The page of the bound: draws what elbo-sliders-math.js computes. */
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const X = 1.5; // the photograph, as in the chapter
  const START = { x: X, mean: 0, logVar: 0, sigma: 1, beta: 1 };
  const state = { ...START };
  const CLOSED = 5e-4; // nats: a gap that rounds to 0.000

  const nats = (v) => Touch.number(Math.abs(v) < 5e-4 ? 0 : v, 3);

  function curve(mean, variance) {
    return Array.from({ length: 241 }, (_, i) => {
      const z = -3.5 + (7 * i) / 240;
      return [z, Math.exp(ElboToy.logNormal(z, mean, variance))];
    });
  }

  function drawCurves(context, w, h) {
    const colors = Touch.theme();
    const truth = ElboToy.posterior(X, state.sigma);
    const curves = [
      curve(0, 1),
      curve(truth.mean, truth.variance),
      curve(state.mean, Math.exp(state.logVar)),
    ];
    const top = Math.max(1, ...curves.flat().map(([, density]) => 1.08 * density));
    const at = Plane.view(w, h, {
      x: [-3.5, 3.5],
      y: [0, top],
      left: 8,
      right: 8,
      top: 18,
      bottom: 32,
    });
    const ticksX = [-3, -2, -1, 0, 1, 2, 3].map((v) => [v, Touch.number(v, 0)]);
    Plane.axes(context, at, { ticksX, nameX: "code z", nameY: "density" });
    const [prior, posterior, guess] = curves;
    Plane.line(
      context,
      at,
      [
        [X, 0],
        [X, 0.9 * top],
      ],
      { color: colors.soft, width: 1, dash: [2, 3] },
    );
    Plane.text(context, "x = 1.5", at.x(X) + 4, at.y(0.9 * top), {
      color: colors.soft,
      baseline: "top",
    });
    Plane.line(context, at, prior, { color: colors.soft, width: 1.5, dash: [2, 3] });
    Plane.line(context, at, guess, { color: colors.warm, width: 2.5 });
    Plane.line(context, at, posterior, { color: colors.accent, width: 2.5, dash: [8, 4] });
  }

  /* Rows of bars: each starts where the one above ends, and the last is what they add up to. */
  function drawBars(context, w, h) {
    const colors = Touch.theme();
    const { reconstruction, kl, elbo, logP, gap } = ElboToy.terms(state);
    const rows = [
      ["reconstruction", 0, reconstruction, colors.accent, reconstruction],
      ["− KL(q ‖ prior)", reconstruction, elbo, colors.third, -kl],
      ["gap, KL(q ‖ posterior)", elbo, logP, colors.warm, gap],
      ["log p(x)", 0, logP, colors.ink, logP],
    ];
    const low = Math.min(-5, Math.floor(Math.min(reconstruction, elbo)));
    const high = Math.max(0, Math.ceil(reconstruction));
    const at = Plane.view(w, h, {
      x: [low, high],
      y: [0, 4],
      left: 8,
      right: 12,
      top: 0,
      bottom: 32,
    });
    const every = Math.max(1, Math.ceil((high - low) / 6));
    const ticksX = [];
    for (let v = high; v >= low; v -= every) ticksX.push([v, Touch.number(v, 0)]);
    Plane.axes(context, at, { ticksX, nameX: "nats" });
    rows.forEach(([name, from, to, color, value], i) => {
      const y = at.y(4 - i);
      const height = at.y(0) - at.y(1);
      context.fillStyle = color;
      const [left, right] = [at.x(Math.min(from, to)), at.x(Math.max(from, to))];
      context.fillRect(left, y + 0.46 * height, Math.max(2, right - left), 0.42 * height);
    });
    const bound = [
      [elbo, 0.12],
      [elbo, 3],
    ];
    Plane.line(context, at, bound, { color: colors.third, width: 1.2, dash: [3, 3] });
    Plane.line(
      context,
      at,
      [
        [logP, 0],
        [logP, 4],
      ],
      { color: colors.ink, width: 1.5, dash: [6, 4] },
    );
    rows.forEach(([name, , , , value], i) => {
      const y = at.y(4 - i) + 0.38 * (at.y(0) - at.y(1));
      Plane.text(context, `${name}  ${nats(value)}`, 8, y, { color: colors.ink });
    });
  }

  function words() {
    const { elbo, logP, gap } = ElboToy.terms(state);
    if (gap < CLOSED) return `The bound touches log p(x) = ${nats(logP)}: q is the posterior.`;
    return `ELBO ${nats(elbo)}, ${nats(gap)} nats below log p(x) = ${nats(logP)}.`;
  }

  function show(before = "") {
    const found = ElboToy.terms(state);
    for (const name of ["reconstruction", "kl", "elbo", "gap", "logP", "objective"]) {
      figures[name].textContent = nats(found[name]);
    }
    curves.paint();
    bars.paint();
    Touch.say(before + words());
  }

  function put(values, before) {
    Object.assign(state, values);
    for (const [name, slider] of Object.entries(sliders)) slider.set(state[name]);
    show(before);
  }

  Plane.predict($("question"), {
    question:
      "At σ = 1 the best guess q has the mean 0.75 and s = 0.71. A sharper decoder, σ = 0.5, asks for …",
    options: [
      ["narrow", "the same mean, narrower"],
      ["both", "mean 1.2, narrower"],
      ["wide", "mean 1.2, wider"],
    ],
    trial:
      "Set σ to 0.5 and close the gap with the two sliders of q; then compare with the first button.",
    answer:
      "Mean 1.2, narrower: a sharper decoder makes the photograph say more about its code, and the posterior " +
      "N(x/(1+σ²), σ²/(1+σ²)) leaves the prior for x. There the gap is 0, and nowhere else. Now β = 4, and its " +
      "best q: it is the guess of σ = 1 again, because β acts as noise of the variance βσ². It is best for " +
      "its own objective and lies below the bound’s best.",
  });
  const curves = Touch.canvas($("picture"), {
    label: "Densities over the code z: prior, true posterior, and the guess q.",
    width: 520,
    height: 300,
    draw: drawCurves,
  });
  Plane.legend($("picture"), [
    ["dash", "soft", "prior p(z)"],
    ["dash", "accent", "posterior p(z | x)"],
    ["line", "warm", "guess q(z | x)"],
  ]);
  const bars = Touch.canvas($("picture"), {
    label: "Bars in nats: reconstruction, less KL, plus gap, make log p(x).",
    width: 520,
    height: 250,
    draw: drawBars,
  });
  const figures = Plane.figures($("figures"), {
    reconstruction: "reconstruction",
    kl: "KL(q ‖ prior)",
    elbo: "ELBO",
    gap: "gap",
    logP: "log p(x)",
    objective: "with β: rec. − β KL",
  });
  const sliders = {};
  const slide = (name, label, min, max, step, format) => {
    sliders[name] = Touch.slider($("controls"), {
      label,
      min,
      max,
      step,
      value: state[name],
      format,
      onInput(value) {
        state[name] = value;
        show();
      },
    });
  };
  slide("mean", "Mean of q", -2, 3, 0.01);
  slide(
    "logVar",
    "log s² of q",
    -5,
    2,
    0.01,
    (v) => `${Touch.number(v)}, s = ${Math.exp(v / 2).toFixed(2)}`,
  );
  slide("sigma", "σ of the decoder", 0.3, 2, 0.01);
  slide("beta", "β, weight of the KL", 0, 4, 0.05);
  const best = (beta) => {
    const { mean, variance } = ElboToy.best(X, state.sigma, beta);
    return { mean, logVar: Math.log(variance) };
  };
  Touch.button($("buttons"), "Let q be the posterior", () => put(best(1)));
  Touch.button($("buttons"), "Best q for this β", () => {
    const beta = Math.max(0.01, state.beta); // at 0 its variance is 0
    put(best(beta), `The best q for β = ${Touch.number(state.beta)}: `);
  });
  Touch.button($("buttons"), "Reset", () => put(START));
  show();
})();
