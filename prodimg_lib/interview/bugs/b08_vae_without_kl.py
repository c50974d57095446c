"""B08: a VAE without KL."""

import numpy as np
import tensorflow as tf

ENTRY = "loss"


def buggy(x, x_hat, mu, logvar):
    return tf.reduce_mean(tf.reduce_sum(tf.square(x - x_hat), axis=1))


def fixed(x, x_hat, mu, logvar):
    reconstruction = tf.reduce_sum(tf.square(x - x_hat), axis=1)
    kl = 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)
    return tf.reduce_mean(reconstruction + kl)


def variant_terms_apart(x, x_hat, mu, logvar):
    error = tf.reduce_mean(tf.norm(x - x_hat, axis=1) ** 2)
    kl = -0.5 * tf.reduce_mean(tf.reduce_sum(1.0 + logvar - mu**2 - tf.exp(logvar), 1))
    return error + kl


def wrong_small_weight_decay(x, x_hat, mu, logvar):
    return buggy(x, x_hat, mu, logvar) + 0.01 * tf.reduce_mean(tf.reduce_sum(mu**2, axis=1))


def symptom(loss, seed):
    """A linear VAE on two clusters, 300 steps: the spread of its posteriors."""
    rng = np.random.default_rng(seed)
    x = tf.constant(rng.choice([-1.0, 1.0], (128, 1)) + 0.1 * rng.normal(size=(128, 1)), tf.float32)
    w, s, g = tf.Variable(1.0), tf.Variable(0.0), tf.Variable(1.0)
    noise = tf.constant(rng.normal(size=(300, 128, 1)), tf.float32)

    @tf.function(autograph=False)
    def step(e):
        with tf.GradientTape() as tape:
            mu, logvar = w * x, s * tf.ones_like(x)
            value = loss(x, g * (mu + tf.exp(0.5 * logvar) * e), mu, logvar)
        for v, slope in zip((w, s, g), tape.gradient(value, (w, s, g)), strict=True):
            v.assign_sub(0.05 * slope if slope is not None else 0.0)

    for e in noise:
        step(e)
    std = float(tf.exp(0.5 * s))
    spread = float(abs(w))
    return spread > 1.5, {"standard deviation of q": std, "spread of the means": spread}


def checks(c):
    x, x_hat, mu, logvar = c.normal(5, 4), c.normal(5, 4), c.normal(5, 2), c.normal(5, 2)
    value = c.call(*(tf.constant(a) for a in (x, x_hat, mu, logvar)))
    c.shape("scalar", value, ())
    kl = 0.5 * (mu**2 + np.exp(logvar.astype(float)) - 1 - logvar).sum(1)
    error = ((x - x_hat) ** 2).sum(1).mean()
    # With or without the half of a Gaussian's exponent: which variance it has is not asked.
    want = min((error + kl.mean(), error / 2 + kl.mean()), key=lambda w: abs(w - np.mean(value)))
    c.close("value", value, want, rtol=1e-4)
    args, half = (x, x_hat, mu, logvar), 0.5 if want < error + kl.mean() else 1.0
    c.gradient("gradient", args, 1, half * 2 * (x_hat - x) / 5)
    c.gradient("gradient", args, 2, mu / 5)
    c.gradient("gradient", args, 3, (np.exp(logvar) - 1) / 10)
