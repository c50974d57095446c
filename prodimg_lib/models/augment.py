"""Differentiable augmentation (Zhao et al. 2020): what the discriminator sees, real and fake alike.

With few photographs a discriminator soon knows them by heart. Changing every image it sees, the
real ones *and* the fakes, in both updates, takes that away without the generator learning to make
changed images: the gradient reaches it through the change. All functions are differentiable, take
float images [n, h, w, c] in [-1, 1] and draw from a stateless ``seed`` (two ints), every number
from a stream of its own.
"""

import tensorflow as tf

from prodimg_lib.errors import InputError
from prodimg_lib.models import replicas
from prodimg_lib.seeds import fold_in

_AXES = ("rows", "columns")


def _part(side, share):
    """``share`` of a side in whole pixels; half a pixel counts as one, as in the paper's code."""
    return tf.cast(tf.cast(side, tf.float32) * share + 0.5, tf.int32)


def flip(images, seed):
    """Mirror left and right, with probability 1/2 each."""
    swap = replicas.uniform([tf.shape(images)[0], 1, 1, 1], seed) < 0.5
    return tf.where(swap, tf.reverse(images, [2]), images)


def translation(images, seed, share=1 / 8):
    """Shift by up to ``share`` of the side in both directions; what moves in is white (1.0).

    White is the background of product photographs: black bars would be a sign of their own.
    """
    n, h, w = tf.unstack(tf.shape(images)[:3])
    result = images
    for axis, side in ((1, h), (2, w)):
        most = _part(side, share)
        own = fold_in(seed, _AXES[axis - 1])
        shift = replicas.uniform([n, 1], own, minval=-most, maxval=most + 1, dtype=tf.int32)
        place = tf.range(side)[None] + shift
        inside = (place >= 0) & (place < side)
        moved = tf.gather(result, tf.clip_by_value(place, 0, side - 1), axis=axis, batch_dims=1)
        mask = inside[:, :, None, None] if axis == 1 else inside[:, None, :, None]
        result = tf.where(mask, moved, tf.ones_like(moved))
    return result


def cutout(images, seed, share=1 / 2):
    """Grey out (0.0) a square of ``share`` of the side, its centre anywhere, cut off at the edge.

    The centre is a pixel, or for an even side a corner of one, so that the left edge is covered as
    often as the right.
    """
    n, h, w = tf.unstack(tf.shape(images)[:3])
    masks = []
    for axis, side in ((1, h), (2, w)):
        length = _part(side, share)
        own, centres = fold_in(seed, _AXES[axis - 1]), side + 1 - length % 2
        centre = replicas.uniform([n, 1], own, maxval=centres, dtype=tf.int32)
        first = centre - length // 2
        place = tf.range(side)[None]
        masks.append((place >= first) & (place < first + length))
    inside = masks[0][:, :, None, None] & masks[1][:, None, :, None]
    return tf.where(inside, tf.zeros_like(images), images)


def colour(images, seed):
    """Brightness by up to +-0.5, contrast by 0.5 to 1.5, saturation by 0 to 2 (not cut off)."""
    shape = [tf.shape(images)[0], 1, 1, 1]
    brightness, contrast, saturation = (
        tf.cast(replicas.uniform(shape, fold_in(seed, name), minval=-0.5, maxval=0.5), images.dtype)
        for name in ("brightness", "contrast", "saturation")
    )
    images = images + brightness
    grey = tf.reduce_mean(images, axis=3, keepdims=True)
    images = grey + (images - grey) * (1 + 2 * saturation)
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return mean + (images - mean) * (1 + contrast)


AUGMENTATIONS = {f.__name__: f for f in (flip, translation, cutout, colour)}


def augment(images, names, seed):
    """Apply augmentations in order, each with draws of its own.

    Args:
        names: a list or tuple of keys of ``AUGMENTATIONS``; one may come twice.

    Raises:
        InputError: an unknown name, or images that are not float [n, h, w, c].
    """
    images = tf.convert_to_tensor(images)
    if not images.dtype.is_floating or images.shape.rank != 4:
        raise InputError(
            f"images are {images.dtype.name} {tuple(images.shape)}: expected floats in -1..1, "
            "[n, h, w, c]; scale uint8 images with prodimg_lib.to_model"
        )
    if isinstance(names, str):
        raise InputError(
            f"names = {names!r}: expected a list of augmentations, such as [{names!r}]"
        )
    for i, name in enumerate(names):
        if name not in AUGMENTATIONS:
            raise InputError(
                f"augmentation {name!r} is not known: choose from {', '.join(AUGMENTATIONS)}"
            )
        images = AUGMENTATIONS[name](images, fold_in(seed, f"{i} {name}"))
    return images
