"""B22: a mean here, a sum there."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "vae_loss"


def buggy(x, x_hat, mu, logvar):
    reconstruction = tf.reduce_mean(tf.square(x - x_hat))
    kl = 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)
    return reconstruction + tf.reduce_mean(kl)


def fixed(x, x_hat, mu, logvar):
    reconstruction = tf.reduce_sum(tf.square(x - x_hat), axis=[1, 2, 3])
    kl = 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)
    return tf.reduce_mean(reconstruction + kl)


def variant_flattened(x, x_hat, mu, logvar):
    n = tf.cast(tf.shape(x)[0], tf.float32)
    kl = tf.square(mu) + tf.exp(logvar) - 1.0 - logvar
    return (tf.reduce_sum((x - x_hat) ** 2) + 0.5 * tf.reduce_sum(kl)) / n


def wrong_both_means(x, x_hat, mu, logvar):
    kl = 0.5 * tf.reduce_mean(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar)
    return tf.reduce_mean(tf.square(x - x_hat)) + kl


def wrong_batch_summed(x, x_hat, mu, logvar):
    kl = 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar)
    return tf.reduce_sum(tf.square(x - x_hat)) + kl


def wrong_keras_mse(x, x_hat, mu, logvar):
    reconstruction = tf.reduce_sum(keras.losses.mean_squared_error(x, x_hat), axis=[1, 2])
    kl = 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)
    return tf.reduce_mean(reconstruction + kl)


def symptom(vae_loss, seed):
    """An image twice as high must have twice the reconstruction term."""
    rng = np.random.default_rng(seed)
    x, x_hat = (tf.constant(rng.normal(size=(4, 5, 6, 3)), tf.float32) for _ in range(2))
    prior = tf.zeros((4, 2)), tf.zeros((4, 2))  # KL 0
    once = float(vae_loss(x, x_hat, *prior))
    twice = float(vae_loss(tf.tile(x, [1, 2, 1, 1]), tf.tile(x_hat, [1, 2, 1, 1]), *prior))
    return abs(twice / once - 2) > 0.01, {"loss of twice the pixels, relative": twice / once}


def checks(c):
    x, x_hat, mu, logvar = (
        c.normal(3, 4, 5, 3),
        c.normal(3, 4, 5, 3),
        c.normal(3, 2),
        c.normal(3, 2),
    )
    loss = c.call(tf.constant(x), tf.constant(x_hat), tf.constant(mu), tf.constant(logvar))
    c.shape("scalar", loss, ())
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar)
    error, kl = ((x - x_hat).astype(float) ** 2).sum() / 3, kl.sum() / 3
    # With or without the half of a Gaussian's exponent: which variance it has is not asked.
    want = min((error + kl, error / 2 + kl), key=lambda w: abs(w - np.mean(loss)))
    c.close("value", loss, want, rtol=2e-5)
    half = 0.5 if want < error + kl else 1.0
    args = x, x_hat, mu, logvar
    c.gradient("gradient", args, 1, half * 2 * (x_hat - x) / 3)
    c.gradient("gradient", args, 2, mu / 3)
    c.gradient("gradient", args, 3, (np.exp(logvar) - 1) / 6)
