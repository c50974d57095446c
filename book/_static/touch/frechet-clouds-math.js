/* Two clouds of points in the plane and the distances between them.

   A cloud is x = A u + b: u comes from a shape of mean 0 and covariance I, A turns and stretches, b
   moves. So the truth is known as well as its estimate from n points. Points are [x, y] pairs.
*/
"use strict";

const Clouds = (() => {
  const D = 2;
  const INDICES = [0, 1].flatMap((i) => [0, 1].flatMap((j) => [0, 1].map((k) => [i, j, k])));

  /* Shapes: draw(random) -> u, and E[u_i u_j u_k], the third moments, for all i, j, k of INDICES. */
  const LUMP = 0.3; // standard deviation of a lump of the triangle
  const RADIUS = Math.sqrt(2 * (1 - LUMP ** 2)); // so that each coordinate has variance 1
  const CORNERS = [90, 210, 330].map((degrees) => {
    const angle = (degrees * Math.PI) / 180;
    return [RADIUS * Math.cos(angle), RADIUS * Math.sin(angle)];
  });
  const SHAPES = {
    normal: { draw: (random) => [random.normal(), random.normal()], third: INDICES.map(() => 0) },
    triangle: {
      draw(random) {
        const corner = CORNERS[random.integer(3)];
        return corner.map((value) => value + LUMP * random.normal());
      },
      third: INDICES.map(
        (ijk) => CORNERS.reduce((sum, c) => sum + ijk.reduce((p, i) => p * c[i], 1), 0) / 3,
      ),
    },
    ring: {
      draw(random) {
        const angle = 2 * Math.PI * random.uniform();
        return [Math.SQRT2 * Math.cos(angle), Math.SQRT2 * Math.sin(angle)];
      },
      third: INDICES.map(() => 0),
    },
  };

  const base = (shape, n, random) => Array.from({ length: n }, () => SHAPES[shape].draw(random));

  /* {matrix, shift} from `right`, `up`, `turn` in degrees, and the lengths of the two axes. */
  function placed({ right, up, turn, wide, high }) {
    const [c, s] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
    return {
      matrix: [
        [c * wide, -s * high],
        [s * wide, c * high],
      ],
      shift: [right, up],
    };
  }

  function moved(points, { matrix, shift }) {
    return points.map(([x, y]) => shift.map((b, i) => b + matrix[i][0] * x + matrix[i][1] * y));
  }

  /* Mean and covariance (divided by n - 1) of points. */
  function moments(points) {
    const n = points.length;
    const mean = [0, 1].map((i) => points.reduce((sum, p) => sum + p[i], 0) / n);
    const cov = [0, 1].map((i) =>
      [0, 1].map(
        (j) => points.reduce((sum, p) => sum + (p[i] - mean[i]) * (p[j] - mean[j]), 0) / (n - 1),
      ),
    );
    return { mean, cov };
  }

  /* The same of a placed cloud itself. */
  function trueMoments({ matrix, shift }) {
    const cov = [0, 1].map((i) =>
      [0, 1].map((j) => matrix[i][0] * matrix[j][0] + matrix[i][1] * matrix[j][1]),
    );
    return { mean: shift, cov };
  }

  /* {mean, cov, total}: the two parts of the Fréchet distance and their sum. In two dimensions
     tr (S1 S2)^(1/2) = sqrt( tr S1 S2 + 2 sqrt(det S1 det S2) ). */
  function frechet(a, b) {
    const mean = (a.mean[0] - b.mean[0]) ** 2 + (a.mean[1] - b.mean[1]) ** 2;
    const [s, t] = [a.cov, b.cov];
    const det = (c) => Math.max(0, c[0][0] * c[1][1] - c[0][1] * c[1][0]);
    const product = s[0][0] * t[0][0] + 2 * s[0][1] * t[0][1] + s[1][1] * t[1][1];
    const root = Math.sqrt(Math.max(0, product + 2 * Math.sqrt(det(s) * det(t))));
    const cov = Math.max(0, s[0][0] + s[1][1] + t[0][0] + t[1][1] - 2 * root);
    return { mean, cov, total: mean + cov };
  }

  /* Unbiased squared MMD with the kernel (x.y / d + 1)^3: no point is compared with itself. */
  function kernelDistance(x, y) {
    const kernel = (a, b) => ((a[0] * b[0] + a[1] * b[1]) / D + 1) ** 3;
    function within(points) {
      let sum = 0;
      for (let i = 0; i < points.length; i += 1) {
        for (let j = 0; j < i; j += 1) sum += kernel(points[i], points[j]);
      }
      return (2 * sum) / (points.length * (points.length - 1));
    }
    let between = 0;
    for (const a of x) for (const b of y) between += kernel(a, b);
    return within(x) + within(y) - (2 * between) / (x.length * y.length);
  }

  /* E[x_i x_j x_k] of a placed cloud. */
  function trueThird(shape, { matrix, shift }) {
    const { cov } = trueMoments({ matrix, shift });
    return INDICES.map(([i, j, k]) => {
      const skew = INDICES.reduce(
        (sum, [p, q, r], at) =>
          sum + matrix[i][p] * matrix[j][q] * matrix[k][r] * SHAPES[shape].third[at],
        0,
      );
      const [a, b, c] = [shift[i], shift[j], shift[k]];
      return skew + a * cov[j][k] + b * cov[i][k] + c * cov[i][j] + a * b * c;
    });
  }

  /* What `kernelDistance` estimates: (s + 1)^3 = 1 + 3 s + 3 s^2 + s^3, so the squared differences of
     the first, second and third moments, weighted 3 / d, 3 / d^2 and 1 / d^3. */
  function trueKernelDistance(shapeA, a, shapeB, b) {
    const [first, second] = [trueMoments(a), trueMoments(b)];
    const raw = ({ mean, cov }) =>
      cov.flatMap((row, i) => row.map((c, j) => c + mean[i] * mean[j]));
    const gap = (u, v) => u.reduce((sum, value, i) => sum + (value - v[i]) ** 2, 0);
    return (
      (3 / D) * gap(first.mean, second.mean) +
      (3 / D ** 2) * gap(raw(first), raw(second)) +
      (1 / D ** 3) * gap(trueThird(shapeA, a), trueThird(shapeB, b))
    );
  }

  /* Fréchet distances of `times` new pairs of samples, of n points each. */
  function estimates(times, n, shape, place, random) {
    const home = {
      matrix: [
        [1, 0],
        [0, 1],
      ],
      shift: [0, 0],
    };
    return Array.from({ length: times }, () => {
      const [a, b] = [
        ["normal", home],
        [shape, place],
      ].map(([kind, where]) => moments(moved(base(kind, n, random), where)));
      return frechet(a, b).total;
    });
  }

  return {
    SHAPES,
    base,
    placed,
    moved,
    moments,
    trueMoments,
    frechet,
    kernelDistance,
    trueThird,
    trueKernelDistance,
    estimates,
  };
})();
