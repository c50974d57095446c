"""C29: a noisy image of any step, at once."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "q_sample"


def starter(x0, t, eps, alpha_bar):
    """A draw from q(x_t | x_0) of a diffusion model, each image at its own step.

    Args:
        x0: float [batch, height, width, channels], clean images.
        t: int [batch], a step from 0 to T - 1 for each image.
        eps: float, the shape of x0; standard normal noise, already drawn for you.
        alpha_bar: float [T], the share of the signal's variance that is left at each step.

    Returns:
        Float, the shape of x0; differentiable in x0.
    """
    raise NotImplementedError


def reference(x0, t, eps, alpha_bar):
    left = tf.reshape(tf.gather(alpha_bar, t), (-1, 1, 1, 1))
    return tf.sqrt(left) * x0 + tf.sqrt(1.0 - left) * eps


def torch_reference(x0, t, eps, alpha_bar):
    import torch

    left = alpha_bar[t].reshape(-1, 1, 1, 1)
    return torch.sqrt(left) * x0 + torch.sqrt(1.0 - left) * eps


def variant_einsum(x0, t, eps, alpha_bar):
    signal = tf.gather(tf.sqrt(alpha_bar), t)
    noise = tf.gather(tf.sqrt(1.0 - alpha_bar), t)
    return tf.einsum("b,bhwc->bhwc", signal, x0) + tf.einsum("b,bhwc->bhwc", noise, eps)


def variant_keras_ops(x0, t, eps, alpha_bar):
    ops = keras.ops
    left = ops.take(alpha_bar, t)[:, None, None, None]
    return ops.sqrt(left) * x0 + ops.sqrt(1.0 - left) * eps


def wrong_roots_missing(x0, t, eps, alpha_bar):
    left = tf.reshape(tf.gather(alpha_bar, t), (-1, 1, 1, 1))
    return left * x0 + (1.0 - left) * eps


def wrong_weights_swapped(x0, t, eps, alpha_bar):
    return reference(eps, t, x0, alpha_bar)


def wrong_one_minus_the_root(x0, t, eps, alpha_bar):
    left = tf.reshape(tf.sqrt(tf.gather(alpha_bar, t)), (-1, 1, 1, 1))
    return left * x0 + (1.0 - left) * eps


def wrong_cumulated_twice(x0, t, eps, alpha_bar):
    return reference(x0, t, eps, tf.math.cumprod(alpha_bar))


def wrong_one_step_for_all(x0, t, eps, alpha_bar):
    return reference(x0, tf.fill(tf.shape(t), t[0]), eps, alpha_bar)


def wrong_step_along_columns(x0, t, eps, alpha_bar):
    # [batch] against [batch, height, width, channels]: paired with the last axis, if it fits.
    left = tf.gather(alpha_bar, t)
    return tf.sqrt(left) * x0 + tf.sqrt(1.0 - left) * eps


def wrong_only_noise_added(x0, t, eps, alpha_bar):
    left = tf.reshape(tf.gather(alpha_bar, t), (-1, 1, 1, 1))
    return x0 + tf.sqrt(1.0 - left) * eps


def checks(c):
    alpha_bar = np.sort(c.rng.uniform(0.02, 0.98, 10))[::-1].astype("float32")
    # As many channels as images, so that a weight along the wrong axis raises nothing.
    x0, eps = c.normal(3, 4, 5, 3), c.normal(3, 4, 5, 3)
    t = c.rng.permutation(10)[:3].astype("int32")

    def call(*args):
        return c.call(*(tf.constant(a) for a in args))

    found = call(x0, t, eps, alpha_bar)
    c.shape("shape", found, x0.shape)
    left = alpha_bar.astype(float)[t].reshape(3, 1, 1, 1)
    c.close("value", found, np.sqrt(left) * x0 + np.sqrt(1 - left) * eps, 1e-4, 1e-5)
    ends, two = np.array([1.0, 0.0], "float32"), np.array([0, 1], "int32")
    both = call(x0[:2], two, eps[:2], ends)
    c.close("ends", both, np.stack([x0[0], eps[1]]))
    c.gradient("gradient", (x0, t, eps, alpha_bar), 0, np.broadcast_to(np.sqrt(left), x0.shape))
    # Signal and noise of variance 1: so has their mixture, at every step.
    n = 4000
    many = call(c.normal(2, n, 1, 1), t[:2], c.normal(2, n, 1, 1), alpha_bar)
    for image in np.asarray(many):
        c.statistic("variance", image.var(), 1.0, np.sqrt(2 / n))
