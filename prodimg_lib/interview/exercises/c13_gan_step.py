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
        (d_loss, g_loss): two scalar tensors, each from before its own update. Both networks work
        in training mode throughout, and are left trainable, as they came.
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
        fake = tf.stop_gradient(generator(z, training=True))
        d_loss = entropy(fake_label, discriminator(fake, training=True))
        d_loss += entropy(real_label, discriminator(real, training=True))
    slopes = tape.gradient(d_loss, discriminator.trainable_weights)
    d_optimizer.apply_gradients(zip(slopes, discriminator.trainable_weights, strict=True))
    with tf.GradientTape() as tape:
        fake = generator(z, training=True)
        g_loss = entropy(real_label, discriminator(fake, training=True))
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
        images = tf.concat([real, generator(z, training=True)], axis=0)
        logits = discriminator(images, training=True)
        sign = tf.concat([-tf.ones((len(real), 1)), tf.ones((len(z), 1))], axis=0)
        return 2 * tf.reduce_mean(tf.nn.softplus(sign * logits))

    def g_loss():
        logits = discriminator(generator(z, training=True), training=True)
        return -tf.reduce_mean(tf.math.log_sigmoid(logits))

    d_value = update(discriminator, d_optimizer, d_loss)
    return d_value, update(generator, g_optimizer, g_loss)


def wrong_one_joint_loss(generator, discriminator, g_optimizer, d_optimizer, real, z):
    with tf.GradientTape() as tape:
        on_fake = discriminator(generator(z, training=True), training=True)
        d_loss = _d_loss(discriminator(real, training=True), on_fake)
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
        logits = discriminator(generator(z, training=True), training=True)
        g_loss = tf.reduce_mean(tf.nn.softplus(-logits))
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def wrong_new_layers_each_call(generator, discriminator, g_optimizer, d_optimizer, real, z):
    discriminator = keras.Sequential([keras.layers.Dense(1, name="new")])
    return reference(generator, discriminator, g_optimizer, d_optimizer, real, z)


def wrong_fakes_cut_off(generator, discriminator, g_optimizer, d_optimizer, real, z):
    d_loss = _d_step(generator, discriminator, d_optimizer, real, z)
    with tf.GradientTape() as tape:
        fake = tf.stop_gradient(generator(z, training=True))
        g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake, training=True)))
    weights = generator.trainable_variables
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def wrong_one_optimizer(generator, discriminator, g_optimizer, d_optimizer, real, z):
    return reference(generator, discriminator, d_optimizer, d_optimizer, real, z)


def wrong_both_at_once(generator, discriminator, g_optimizer, d_optimizer, real, z):
    with tf.GradientTape(persistent=True) as tape:
        on_fake = discriminator(generator(z, training=True), training=True)
        d_loss = _d_loss(discriminator(real, training=True), on_fake)
        g_loss = tf.reduce_mean(tf.nn.softplus(-on_fake))
    for loss, model, optimizer in (
        (d_loss, discriminator, d_optimizer),
        (g_loss, generator, g_optimizer),
    ):
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
    return d_loss, g_loss


def wrong_left_frozen(generator, discriminator, g_optimizer, d_optimizer, real, z):
    discriminator.trainable = True
    d_loss = _d_step(generator, discriminator, d_optimizer, real, z)
    discriminator.trainable = False
    with tf.GradientTape() as tape:
        logits = discriminator(generator(z, training=True), training=True)
        g_loss = tf.reduce_mean(tf.nn.softplus(-logits))
    weights = generator.trainable_variables
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def wrong_inference_mode(generator, discriminator, g_optimizer, d_optimizer, real, z):
    d_loss = _d_step(generator, discriminator, d_optimizer, real, z, training=False)
    with tf.GradientTape() as tape:
        g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(z))))
    weights = generator.trainable_variables
    g_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return d_loss, g_loss


def _d_loss(on_real, on_fake):
    return tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))


def _d_step(generator, discriminator, d_optimizer, real, z, training=True):
    with tf.GradientTape() as tape:
        fake = generator(z, training=training)
        on_real = discriminator(real, training=training)
        loss = _d_loss(on_real, discriminator(fake, training=training))
    weights = discriminator.trainable_variables
    d_optimizer.apply(tape.gradient(loss, weights), weights)
    return loss


def checks(c):
    real, z = c.normal(5, 2) + 1, c.normal(5, 3)
    g = [c.normal(3, 2), c.normal(2)]  # kernel and bias of a linear generator
    d = [c.normal(2, 1), c.normal(1)]
    rates = 0.5, 0.25

    def step(g_rate, d_rate):
        """Losses, then weights, steps, flags and modes of both; see ``observe``."""
        modes: list[object] = []
        models = _linear("g", g, modes), _linear("d", d, modes)
        modes.clear()  # of their building
        optimizers = keras.optimizers.SGD(g_rate), keras.optimizers.SGD(d_rate)
        losses = c.ask(*models, *optimizers, tf.constant(real), tf.constant(z))
        return (
            losses,
            *[model.get_weights() for model in models],
            [int(optimizer.iterations) for optimizer in optimizers],
            [len(model.trainable_variables) for model in models],
            all(modes),
        )

    losses, new_g, new_d, counts, trainable, in_training = c.observe(lambda: step(*rates))
    d_loss, g_loss = c.parts(losses, 2)
    c.shape("scalar", d_loss, ())
    c.shape("scalar", g_loss, ())

    g_moved, d_moved = _moved(new_g, g), _moved(new_d, d)
    want_d_loss, want_g_loss, want_g, want_d = _oracle(g, d, real, z, *rates)
    # An optimizer that made its step while the model stood still moved something else.
    elsewhere = "new-layers-each-call" if counts[1] > 0 else None
    c.true("d-moves", d_moved, got=d_moved, mistake=elsewhere)
    c.true("g-moves", g_moved, got=g_moved)
    c.close("iterations", counts, [1, 1])
    c.true("training-mode", in_training, got=in_training)
    c.close("d-loss", d_loss, want_d_loss, rtol=1e-4)

    if not (_near(new_g, want_g) and _near(new_d, want_d)):  # whose step moved it?
        _, kept, *_ = c.observe(lambda: step(0.0, rates[1]))
        c.close("d-step-keeps-g", _flat(kept), _flat(g), 0, 0)
        _, _, kept, *_ = c.observe(lambda: step(rates[0], 0.0))
        c.close("g-step-keeps-d", _flat(kept), _flat(d), 0, 0)
    c.close("d-weights", _flat(new_d), want_d, rtol=1e-3, atol=1e-5)
    c.close("g-loss", g_loss, want_g_loss, rtol=1e-4)
    c.close("g-weights", _flat(new_g), want_g, rtol=1e-3, atol=1e-5)
    c.close("left-trainable", trainable, [2, 2])


class _Dense(keras.layers.Dense):
    """Says of each call whether it was made in training mode."""

    def __init__(self, units, say, name):
        super().__init__(units, name=name)
        self.say = say

    def call(self, inputs, training=False):
        self.say(bool(training))
        return super().call(inputs)


def _linear(name, weights, modes):
    inputs, outputs = weights[0].shape
    layer = _Dense(outputs, modes.append, f"{name}_layer")
    model = keras.Sequential([keras.Input((inputs,)), layer], name=name)
    model.set_weights(weights)
    return model


def _near(weights, want):
    return np.allclose(_flat(weights), want, rtol=1e-3, atol=1e-5)


def _moved(new, old):
    return bool(np.any(_flat(new) != _flat(old)))


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
