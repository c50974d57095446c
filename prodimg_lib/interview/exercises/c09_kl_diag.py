"""C09: the KL divergence of a diagonal Gaussian from the standard normal."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "kl_diag"


def starter(mu, logvar):
    """KL divergence of N(mu, diag(exp(logvar))) from N(0, I), in nats.

    Args:
        mu: float [batch, d], mean of each latent variable.
        logvar: float [batch, d], natural logarithm of its variance.

    Returns:
        Float [batch], one number for each image.
    """
    raise NotImplementedError


def reference(mu, logvar):
    terms = tf.square(mu) + tf.exp(logvar) - 1.0 - logvar
    return 0.5 * tf.reduce_sum(terms, axis=1)


def torch_reference(mu, logvar):
    import torch

    return 0.5 * torch.sum(mu**2 + logvar.exp() - 1.0 - logvar, dim=1)


def variant_as_in_the_paper(mu, logvar):
    ops = keras.ops
    return -0.5 * ops.sum(1 + logvar - mu**2 - ops.exp(logvar), axis=-1)


def variant_mean_and_spread(mu, logvar):
    far = tf.einsum("bd,bd->b", mu, mu) / 2
    spread = tf.reduce_sum((tf.math.expm1(logvar) - logvar) / 2, 1)
    return far + spread


def wrong_mean_over_latents(mu, logvar):
    return 0.5 * tf.reduce_mean(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)


def wrong_sign_flipped(mu, logvar):
    return -reference(mu, logvar)


def wrong_half_forgotten(mu, logvar):
    return 2.0 * reference(mu, logvar)


def wrong_arguments_reversed(mu, logvar):
    terms = (1.0 + tf.square(mu)) * tf.exp(-logvar) - 1.0 + logvar
    return 0.5 * tf.reduce_sum(terms, axis=1)


def wrong_log_of_the_std(mu, logvar):
    return reference(mu, 2.0 * logvar)


def wrong_mean_over_batch(mu, logvar):
    return tf.reduce_mean(reference(mu, logvar))


def checks(c):
    mu, logvar = c.normal(4, 3, scale=1.5), c.normal(4, 3)
    kl = c.call(tf.constant(mu), tf.constant(logvar))
    c.shape("one-per-image", kl, (4,))
    small = np.array([[-100.0, -200.0]], "float32")
    c.finite("finite", c.call(tf.zeros((1, 2)), tf.constant(small)))

    c.close("prior", c.call(tf.zeros((2, 5)), tf.zeros((2, 5))), np.zeros(2))
    c.close("one-off", c.call(tf.ones((1, 1)), tf.zeros((1, 1))), [0.5])
    m, v = mu.astype(float), np.exp(logvar.astype(float))
    c.close("value", kl, (m**2 + v - 1 - np.log(v)).sum(axis=1) / 2)
    far = c.rng.uniform(-25, 25, (5, 3)).astype("float32")
    want = (np.exp(far.astype(float)) - 1 - far).sum(axis=1) / 2
    c.close("value", c.call(tf.zeros((5, 3)), tf.constant(far)), want, 1e-4)
    c.true("not-negative", np.min(kl) >= 0, got=kl)
    first = c.call(tf.constant(mu[:, :1]), tf.constant(logvar[:, :1]))
    rest = c.call(tf.constant(mu[:, 1:]), tf.constant(logvar[:, 1:]))
    c.close("adds-up", np.add(first, rest), kl)

    c.gradient("gradient-mu", (mu, logvar), 0, mu)
    c.gradient("gradient-logvar", (mu, logvar), 1, (v - 1) / 2)

    # The divergence is the mean of log q(z) - log p(z) under q.
    eps = c.rng.normal(size=(20_000, 3))
    z = m[0] + np.sqrt(v[0]) * eps
    ratio = (z**2 - eps**2 - np.log(v[0])).sum(axis=1) / 2
    se = np.std(ratio) / np.sqrt(len(ratio))
    c.statistic("monte-carlo", np.ravel(kl)[0], float(np.mean(ratio)), se)
