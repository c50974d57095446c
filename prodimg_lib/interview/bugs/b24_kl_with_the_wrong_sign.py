"""B24: the KL with the wrong sign."""

import numpy as np
import tensorflow as tf

ENTRY = "kl"


def buggy(mu, logvar):
    return 0.5 * tf.reduce_sum(1.0 + logvar - tf.square(mu) - tf.exp(logvar), axis=1)


def fixed(mu, logvar):
    return -0.5 * tf.reduce_sum(1.0 + logvar - tf.square(mu) - tf.exp(logvar), axis=1)


def variant_std(mu, logvar):
    std = tf.exp(0.5 * logvar)
    return tf.reduce_sum(0.5 * (mu**2 + std**2 - 1.0) - tf.math.log(std), axis=1)


def wrong_absolute_value(mu, logvar):
    inner = tf.abs(1.0 + logvar - tf.square(mu) - tf.exp(logvar))
    return 0.5 * tf.reduce_sum(tf.maximum(inner, 1.0), axis=1)


def wrong_clipped_at_zero(mu, logvar):
    return tf.maximum(buggy(mu, logvar), 0.0)


def wrong_log_sign_flipped(mu, logvar):
    return 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 + logvar, axis=1)


def symptom(kl, seed):
    """The least divergence of random codes, and the one of mean 1, which is 0.5."""
    rng = np.random.default_rng(seed)
    mu, logvar = (tf.constant(rng.normal(size=(50, 3)), tf.float32) for _ in range(2))
    least = float(tf.reduce_min(kl(mu, logvar)))
    known = float(kl(tf.ones((1, 1)), tf.zeros((1, 1)))[0])
    facts = {"least KL of random codes": least, "KL of mean 1 (0.5)": known}
    return least < 0 or abs(known - 0.5) > 1e-4, facts


def checks(c):
    mu, logvar = c.normal(5, 3), c.normal(5, 3)
    found = c.call(tf.constant(mu), tf.constant(logvar))
    c.shape("shape", found, (5,))
    want = 0.5 * (mu**2 + np.exp(logvar.astype(float)) - 1 - logvar).sum(1)
    c.close("value", found, want, rtol=1e-4)
    c.gradient("gradient", (mu, logvar), 0, mu)
    c.gradient("gradient", (mu, logvar), 1, (np.exp(logvar) - 1) / 2)
