"""B05: one loss for two players."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "gradients"


def buggy(generator, discriminator, real, z):
    with tf.GradientTape(persistent=True) as tape:
        on_real, on_fake = discriminator(real), discriminator(generator(z))
        d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
        g_loss = tf.reduce_mean(tf.nn.softplus(-on_fake))
        loss = d_loss + g_loss
    d_slopes = tape.gradient(loss, discriminator.trainable_variables)
    g_slopes = tape.gradient(loss, generator.trainable_variables)
    return d_slopes, g_slopes


def fixed(generator, discriminator, real, z):
    with tf.GradientTape(persistent=True) as tape:
        on_real, on_fake = discriminator(real), discriminator(generator(z))
        d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
        g_loss = tf.reduce_mean(tf.nn.softplus(-on_fake))
    d_slopes = tape.gradient(d_loss, discriminator.trainable_variables)
    g_slopes = tape.gradient(g_loss, generator.trainable_variables)
    return d_slopes, g_slopes


def variant_stopped(generator, discriminator, real, z):
    fake = tf.stop_gradient(generator(z))
    with tf.GradientTape() as tape:
        on_real, on_fake = discriminator(real), discriminator(fake)
        loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
    d_slopes = tape.gradient(loss, discriminator.trainable_variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
    return d_slopes, tape.gradient(loss, generator.trainable_variables)


def wrong_generator_weighs_ten(generator, discriminator, real, z):
    with tf.GradientTape(persistent=True) as tape:
        on_real, on_fake = discriminator(real), discriminator(generator(z))
        d_loss = tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))
        loss = d_loss + 10 * tf.reduce_mean(tf.nn.softplus(-on_fake))
    d_slopes = tape.gradient(loss, discriminator.trainable_variables)
    return d_slopes, tape.gradient(loss, generator.trainable_variables)


def _players(seed):
    keras.utils.set_random_seed(seed)
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    hidden = keras.layers.Dense(16, activation="tanh")
    discriminator = keras.Sequential([keras.Input((1,)), hidden, keras.layers.Dense(1)])
    return generator, discriminator


def symptom(gradients, seed):
    """Data: numbers around 3. Two hundred steps on a line, then where are the samples?"""
    generator, discriminator = _players(seed)
    players = [(p, keras.optimizers.Adam(0.05, beta_1=0.0)) for p in (discriminator, generator)]
    for player, optimizer in players:
        optimizer.build(player.trainable_variables)  # else the step is traced twice
    rng = np.random.default_rng(seed)
    draws = rng.normal(size=(2, 200, 64, 1)).astype("float32")

    @tf.function(autograph=False)
    def step(real, z):
        found = gradients(generator, discriminator, real, z)
        for (player, optimizer), slopes in zip(players, found, strict=True):
            optimizer.apply(slopes, player.trainable_variables)

    for real, z in zip(3 + 0.5 * draws[0], draws[1], strict=True):
        step(tf.constant(real), tf.constant(z))
    fake = generator(draws[1, 0])
    belief = float(tf.reduce_mean(tf.sigmoid(discriminator(fake))))
    mean = float(tf.reduce_mean(fake))
    return abs(mean - 3) > 1.5, {"mean of the samples (3)": mean, "D on samples": belief}


def checks(c):
    real, z = c.normal(6, 1), c.normal(6, 1)
    players = _players(c.seed)
    g, d = ([w.numpy().astype(float) for w in player.weights] for player in players)
    d_slopes, g_slopes = c.parts(c.call(*players, tf.constant(real), tf.constant(z)), 2)
    want_d, want_g = _by_hand(g, d, real.astype(float), z.astype(float))
    for name, found, expected in (("d", d_slopes, want_d), ("g", g_slopes, want_g)):
        for slope, right in zip(c.parts(found, len(expected)), expected, strict=True):
            c.close(f"{name}-slopes", slope, right, rtol=1e-3, atol=1e-5)


def _by_hand(generator, discriminator, real, z):
    """Slopes of both losses, each in the weights of its own network, by the chain rule."""
    (a, b), (w, v, u, s) = generator, discriminator
    fake, n = z @ a + b, len(z)
    h_real, h_fake = np.tanh(real @ w + v), np.tanh(fake @ w + v)
    of_real, of_fake = -_sigmoid(-(h_real @ u + s)) / n, _sigmoid(h_fake @ u + s) / n

    def back(x, h, up):
        inner = up @ u.T * (1 - h**2)
        return [x.T @ inner, inner.sum(0), h.T @ up, up.sum(0)], inner @ w.T

    on_real, _ = back(real, h_real, of_real)
    on_fake, _ = back(fake, h_fake, of_fake)
    _, of_image = back(fake, h_fake, -_sigmoid(-(h_fake @ u + s)) / n)
    return [x + y for x, y in zip(on_real, on_fake, strict=True)], [z.T @ of_image, of_image.sum(0)]


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))
