"""B21: a gradient penalty over the batch."""

import numpy as np
import tensorflow as tf

ENTRY = "penalty"


def buggy(critic, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = critic(images)
    slopes = tape.gradient(scores, images)
    return tf.square(tf.norm(slopes) - 1.0)


def fixed(critic, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = critic(images)
    slopes = tape.gradient(scores, images)
    lengths = tf.norm(tf.reshape(slopes, [len(images), -1]), axis=1)
    return tf.reduce_mean(tf.square(lengths - 1.0))


def variant_sum_of_scores(critic, images):
    images = tf.Variable(images)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(critic(images))
    squares = tf.square(tape.gradient(total, images))
    lengths = tf.sqrt(tf.reduce_sum(squares, axis=list(range(1, len(images.shape)))))
    return tf.reduce_mean((lengths - 1.0) ** 2)


def wrong_divided_by_root_n(critic, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = critic(images)
    slopes = tape.gradient(scores, images)
    n = tf.cast(len(images), tf.float32)
    return tf.square(tf.norm(slopes) / tf.sqrt(n) - 1.0)


def wrong_slope_of_the_mean(critic, images):
    return fixed(lambda x: tf.reduce_mean(critic(x)), images)


def wrong_gradient_stopped(critic, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = critic(images)
    slopes = tf.stop_gradient(tape.gradient(scores, images))
    lengths = tf.norm(tf.reshape(slopes, [len(images), -1]), axis=1)
    return tf.reduce_mean(tf.square(lengths - 1.0))


def symptom(penalty, seed):
    """A linear critic whose slope is 1.5: its penalty is 0.25 for any batch size."""
    rng = np.random.default_rng(seed)
    w = rng.normal(size=(12, 1))
    w = tf.constant(1.5 * w / np.linalg.norm(w), tf.float32)

    def critic(x):
        return tf.reshape(x, [-1, 12]) @ w

    found = [
        float(penalty(critic, tf.constant(rng.normal(size=(n, 2, 2, 3)), tf.float32)))
        for n in (1, 16)
    ]
    facts = {"penalty of 1 image (0.25)": found[0], "penalty of 16 images (0.25)": found[1]}
    return max(abs(f - 0.25) for f in found) > 0.01, facts


def checks(c):
    images, weights = c.normal(5, 2, 3, 2), c.normal(12, 1)

    def bowl(x):
        return tf.reduce_sum(tf.square(x), axis=[1, 2, 3])[:, None] / 2

    found = c.call(bowl, tf.constant(images))
    c.shape("scalar", found, ())
    lengths = np.linalg.norm(images.reshape(5, -1).astype(float), axis=1)
    c.close("each-image", found, np.mean((lengths - 1) ** 2), rtol=1e-4)

    def look():
        w = tf.Variable(weights)
        with tf.GradientTape() as tape:
            value = c.ask(lambda x: tf.reshape(x, [-1, 12]) @ w, tf.constant(images))
        return tape.gradient(value, w) if tf.is_tensor(value) else None

    slope, length = c.observe(look), np.linalg.norm(weights.astype(float))
    c.true("trains-the-critic", slope is not None, layer="gradient")
    slope = np.zeros((12, 1)) if slope is None else slope
    c.close("gradient-weights", slope, 2 * (1 - 1 / length) * weights, 1e-3, layer="gradient")
