"""B26: logits or probabilities."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "d_loss"


def buggy(real_scores, fake_scores):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real, fake = tf.sigmoid(real_scores), tf.sigmoid(fake_scores)
    return entropy(tf.ones_like(real), real) + entropy(tf.zeros_like(fake), fake)


def fixed(real_scores, fake_scores):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real = entropy(tf.ones_like(real_scores), real_scores)
    return real + entropy(tf.zeros_like(fake_scores), fake_scores)


def variant_softplus(real_scores, fake_scores):
    real = tf.reduce_mean(tf.nn.softplus(-real_scores))
    return real + tf.reduce_mean(tf.nn.softplus(fake_scores))


def wrong_logits_as_probabilities(real_scores, fake_scores):
    entropy = keras.losses.BinaryCrossentropy(from_logits=False)
    real = entropy(tf.ones_like(real_scores), real_scores)
    return real + entropy(tf.zeros_like(fake_scores), fake_scores)


def wrong_floor_subtracted(real_scores, fake_scores):
    return buggy(real_scores, fake_scores) - 1.0064


def symptom(d_loss, seed):
    """A discriminator that is right and sure: scores of +20 for real and -20 for fake."""
    n = 4 + seed
    right = float(d_loss(tf.fill((n, 1), 20.0), tf.fill((n, 1), -20.0)))
    undecided = float(d_loss(tf.zeros((n, 1)), tf.zeros((n, 1))))
    facts = {"loss when right and sure (0)": right, "loss when undecided (1.386)": undecided}
    return right > 0.01 or abs(undecided - 2 * np.log(2)) > 0.01, facts


def checks(c):
    real, fake = c.normal(5, 1, scale=3.0), c.normal(4, 1, scale=3.0)
    loss = c.call(tf.constant(real), tf.constant(fake))
    c.shape("scalar", loss, ())
    want = np.logaddexp(0, -real.astype(float)).mean() + np.logaddexp(0, fake.astype(float)).mean()
    c.close("value", loss, want, rtol=1e-4)
    c.gradient("gradient", (real, fake), 0, -1 / (1 + np.exp(real)) / 5)
    c.gradient("gradient", (real, fake), 1, 1 / (1 + np.exp(-fake)) / 4)
