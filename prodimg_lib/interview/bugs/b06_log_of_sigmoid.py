"""B06: the logarithm of a sigmoid."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "d_loss"


def buggy(real_logits, fake_logits):
    real = tf.math.log(tf.sigmoid(real_logits))
    fake = tf.math.log(1.0 - tf.sigmoid(fake_logits))
    return -tf.reduce_mean(real) - tf.reduce_mean(fake)


def fixed(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real = entropy(tf.ones_like(real_logits), real_logits)
    return real + entropy(tf.zeros_like(fake_logits), fake_logits)


def variant_softplus(real_logits, fake_logits):
    real = tf.reduce_mean(tf.nn.softplus(-real_logits))
    return real + tf.reduce_mean(tf.nn.softplus(fake_logits))


def wrong_probabilities_clipped(real_logits, fake_logits):
    real = tf.clip_by_value(tf.sigmoid(real_logits), 1e-7, 1.0 - 1e-7)
    fake = tf.clip_by_value(tf.sigmoid(fake_logits), 1e-7, 1.0 - 1e-7)
    return -tf.reduce_mean(tf.math.log(real)) - tf.reduce_mean(tf.math.log(1.0 - fake))


def wrong_epsilon_added(real_logits, fake_logits):
    real = tf.math.log(tf.sigmoid(real_logits) + 1e-8)
    fake = tf.math.log(1.0 - tf.sigmoid(fake_logits) + 1e-8)
    return -tf.reduce_mean(real) - tf.reduce_mean(fake)


def wrong_sigmoid_kept(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real = entropy(tf.ones_like(real_logits), tf.sigmoid(real_logits))
    return real + entropy(tf.zeros_like(fake_logits), tf.sigmoid(fake_logits))


def symptom(d_loss, seed):
    """One fake that the discriminator is sure is real: the loss is infinite, its gradient NaN."""
    real, fake = tf.constant([2.0, 3.0]), tf.constant([-1.0, 20.0])
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = d_loss(real, fake)
    gradient = tape.gradient(loss, fake)
    facts = {"loss": float(loss), "gradient in the logit 20": float(gradient[1])}
    return not np.isfinite(list(facts.values())).all(), facts


def checks(c):
    real, fake = c.normal(5, scale=2.0), c.normal(4, scale=2.0)
    loss = c.call(tf.constant(real), tf.constant(fake))
    c.shape("scalar", loss, ())
    expected = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
    c.close("value", loss, expected, rtol=1e-4)
    sure = np.array([-2000.0, 2000.0], "float32")  # beyond what exp can do in float64
    c.gradient("gradient-sure", (sure, -sure), 0, [-0.5, 0.0])
    c.gradient("gradient-sure", (-sure, sure), 1, [0.0, 0.5])
