"""B04: one optimizer for two networks."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "train_both"


def buggy(generator, discriminator, real, z):
    optimizer = keras.optimizers.Adam(0.01)
    with tf.GradientTape(persistent=True) as tape:
        on_real, on_fake = discriminator(real), discriminator(generator(z))
        d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
        g_loss = tf.reduce_mean(tf.nn.softplus(-on_fake))
    for loss, network in ((d_loss, discriminator), (g_loss, generator)):
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))


def fixed(generator, discriminator, real, z):
    d_optimizer, g_optimizer = (keras.optimizers.Adam(0.01) for _ in range(2))
    with tf.GradientTape(persistent=True) as tape:
        on_real, on_fake = discriminator(real), discriminator(generator(z))
        d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
        g_loss = tf.reduce_mean(tf.nn.softplus(-on_fake))
    steps = ((d_loss, discriminator, d_optimizer), (g_loss, generator, g_optimizer))
    for loss, network, optimizer in steps:
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))


def variant_two_tapes(generator, discriminator, real, z):
    g_optimizer = keras.optimizers.Adam(0.01)
    d_optimizer = keras.optimizers.Adam(0.01)
    with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
        on_real, on_fake = discriminator(real), discriminator(generator(z))
        d_loss = tf.reduce_mean(tf.nn.softplus(-on_real) + tf.nn.softplus(on_fake))
        g_loss = tf.reduce_mean(tf.nn.softplus(-on_fake))
    weights = discriminator.trainable_variables
    d_optimizer.apply(d_tape.gradient(d_loss, weights), weights)
    weights = generator.trainable_variables
    g_optimizer.apply(g_tape.gradient(g_loss, weights), weights)


def wrong_generator_left_out(generator, discriminator, real, z):
    optimizer = keras.optimizers.Adam(0.01)
    with tf.GradientTape() as tape:
        on_real, on_fake = discriminator(real), discriminator(generator(z))
        d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
    weights = discriminator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))


def symptom(train_both, seed):
    """After one step: did both networks move, or did an error stop it?"""
    keras.utils.set_random_seed(seed)
    generator, discriminator = (keras.Sequential([keras.layers.Dense(2)]) for _ in range(2))
    rng = np.random.default_rng(seed)
    real, z = (tf.constant(rng.normal(size=(8, 2)), tf.float32) for _ in range(2))
    discriminator(generator(z))
    before = [network.layers[0].kernel.numpy() for network in (generator, discriminator)]
    try:
        train_both(generator, discriminator, real, z)
        message = "none"
    except (KeyError, ValueError) as error:
        message = str(error).split(":")[0][:60]
    after = [network.layers[0].kernel.numpy() for network in (generator, discriminator)]
    moved = [float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True)]
    facts = {"error": message, "generator moved by": moved[0], "discriminator moved by": moved[1]}
    # Adam's first step has the size of the learning rate in every weight.
    return not all(0.009 < m < 0.011 for m in moved), facts
