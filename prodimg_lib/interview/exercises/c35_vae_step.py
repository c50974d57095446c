"""C35: one training step of a VAE."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "vae_step"


def starter(encoder, decoder, optimizer, images, eps, beta):
    """One step on the negative bound, with a Gaussian of standard deviation 1 for each pixel.

    For each image the loss is half its summed squared error plus beta times its KL divergence to
    the standard normal prior, summed over the latent variables. Constants are left out.

    Args:
        encoder: Keras model, images [n, pixels] to [n, 2 * latent]: first all means, then all
            natural logarithms of the variances.
        decoder: Keras model, latents [n, latent] to images [n, pixels].
        optimizer: Keras optimizer, for both models.
        images: float32 [n, pixels].
        eps: float32 [n, latent], standard normal noise, already drawn for you.
        beta: float, weight of the divergence.

    Returns:
        (loss, reconstruction, kl): scalar tensors, means over the images, from before the update;
        loss is reconstruction + beta * kl. Both models work in training mode.
    """
    raise NotImplementedError


def reference(encoder, decoder, optimizer, images, eps, beta):
    with tf.GradientTape() as tape:
        mean, logvar = tf.split(encoder(images, training=True), 2, axis=-1)
        z = mean + tf.exp(0.5 * logvar) * eps
        error = tf.reduce_sum(tf.square(decoder(z, training=True) - images), axis=-1)
        divergence = tf.reduce_sum(tf.exp(logvar) + mean**2 - 1.0 - logvar, axis=-1)
        reconstruction = tf.reduce_mean(0.5 * error)
        kl = tf.reduce_mean(0.5 * divergence)
        loss = reconstruction + beta * kl
    weights = encoder.trainable_variables + decoder.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss, reconstruction, kl


def variant_apply_gradients(encoder, decoder, optimizer, images, eps, beta):
    weights = [*decoder.trainable_weights, *encoder.trainable_weights]
    n = len(images)
    with tf.GradientTape() as tape:
        code = encoder(images, training=True)
        half = code.shape[-1] // 2
        mean, logvar = code[:, :half], code[:, half:]
        std = tf.sqrt(tf.exp(logvar))
        reconstruction = tf.nn.l2_loss(decoder(mean + std * eps, training=True) - images) / n
        kl = -0.5 * tf.reduce_sum(1 + logvar - mean**2 - std**2) / n
        loss = reconstruction + beta * kl
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
    return loss, reconstruction, kl


def variant_losses_of_keras(encoder, decoder, optimizer, images, eps, beta):
    ops = keras.ops
    watched = encoder.trainable_variables + decoder.trainable_variables
    with tf.GradientTape() as tape:
        mean, logvar = ops.split(encoder(images, training=True), 2, axis=1)
        z = ops.add(mean, ops.multiply(ops.exp(logvar / 2), eps))
        found = decoder(z, training=True)
        per_image = keras.losses.mean_squared_error(images, found) * images.shape[-1] / 2
        per_code = ops.sum((ops.square(mean) + ops.expm1(logvar) - logvar) / 2, axis=1)
        loss = ops.mean(per_image + beta * per_code)
    optimizer.apply(tape.gradient(loss, watched), watched)
    return loss, ops.mean(per_image), ops.mean(per_code)


def wrong_encoder_left_out(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, models=(decoder,))


def wrong_decoder_left_out(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, models=(encoder,))


def wrong_mean_over_pixels(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, pixels=tf.reduce_mean)


def wrong_mean_over_latents(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, latents=tf.reduce_mean)


def wrong_summed_over_images(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, batch=tf.reduce_sum)


def wrong_half_forgotten(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, half=1.0)


def wrong_variance_as_std(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, exponent=1.0)


def wrong_kl_upside_down(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, sign=-1.0)


def wrong_noise_of_its_own(encoder, decoder, optimizer, images, eps, beta):
    fresh = tf.random.normal(tf.shape(eps))
    return _step(encoder, decoder, optimizer, images, fresh, beta)


def wrong_no_noise(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, 0.0 * eps, beta)


def wrong_beta_ignored(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, 1.0)


def wrong_beta_on_the_reconstruction(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, 1.0, weight=beta)


def wrong_code_read_backwards(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, swap=True)


def wrong_draw_cut_off(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, cut=tf.stop_gradient)


def wrong_not_updated(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, None, images, eps, beta)


def wrong_optimizer_of_its_own(encoder, decoder, optimizer, images, eps, beta):
    fresh = keras.optimizers.SGD(float(optimizer.learning_rate))
    return _step(encoder, decoder, fresh, images, eps, beta)


def wrong_decoder_left_frozen(encoder, decoder, optimizer, images, eps, beta):
    result = _step(encoder, decoder, optimizer, images, eps, beta)
    decoder.trainable = False
    return result


def wrong_inference_mode(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, training=False)


def wrong_uphill(encoder, decoder, optimizer, images, eps, beta):
    return _step(encoder, decoder, optimizer, images, eps, beta, direction=-1.0)


def _step(encoder, decoder, optimizer, images, eps, beta, models=None, pixels=tf.reduce_sum,
          latents=tf.reduce_sum, batch=tf.reduce_mean, half=0.5, exponent=0.5, sign=1.0,
          weight=1.0, swap=False, cut=tf.identity, direction=1.0,
          training=True):  # fmt: skip
    with tf.GradientTape() as tape:
        mean, logvar = tf.split(encoder(images, training=training), 2, axis=-1)
        if swap:
            mean, logvar = logvar, mean
        z = cut(mean + tf.exp(exponent * logvar) * eps)
        found = decoder(z, training=training)
        reconstruction = batch(half * pixels(tf.square(found - images), axis=-1))
        divergence = sign * (tf.exp(logvar) + mean**2 - 1.0 - logvar)
        kl = batch(0.5 * latents(divergence, axis=-1))
        loss = weight * reconstruction + beta * kl
        climbed = direction * loss
    if optimizer is not None:
        weights = [w for m in models or (encoder, decoder) for w in m.trainable_variables]
        optimizer.apply(tape.gradient(climbed, weights), weights)
    return loss, reconstruction, kl


def checks(c):
    n, pixels, latent, beta, rate = 5, 6, 2, 0.3, 0.05
    images, eps = c.normal(n, pixels) + 0.5, c.normal(n, latent)
    into = [c.normal(pixels, 2 * latent, scale=0.4), c.normal(2 * latent, scale=0.5)]
    out = [c.normal(latent, pixels), c.normal(pixels)]

    def step():
        """The three values; then weights of both, the optimizer's steps, flags and modes."""
        modes: list[object] = []
        models = _linear("encoder", into, modes), _linear("decoder", out, modes)
        modes.clear()  # of their building
        optimizer = keras.optimizers.SGD(rate)
        values = c.ask(*models, optimizer, tf.constant(images), tf.constant(eps), beta)
        flags = [len(model.trainable_variables) for model in models]
        return (
            values,
            *[m.get_weights() for m in models],
            int(optimizer.iterations),
            flags,
            all(modes),
        )

    values, new_into, new_out, steps, flags, in_training = c.observe(step)
    parts = c.parts(values, 3)
    for part in parts:
        c.shape("scalars", part, ())
    want, moved_into, moved_out = _oracle(into, out, images, eps, beta, rate)
    if not np.allclose(parts[1], want[1], 1e-4, 1e-5):  # is it another one each time?
        again = c.parts(c.observe(step)[0], 3)
        c.close("same-noise", again[1], parts[1], mistake="noise-of-its-own")
    c.close("reconstruction", parts[1], want[1], 1e-4, 1e-5)
    c.close("kl", parts[2], want[2], 1e-4, 1e-5)
    c.close("loss", parts[0], want[0], 1e-4, 1e-5)
    c.close("decoder", _flat(new_out), _flat(moved_out), 1e-3, 1e-5)
    c.close("encoder", _flat(new_into), _flat(moved_into), 1e-3, 1e-5)
    c.close("iterations", [steps], [1])
    c.close("flags", flags, [2, 2])
    c.true("training-mode", in_training, got=in_training)


class _Dense(keras.layers.Dense):
    """Says of each call whether it was made in training mode."""

    def __init__(self, units, say):
        super().__init__(units)
        self.say = say

    def call(self, inputs, training=False):
        self.say(bool(training))
        return super().call(inputs)


def _linear(name, weights, modes):
    inputs, outputs = weights[0].shape
    model = keras.Sequential([keras.Input((inputs,)), _Dense(outputs, modes.append)], name=name)
    model.set_weights(weights)
    return model


def _flat(weights):
    return np.concatenate([np.ravel(w) for w in weights])


def _oracle(into, out, images, eps, beta, rate):
    """Values and a step of gradient descent for two linear networks by hand, in float64."""
    (a, b), (w, v) = [[np.asarray(part, float) for part in parts] for parts in (into, out)]
    x, eps, n = images.astype(float), eps.astype(float), len(images)
    mean, logvar = np.split(x @ a + b, 2, axis=1)
    std = np.exp(logvar / 2)
    z = mean + std * eps
    error = z @ w + v - x
    reconstruction = 0.5 * np.sum(error**2) / n
    kl = 0.5 * np.sum(std**2 + mean**2 - 1 - logvar) / n
    of_z = error @ w.T / n
    of_mean = of_z + beta * mean / n
    of_logvar = of_z * eps * std / 2 + beta * (std**2 - 1) / 2 / n
    of_code = np.concatenate([of_mean, of_logvar], axis=1)
    moved_into = [a - rate * x.T @ of_code, b - rate * of_code.sum(0)]
    moved_out = [w - rate * z.T @ error / n, v - rate * error.sum(0) / n]
    return (reconstruction + beta * kl, reconstruction, kl), moved_into, moved_out
