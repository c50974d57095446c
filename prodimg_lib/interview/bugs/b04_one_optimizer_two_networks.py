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


def checks(c):
    # Large scores, and noise whose mean lies up the slope of the scores: a cross-entropy looks most
    # at the images with low ones, which lie down it, and so goes another way than a plain mean.
    g, d = [c.normal(3, 2), c.normal(2)], [c.normal(2, 1, scale=3.0), c.normal(1)]
    real, z = c.normal(6, 2) + 1, c.normal(6, 3)
    z = (z - z.mean(axis=0) + 0.1 * np.sign(g[0] @ d[0])[:, 0]).astype("float32")

    def look():
        networks = []
        for weights in (g, d):
            layer = keras.layers.Dense(weights[0].shape[1])
            networks.append(keras.Sequential([keras.Input((len(weights[0]),)), layer]))
            networks[-1].set_weights(weights)
        c.answer(*networks, tf.constant(real), tf.constant(z))
        flags = [len(network.trainable_variables) for network in networks]
        return networks[0].get_weights(), networks[1].get_weights(), flags

    new_g, new_d, flags = c.observe(look)
    # Adam's first step has the size of the learning rate, in every weight, down its slope.
    for name, old, new, slopes in zip(
        ("generator", "discriminator"), (g, d), (new_g, new_d), _slopes(g, d, real, z), strict=True
    ):
        for before, after, slope in zip(old, new, slopes, strict=True):
            clear = np.abs(slope) > 0.02  # its sign is beyond doubt, also after the other's step
            want = np.where(clear, before - 0.01 * np.sign(slope), after)
            c.close(name, after, want, rtol=0, atol=5e-4)
    c.close("left-trainable", flags, [2, 2])


def _slopes(g, d, real, z):
    """Of each loss in the weights of its own linear network, in float64."""
    (a, b), (w, v) = [[np.asarray(part, float) for part in parts] for parts in (g, d)]
    fake, n = z @ a + b, len(z)
    on_real, on_fake = real @ w + v, fake @ w + v
    of_real, of_fake = -1 / (1 + np.exp(on_real)) / n, 1 / (1 + np.exp(-on_fake)) / n
    d_slopes = real.T @ of_real + fake.T @ of_fake, (of_real + of_fake).sum(axis=0)
    of_image = -1 / (1 + np.exp(on_fake)) / n @ w.T
    return (z.T @ of_image, of_image.sum(axis=0)), d_slopes
