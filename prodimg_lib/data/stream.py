"""TFRecord shards -> batches for training, as a pure function of (seed, step), in flat memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError

_CYCLE = 16  # shards that are read at once
_BLOCK = 4096  # images that are shuffled among each other


def damaged(path, error):
    """A sentence about a prepared file that cannot be read, and what to do."""
    # A file that is there counts as made, as its name holds a digest of what should be in it.
    return (
        f"{path} is damaged ({type(error).__name__}): delete it, and prepare the photographs again "
        "with `prodimg data prepare`"
    )


@dataclass(frozen=True)
class Shards:
    """Prepared images that are streamed.

    Attributes:
        files: of training images; count: how many these are; shape: of one, (size, size, channels).
        digest: of everything that was prepared, labels and held-out images too.
    """

    files: tuple[Path, ...]
    count: int
    shape: tuple[int, int, int]
    digest: str


def stream(shards, labelled, *, batch_size, seed=0, start_step=0):
    """Endless batches as ``batches`` gives them, read from shards.

    Each epoch sees every image once. Shards hold their images in the order of a digest, so in no
    order that means anything; each epoch reads them in its own order, 16 at a time, and shuffles
    blocks of 4,096. The order of epoch e depends on (seed, e) only.

    Args:
        shards: ``Shards``; labelled: whether labels come with the images.
        batch_size, seed, start_step: as of ``batches``.

    Returns:
        ``tf.data.Dataset`` of float32 images in [-1, 1], or of (images, labels).

    Raises:
        InputError: fewer images than one batch needs.
    """
    import tensorflow as tf

    from prodimg_lib.data.batches import batches_in_epoch, endless
    from prodimg_lib.seeds import step_seed

    names = tf.constant([str(path) for path in shards.files])
    per_epoch = batches_in_epoch(shards.count, batch_size)

    def epoch(number):
        def shuffled(values, block):
            key = step_seed(seed, number, "order of a block")
            key = tf.random.experimental.stateless_fold_in(key, block)
            return tf.random.experimental.stateless_shuffle(values, key)

        key = step_seed(seed, number, "order of the shards")
        order = tf.random.experimental.stateless_shuffle(names, key)
        records = tf.data.Dataset.from_tensor_slices(order).interleave(
            lambda name: tf.data.TFRecordDataset(name, buffer_size=2**20),
            cycle_length=_CYCLE,
            num_parallel_calls=2,
            deterministic=True,
        )
        blocks = records.batch(_BLOCK).enumerate()
        blocks = blocks.map(lambda block, values: shuffled(values, block))
        return blocks.unbatch().batch(batch_size, drop_remainder=True)

    def decode(records):
        images, labels = _parsed(records, shards.shape)
        x = tf.cast(images, tf.float32) / 127.5 - 1.0
        return (x, labels) if labelled else x

    records = endless(epoch, per_epoch, start_step)
    return records.map(decode, num_parallel_calls=2, deterministic=True).prefetch(2)


def _parsed(records, shape):
    import tensorflow as tf

    features = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
    }
    found = tf.io.parse_example(records, features)
    images = tf.reshape(tf.io.decode_raw(found["image"], tf.uint8), [-1, *shape])
    return images, tf.cast(found["label"], tf.int32)


def read(files, shape, limit):
    """The first images of some shards: ``(images, labels)``, uint8 [n, ...] and int64 [n].

    As an image's shard and its place there follow from a digest, the first are a fair sample.

    Raises:
        InputError: a shard is damaged or gone.
    """
    import tensorflow as tf

    images, labels, n = [np.empty((0, *shape), np.uint8)], [np.empty(0, np.int64)], 0
    for path in files:
        try:
            for records in tf.data.TFRecordDataset(str(path)).batch(1024):
                if n >= limit:
                    break
                part, kinds = _parsed(records, shape)
                images.append(part.numpy()[: limit - n])
                labels.append(kinds.numpy()[: limit - n].astype(np.int64))
                n += len(images[-1])
        except tf.errors.OpError as error:
            raise InputError(damaged(path, error)) from None
    return np.concatenate(images), np.concatenate(labels)
