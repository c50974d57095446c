"""Terms of the evidence lower bound: pure functions, sums over pixels and latents, in nats.

Each function keeps the batch axis: ``[batch]`` comes out, the caller averages. Nothing here takes a
mean over pixels or latent dimensions, because that silently changes the weight of the other term.
"""

import math

import tensorflow as tf

LIKELIHOODS = ("gaussian", "sigma", "bernoulli", "continuous_bernoulli")
LOG_2PI = math.log(2.0 * math.pi)


def _sum(x):
    return tf.reduce_sum(x, axis=tuple(range(1, len(x.shape))))


def kl_standard_normal(mean, log_var):
    """KL( N(mean, exp(log_var)) || N(0, I) ) in closed form (Kingma & Welling 2014, appendix B).

    Args:
        mean, log_var: float [batch, latent_dim]; ``log_var`` is the logarithm of the *variance*.

    Returns:
        [batch], non-negative, in nats.
    """
    return 0.5 * _sum(tf.square(mean) + tf.exp(log_var) - 1.0 - log_var)


def normal_log_prob(x, mean, log_var):
    """Log density of a diagonal normal, summed over all axes but the first: [batch], in nats."""
    return -0.5 * _sum(LOG_2PI + log_var + tf.square(x - mean) * tf.exp(-log_var))


def reconstruction(x, params, likelihood):
    """Reconstruction term -log p(x | z): [batch], in nats, lower is better.

    Args:
        x: images [batch, ...]: in [-1, 1] for ``gaussian`` and ``sigma``, in [0, 1] for the
            Bernoulli family.
        params: what the decoder gave.
            ``gaussian``: the mean, variance 1.
            ``sigma``: ``(mean, log_sigma)``, log standard deviation, broadcastable to ``mean``
            (sigma-VAE, Rybkin et al. 2021).
            ``bernoulli``, ``continuous_bernoulli``: logits. The first is a likelihood for binary
            pixels only; the second has the normaliser that grey pixels need (Loaiza-Ganem &
            Cunningham 2019).
        likelihood: one of ``LIKELIHOODS``.

    Raises:
        ValueError: unknown likelihood.
    """
    if likelihood == "gaussian":
        return -normal_log_prob(x, params, tf.zeros_like(params))
    if likelihood == "sigma":
        mean, log_sigma = params
        return -normal_log_prob(x, mean, 2.0 * log_sigma + tf.zeros_like(mean))
    if likelihood == "bernoulli":
        return _sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=params))
    if likelihood == "continuous_bernoulli":
        return reconstruction(x, params, "bernoulli") - _sum(_log_normaliser(params))
    raise ValueError(f"unknown likelihood {likelihood!r}: expected one of {', '.join(LIKELIHOODS)}")


def _log_normaliser(logits):
    """log C of the continuous Bernoulli with natural parameter ``logits``.

    C = logits / tanh(logits / 2), which is 0/0 at 0; there the series 2 (1 + l^2/12) takes over.
    """
    small = tf.abs(logits) < 0.1
    safe = tf.where(small, tf.ones_like(logits), logits)
    exact = tf.math.log(tf.abs(safe)) - tf.math.log(tf.abs(tf.tanh(0.5 * safe)))
    square = tf.square(logits)
    series = math.log(2.0) + square / 12.0 - 7.0 * tf.square(square) / 1440.0
    return tf.where(small, series, exact)


def importance_bound(log_weights):
    """Importance-weighted bound log (1/k) sum_i w_i (Burda et al. 2016).

    Args:
        log_weights: [batch, k], log p(x, z_i) - log q(z_i | x) for k draws z_i from q.

    Returns:
        [batch], in nats; k = 1 is the ELBO, and in expectation it never falls as k grows.
    """
    k = tf.cast(tf.shape(log_weights)[-1], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, axis=-1) - tf.math.log(k)


def bits_per_dimension(nats, dimensions, levels=256, value_range=2.0):
    """Nats of a density on [-1, 1] -> bits per 8-bit pixel value.

    The density of x in ``value_range`` becomes a density in units of one grey level, of which there
    are ``levels - 1`` steps. It is a bound on a real code length only if x was dequantised.
    """
    per_value = nats / dimensions + math.log((levels - 1) / value_range)
    return per_value / math.log(2.0)
