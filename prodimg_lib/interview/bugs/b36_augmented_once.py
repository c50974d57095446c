"""B36: augmented once."""

import numpy as np
import tensorflow as tf

ENTRY = "pipeline"


def buggy(images, augment):
    return tf.data.Dataset.from_tensor_slices(images).map(augment).cache()


def fixed(images, augment):
    return tf.data.Dataset.from_tensor_slices(images).cache().map(augment)


def variant_parallel(images, augment):
    fixed_part = tf.data.Dataset.from_tensor_slices(images).cache()
    return fixed_part.map(augment, num_parallel_calls=2, deterministic=True).prefetch(2)


def wrong_not_augmented(images, augment):
    return tf.data.Dataset.from_tensor_slices(images).cache()


def wrong_two_copies(images, augment):
    return tf.data.Dataset.from_tensor_slices(images).repeat(2).map(augment).cache()


def _shifts(seed):
    source = tf.random.Generator.from_seed(seed)  # goes on where it was, in the next epoch too
    return lambda image: image + source.uniform([], 0.1, 1.0)


def symptom(pipeline, seed):
    """Two epochs: which share of the images is the same?"""
    images = np.random.default_rng(seed).random((12, 2)).astype("float32")
    data = pipeline(images, _shifts(seed))
    first, second = (np.stack(list(data.as_numpy_iterator())) for _ in range(2))
    same = float(np.mean(np.abs(first - second).max(-1) < 1e-6))
    changed = float(np.mean(np.abs(first[:12] - images).max(-1) > 1e-6))
    facts = {"images equal in both epochs": same, "images augmented": changed}
    return same > 0.5 or changed < 0.5, facts


def checks(c):
    images = c.normal(9, 3)
    data = c.call(images, _shifts(c.seed))
    first = np.stack(list(data.as_numpy_iterator()))
    c.shape("as-many", first, (9, 3))
    offset = first - images
    c.close("each-once", offset, np.repeat(offset[:, :1], 3, axis=1), atol=1e-5)
    c.true("in-range", bool((offset > 0.09).all() and (offset < 1.01).all()), got=offset)
