"""B13: fit on a chain of generator and discriminator."""

import warnings
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

ENTRY = "teach_generator"


def buggy(generator, discriminator, z):
    chain = keras.Sequential([generator, discriminator])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    chain.compile(keras.optimizers.Adam(0.05), loss)
    chain.fit(z, np.ones((len(z), 1)), batch_size=32, epochs=3, verbose=0)


def fixed(generator, discriminator, z):
    discriminator.trainable = False
    chain = keras.Sequential([generator, discriminator])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    chain.compile(keras.optimizers.Adam(0.05), loss)
    chain.fit(z, np.ones((len(z), 1)), batch_size=32, epochs=3, verbose=0)
    discriminator.trainable = True


def variant_own_loop(generator, discriminator, z):
    optimizer = keras.optimizers.Adam(0.05)
    for _ in range(3):
        for start in range(0, len(z), 32):
            with tf.GradientTape() as tape:
                logits = discriminator(generator(z[start : start + 32]))
                loss = tf.reduce_mean(tf.nn.softplus(-logits))
            weights = generator.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)


def wrong_frozen_after_compile(generator, discriminator, z):
    chain = keras.Sequential([generator, discriminator])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    chain.compile(keras.optimizers.Adam(0.05), loss)
    chain.fit(z, np.ones((len(z), 1)), batch_size=32, epochs=3, verbose=0)
    discriminator.trainable = False


@contextmanager
def _eager():
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*does not apply to tf.data functions")
        try:
            yield
        finally:
            tf.config.run_functions_eagerly(before)


def symptom(teach_generator, seed):
    """How far did each network move?"""
    keras.utils.set_random_seed(seed)
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    discriminator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    z = np.random.default_rng(seed).normal(size=(64, 2)).astype("float32")
    before = [p.get_weights() for p in (generator, discriminator)]
    with _eager():  # six steps: tracing them would take longer
        teach_generator(generator, discriminator, z)
    after = [p.get_weights() for p in (generator, discriminator)]
    moved = [
        float(max(np.abs(a - b).max() for a, b in zip(x, y, strict=True)))
        for x, y in zip(before, after, strict=True)
    ]
    facts = {"generator moved by": moved[0], "discriminator moved by": moved[1]}
    return not (moved[0] > 0.05 and moved[1] == 0.0), facts


def checks(c):
    g, d = [c.normal(2, 3), c.normal(3)], [c.normal(3, 1), c.normal(1)]
    z = c.normal(64, 2)

    def look():
        networks = []
        for weights in (g, d):
            layer = keras.layers.Dense(weights[0].shape[1])
            networks.append(keras.Sequential([keras.Input((len(weights[0]),)), layer]))
            networks[-1].set_weights(weights)
        with _eager():
            c.answer(*networks, z)
        flags = [len(network.trainable_variables) for network in networks]
        return networks[0].get_weights(), networks[1].get_weights(), flags

    new_g, new_d, flags = c.keeping([z], look)

    def loss(kernel, bias):
        return np.logaddexp(0, -((z @ kernel + bias) @ d[0] + d[1])).mean()

    for before, after in zip(d, new_d, strict=True):
        c.close("discriminator", after, before, 0, 0)
    c.true("generator", loss(*new_g) < loss(*g) - 0.02, want="a smaller loss of the generator")
    c.close("left-trainable", flags, [2, 2])
