"""B02: layers made at each call."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "make_discriminator"


def buggy():
    def discriminator(x):
        h = keras.layers.Dense(8, activation="relu")(x)
        return keras.layers.Dense(1)(h)

    return discriminator


def fixed():
    return keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])


def variant_layers_outside():
    hidden = keras.layers.Dense(8, activation="relu")
    last = keras.layers.Dense(1)

    def discriminator(x):
        return last(hidden(x))

    return discriminator


def wrong_seeded_initialisers():
    def discriminator(x):
        init = keras.initializers.GlorotUniform(seed=0)
        h = keras.layers.Dense(8, activation="relu", kernel_initializer=init)(x)
        return keras.layers.Dense(1, kernel_initializer=init)(h)

    return discriminator


def wrong_constant():
    last = keras.layers.Dense(1)

    def discriminator(x):
        return last(tf.zeros_like(x)) + tf.zeros((len(x), 1))

    return discriminator


def symptom(make_discriminator, seed):
    """The same images, two calls: do the scores agree?"""
    discriminator = make_discriminator()
    x = np.random.default_rng(seed).normal(size=(4, 6)).astype("float32")
    first, second = (np.asarray(discriminator(x)) for _ in range(2))
    apart = float(np.abs(first - second).max())
    return apart > 1e-6, {"largest difference of two calls": apart}


def checks(c):
    images = c.normal(4, 6)

    def look():
        discriminator, x = c.ask(), tf.constant(images)
        score, losses, used = discriminator(x), [], []
        bend = score + discriminator(x[::-1]) - discriminator(x + x[::-1]) - discriminator(0 * x)
        for _ in range(2):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.nn.softplus(-discriminator(x)))
            variables = tape.watched_variables()
            for v, slope in zip(variables, tape.gradient(loss, variables), strict=True):
                v.assign_sub(0.3 * slope)
            losses.append(loss)
            used.append({id(v) for v in variables})
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(discriminator(x))
        slope = tape.gradient(total, x, unconnected_gradients="zero")
        return score, losses, used[0] == used[1] and len(used[0]) > 0, slope, bend

    score, losses, same, slope, bend = c.observe(look)
    c.shape("score", score, (4, 1))
    c.true("same-weights", same, want="the same variables in both steps")
    c.true("learns", float(losses[1]) < float(losses[0]), want="a smaller loss after one step")
    c.true("bends", np.abs(bend).max() > 1e-3, want="not 0, as of a linear map", got=bend)
    # ReLUs may hide one image, never all of them.
    c.true("looks-at-the-image", np.abs(slope).max() > 0, layer="gradient")
