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


def symptom(make_discriminator, seed):
    """The same images, two calls: do the scores agree?"""
    discriminator = make_discriminator()
    x = np.random.default_rng(seed).normal(size=(4, 6)).astype("float32")
    first, second = (np.asarray(discriminator(x)) for _ in range(2))
    apart = float(np.abs(first - second).max())
    return apart > 1e-6, {"largest difference of two calls": apart}


def checks(c):
    discriminator = c.call()
    x = tf.constant(c.normal(4, 6))
    score = discriminator(x)
    c.shape("score", score, (4, 1))
    steps, keep = [], []
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softplus(-discriminator(x)))
        variables = tape.watched_variables()
        slopes = tape.gradient(loss, variables)
        for v, slope in zip(variables, slopes, strict=True):
            v.assign_sub(0.3 * slope)
        steps.append(float(loss))
        keep.append({id(v) for v in variables})
    c.true("same-weights", keep[0] == keep[1], want="the same variables in both steps")
    c.true("learns", steps[1] < steps[0], want="a smaller loss after one step")
