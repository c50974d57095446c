"""C08: a draw from q(z|x) that gradients flow through."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "reparameterize"


def starter(mu, logvar, eps):
    """A draw from N(mu, exp(logvar)), made from standard normal noise.

    Args:
        mu: float [batch, d], mean of each latent variable.
        logvar: float [batch, d], natural logarithm of its variance.
        eps: float [batch, d], noise from N(0, 1), already drawn for you.

    Returns:
        Float [batch, d]; differentiable in mu and in logvar.
    """
    raise NotImplementedError


def reference(mu, logvar, eps):
    return mu + tf.exp(0.5 * logvar) * eps


def torch_reference(mu, logvar, eps):
    import torch

    return mu + torch.exp(0.5 * logvar) * eps


def variant_square_root(mu, logvar, eps):
    return mu + tf.sqrt(tf.exp(logvar)) * eps


def variant_keras_ops(mu, logvar, eps):
    ops = keras.ops
    std = ops.exp(ops.divide(logvar, 2.0))
    return ops.add(mu, ops.multiply(std, eps))


def wrong_variance_as_std(mu, logvar, eps):
    return mu + tf.exp(logvar) * eps


def wrong_logvar_as_std(mu, logvar, eps):
    return mu + logvar * eps


def wrong_unit_noise(mu, logvar, eps):
    return mu + eps + 0.0 * logvar


def wrong_own_noise(mu, logvar, eps):
    return mu + tf.exp(0.5 * logvar) * tf.random.normal(tf.shape(eps))


def wrong_mean_scaled_too(mu, logvar, eps):
    return tf.exp(0.5 * logvar) * (mu + eps)


def wrong_gradient_stopped(mu, logvar, eps):
    return mu + tf.stop_gradient(tf.exp(0.5 * logvar)) * eps


def checks(c):
    mu, logvar, eps = c.normal(4, 3, scale=2.0), c.normal(4, 3), c.normal(4, 3)
    std = np.exp(0.5 * logvar.astype(float))

    def draw(noise):
        return c.call(tf.constant(mu), tf.constant(logvar), tf.constant(noise))

    z = draw(eps)
    c.shape("shape", z, (4, 3))
    far = c.rng.uniform(-30, 30, (4, 3)).astype("float32")
    at_far = c.call(tf.constant(mu), tf.constant(far), tf.constant(eps))
    c.finite("finite", at_far)

    c.close("same-noise", draw(eps), z, mistake="own-noise")
    c.close("no-noise", draw(np.zeros_like(eps)), mu)
    two = c.call(tf.zeros((1, 1)), tf.fill((1, 1), float(np.log(4))), tf.ones((1, 1)))
    c.close("std-two", two, [[2.0]])
    c.close("value", z, mu + std * eps)
    c.close("value", at_far, mu + np.exp(0.5 * far.astype(float)) * eps, 1e-4)

    c.gradient("gradient-mu", (mu, logvar, eps), 0, np.ones_like(mu))
    c.gradient("gradient-logvar", (mu, logvar, eps), 1, 0.5 * std * eps)
