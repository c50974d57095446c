/* Small dense networks: forwards, backwards, and Adam. Nothing is drawn here.

A batch of n rows of width w is one flat list of n * w numbers.
*/
"use strict";

const Mlp = (() => {
  /* Layers of `widths`, tanh between them, the last linear; Glorot's uniform weights. A layer's
     weights are [outputs, inputs] row by row, and its biases follow them in one list. */
  function network(widths, random) {
    return widths.slice(1).map((outputs, i) => {
      const inputs = widths[i];
      const limit = Math.sqrt(6 / (inputs + outputs));
      const values = new Float64Array(outputs * (inputs + 1));
      for (let k = 0; k < outputs * inputs; k += 1) values[k] = limit * (2 * random.uniform() - 1);
      return { inputs, outputs, values };
    });
  }

  const zeros = (net) => net.map((layer) => new Float64Array(layer.values.length));

  function linear({ inputs, outputs, values }, x, bias = 1) {
    const n = x.length / inputs;
    const y = new Float64Array(n * outputs);
    for (let row = 0; row < n; row += 1) {
      const from = row * inputs;
      for (let o = 0; o < outputs; o += 1) {
        const weights = o * inputs;
        let sum = bias * values[outputs * inputs + o];
        for (let i = 0; i < inputs; i += 1) sum += values[weights + i] * x[from + i];
        y[row * outputs + o] = sum;
      }
    }
    return y;
  }

  /* W^T times the rows of `slope`: what reaches the layer's input. */
  function transposed({ inputs, outputs, values }, slope) {
    const n = slope.length / outputs;
    const back = new Float64Array(n * inputs);
    for (let row = 0; row < n; row += 1) {
      const to = row * inputs;
      for (let o = 0; o < outputs; o += 1) {
        const weights = o * inputs;
        const s = slope[row * outputs + o];
        for (let i = 0; i < inputs; i += 1) back[to + i] += s * values[weights + i];
      }
    }
    return back;
  }

  /* Add to `gradient` what each row of `slope` at the output says of weights that saw `x`. */
  function collect({ inputs, outputs }, gradient, slope, x, bias = true) {
    const n = slope.length / outputs;
    for (let row = 0; row < n; row += 1) {
      const from = row * inputs;
      for (let o = 0; o < outputs; o += 1) {
        const weights = o * inputs;
        const s = slope[row * outputs + o];
        for (let i = 0; i < inputs; i += 1) gradient[weights + i] += s * x[from + i];
        if (bias) gradient[outputs * inputs + o] += s;
      }
    }
  }

  /* What each layer gives, the input first: [x, h1, h2, ..., output]. */
  function forward(net, x) {
    const seen = [x];
    net.forEach((layer, i) => {
      const y = linear(layer, seen[i]);
      seen.push(i < net.length - 1 ? y.map(Math.tanh) : y);
    });
    return seen;
  }

  const output = (net, x) => forward(net, x).at(-1);

  /* From the slope of a sum at the output to that at the input; what it says of the weights is added
     to `gradients`, where they are given. */
  function backward(net, seen, slope, gradients) {
    for (let i = net.length - 1; i >= 0; i -= 1) {
      if (i < net.length - 1) slope = slope.map((s, k) => s * (1 - seen[i + 1][k] ** 2));
      if (gradients) collect(net[i], gradients[i], slope, seen[i]);
      slope = transposed(net[i], slope);
    }
    return slope;
  }

  /* weight * sum over rows of |d output / d x|^2, its gradient added to `gradients`.

     With v = d output / d x held fixed, half the gradient of |v|^2 by the weights is that of the
     derivative along v. So v is carried forwards beside x (`along`), and both are differentiated
     backwards: the way of a Hessian-vector product. */
  function squaredSlope(net, x, weight, gradients) {
    const seen = forward(net, x);
    const v = backward(net, seen, new Float64Array(seen.at(-1).length).fill(1));
    const rates = [];
    const along = [v];
    net.forEach((layer, i) => {
      rates.push(linear(layer, along[i], 0));
      const last = i === net.length - 1;
      along.push(last ? rates[i] : rates[i].map((u, k) => u * (1 - seen[i + 1][k] ** 2)));
    });
    let ofAlong = new Float64Array(along.at(-1).length).fill(2 * weight);
    let ofSeen = new Float64Array(ofAlong.length);
    for (let i = net.length - 1; i >= 0; i -= 1) {
      if (i < net.length - 1) {
        const h = seen[i + 1];
        // along = rate (1 - h^2) and h = tanh(a), so a has a part in both.
        const total = ofSeen.map((s, k) => s - 2 * h[k] * rates[i][k] * ofAlong[k]);
        ofSeen = total.map((s, k) => s * (1 - h[k] ** 2));
        ofAlong = ofAlong.map((s, k) => s * (1 - h[k] ** 2));
      }
      collect(net[i], gradients[i], ofSeen, seen[i]);
      collect(net[i], gradients[i], ofAlong, along[i], false);
      ofSeen = transposed(net[i], ofSeen);
      ofAlong = transposed(net[i], ofAlong);
    }
    return weight * v.reduce((sum, s) => sum + s * s, 0);
  }

  const adam = (net) => ({ first: zeros(net), second: zeros(net), count: 0 });

  /* One step of Adam (Kingma & Ba 2015) with beta_2 = 0.999, in place. */
  function descend(net, state, gradients, rate, beta1) {
    state.count += 1;
    const first = 1 - beta1 ** state.count;
    const second = 1 - 0.999 ** state.count;
    net.forEach(({ values }, i) => {
      const [m, s] = [state.first[i], state.second[i]];
      for (let k = 0; k < values.length; k += 1) {
        const slope = gradients[i][k];
        m[k] = beta1 * m[k] + (1 - beta1) * slope;
        s[k] = 0.999 * s[k] + 0.001 * slope * slope;
        values[k] -= (rate * (m[k] / first)) / (Math.sqrt(s[k] / second) + 1e-7);
      }
    });
  }

  return { network, zeros, forward, output, backward, squaredSlope, adam, descend };
})();
