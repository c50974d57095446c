"""C02: the generator's non-saturating loss from logits."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "g_loss"


def starter(fake_logits):
    """Non-saturating loss of a generator, the batch mean, to be minimised.

    Args:
        fake_logits: float [n], raw discriminator outputs on generated images.

    Returns:
        Scalar tensor, finite for every finite logit.
    """
    raise NotImplementedError


def reference(fake_logits):
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))


def torch_reference(fake_logits):
    from torch.nn import functional

    return functional.softplus(-fake_logits).mean()


def variant_keras_loss(fake_logits):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    return entropy(tf.ones_like(fake_logits), fake_logits)


def variant_maximum(fake_logits):
    ops = keras.ops
    terms = ops.maximum(-fake_logits, 0.0) + ops.log1p(ops.exp(-ops.abs(fake_logits)))
    return ops.mean(terms)


def wrong_saturating(fake_logits):
    return -tf.reduce_mean(tf.nn.softplus(fake_logits))


def wrong_label_fake(fake_logits):
    return tf.reduce_mean(tf.nn.softplus(fake_logits))


def wrong_sign_lost(fake_logits):
    return tf.reduce_mean(tf.math.log_sigmoid(fake_logits))


def wrong_log_of_sigmoid(fake_logits):
    return -tf.reduce_mean(tf.math.log(tf.sigmoid(fake_logits)))


def wrong_sum_over_batch(fake_logits):
    return tf.reduce_sum(tf.nn.softplus(-fake_logits))


def checks(c):
    logits = c.normal(5, scale=3.0)
    sure = np.array([-2000.0, 2000.0], "float32")  # beyond what exp can do in float64

    loss = c.call(tf.constant(logits))
    c.shape("scalar", loss, ())
    c.finite("finite", c.call(tf.constant(sure)))

    c.close("undecided", c.call(tf.zeros(3)), np.log(2))
    c.close("value", loss, np.logaddexp(0, -logits.astype(float)).mean())
    c.close("sure", c.call(tf.constant(sure)), 1000.0)

    c.gradient("gradient", (sure,), 0, [-0.5, 0.0])
    found_out = np.full(4, -10.0, "float32")
    c.gradient("gradient-found-out", (found_out,), 0, (_sigmoid(found_out) - 1) / 4)
    c.gradient("gradient", (logits,), 0, (_sigmoid(logits) - 1) / 5)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(float)))
