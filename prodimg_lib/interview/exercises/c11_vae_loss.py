"""C11: the loss of a VAE, its sums and means in the right places."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "vae_loss"


def starter(x, x_hat, mu, logvar, beta=1.0):
    """Loss of a VAE with a Gaussian decoder of variance 1, without constants.

    Half the squared error of an image plus beta times its KL divergence from
    N(0, I), both in nats; then the mean over the batch.

    Args:
        x: float [batch, h, w, c], images.
        x_hat: float [batch, h, w, c], the decoder's means.
        mu: float [batch, d], mean of each latent variable.
        logvar: float [batch, d], natural logarithm of its variance.
        beta: float, weight of the divergence.

    Returns:
        Scalar tensor.
    """
    raise NotImplementedError


def reference(x, x_hat, mu, logvar, beta=1.0):
    error = 0.5 * tf.reduce_sum(tf.square(x - x_hat), axis=[1, 2, 3])
    terms = tf.square(mu) + tf.exp(logvar) - 1.0 - logvar
    kl = 0.5 * tf.reduce_sum(terms, axis=1)
    return tf.reduce_mean(error + beta * kl)


def torch_reference(x, x_hat, mu, logvar, beta=1.0):
    import torch

    error = 0.5 * torch.sum((x - x_hat) ** 2, dim=(1, 2, 3))
    kl = 0.5 * torch.sum(mu**2 + logvar.exp() - 1.0 - logvar, dim=1)
    return torch.mean(error + beta * kl)


def variant_totals(x, x_hat, mu, logvar, beta=1.0):
    error = tf.nn.l2_loss(x - x_hat)  # has the half
    kl = -0.5 * tf.reduce_sum(1.0 + logvar - mu**2 - tf.exp(logvar))
    return (error + beta * kl) / x.shape[0]


def variant_means_scaled_up(x, x_hat, mu, logvar, beta=1.0):
    ops = keras.ops
    error = ops.mean((x - x_hat) ** 2) * np.prod(x.shape[1:]) / 2
    kl = ops.mean(mu**2 + ops.exp(logvar) - 1 - logvar) * mu.shape[1] / 2
    return error + beta * kl


def wrong_mean_over_pixels(x, x_hat, mu, logvar, beta=1.0):
    error = 0.5 * tf.reduce_mean(tf.square(x - x_hat), axis=[1, 2, 3])
    return tf.reduce_mean(error + beta * _kl(mu, logvar))


def wrong_mean_squared_error(x, x_hat, mu, logvar, beta=1.0):
    error = keras.losses.MeanSquaredError()(x, x_hat)
    return error + beta * tf.reduce_mean(_kl(mu, logvar))


def wrong_mean_over_latents(x, x_hat, mu, logvar, beta=1.0):
    kl = _kl(mu, logvar) / mu.shape[1]
    return tf.reduce_mean(_error(x, x_hat) + beta * kl)


def wrong_sum_over_batch(x, x_hat, mu, logvar, beta=1.0):
    return tf.reduce_sum(_error(x, x_hat) + beta * _kl(mu, logvar))


def wrong_kl_missing(x, x_hat, mu, logvar, beta=1.0):
    return tf.reduce_mean(_error(x, x_hat))


def wrong_kl_subtracted(x, x_hat, mu, logvar, beta=1.0):
    return tf.reduce_mean(_error(x, x_hat) - beta * _kl(mu, logvar))


def wrong_half_forgotten(x, x_hat, mu, logvar, beta=1.0):
    return tf.reduce_mean(2.0 * _error(x, x_hat) + beta * _kl(mu, logvar))


def _error(x, x_hat):
    return 0.5 * tf.reduce_sum(tf.square(x - x_hat), axis=[1, 2, 3])


def _kl(mu, logvar):
    return 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)


def checks(c):
    x, x_hat = c.normal(3, 4, 2, 3), c.normal(3, 4, 2, 3)
    mu, logvar, beta = c.normal(3, 5), c.normal(3, 5), float(c.rng.uniform(2, 4))
    code = tf.constant(mu), tf.constant(logvar)
    prior = tf.zeros((3, 5)), tf.zeros((3, 5))
    pair = tf.constant(x), tf.constant(x_hat)

    loss = c.call(*pair, *code, beta)
    c.shape("scalar", loss, ())

    error = np.sum((x.astype(float) - x_hat) ** 2) / 2 / 3
    m, lv = mu.astype(float), logvar.astype(float)
    kl = np.sum(m**2 + np.exp(lv) - 1 - lv) / 2 / 3
    alone = c.call(*pair, *prior)
    c.close("error-alone", alone, error, rtol=1e-4)
    c.close("kl-alone", c.call(pair[0], pair[0], *code), kl, rtol=1e-4)
    c.close("beta", loss, error + beta * kl, rtol=1e-4)
    twice = [tf.concat([image, image], axis=2) for image in pair]
    c.close("double-area", c.call(*twice, *prior), 2 * error, rtol=1e-4)
    twice = [tf.concat([part, part], axis=0) for part in (*pair, *code)]
    c.close("batch-size", c.call(*twice, beta), error + beta * kl, rtol=1e-4)

    args = (x, x_hat, mu, logvar, beta)
    c.gradient("gradient-image", args, 1, (x_hat - x) / 3)
    c.gradient("gradient-mu", args, 2, beta * mu / 3)
    c.gradient("gradient-logvar", args, 3, beta * (np.exp(lv) - 1) / 6)
