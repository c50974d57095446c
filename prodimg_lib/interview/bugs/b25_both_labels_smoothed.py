"""B25: both labels smoothed."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "d_loss"


def buggy(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2)
    real = entropy(tf.ones_like(real_logits), real_logits)
    return real + entropy(tf.zeros_like(fake_logits), fake_logits)


def fixed(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real = entropy(tf.fill(tf.shape(real_logits), 0.9), real_logits)
    return real + entropy(tf.zeros_like(fake_logits), fake_logits)


def variant_by_hand(real_logits, fake_logits):
    real = tf.nn.softplus(real_logits) - 0.9 * real_logits
    return tf.reduce_mean(real) + tf.reduce_mean(tf.nn.softplus(fake_logits))


def wrong_half_the_option(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
    real = entropy(tf.ones_like(real_logits), real_logits)
    return real + entropy(tf.zeros_like(fake_logits), fake_logits)


def wrong_no_smoothing(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real = entropy(tf.ones_like(real_logits), real_logits)
    return real + entropy(tf.zeros_like(fake_logits), fake_logits)


def wrong_the_other_side(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real = entropy(tf.ones_like(real_logits), real_logits)
    return real + entropy(tf.fill(tf.shape(fake_logits), 0.1), fake_logits)


def symptom(d_loss, seed):
    """Sure and right about fakes; and the best logit for real images, whose target is 0.9."""
    n = 3 + seed
    zero = tf.fill((n, 1), float(np.log(9)))
    sure = float(d_loss(zero, tf.fill((n, 1), -20.0)) - d_loss(zero, tf.fill((n, 1), -40.0)))
    grid = np.linspace(0, 6, 601)
    losses = [float(d_loss(tf.fill((1, 1), float(g)), tf.fill((1, 1), -20.0))) for g in grid[::20]]
    best = 1 / (1 + np.exp(-grid[::20][int(np.argmin(losses))]))
    facts = {"gain of a sure fake by doubt": -sure, "best answer to a real image": float(best)}
    return abs(sure) > 0.01 or abs(best - 0.9) > 0.02, facts


def checks(c):
    real, fake = c.normal(5, 1, scale=2.0), c.normal(4, 1, scale=2.0)
    loss = c.call(tf.constant(real), tf.constant(fake))
    c.shape("scalar", loss, ())
    r, f = real.astype(float), fake.astype(float)
    want = (np.logaddexp(0, r) - 0.9 * r).mean() + np.logaddexp(0, f).mean()
    c.close("value", loss, want, rtol=1e-4)
    c.gradient("gradient", (real, fake), 0, (1 / (1 + np.exp(-r)) - 0.9) / 5)
    c.gradient("gradient", (real, fake), 1, 1 / (1 + np.exp(-f)) / 4)
