/* Two small networks (mlp-math.js) and their game in the plane, all of it a function of its seed.

A point is two numbers of a flat list [x0, y0, x1, y1, ...]. Discriminators give logits.
*/
"use strict";

const GanGame = (() => {
  const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const sigmoid = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
  const mean = (list, f) => list.reduce((sum, v) => sum + f(v), 0) / list.length;

  const { network, zeros, forward, output, backward, squaredSlope, adam, descend } = Mlp;

  /* Losses as in the chapters, means over the batch, of logits; and their slopes by each logit. */
  const generatorLoss = {
    minimax: { value: (l) => -softplus(l), slope: (l) => -sigmoid(l) },
    "non-saturating": { value: (l) => softplus(-l), slope: (l) => -sigmoid(-l) },
  };

  /* {loss, gradients} of the discriminator: cross-entropy plus gamma / 2 E|grad|^2 at real points. */
  function discriminatorGradient(d, real, fake, gamma) {
    const gradients = zeros(d);
    const [ofReal, ofFake] = [forward(d, real), forward(d, fake)];
    const [n, m] = [real.length / 2, fake.length / 2];
    backward(
      d,
      ofReal,
      ofReal.at(-1).map((l) => -sigmoid(-l) / n),
      gradients,
    );
    backward(
      d,
      ofFake,
      ofFake.at(-1).map((l) => sigmoid(l) / m),
      gradients,
    );
    let loss = mean(ofReal.at(-1), (l) => softplus(-l)) + mean(ofFake.at(-1), softplus);
    if (gamma) loss += squaredSlope(d, real, gamma / 2 / n, gradients);
    return { loss, gradients };
  }

  /* {loss, gradients} of the generator that made its points of `z`, against a fixed discriminator. */
  function generatorGradient(g, d, z, name) {
    const gradients = zeros(g);
    const made = forward(g, z);
    const judged = forward(d, made.at(-1));
    const { value, slope } = generatorLoss[name];
    const n = judged.at(-1).length;
    const atPoints = backward(
      d,
      judged,
      judged.at(-1).map((l) => slope(l) / n),
    );
    backward(g, made, atPoints, gradients);
    return { loss: mean(judged.at(-1), value), gradients };
  }

  /* Data of eight equal parts. `nearest(x, y)` is {part, distance} to the line or point that the part
     scatters around with standard deviation `sigma`. */
  const MOONS = [
    [-0.9, -0.45, 1],
    [0.9, 0.45, -1],
  ]; // centre, and which half of the circle
  const MOON_RADIUS = 1.8;
  const DATA = {
    ring: {
      sigma: 0.1,
      draw(random, part) {
        const angle = (part * Math.PI) / 4;
        return [2 * Math.cos(angle), 2 * Math.sin(angle)];
      },
      nearest(x, y) {
        const part = ((Math.round((4 * Math.atan2(y, x)) / Math.PI) % 8) + 8) % 8;
        const angle = (part * Math.PI) / 4;
        return { part, distance: Math.hypot(x - 2 * Math.cos(angle), y - 2 * Math.sin(angle)) };
      },
    },
    moons: {
      sigma: 0.1,
      draw(random, part) {
        const [cx, cy, side] = MOONS[part >> 2];
        const angle = (side * (((part & 3) + random.uniform()) * Math.PI)) / 4;
        return [cx + MOON_RADIUS * Math.cos(angle), cy + MOON_RADIUS * Math.sin(angle)];
      },
      nearest(x, y) {
        const found = MOONS.map(([cx, cy, side], moon) => {
          let angle = Math.atan2(side * (y - cy), x - cx); // 0..pi on the half circle itself
          if (angle < 0) angle = angle < -Math.PI / 2 ? Math.PI : 0;
          const [px, py] = [Math.cos(angle), side * Math.sin(angle)];
          const distance = Math.hypot(x - cx - MOON_RADIUS * px, y - cy - MOON_RADIUS * py);
          return { part: 4 * moon + Math.min(3, Math.floor((4 * angle) / Math.PI)), distance };
        });
        return found[0].distance <= found[1].distance ? found[0] : found[1];
      },
    },
  };

  function realPoints(name, n, random) {
    const { sigma, draw } = DATA[name];
    const points = new Float64Array(2 * n);
    for (let i = 0; i < n; i += 1) {
      const [x, y] = draw(random, random.integer(8));
      points[2 * i] = x + sigma * random.normal();
      points[2 * i + 1] = y + sigma * random.normal();
    }
    return points;
  }

  const normals = (n, random) => Float64Array.from({ length: n }, () => random.normal());

  /* {modes, good}: parts that hold at least 2 % of the points, and the share of points within three
     standard deviations of the data. */
  function covered(name, points) {
    const { sigma, nearest } = DATA[name];
    const held = new Array(8).fill(0);
    for (let i = 0; i < points.length; i += 2) {
      const { part, distance } = nearest(points[i], points[i + 1]);
      if (distance < 3 * sigma) held[part] += 1;
    }
    const n = points.length / 2;
    return {
      modes: held.filter((count) => count >= 0.02 * n).length,
      good: held.reduce((sum, count) => sum + count, 0) / n,
    };
  }

  const LATENT = 4;
  const WIDTH = 32;
  const BATCH = 64;

  /* A game before its first move. `random` makes a generator of numbers from a seed. */
  function start(data, seed, random) {
    const chance = random(seed);
    const g = network([LATENT, WIDTH, WIDTH, 2], chance);
    const d = network([2, WIDTH, WIDTH, 1], chance);
    const z = normals(LATENT * 500, random(1)); // always the same: what is watched
    return { data, g, d, z, chance, ofG: adam(g), ofD: adam(d), step: 0 };
  }

  /* One move of the generator after `dSteps` of the discriminator; {d, g}, the losses before them.
     settings: {loss, gamma, dSteps, rate, beta1}; a rate of G is `rate`, of D too. */
  function move(game, { loss, gamma, dSteps, rate, beta1 }) {
    let ofD;
    for (let k = 0; k < dSteps; k += 1) {
      const real = realPoints(game.data, BATCH, game.chance);
      const fake = output(game.g, normals(LATENT * BATCH, game.chance));
      ofD = discriminatorGradient(game.d, real, fake, gamma);
      descend(game.d, game.ofD, ofD.gradients, rate, beta1);
    }
    const z = normals(LATENT * BATCH, game.chance);
    const ofG = generatorGradient(game.g, game.d, z, loss);
    descend(game.g, game.ofG, ofG.gradients, rate, beta1);
    game.step += 1;
    return { d: ofD.loss, g: ofG.loss };
  }

  const watched = (game) => output(game.g, game.z);

  return {
    ...Mlp,
    sigmoid,
    discriminatorGradient,
    generatorGradient,
    realPoints,
    normals,
    covered,
    start,
    move,
    watched,
  };
})();
