/* The game of one number each (Mescheder et al. 2018): all data at 0, all samples at theta, and a
   discriminator with the logit psi x. State: [psi, theta, velocity of psi, velocity of theta].
*/
"use strict";

const DiracGan = (() => {
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));

  /* The moves that both players want at (psi, theta), gamma the weight of R1. */
  function wish([psi, theta], gamma) {
    const s = sigmoid(psi * theta);
    return [-theta * s - gamma * psi, psi * s];
  }

  /* One step of size h with heavy-ball momentum; `alternate`: the generator sees the new psi. */
  function step([psi, theta, vPsi, vTheta], { h, gamma, alternate, momentum }) {
    const newVPsi = momentum * vPsi + h * wish([psi, theta], gamma)[0];
    const newPsi = psi + newVPsi;
    const newVTheta = momentum * vTheta + h * wish([alternate ? newPsi : psi, theta], gamma)[1];
    return [newPsi, theta + newVTheta, newVPsi, newVTheta];
  }

  function path(start, steps, settings) {
    const places = [[...start, 0, 0]];
    for (let i = 0; i < steps; i += 1) places.push(step(places[i], settings));
    return places;
  }

  /* The matrix of one step near the equilibrium, where the sigmoid is one half: rows of 4. */
  function linearised({ h, gamma, alternate, momentum: m }) {
    const ofPsi = [-h * gamma, -h / 2, m, 0]; // the new velocity of psi
    const newPsi = [1 - h * gamma, -h / 2, m, 0];
    const seen = alternate ? newPsi : [1, 0, 0, 0];
    const ofTheta = seen.map((v, k) => (h / 2) * v + (k === 3 ? m : 0));
    const newTheta = ofTheta.map((v, k) => v + (k === 1 ? 1 : 0));
    return [newPsi, newTheta, ofPsi, ofTheta];
  }

  /* Largest modulus of the eigenvalues of one step near the equilibrium: above 1 out, below 1 in.
     By squaring the matrix: the norm of its 2^k-th power is the modulus to the 2^k, but for a factor
     that the root removes. */
  function radius(settings) {
    let matrix = linearised(settings);
    let log = 0; // of the norms taken out so far, in units of the present power
    let power = 1;
    for (let k = 0; k < 40; k += 1) {
      const norm = Math.max(...matrix.flat().map(Math.abs));
      if (norm === 0) return 0;
      log += Math.log(norm) / power;
      matrix = matrix.map((row) => row.map((v) => v / norm));
      matrix = matrix.map((row) =>
        matrix.map((_, j) => row.reduce((sum, v, i) => sum + v * matrix[i][j], 0)),
      );
      power *= 2;
    }
    return Math.exp(log);
  }

  return { sigmoid, wish, step, path, linearised, radius };
})();
