/* The decoder of a shipped VAE in plain JavaScript: `prodimg_lib.models.networks.decoder`, image by
image. It agrees with Keras within one grey level; tests/book/test_touch.py compares them. */
"use strict";

/* Numbers of twelve bits each, two in three bytes, times the scale of their index along `axis`. */
function unpackWeight({ shape, scale, axis, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const count = shape.reduce((product, side) => product * side, 1);
  const inner = axis === null ? count : shape.slice(axis + 1).reduce((p, side) => p * side, 1);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const at = 3 * (i >> 1);
    const level =
      i % 2 ? ((bytes[at + 1] & 15) << 8) | bytes[at + 2] : (bytes[at] << 4) | (bytes[at + 1] >> 4);
    values[i] = (level - 2048) * scale[Math.floor(i / inner) % scale.length];
  }
  return values;
}

/* x [in] times kernel [in, out] plus bias [out] or none. */
function dense(x, kernel, bias) {
  const outputs = kernel.length / x.length;
  const y = bias ? Float32Array.from(bias) : new Float32Array(outputs);
  for (let i = 0; i < x.length; i += 1) {
    if (x[i] === 0) continue;
    const row = i * outputs;
    for (let j = 0; j < outputs; j += 1) y[j] += x[i] * kernel[row + j];
  }
  return y;
}

/* Channel c of every place becomes scale[label, c] x + shift[label, c], then what is below 0 is
   multiplied with `slope`: 0 of a ReLU. */
function filmAndActivation(x, scale, shift, label, classes, slope) {
  const channels = scale.length / classes;
  const row = label * channels;
  return x.map((value, i) => {
    const y = value * scale[row + (i % channels)] + shift[row + (i % channels)];
    return y < 0 ? slope * y : y;
  });
}

/* x [side, side, in] with a kernel [4, 4, out, in] at stride 2 -> [2 side, 2 side, out]. Each input
   place adds to 4 x 4 outputs, the first one above and left of its own two. */
function transposedConvolution(x, side, kernel, outputs, bias) {
  const inputs = x.length / (side * side);
  const wide = 2 * side;
  const y = new Float32Array(wide * wide * outputs);
  if (bias) for (let i = 0; i < y.length; i += 1) y[i] = bias[i % outputs];
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const from = (row * side + column) * inputs;
      for (let ky = 0; ky < 4; ky += 1) {
        const top = 2 * row + ky - 1;
        if (top < 0 || top >= wide) continue;
        for (let kx = 0; kx < 4; kx += 1) {
          const left = 2 * column + kx - 1;
          if (left < 0 || left >= wide) continue;
          for (let o = 0; o < outputs; o += 1) {
            const k = ((ky * 4 + kx) * outputs + o) * inputs;
            let sum = 0;
            for (let i = 0; i < inputs; i += 1) sum += x[from + i] * kernel[k + i];
            y[(top * wide + left) * outputs + o] += sum;
          }
        }
      }
    }
  }
  return y;
}

/* -> {classes, size, latent, decode, drawPrior, paint, picture}; `decode(z, label)` gives the image's
   bytes [size, size, 3], `drawPrior(random, label)` a code of the prior fitted to that class. */
function vaeDecoder(weights) {
  const { classes, size, latent, slope, prior, components } = weights;
  const layers = weights.layers.map(({ kind, ...packed }) => {
    const entries = Object.entries(packed).map(([name, w]) => [name, unpackWeight(w)]);
    return { kind, outputs: packed.kernel?.shape[2], ...Object.fromEntries(entries) };
  });

  function decode(z, label) {
    const oneHot = classes.map((_, i) => (i === label ? 1 : 0));
    let x = Float32Array.from([...z, ...oneHot]);
    let side = size / 4;
    for (const { kind, outputs, kernel, bias, scale, shift } of layers) {
      if (kind === "Dense") x = dense(x, kernel, bias);
      else if (kind === "FiLM") {
        x = filmAndActivation(x, scale, shift, label, classes.length, slope);
      } else {
        x = transposedConvolution(x, side, kernel, outputs, bias);
        side *= 2;
      }
    }
    return Uint8ClampedArray.from(x, (value) => (Math.tanh(value) + 1) * 127.5); // rounds
  }

  /* A normal of the class's mixture, chosen by its weight: mean + lower triangle times noise. */
  function drawPrior(random, label) {
    let rest = random.uniform();
    let k = 0;
    while (k < components - 1 && rest >= prior.weight[label * components + k]) {
      rest -= prior.weight[label * components + k];
      k += 1;
    }
    const at = (label * components + k) * latent;
    const noise = Array.from({ length: latent }, random.normal);
    return noise.map((_, i) => {
      const row = (at + i) * latent;
      return noise.reduce((sum, e, j) => sum + prior.scale[row + j] * e, prior.mean[at + i]);
    });
  }

  /* Into a context of a canvas that is `size` pixels wide. */
  function paint(context, image) {
    const pixels = context.createImageData(size, size);
    for (let i = 0; i < size * size; i += 1) {
      pixels.data.set(image.subarray(3 * i, 3 * i + 3), 4 * i);
      pixels.data[4 * i + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
  }

  /* A small canvas in `parent`, a pixel of it for a pixel of the image, which the browser enlarges
     without blur -> `paint(z, label)`, which returns the image. */
  function picture(parent, attributes) {
    const shape = { width: size, height: size, class: "crisp" };
    const element = Touch.make("canvas", { ...shape, ...attributes });
    parent.append(element);
    const context = element.getContext("2d");
    return (z, label) => {
      const image = decode(z, label);
      paint(context, image);
      return image;
    };
  }

  return { classes, size, latent, decode, drawPrior, paint, picture };
}
