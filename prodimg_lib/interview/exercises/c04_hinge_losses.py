"""C04: the hinge losses of discriminator and generator."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "hinge_losses"


def starter(real_logits, fake_logits):
    """Hinge losses of a GAN, both to be minimised.

    Args:
        real_logits: float [n], raw discriminator outputs on real images.
        fake_logits: float [m], on generated ones.

    Returns:
        (d_loss, g_loss): two scalar tensors. d_loss is the mean over the
        reals plus the mean over the fakes; g_loss depends on fake_logits only.
    """
    raise NotImplementedError


def reference(real_logits, fake_logits):
    real = tf.reduce_mean(tf.nn.relu(1.0 - real_logits))
    fake = tf.reduce_mean(tf.nn.relu(1.0 + fake_logits))
    return real + fake, -tf.reduce_mean(fake_logits)


def torch_reference(real_logits, fake_logits):
    from torch.nn import functional

    d_loss = functional.relu(1.0 - real_logits).mean() + functional.relu(1.0 + fake_logits).mean()
    return d_loss, -fake_logits.mean()


def variant_keras_hinge(real_logits, fake_logits):
    hinge = keras.losses.Hinge()  # mean of max(0, 1 - label * output), labels -1 and 1
    real = hinge(tf.ones_like(real_logits), real_logits)
    fake = hinge(-tf.ones_like(fake_logits), fake_logits)
    return real + fake, keras.ops.mean(-fake_logits)


def variant_minimum(real_logits, fake_logits):
    d_gain = tf.reduce_mean(tf.minimum(0.0, real_logits - 1.0))
    d_gain += tf.reduce_mean(tf.minimum(0.0, -fake_logits - 1.0))
    return -d_gain, -tf.reduce_mean(fake_logits)


def wrong_hinge_on_generator(real_logits, fake_logits):
    d_loss, _ = reference(real_logits, fake_logits)
    return d_loss, tf.reduce_mean(tf.nn.relu(1.0 - fake_logits))


def wrong_no_margin(real_logits, fake_logits):
    real, fake = tf.nn.relu(-real_logits), tf.nn.relu(fake_logits)
    return tf.reduce_mean(real) + tf.reduce_mean(fake), -tf.reduce_mean(fake_logits)


def wrong_signs_swapped(real_logits, fake_logits):
    real, fake = tf.nn.relu(1.0 + real_logits), tf.nn.relu(1.0 - fake_logits)
    return tf.reduce_mean(real) + tf.reduce_mean(fake), -tf.reduce_mean(fake_logits)


def wrong_hinge_on_probabilities(real_logits, fake_logits):
    return reference(tf.sigmoid(real_logits), tf.sigmoid(fake_logits))


def wrong_hinge_of_the_mean(real_logits, fake_logits):
    real = tf.nn.relu(1.0 - tf.reduce_mean(real_logits))
    fake = tf.nn.relu(1.0 + tf.reduce_mean(fake_logits))
    return real + fake, -tf.reduce_mean(fake_logits)


def wrong_generator_sign(real_logits, fake_logits):
    d_loss, g_loss = reference(real_logits, fake_logits)
    return d_loss, -g_loss


def checks(c):
    # Some logits beyond the margin and some within it, on either side, in every draw.
    real = np.append(c.normal(4, scale=1.5), [2.5, -0.5]).astype("float32")
    fake = np.append(c.normal(3, scale=1.5), [-3.0, 0.4]).astype("float32")

    d_loss, g_loss = c.parts(c.call(tf.constant(real), tf.constant(fake)), 2)
    c.shape("scalar", d_loss, ())
    c.shape("scalar", g_loss, ())

    c.close("undecided", c.parts(c.call(tf.zeros(3), tf.zeros(3)), 2)[0], 2.0)
    settled = c.call(tf.constant([1.5, 4.0]), tf.constant([-2.0, -9.0, -1.0]))
    d_settled, g_settled = c.parts(settled, 2)
    c.close("settled", d_settled, 0.0)
    c.close("d-value", d_loss, np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean())
    c.close("g-value", g_loss, -fake.mean())
    c.close("g-settled", g_settled, 4.0)

    c.gradient("gradient-real", (real, fake), 0, (real < 1) / -len(real), of=_first)
    c.gradient("gradient-fake", (real, fake), 1, (fake > -1) / len(fake), of=_first)
    c.gradient("gradient-g", (real, fake), 1, np.full(5, -1 / 5), of=_second)


def _first(result):
    return result[0]


def _second(result):
    return result[1]
