"""Terms of the evidence lower bound: pure functions, sums over pixels and latents, in nats.

Each function keeps the batch axis: ``[batch]`` comes out, the caller averages. Nothing here takes a
mean over pixels or latent dimensions, because that silently changes the weight of the other term.
All is computed in float32 at least, whatever comes in.
"""

import math

import tensorflow as tf

from prodimg_lib import likelihoods
from prodimg_lib.errors import InputError
from prodimg_lib.likelihoods import LIKELIHOODS
from prodimg_lib.tensors import alike, precise


def kl_standard_normal(mean, log_var):
    """KL( N(mean, exp(log_var)) || N(0, I) ) in closed form (Kingma & Welling 2014, appendix B).

    Args:
        mean, log_var: float [batch, latent_dim]; ``log_var`` is the logarithm of the *variance*.

    Returns:
        [batch], non-negative, in nats.

    Raises:
        InputError: shapes that differ.
    """
    return tf.reduce_sum(kl_per_dimension(mean, log_var), axis=1)


def kl_per_dimension(mean, log_var):
    """The summands of ``kl_standard_normal``: [batch, latent_dim], non-negative, in nats."""
    mean, log_var = precise(mean, log_var)
    alike(mean=mean, log_var=log_var)
    # exp(log_var) - 1.0 would lose what is left of a variance near 1, down to a KL below 0.
    return 0.5 * (tf.square(mean) + tf.math.expm1(log_var) - log_var)


def free_bits(kl, nats, average=None):
    """KL that a model is charged for when ``nats`` of each dimension are free: [batch].

    A dimension whose KL, averaged over the batch, is below ``nats`` is charged ``nats`` and gets no
    gradient, so nothing pushes it towards the prior (Kingma et al. 2016). The mean of the
    result is the paper's sum over dimensions of max(nats, average).

    Args:
        kl: [batch, latent_dim], of ``kl_per_dimension``.
        nats: free per dimension (the paper calls them bits, and counts in nats).
        average: [latent_dim], the average that decides, where the batch is only a part.
    """
    (kl,) = precise(kl)
    average = tf.reduce_mean(kl, axis=0) if average is None else tf.cast(average, kl.dtype)
    return tf.reduce_sum(tf.where(average > nats, kl, nats * tf.ones_like(kl)), axis=1)


def normal_log_prob(x, mean, log_var):
    """Log density of a diagonal normal, summed over all axes but the first: [batch], in nats."""
    x, mean, log_var = precise(x, mean, log_var)
    return -likelihoods.gaussian(x, mean, 0.5 * log_var)


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
        InputError: unknown likelihood, shapes that differ, or pixels that the distribution cannot
            produce.
    """
    if likelihood == "gaussian":
        return likelihoods.gaussian(x, params)
    if likelihood == "sigma":
        return likelihoods.gaussian(x, *params)
    if likelihood == "bernoulli":
        return likelihoods.bernoulli(x, params)
    if likelihood == "continuous_bernoulli":
        return likelihoods.continuous_bernoulli(x, params)
    raise InputError(f"likelihood = {likelihood!r}: choose one of {', '.join(LIKELIHOODS)}")


def importance_bound(log_weights):
    """Importance-weighted bound log (1/k) sum_i w_i (Burda et al. 2016).

    Args:
        log_weights: [batch, k], log p(x, z_i) - log q(z_i | x) for k draws z_i from q.

    Returns:
        [batch], in nats; k = 1 is the ELBO, and in expectation it never falls as k grows.
    """
    (log_weights,) = precise(log_weights)
    k = tf.cast(tf.shape(log_weights)[-1], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, axis=-1) - tf.math.log(k)


def bits_per_dimension(nats, dimensions, levels=256, value_range=2.0):
    """Nats of a density on [-1, 1] -> bits per 8-bit pixel value.

    The density of x in ``value_range`` becomes a density in units of one grey level, of which there
    are ``levels - 1`` steps. It is a bound on a real code length only if x was dequantised.
    """
    per_value = nats / dimensions + math.log((levels - 1) / value_range)
    return per_value / math.log(2.0)
