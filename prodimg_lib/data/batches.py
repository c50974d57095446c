"""Arrays -> batches for training, as a pure function of (seed, step)."""

import numpy as np
import tensorflow as tf

from prodimg_lib.errors import InputError
from prodimg_lib.seeds import step_seed


def batches(images, labels=None, *, batch_size, seed=0, start_step=0):
    """Endless shuffled batches for ``fit``; each epoch sees every image once, in its own order.

    The order of epoch e depends on (seed, e) only, so a run resumed with ``start_step`` reads
    exactly the batches that the uninterrupted run would have read from there. The images
    stay uint8 in memory; each batch is scaled as it is made. The last, incomplete batch of an
    epoch is dropped.

    Args:
        images: uint8 [n, h, w, c].
        labels: int [n], or None.
        batch_size: at most n.
        start_step: how many batches were read before.

    Returns:
        ``tf.data.Dataset`` of float32 images in [-1, 1], or of (images, labels).

    Raises:
        InputError: fewer images than one batch needs, images that are not uint8, or not one label
            for each image.
    """
    images = np.asarray(images)
    n = len(images)
    if images.dtype != np.uint8:
        raise InputError(
            f"images are {images.dtype}: expected uint8 in 0..255, they are scaled here"
        )
    if labels is not None and len(labels) != n:
        raise InputError(f"{len(labels)} labels for {n} images: expected one for each")
    if batch_size < 1:
        raise InputError(f"batch_size = {batch_size}: expected at least 1")
    per_epoch = batches_in_epoch(n, batch_size)
    images = tf.constant(images)
    labels = None if labels is None else tf.constant(np.asarray(labels, np.int32))

    def epoch(number):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(n), step_seed(seed, number, "order of an epoch")
        )
        order = tf.reshape(order[: per_epoch * batch_size], [per_epoch, batch_size])
        return tf.data.Dataset.from_tensor_slices(order)

    def gather(rows):
        # The same crossing as data.to_model, inside the graph.
        x = tf.cast(tf.gather(images, rows), tf.float32) / 127.5 - 1.0
        return x if labels is None else (x, tf.gather(labels, rows))

    rows = endless(epoch, per_epoch, start_step)
    return rows.map(gather, num_parallel_calls=1, deterministic=True).prefetch(2)


def batches_in_epoch(n, batch_size):
    """How many whole batches n images make.

    Raises:
        InputError: none.
    """
    if n < batch_size:
        raise InputError(
            f"{n} images do not fill one batch of {batch_size}: add images or set a smaller "
            "batch size"
        )
    return n // batch_size


def endless(epoch, per_epoch, start_step):
    """The batches of epoch after epoch, from one of any of them on.

    Args:
        epoch: number -> ``tf.data.Dataset`` of its ``per_epoch`` batches.
        start_step: how many batches were read before.
    """
    first, skipped = divmod(start_step, per_epoch)
    epochs = tf.data.Dataset.range(first, np.iinfo(np.int64).max)
    return epochs.flat_map(epoch).skip(skipped)
