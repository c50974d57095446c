"""B12: labels in the feed of an unsupervised model."""

import numpy as np
import tensorflow as tf

ENTRY = "feed"


def buggy(images, labels, batch):
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch)
    return data.map(lambda x, y: (tf.cast(x, tf.float32) / 127.5 - 1.0, y))


def fixed(images, labels, batch):
    data = tf.data.Dataset.from_tensor_slices(images).batch(batch)
    return data.map(lambda x: tf.cast(x, tf.float32) / 127.5 - 1.0)


def variant_mapped_away(images, labels, batch):
    data = tf.data.Dataset.from_tensor_slices((images, labels))
    return data.map(lambda x, y: tf.cast(x, tf.float32) / 127.5 - 1.0).batch(batch)


def wrong_range_lost(images, labels, batch):
    return tf.data.Dataset.from_tensor_slices(images.astype("float32")).batch(batch)


def wrong_labels_for_images(images, labels, batch):
    data = tf.data.Dataset.from_tensor_slices(labels.astype("float32")[:, None, None, None])
    return data.batch(batch)


def symptom(feed, seed):
    """Hand the first batch to a discriminator for images of 4 by 4."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (10, 4, 4, 1)).astype("uint8")
    kernel = tf.constant(rng.normal(size=(16, 1)), tf.float32)
    first = next(iter(feed(images, np.arange(10), 5)))
    try:
        scores = tf.reshape(first, [5, 16]) @ kernel
    except (TypeError, ValueError, tf.errors.InvalidArgumentError) as error:
        return True, {"error": type(error).__name__}
    return scores.shape != (5, 1), {"error": "none"}


def checks(c):
    images = c.rng.integers(0, 256, (7, 3, 4, 2)).astype("uint8")
    batches = c.observe(lambda: list(c.ask(images, np.arange(7), 3).take(10)))
    sizes = [np.shape(batch) for batch in batches if not isinstance(batch, tuple | list)]
    c.true("images-only", bool(sizes) and sizes[0] == (3, 3, 4, 2), got=batches[0], layer="shape")
    found = np.concatenate(batches) if len(sizes) == len(batches) else np.zeros(0)
    c.shape("one-pass", found, (7, 3, 4, 2))
    c.close("range", found, images / 127.5 - 1.0, atol=1e-5)
