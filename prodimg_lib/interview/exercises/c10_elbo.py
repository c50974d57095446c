"""C10: the ELBO of a model small enough to know the truth."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "elbo"


def starter(x, mu, logvar):
    """Exact evidence lower bound: prior z ~ N(0, 1), decoder x | z ~ N(z, 1).

    Args:
        x: float [n], observations, one number each.
        mu: float [n], mean of q(z|x), a Gaussian.
        logvar: float [n], natural logarithm of its variance.

    Returns:
        Float [n], in nats, with all constants; to be maximised.
    """
    raise NotImplementedError


def reference(x, mu, logvar):
    var = tf.exp(logvar)
    reconstruction = -0.5 * (np.log(2 * np.pi) + tf.square(x - mu) + var)
    kl = 0.5 * (tf.square(mu) + var - 1.0 - logvar)
    return reconstruction - kl


def torch_reference(x, mu, logvar):
    import math

    import torch

    var = torch.exp(logvar)
    reconstruction = -0.5 * (math.log(2 * math.pi) + (x - mu) ** 2 + var)
    kl = 0.5 * (mu**2 + var - 1.0 - logvar)
    return reconstruction - kl


def variant_evidence_minus_gap(x, mu, logvar):
    ops = keras.ops
    evidence = -0.5 * (np.log(4 * np.pi) + x**2 / 2)  # x ~ N(0, 2)
    var, true_var = ops.exp(logvar), 0.5  # the posterior is N(x / 2, 1 / 2)
    distance = (mu - x / 2) ** 2
    gap = 0.5 * ((var + distance) / true_var - 1 - logvar + np.log(true_var))
    return evidence - gap


def variant_entropy(x, mu, logvar):
    var = tf.exp(logvar)
    energy = tf.square(x - mu) + tf.square(mu) + 2.0 * var
    entropy = 0.5 * (1.0 + np.log(2 * np.pi) + logvar)
    return entropy - np.log(2 * np.pi) - 0.5 * energy


def wrong_constant_missing(x, mu, logvar):
    return reference(x, mu, logvar) + 0.5 * np.log(2 * np.pi)


def wrong_no_kl(x, mu, logvar):
    return -0.5 * (np.log(2 * np.pi) + tf.square(x - mu) + tf.exp(logvar))


def wrong_kl_added(x, mu, logvar):
    kl = 0.5 * (tf.square(mu) + tf.exp(logvar) - 1.0 - logvar)
    return reference(x, mu, logvar) + 2.0 * kl


def wrong_mean_decoded(x, mu, logvar):
    kl = 0.5 * (tf.square(mu) + tf.exp(logvar) - 1.0 - logvar)
    return -0.5 * (np.log(2 * np.pi) + tf.square(x - mu)) - kl


def wrong_loss_returned(x, mu, logvar):
    return -reference(x, mu, logvar)


def checks(c):
    x, mu, logvar = c.normal(6, scale=2.0), c.normal(6), c.normal(6)
    evidence = -(np.log(4 * np.pi) + x.astype(float) ** 2 / 2) / 2

    bound = c.call(tf.constant(x), tf.constant(mu), tf.constant(logvar))
    c.shape("one-per-observation", bound, (6,))
    c.finite("finite", c.call(tf.constant(x), tf.constant(mu), tf.fill(6, -100.0)))

    at_zero = c.call(tf.zeros(1), tf.zeros(1), tf.zeros(1))
    c.close("at-zero", at_zero, [-np.log(2 * np.pi) / 2 - 0.5])
    best = c.call(tf.constant(x), tf.constant(x / 2), tf.fill(6, float(np.log(0.5))))
    c.close("tight", best, evidence)
    c.true("below", np.all(np.asarray(bound) < evidence), got=bound)
    var = np.exp(logvar.astype(float))
    gap = ((var + (mu - x.astype(float) / 2) ** 2) * 2 - 1 - logvar - np.log(2)) / 2
    c.close("gap", bound, evidence - gap, rtol=1e-4, atol=1e-5)
    far = c.rng.uniform(-20, 12, 6).astype("float32")
    apart = np.exp(far.astype(float)) + (mu - x.astype(float) / 2) ** 2
    gap = (2 * apart - 1 - far - np.log(2)) / 2
    at_far = c.call(tf.constant(x), tf.constant(mu), tf.constant(far))
    c.close("gap", at_far, evidence - gap, rtol=1e-4, atol=1e-4)

    c.gradient("gradient-mu", (x, mu, logvar), 1, x - 2 * mu)
    c.gradient("gradient-logvar", (x, mu, logvar), 2, 0.5 - var)
