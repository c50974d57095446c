"""B15: a discriminator that stays frozen."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "train"


def buggy(generator, discriminator, g_optimizer, d_optimizer, batches):
    for real, z in batches:
        with tf.GradientTape() as tape:
            d_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(real)))
            d_loss += tf.reduce_mean(tf.nn.softplus(discriminator(generator(z))))
        weights = discriminator.trainable_variables
        d_optimizer.apply(tape.gradient(d_loss, weights), weights)

        discriminator.trainable = False
        with tf.GradientTape() as tape:
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
        weights = generator.trainable_variables
        g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def fixed(generator, discriminator, g_optimizer, d_optimizer, batches):
    for real, z in batches:
        with tf.GradientTape() as tape:
            d_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(real)))
            d_loss += tf.reduce_mean(tf.nn.softplus(discriminator(generator(z))))
        weights = discriminator.trainable_variables
        d_optimizer.apply(tape.gradient(d_loss, weights), weights)

        with tf.GradientTape() as tape:
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
        weights = generator.trainable_variables
        g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def variant_frozen_and_thawed(generator, discriminator, g_optimizer, d_optimizer, batches):
    for real, z in batches:
        discriminator.trainable = True
        with tf.GradientTape() as tape:
            d_loss = _d_loss(generator, discriminator, real, z)
        weights = discriminator.trainable_variables
        slopes = tape.gradient(d_loss, weights)
        d_optimizer.apply_gradients(zip(slopes, weights, strict=True))
        discriminator.trainable = False
        with tf.GradientTape() as tape:
            g_loss = -tf.reduce_mean(tf.math.log_sigmoid(discriminator(generator(z))))
        slopes = tape.gradient(g_loss, generator.trainable_variables)
        g_optimizer.apply_gradients(zip(slopes, generator.trainable_variables, strict=True))
    discriminator.trainable = True
    return d_loss, g_loss


def wrong_thawed_after_the_loop(generator, discriminator, g_optimizer, d_optimizer, batches):
    losses = buggy(generator, discriminator, g_optimizer, d_optimizer, batches)
    discriminator.trainable = True
    return losses


def wrong_generator_step_moves_both(generator, discriminator, g_optimizer, d_optimizer, batches):
    for real, z in batches:
        d_loss = _d_step(generator, discriminator, d_optimizer, real, z)
        weights = generator.trainable_variables + discriminator.trainable_variables
        with tf.GradientTape() as tape:
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
        g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def wrong_generator_frozen_too(generator, discriminator, g_optimizer, d_optimizer, batches):
    for real, z in batches:
        generator.trainable, discriminator.trainable = False, True
        d_loss = _d_step(generator, discriminator, d_optimizer, real, z)
        discriminator.trainable = False
        with tf.GradientTape() as tape:
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
        weights = generator.trainable_variables
        g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def _d_loss(generator, discriminator, real, z):
    on_real, on_fake = discriminator(real), discriminator(generator(z))
    return tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))


def _d_step(generator, discriminator, optimizer, real, z):
    with tf.GradientTape() as tape:
        loss = _d_loss(generator, discriminator, real, z)
    weights = discriminator.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss


def symptom(train, seed):
    """One batch, then five more: how far does each network move in either part?"""
    rng = np.random.default_rng(seed)
    models = [_linear(name, rng.normal(size=2)) for name in ("generator", "discriminator")]
    optimizers = keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1)
    real, noise = rng.normal(size=(2, 6, 8, 1)).astype("float32")
    batches = [(tf.constant(x + 3), tf.constant(z)) for x, z in zip(real, noise, strict=True)]
    weights = [np.stack([_flat(model) for model in models])]
    for part in (batches[:1], batches[1:]):
        train(*models, *optimizers, part)
        weights.append(np.stack([_flat(model) for model in models]))
    first, later = np.abs(np.diff(weights, axis=0)).max(axis=2)
    facts = {
        "discriminator moved in the first step by": first[1],
        "discriminator moved in the next five by": later[1],
        "generator moved in the next five by": later[0],
    }
    return bool(later.min() == 0.0), facts


def checks(c):
    g, d = c.rng.normal(size=2), c.rng.normal(size=2)
    real, noise = c.normal(4, 6, 1) + 2, c.normal(4, 6, 1)

    def look():
        models = _linear("generator", g), _linear("discriminator", d)
        optimizers = keras.optimizers.SGD(0.25), keras.optimizers.SGD(0.5)
        batches = [(tf.constant(x), tf.constant(z)) for x, z in zip(real, noise, strict=True)]
        losses = c.ask(*models, *optimizers, batches)
        flags = [len(model.trainable_variables) for model in models]
        return losses, *map(_flat, models), flags

    losses, new_g, new_d, flags = c.observe(look)
    losses = c.parts(losses, 2)
    c.shape("losses", losses[0], ())
    c.shape("losses", losses[1], ())
    want_g, want_d, *want = _by_hand(g, d, real, noise, 0.25, 0.5)
    c.close("discriminator", new_d, want_d, rtol=1e-3, atol=1e-5)
    c.close("generator", new_g, want_g, rtol=1e-3, atol=1e-5)
    c.close("last-losses", [float(loss) for loss in losses], want, rtol=1e-3)
    c.close("left-trainable", flags, [2, 2])


def _linear(name, weights):
    layer = keras.layers.Dense(1, name=f"{name}_layer")
    model = keras.Sequential([keras.Input((1,)), layer], name=name)
    model.set_weights([np.reshape(weights[0], (1, 1)), np.reshape(weights[1], (1,))])
    return model


def _flat(model):
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


def _by_hand(g, d, real, noise, g_rate, d_rate):
    """Alternating gradient steps of two linear networks, in float64; and the last losses."""
    for x, z in zip(real[..., 0].astype(float), noise[..., 0].astype(float), strict=True):
        y = g[0] * z + g[1]
        on_x, on_y = -_sigmoid(-(d[0] * x + d[1])) / len(x), _sigmoid(d[0] * y + d[1]) / len(y)
        d_loss = (
            np.logaddexp(0, -(d[0] * x + d[1])).mean() + np.logaddexp(0, d[0] * y + d[1]).mean()
        )
        d = d - d_rate * np.array([on_x @ x + on_y @ y, on_x.sum() + on_y.sum()])
        g_loss = np.logaddexp(0, -(d[0] * y + d[1])).mean()
        slope = -_sigmoid(-(d[0] * y + d[1])) / len(y) * d[0]
        g = g - g_rate * np.array([slope @ z, slope.sum()])
    return g, d, d_loss, g_loss


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))
