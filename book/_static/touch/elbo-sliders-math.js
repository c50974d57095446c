/* The smallest latent-variable model, where every term of the bound is known:
   z ~ N(0, 1), x given z ~ N(z, sigma^2), and a guess q = N(mean, exp(logVar)) of z given x. In nats.
*/
"use strict";

const ElboToy = (() => {
  const LOG_2PI = Math.log(2 * Math.PI);

  function logNormal(x, mean, variance) {
    return -0.5 * (LOG_2PI + Math.log(variance) + (x - mean) ** 2 / variance);
  }

  /* KL( N(mean1, variance1) || N(mean2, variance2) ). */
  function kl(mean1, variance1, mean2, variance2) {
    const ratio = variance1 / variance2;
    return 0.5 * (ratio - 1 - Math.log(ratio) + (mean1 - mean2) ** 2 / variance2);
  }

  function posterior(x, sigma) {
    const variance = sigma ** 2 / (1 + sigma ** 2);
    return { mean: x / (1 + sigma ** 2), variance };
  }

  /* The q that makes reconstruction - beta KL largest: the posterior of a model whose noise has the
     variance beta sigma^2. */
  function best(x, sigma, beta) {
    return posterior(x, Math.sqrt(beta) * sigma);
  }

  /* Every term at one setting: logP = elbo + gap, elbo = reconstruction - kl. */
  function terms({ x, mean, logVar, sigma, beta }) {
    const variance = Math.exp(logVar);
    const reconstruction = logNormal(x, mean, sigma ** 2) - variance / (2 * sigma ** 2);
    const divergence = kl(mean, variance, 0, 1);
    const truth = posterior(x, sigma);
    return {
      reconstruction,
      kl: divergence,
      elbo: reconstruction - divergence,
      objective: reconstruction - beta * divergence,
      logP: logNormal(x, 0, 1 + sigma ** 2),
      gap: kl(mean, variance, truth.mean, truth.variance),
    };
  }

  return { logNormal, kl, posterior, best, terms };
})();
