"""C06: the R1 penalty."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "r1_penalty"


def starter(discriminator, real, fake, gamma):
    """The R1 penalty, ready to be added to the discriminator's loss.

    Args:
        discriminator: function of images [b, h, w, c]; logits float [b, 1].
        real: float [n, h, w, c], real images.
        fake: float [m, h, w, c], generated ones, as a training step has them.
        gamma: float, the weight as in the paper, where half of it counts.

    Returns:
        Scalar tensor; differentiable in the discriminator's weights.
    """
    raise NotImplementedError


def reference(discriminator, real, fake, gamma):
    with tf.GradientTape() as tape:
        tape.watch(real)
        logits = discriminator(real)
    slopes = tape.gradient(logits, real)
    squared = tf.reduce_sum(tf.square(slopes), axis=[1, 2, 3])
    return 0.5 * gamma * tf.reduce_mean(squared)


def torch_reference(discriminator, real, fake, gamma):
    import torch

    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return 0.5 * gamma * (slopes**2).sum(dim=(1, 2, 3)).mean()


def variant_sum_over_batch_size(discriminator, real, fake, gamma):
    images = tf.Variable(real)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(discriminator(images))
    slopes = tape.gradient(total, images)
    return gamma * tf.nn.l2_loss(slopes) / real.shape[0]  # l2_loss has the half


def variant_image_by_image(discriminator, real, fake, gamma):
    penalty = 0.0
    for image in tf.unstack(real):
        with tf.GradientTape() as tape:
            tape.watch(image)
            logit = discriminator(image[None])
        penalty += keras.ops.sum(tape.gradient(logit, image) ** 2)
    return penalty * (gamma / 2) / len(real)


def wrong_at_fakes(discriminator, real, fake, gamma):
    return reference(discriminator, fake, real, gamma)


def wrong_norm_not_squared(discriminator, real, fake, gamma):
    return 0.5 * gamma * tf.reduce_mean(tf.sqrt(_squared(discriminator, real)))


def wrong_mean_over_pixels(discriminator, real, fake, gamma):
    pixels = float(np.prod(real.shape[1:]))
    return 0.5 * gamma * tf.reduce_mean(_squared(discriminator, real)) / pixels


def wrong_half_forgotten(discriminator, real, fake, gamma):
    return gamma * tf.reduce_mean(_squared(discriminator, real))


def wrong_slope_one(discriminator, real, fake, gamma):
    lengths = tf.sqrt(_squared(discriminator, real))
    return 0.5 * gamma * tf.reduce_mean(tf.square(lengths - 1.0))


def wrong_slope_of_the_mean(discriminator, real, fake, gamma):
    return reference(lambda x: tf.reduce_mean(discriminator(x)), real, fake, gamma)


def _squared(discriminator, images):
    """Squared length of the gradient in each image."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = discriminator(images)
    return tf.reduce_sum(tf.square(tape.gradient(logits, images)), axis=[1, 2, 3])


def checks(c):
    n, pixels, gamma = 4, 12, float(c.rng.uniform(2, 10))
    real, fake = c.normal(n, 2, 3, 2), c.normal(3, 2, 3, 2, scale=2.0)
    images = tf.constant(real), tf.constant(fake)
    weights = c.normal(pixels, 1)

    lib = c.library
    ones = lib.floats(np.ones(pixels), (pixels, 1))

    def bowl(x):
        return lib.floats(x, (-1, pixels)) ** 2 @ ones / 2

    def watched():
        """Penalty of a linear discriminator, and its slope in the weights."""
        w = lib.variable(weights)
        return c.ask_slope(w, lambda x: lib.floats(x, (-1, pixels)) @ w, *images, gamma)

    squared = float(np.sum(weights.astype(float) ** 2))
    penalty, slope = c.observe(watched)
    c.shape("scalar", penalty, ())
    c.close("linear", penalty, gamma / 2 * squared, rtol=1e-4)
    want = gamma / 2 * np.mean(np.sum(real.reshape(n, -1).astype(float) ** 2, axis=1))
    c.close("value", c.call(bowl, *images, gamma), want, rtol=1e-4)
    c.close("fakes-unused", c.call(bowl, images[0], 3 * images[1], gamma), want, rtol=1e-4)

    c.true("trains-the-discriminator", slope is not None, layer="gradient")
    slope = np.zeros((pixels, 1)) if slope is None else slope
    c.close("gradient-weights", slope, gamma * weights, 1e-3, layer="gradient")
