"""B09: no reparametrisation."""

import numpy as np
import tensorflow as tf

ENTRY = "latent"


def buggy(mu, logvar, noise):
    return mu


def fixed(mu, logvar, noise):
    return mu + tf.exp(0.5 * logvar) * noise


def variant_square_root(mu, logvar, noise):
    return tf.sqrt(tf.exp(logvar)) * noise + mu


def wrong_cut_off(mu, logvar, noise):
    return mu + tf.stop_gradient(tf.exp(0.5 * logvar) * noise)


def wrong_noise_only(mu, logvar, noise):
    return mu + noise


def symptom(latent, seed):
    """Slopes of a toy loss, the sum of squares, in the two outputs of the encoder."""
    rng = np.random.default_rng(seed)
    mu, logvar, noise = (tf.constant(rng.normal(size=(200, 2)), tf.float32) for _ in range(3))
    with tf.GradientTape() as tape:
        tape.watch([mu, logvar])
        loss = tf.reduce_sum(tf.square(latent(mu, logvar, noise)))
    slopes = tape.gradient(loss, [mu, logvar], unconnected_gradients="zero")
    sizes = [float(tf.reduce_mean(tf.abs(s))) for s in slopes]
    facts = {"mean slope in mu": sizes[0], "mean slope in logvar": sizes[1]}
    return min(sizes) < 1e-6, facts


def checks(c):
    mu, logvar, noise = c.normal(4, 3), c.normal(4, 3), c.normal(4, 3)
    args = tuple(tf.constant(a) for a in (mu, logvar, noise))
    z = c.call(*args)
    c.shape("shape", z, (4, 3))
    std = np.exp(logvar / 2)
    c.close("value", z, mu + std * noise, rtol=1e-4)
    c.gradient("slope-mu", (mu, logvar, noise), 0, np.ones((4, 3)))
    c.gradient("slope-logvar", (mu, logvar, noise), 1, 0.5 * std * noise)
