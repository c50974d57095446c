"""B20: batch normalisation in the critic."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "make_critic"


def buggy():
    normalise = keras.layers.BatchNormalization()
    hidden, last = keras.layers.Dense(8), keras.layers.Dense(1)

    def critic(x):
        return last(tf.nn.leaky_relu(normalise(hidden(x), training=True)))

    return critic


def fixed():
    normalise = keras.layers.LayerNormalization()
    hidden, last = keras.layers.Dense(8), keras.layers.Dense(1)

    def critic(x):
        return last(tf.nn.leaky_relu(normalise(hidden(x))))

    return critic


def variant_none():
    return keras.Sequential(
        [keras.layers.Dense(8), keras.layers.LeakyReLU(), keras.layers.Dense(1)]
    )


def wrong_constant_critic():
    last = keras.layers.Dense(1)

    def critic(x):
        return last(tf.zeros_like(x))

    return critic


def wrong_layers_at_each_call():
    def critic(x):
        init = keras.initializers.GlorotUniform(seed=0)
        h = keras.layers.Dense(8, kernel_initializer=init)(x)
        return keras.layers.Dense(1, kernel_initializer=init)(tf.nn.leaky_relu(h))

    return critic


def symptom(make_critic, seed):
    """The slope of the score of image 0 in image 1."""
    keras.utils.set_random_seed(seed)
    critic = make_critic()
    x = tf.constant(np.random.default_rng(seed).normal(size=(4, 5)), tf.float32)
    critic(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = critic(x)[0, 0]
    slopes = tape.gradient(score, x, unconnected_gradients="zero").numpy()
    own, others = (float(np.linalg.norm(s)) for s in (slopes[0], slopes[1:]))
    return others > 1e-6, {"slope in its own image": own, "slope in the other images": others}


def checks(c):
    images = c.normal(6, 5)

    def look():
        critic, x = c.ask(), tf.constant(images)
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = critic(x)
            total = tf.reduce_sum(scores)
        first = {id(v) for v in tape.watched_variables()}
        slope = tape.gradient(total, x, unconnected_gradients="zero")
        alone = []
        for i in range(6):
            with tf.GradientTape() as tape:
                alone.append(critic(x[i : i + 1]))
            again = {id(v) for v in tape.watched_variables()}
        return scores, tf.concat(alone, axis=0), slope, first == again and len(first) > 0

    scores, alone, slope, kept = c.observe(look)
    c.shape("score", scores, (6, 1))
    c.close("alone-as-in-a-batch", scores, alone, rtol=1e-4, atol=1e-5)
    c.true("looks-at-the-image", float(np.ptp(np.asarray(scores))) > 1e-3, got=scores)
    c.true("keeps-its-weights", kept, want="the same variables in every call")
    c.true("has-a-slope", np.linalg.norm(slope, axis=1).min() > 0, layer="gradient")
