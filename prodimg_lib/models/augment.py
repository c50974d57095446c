"""Differentiable augmentation (Zhao et al. 2020): what the discriminator sees, real and fake alike.

With few photographs a discriminator soon knows them by heart. Changing every image it sees, the
real ones *and* the fakes, in both updates, takes that away without the generator learning to make
changed images: the gradient reaches it through the change. All functions are differentiable, take
float images [n, h, w, c] in [-1, 1] and draw from a stateless ``seed``.
"""

import tensorflow as tf

from prodimg_lib.models import replicas


def _draw(seed, i):
    """The i-th seed that follows from ``seed`` (two ints)."""
    return tf.convert_to_tensor(seed, tf.int64) + tf.constant([i, 0], tf.int64)


def flip(images, seed):
    """Mirror left and right, with probability 1/2 each."""
    swap = replicas.uniform([tf.shape(images)[0], 1, 1, 1], seed) < 0.5
    return tf.where(swap, images[:, :, ::-1], images)


def translation(images, seed, share=1 / 8):
    """Shift by up to ``share`` of the side in both directions; what moves in is white (1.0).

    White is the background of product photographs: black bars would be a sign of their own.
    """
    n, h, w = tf.unstack(tf.shape(images)[:3])
    result = images
    for axis, side in ((1, h), (2, w)):
        most = tf.cast(tf.round(tf.cast(side, tf.float32) * share), tf.int32)
        shift = replicas.uniform(
            [n, 1], _draw(seed, axis), minval=-most, maxval=most + 1, dtype=tf.int32
        )
        place = tf.range(side)[None] + shift
        inside = (place >= 0) & (place < side)
        moved = tf.gather(result, tf.clip_by_value(place, 0, side - 1), axis=axis, batch_dims=1)
        mask = inside[:, :, None, None] if axis == 1 else inside[:, None, :, None]
        result = tf.where(mask, moved, tf.ones_like(moved))
    return result


def cutout(images, seed, share=1 / 2):
    """Grey out (0.0) a square of ``share`` of the side, its centre anywhere."""
    n, h, w = tf.unstack(tf.shape(images)[:3])
    masks = []
    for axis, side in ((1, h), (2, w)):
        length = tf.cast(tf.round(tf.cast(side, tf.float32) * share), tf.int32)
        centre = replicas.uniform([n, 1], _draw(seed, axis), maxval=side, dtype=tf.int32)
        first = centre - length // 2
        place = tf.range(side)[None]
        masks.append((place >= first) & (place < first + length))
    inside = masks[0][:, :, None, None] & masks[1][:, None, :, None]
    return tf.where(inside, tf.zeros_like(images), images)


def colour(images, seed):
    """Brightness by up to +-0.5, contrast by 0.5 to 1.5, saturation by 0 to 2 (not cut off)."""
    shape = [tf.shape(images)[0], 1, 1, 1]
    brightness, contrast, saturation = (
        replicas.uniform(shape, _draw(seed, i), minval=-0.5, maxval=0.5) for i in range(3)
    )
    images += brightness
    grey = tf.reduce_mean(images, axis=3, keepdims=True)
    images = grey + (images - grey) * (1 + 2 * saturation)
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return mean + (images - mean) * (1 + contrast)


AUGMENTATIONS = {f.__name__: f for f in (flip, translation, cutout, colour)}


def augment(images, names, seed):
    """Apply the named augmentations in order, each with its own draw from ``seed`` (two ints)."""
    for i, name in enumerate(names):
        images = AUGMENTATIONS[name](images, _draw(seed, 101 * (i + 1)))
    return images
