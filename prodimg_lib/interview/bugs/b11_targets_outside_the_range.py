"""B11: targets outside the range of the loss."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "reconstruction"


def buggy(images, logits):
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
    return tf.reduce_sum(loss, axis=1)


def fixed(images, logits):
    targets = 0.5 * (images + 1.0)
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    return tf.reduce_sum(loss, axis=1)


def variant_keras(images, logits):
    loss = keras.ops.binary_crossentropy((1.0 + images) / 2.0, logits, from_logits=True)
    return keras.ops.sum(loss, axis=-1)


def wrong_absolute_value(images, logits):
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.abs(images), logits=logits)
    return tf.reduce_sum(loss, axis=1)


def wrong_clipped(images, logits):
    targets = tf.clip_by_value(images, 0.0, 1.0)
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    return tf.reduce_sum(loss, axis=1)


def symptom(reconstruction, seed):
    """Black pixels (-1) and logits that fall; and where the loss of a grey pixel is least."""
    black = -tf.ones((1, 4))
    at = [float(reconstruction(black, tf.fill((1, 4), x))[0]) for x in (-4.0, -16.0)]
    grey = float(np.random.default_rng(seed).uniform(-0.6, 0.6))
    logits = np.linspace(-4, 4, 801, dtype="float32")[:, None]
    losses = np.asarray(reconstruction(tf.fill((801, 1), grey), tf.constant(logits)))
    shown = 2 / (1 + np.exp(-float(logits[losses.argmin(), 0]))) - 1
    facts = {"loss of black at logit -16": at[1], f"best image for grey {grey:.2f}": shown}
    return at[1] < 0 or abs(shown - grey) > 0.02, facts


def checks(c):
    images = c.rng.uniform(-1, 1, (3, 5)).astype("float32")
    logits = c.normal(3, 5, scale=2.0)
    loss = c.call(tf.constant(images), tf.constant(logits))
    c.shape("shape", loss, (3,))
    wide = logits.astype(float)
    want = (np.logaddexp(0, wide) - 0.5 * (images + 1.0) * wide).sum(1)
    c.close("value", loss, want, rtol=1e-4)
