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


def variant_shuffled(images, augment):
    data = tf.data.Dataset.from_tensor_slices(images).cache()
    return data.shuffle(len(images), reshuffle_each_iteration=True).map(augment)


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

    def repeated(these, those):
        return float(np.mean(np.abs(these[:, None] - those[None]).max(-1).min(1) < 1e-6))

    same, changed = repeated(first, second), 1 - repeated(images, first)
    facts = {"images equal in both epochs": same, "images augmented": changed}
    return same > 0.5 or changed < 0.5, facts


def checks(c):
    # Values that tell the images apart, in whatever order they come.
    images = (c.normal(9, 3) * 0.1 + 10 * np.arange(9)[:, None]).astype("float32")

    def look():
        data = c.ask(images, _shifts(c.seed))
        return [list(data.as_numpy_iterator()) for _ in range(2)]

    first, second = (np.array(epoch) for epoch in c.observe(look))
    c.shape("as-many", first, (9, 3))
    c.shape("as-many", second, (9, 3))
    first, second = (epoch[np.argsort(epoch[:, 0])] for epoch in (first, second))
    offset = first - images
    c.close("each-once", offset, np.repeat(offset[:, :1], 3, axis=1), atol=1e-4)
    c.true("in-range", bool((offset > 0.09).all() and (offset < 1.01).all()), got=offset)
    c.true("anew", np.abs(second - first).max(axis=1).min() > 1e-6, got=second)
