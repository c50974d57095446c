"""B16: fakes made outside of the tape."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "generator_slopes"


def buggy(generator, discriminator, z):
    fake = generator(z)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake)))
    return tape.gradient(loss, generator.trainable_variables)


def fixed(generator, discriminator, z):
    with tf.GradientTape() as tape:
        fake = generator(z)
        loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake)))
    return tape.gradient(loss, generator.trainable_variables)


def variant_two_tapes(generator, discriminator, z):
    with tf.GradientTape() as outer:
        fake = generator(z)
    with tf.GradientTape() as inner:
        inner.watch(fake)
        loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake)))
    upstream = inner.gradient(loss, fake)
    return outer.gradient(fake, generator.trainable_variables, output_gradients=upstream)


def wrong_none_becomes_zero(generator, discriminator, z):
    slopes = buggy(generator, discriminator, z)
    pairs = zip(slopes, generator.trainable_variables, strict=True)
    return [tf.zeros_like(v) if s is None else s for s, v in pairs]


def wrong_discriminators_slopes(generator, discriminator, z):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
    return tape.gradient(loss, discriminator.trainable_variables)


def _players(seed):
    keras.utils.set_random_seed(seed)
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    discriminator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    return generator, discriminator


def symptom(generator_slopes, seed):
    """How many of the generator's weights get a gradient that is not zero?"""
    generator, discriminator = _players(seed)
    z = tf.constant(np.random.default_rng(seed).normal(size=(8, 2)), tf.float32)
    slopes = generator_slopes(generator, discriminator, z)
    alive = sum(s is not None and float(tf.reduce_max(tf.abs(s))) > 0 for s in slopes)
    return alive < 2, {"gradients that are None": sum(s is None for s in slopes), "alive": alive}


def checks(c):
    players = _players(c.seed)
    (w, b), (v, a) = ([x.numpy().astype(float) for x in player.weights] for player in players)
    z = c.normal(6, 2)

    def look():
        slopes = c.ask(*players, tf.constant(z))
        return list(slopes), [len(player.trainable_variables) for player in players]

    slopes, flags = c.observe(look)
    slopes = c.parts(slopes, 2)
    logits = (z @ w + b) @ v + a
    upstream = -1 / (1 + np.exp(logits)) / 6 @ v.T
    c.close("kernel", slopes[0], z.T @ upstream, rtol=1e-3)
    c.close("bias", slopes[1], upstream.sum(0), rtol=1e-3)
    c.close("left-trainable", flags, [2, 2])
