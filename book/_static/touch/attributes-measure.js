/* What can be read off a picture of one product on white. The decoder knows nothing of it. */
"use strict";

/* image: bytes [side, side, 3] -> {name: number}. Each pixel counts by how far it is from white. */
function measure(image, side) {
  const sums = { n: 0, x: 0, y: 0, xx: 0, yy: 0, xy: 0, light: 0, red: 0, lightX: 0 };
  for (let i = 0; i < side * side; i += 1) {
    const [r, g, b] = image.subarray(3 * i, 3 * i + 3);
    const weight = Math.min(1, (255 - Math.min(r, g, b)) / 64);
    const [x, y] = [i % side, Math.floor(i / side)];
    const light = 0.299 * r + 0.587 * g + 0.114 * b;
    sums.n += weight;
    sums.x += weight * x;
    sums.y += weight * y;
    sums.xx += weight * x * x;
    sums.yy += weight * y * y;
    sums.xy += weight * x * y;
    sums.light += weight * light;
    sums.lightX += weight * light * x;
    sums.red += weight * (r - (g + b) / 2);
  }
  const mean = (name) => sums[name] / sums.n;
  const [x, y, light] = [mean("x"), mean("y"), mean("light")];
  const [varX, varY] = [mean("xx") - x * x, mean("yy") - y * y];
  return {
    lightness: light,
    redness: mean("red"),
    height: Math.sqrt(varY),
    width: Math.sqrt(varX),
    "tilt to the right": -(mean("xy") - x * y) / varY, // y grows downwards
    "light from the right": (mean("lightX") - light * x) / varX,
  };
}
