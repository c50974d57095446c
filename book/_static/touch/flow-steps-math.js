/* Rectified flow in the plane with an exactly known velocity: t = 1 is noise, t = 0 is data,
   x_t = (1 - t) x0 + t eps. Data are a mixture of normal heaps of one width. Points are [x, y] pairs.
*/
"use strict";

const FlowToy = (() => {
  /* E[x0 | x_t = x] for the heaps at `centres`: each heap's own answer, weighted by how likely the
     heap is. */
  function guess(centres, width, [x, y], t) {
    const s = 1 - t;
    const variance = (s * width) ** 2 + t ** 2;
    const pull = (s * width ** 2) / variance;
    const logits = centres.map(
      ([cx, cy]) => -((x - s * cx) ** 2 + (y - s * cy) ** 2) / (2 * variance),
    );
    const largest = Math.max(...logits);
    let [total, ofX, ofY] = [0, 0, 0];
    centres.forEach(([cx, cy], k) => {
      const weight = Math.exp(logits[k] - largest);
      total += weight;
      ofX += weight * (cx + pull * (x - s * cx));
      ofY += weight * (cy + pull * (y - s * cy));
    });
    return [ofX / total, ofY / total];
  }

  /* The velocity E[eps - x0 | x_t = x] = (x - E[x0 | x_t = x]) / t, for 0 < t <= 1. */
  function velocity(centres, width, point, t) {
    const x0 = guess(centres, width, point, t);
    return point.map((value, i) => (value - x0[i]) / t);
  }

  /* Classifier-free guidance: scale 1 is the field of the class, 0 that of all data. */
  function guided(ofClass, ofAll, scale) {
    return ofClass.map((value, i) => ofAll[i] + scale * (value - ofAll[i]));
  }

  /* (point, t) -> velocity, towards the heaps of `chosen` (indices), guided by `scale`. */
  function field(centres, width, chosen, scale) {
    const own = chosen.map((k) => centres[k]);
    if (own.length === centres.length) return (p, t) => velocity(centres, width, p, t);
    return (p, t) => guided(velocity(own, width, p, t), velocity(centres, width, p, t), scale);
  }

  const times = (steps) => Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps);
  const along = (point, slope, by) => point.map((value, i) => value + by * slope[i]);

  /* Places of one point from noise to data, [steps + 1]. Heun's last step is Euler's: nothing is asked
     at t = 0. */
  function path(method, velocityAt, start, steps) {
    const stops = times(steps);
    const places = [start];
    for (let i = 0; i < steps; i += 1) {
      const [t, after] = [stops[i], stops[i + 1]];
      const x = places[i];
      let slope = velocityAt(x, t);
      if (method === "heun" && i < steps - 1) {
        const there = velocityAt(along(x, slope, after - t), after);
        slope = slope.map((value, k) => 0.5 * (value + there[k]));
      }
      places.push(along(x, slope, after - t));
    }
    return places;
  }

  /* Looks at the field that a path takes; guidance asks two networks at each. */
  function passes(method, steps, guidance) {
    return (method === "heun" ? 2 * steps - 1 : steps) * (guidance ? 2 : 1);
  }

  function data(centres, width, chosen, n, random) {
    return Array.from({ length: n }, () => {
      const [x, y] = centres[chosen[random.integer(chosen.length)]];
      return [x + width * random.normal(), y + width * random.normal()];
    });
  }

  const noise = (n, random) => Array.from({ length: n }, () => [random.normal(), random.normal()]);

  const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

  function meanDistance(x, y) {
    let sum = 0;
    for (const a of x) for (const b of y) sum += distance(a, b);
    return sum / (x.length * y.length);
  }

  /* Mean distance of two different points of x: how varied they are. */
  const spread = (x) => (meanDistance(x, x) * x.length) / (x.length - 1);

  /* Energy distance 2 E|x - y| - E|x - x'| - E|y - y'|, unbiased: 0 on average for equal
     distributions (Székely & Rizzo 2013). */
  const energyDistance = (x, y) => 2 * meanDistance(x, y) - spread(x) - spread(y);

  return {
    guess,
    velocity,
    guided,
    field,
    times,
    path,
    passes,
    data,
    noise,
    meanDistance,
    spread,
    energyDistance,
  };
})();
