"""C13: one training step of a GAN."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "gan_step"


def starter(generator, discriminator, g_optimizer, d_optimizer, real, z):
    """One step of the discriminator, then one of the generator against it.

    Both losses are cross-entropies on logits: the discriminator's is the mean
    over the reals plus the mean over the fakes; the generator's is the
    non-saturating one, with the discriminator as it is after its step.

    Args:
        generator: Keras model, noise [n, latent] to images [n, ...].
        discriminator: Keras model, images [n, ...] to logits [n, 1].
        g_optimizer: Keras optimizer of the generator.
        d_optimizer: Keras optimizer of the discriminator.
        real: float [n, ...], real images.
        z: float [n, latent], noise, used in both halves of the step.

    Returns:
        (d_loss, g_loss): two scalar tensors, each from before its own update.
    """
    raise NotImplementedError


def reference(generator, discriminator, g_optimizer, d_optimizer, real, z):
    fake = generator(z, training=True)
    with tf.GradientTape() as tape:
        on_real = tf.nn.softplus(-discriminator(real, training=True))
        on_fake = tf.nn.softplus(discriminator(fake, training=True))
        d_loss = tf.reduce_mean(on_real) + tf.reduce_mean(on_fake)
    weights = discriminator.trainable_variables
    d_optimizer.apply(tape.gradient(d_loss, weights), weights)

    with tf.GradientTape() as tape:
        fake = generator(z, training=True)
        on_fake = tf.nn.softplus(-discriminator(fake, training=True))
        g_loss = tf.reduce_mean(on_fake)
    weights = generator.trainable_variables
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def variant_keras_losses(generator, discriminator, g_optimizer, d_optimizer, real, z):
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    real_label, fake_label = tf.ones((len(real), 1)), tf.zeros((len(z), 1))
    with tf.GradientTape() as tape:
        fake = tf.stop_gradient(generator(z))
        d_loss = entropy(fake_label, discriminator(fake))
        d_loss += entropy(real_label, discriminator(real))
    slopes = tape.gradient(d_loss, discriminator.trainable_weights)
    d_optimizer.apply_gradients(zip(slopes, discriminator.trainable_weights, strict=True))
    with tf.GradientTape() as tape:
        g_loss = entropy(real_label, discriminator(generator(z)))
    slopes = tape.gradient(g_loss, generator.trainable_weights)
    g_optimizer.apply_gradients(zip(slopes, generator.trainable_weights, strict=True))
    return d_loss, g_loss


def variant_one_batch_and_a_helper(generator, discriminator, g_optimizer, d_optimizer, real, z):
    def update(model, optimizer, loss_of):
        weights = model.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([w.value for w in weights])
            loss = loss_of()
        optimizer.apply(tape.gradient(loss, [w.value for w in weights]), weights)
        return loss

    def d_loss():
        logits = discriminator(tf.concat([real, generator(z)], axis=0))
        sign = tf.concat([-tf.ones((len(real), 1)), tf.ones((len(z), 1))], axis=0)
        return 2 * tf.reduce_mean(tf.nn.softplus(sign * logits))

    def g_loss():
        return -tf.reduce_mean(tf.math.log_sigmoid(discriminator(generator(z))))

    d_value = update(discriminator, d_optimizer, d_loss)
    return d_value, update(generator, g_optimizer, g_loss)


def wrong_one_joint_loss(generator, discriminator, g_optimizer, d_optimizer, real, z):
    with tf.GradientTape() as tape:
        on_fake = discriminator(generator(z))
        d_loss = _d_loss(discriminator(real), on_fake)
        g_loss = tf.reduce_mean(tf.nn.softplus(-on_fake))
        loss = d_loss + g_loss
    weights = discriminator.trainable_variables + generator.trainable_variables
    d_optimizer.apply(tape.gradient(loss, weights), weights)
    return d_loss, g_loss


def wrong_generator_step_moves_both(
    generator, discriminator, g_optimizer, d_optimizer, real, z
):  # fmt: skip
    d_loss = _d_step(generator, discriminator, d_optimizer, real, z)
    weights = generator.trainable_variables + discriminator.trainable_variables
    with tf.GradientTape() as tape:
        g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def wrong_new_layers_each_call(generator, discriminator, g_optimizer, d_optimizer, real, z):
    discriminator = keras.Sequential([keras.layers.Dense(1, name="new")])
    return reference(generator, discriminator, g_optimizer, d_optimizer, real, z)


def wrong_fakes_cut_off(generator, discriminator, g_optimizer, d_optimizer, real, z):
    d_loss = _d_step(generator, discriminator, d_optimizer, real, z)
    with tf.GradientTape() as tape:
        fake = tf.stop_gradient(generator(z))
        g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake)))
    weights = generator.trainable_variables
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def wrong_one_optimizer(generator, discriminator, g_optimizer, d_optimizer, real, z):
    return reference(generator, discriminator, d_optimizer, d_optimizer, real, z)


def wrong_both_at_once(generator, discriminator, g_optimizer, d_optimizer, real, z):
    with tf.GradientTape(persistent=True) as tape:
        on_fake = discriminator(generator(z))
        d_loss = _d_loss(discriminator(real), on_fake)
        g_loss = tf.reduce_mean(tf.nn.softplus(-on_fake))
    for loss, model, optimizer in (
        (d_loss, discriminator, d_optimizer),
        (g_loss, generator, g_optimizer),
    ):
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
    return d_loss, g_loss


def _d_loss(on_real, on_fake):
    return tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))


def _d_step(generator, discriminator, d_optimizer, real, z):
    with tf.GradientTape() as tape:
        loss = _d_loss(discriminator(real), discriminator(generator(z)))
    weights = discriminator.trainable_variables
    d_optimizer.apply(tape.gradient(loss, weights), weights)
    return loss


def checks(c):
    n = 5
    real, z = c.normal(n, 2) + 1, c.normal(n, 3)
    g = [c.normal(3, 2), c.normal(2)]  # kernel and bias of a linear generator
    d = [c.normal(2, 1), c.normal(1)]
    rates = 0.5, 0.25

    def step(g_rate, d_rate):
        """Both losses, both models after the step and both optimizers."""
        models = _linear("g", g), _linear("d", d)
        optimizers = keras.optimizers.SGD(g_rate), keras.optimizers.SGD(d_rate)
        losses = c.call(*models, *optimizers, tf.constant(real), tf.constant(z))
        return c.parts(losses, 2), *models, *optimizers

    (d_loss, g_loss), *models, g_optimizer, d_optimizer = step(*rates)
    c.shape("scalar", d_loss, ())
    c.shape("scalar", g_loss, ())

    g_moved, d_moved = (_moved(model, old) for model, old in zip(models, (g, d), strict=True))
    want_d_loss, want_g_loss, new_g, new_d = _oracle(g, d, real, z, *rates)
    counts = [int(g_optimizer.iterations), int(d_optimizer.iterations)]
    # An optimizer that made its step while the model stood still moved something else.
    elsewhere = "new-layers-each-call" if counts[1] > 0 else None
    c.true("d-moves", d_moved, got=d_moved, mistake=elsewhere)
    c.true("g-moves", g_moved, got=g_moved)
    c.close("iterations", counts, [1, 1])
    c.close("d-loss", d_loss, want_d_loss, rtol=1e-4)

    _, g_model, _, *_ = step(0.0, rates[1])
    c.close("d-step-keeps-g", _flat(g_model.get_weights()), _flat(g), 0, 0)
    _, _, d_model, *_ = step(rates[0], 0.0)
    c.close("g-step-keeps-d", _flat(d_model.get_weights()), _flat(d), 0, 0)
    c.close("d-weights", _flat(models[1].get_weights()), new_d, rtol=1e-3, atol=1e-5)
    c.close("g-loss", g_loss, want_g_loss, rtol=1e-4)
    c.close("g-weights", _flat(models[0].get_weights()), new_g, rtol=1e-3, atol=1e-5)


def _linear(name, weights):
    inputs, outputs = weights[0].shape
    layer = keras.layers.Dense(outputs, name=f"{name}_layer")
    model = keras.Sequential([keras.Input((inputs,)), layer], name=name)
    model.set_weights(weights)
    return model


def _moved(model, old):
    return bool(np.any(_flat(model.get_weights()) != _flat(old)))


def _flat(weights):
    return np.concatenate([np.ravel(w) for w in weights])


def _oracle(g, d, real, z, g_rate, d_rate):
    """The step of two linear networks by hand, in float64."""
    (a, b), (w, v) = [[np.asarray(part, float) for part in parts] for parts in (g, d)]
    real, z = real.astype(float), z.astype(float)
    fake, n = z @ a + b, len(z)
    on_real, on_fake = real @ w + v, fake @ w + v
    d_loss = np.logaddexp(0, -on_real).mean() + np.logaddexp(0, on_fake).mean()
    slope_real, slope_fake = -_sigmoid(-on_real) / n, _sigmoid(on_fake) / n
    w = w - d_rate * (real.T @ slope_real + fake.T @ slope_fake)
    v = v - d_rate * (slope_real.sum(axis=0) + slope_fake.sum(axis=0))
    logits = fake @ w + v
    g_loss = np.logaddexp(0, -logits).mean()
    slope = (-_sigmoid(-logits) / n) @ w.T
    a, b = a - g_rate * z.T @ slope, b - g_rate * slope.sum(axis=0)
    return d_loss, g_loss, _flat([a, b]), _flat([w, v])


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))
