"""C01: the discriminator's cross-entropy from logits."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "d_loss"


def starter(real_logits, fake_logits):
    """Cross-entropy of a discriminator: mean over the reals plus mean over the fakes.

    Args:
        real_logits: float [n], raw outputs of the discriminator on real images.
        fake_logits: float [m], on generated ones.

    Returns:
        Scalar tensor, finite for every finite logit.
    """
    raise NotImplementedError


def reference(real_logits, fake_logits):
    real = tf.reduce_mean(tf.nn.softplus(-real_logits))
    return real + tf.reduce_mean(tf.nn.softplus(fake_logits))


def torch_reference(real_logits, fake_logits):
    from torch.nn import functional

    return functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()


def variant_keras_loss(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real = entropy(tf.ones_like(real_logits), real_logits)
    return real + entropy(tf.zeros_like(fake_logits), fake_logits)


def variant_log_sigmoid(real_logits, fake_logits):
    real = keras.ops.mean(keras.ops.log_sigmoid(real_logits))
    return -real - keras.ops.mean(keras.ops.log_sigmoid(-fake_logits))


def wrong_log_of_sigmoid(real_logits, fake_logits):
    real = tf.reduce_mean(tf.math.log(tf.sigmoid(real_logits)))
    return -real - tf.reduce_mean(tf.math.log(1.0 - tf.sigmoid(fake_logits)))


def wrong_swapped_labels(real_logits, fake_logits):
    real = tf.reduce_mean(tf.nn.softplus(real_logits))
    return real + tf.reduce_mean(tf.nn.softplus(-fake_logits))


def wrong_double_sigmoid(real_logits, fake_logits):
    real = tf.reduce_mean(tf.nn.softplus(-tf.sigmoid(real_logits)))
    return real + tf.reduce_mean(tf.nn.softplus(tf.sigmoid(fake_logits)))


def wrong_one_mean(real_logits, fake_logits):
    terms = tf.concat([tf.nn.softplus(-real_logits), tf.nn.softplus(fake_logits)], axis=0)
    return tf.reduce_mean(terms)


def wrong_sum_over_batch(real_logits, fake_logits):
    real = tf.reduce_sum(tf.nn.softplus(-real_logits))
    return real + tf.reduce_sum(tf.nn.softplus(fake_logits))


def wrong_both_labels_smoothed(real_logits, fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
    real = entropy(tf.ones_like(real_logits), real_logits)
    return real + entropy(tf.zeros_like(fake_logits), fake_logits)


def checks(c):
    real, fake = c.normal(6, scale=3.0), c.normal(4, scale=3.0)
    sure = np.array([-2000.0, 2000.0], "float32")  # beyond what exp can do in float64

    loss = c.call(tf.constant(real), tf.constant(fake))
    c.shape("scalar", loss, ())
    c.finite("finite", c.call(tf.constant(sure), tf.constant(sure)))

    nothing = tf.zeros(3)
    c.close("undecided", c.call(nothing, nothing), 2 * np.log(2))
    c.close("value", loss, _oracle(real, fake))
    c.close("sure", c.call(tf.constant(sure), tf.constant(sure)), 2000.0)

    c.gradient("gradient-real", (sure, -sure), 0, [-0.5, 0.0])
    c.gradient("gradient-fake", (-sure, sure), 1, [0.0, 0.5])
    c.gradient("gradient-real", (real, fake), 0, -_sigmoid(-real) / len(real))
    c.gradient("gradient-fake", (real, fake), 1, _sigmoid(fake) / len(fake))


def _oracle(real, fake):
    """The same in float64 with NumPy's log(exp(a) + exp(b))."""
    real, fake = real.astype(float), fake.astype(float)
    return np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()


def _sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(float)))
