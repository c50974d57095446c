"""B07: unlike losses put into one tensor."""

import numpy as np
import tensorflow as tf

ENTRY = "vae_loss"


def buggy(x, x_hat, mu, logvar):
    error = 0.5 * tf.square(x - x_hat)
    kl = 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)
    losses = tf.concat([error, kl], axis=0)
    return tf.reduce_mean(losses)


def fixed(x, x_hat, mu, logvar):
    error = 0.5 * tf.reduce_sum(tf.square(x - x_hat), axis=(1, 2, 3))
    kl = 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)
    return tf.reduce_mean(error) + tf.reduce_mean(kl)


def variant_flat_images(x, x_hat, mu, logvar):
    gap = tf.reshape(x - x_hat, (tf.shape(x)[0], -1))
    error = 0.5 * tf.einsum("np,np->n", gap, gap)
    kl = -0.5 * tf.reduce_sum(1.0 + logvar - mu**2 - tf.exp(logvar), axis=-1)
    return tf.reduce_mean(error + kl)


def wrong_flattened_first(x, x_hat, mu, logvar):
    error, kl = _parts(x, x_hat, mu, logvar)
    return tf.reduce_mean(tf.concat([tf.reshape(error, [-1]), kl], axis=0))


def wrong_kl_at_every_pixel(x, x_hat, mu, logvar):
    error, kl = _parts(x, x_hat, mu, logvar)
    return tf.reduce_mean(error + kl[:, None, None, None])


def wrong_pixels_averaged(x, x_hat, mu, logvar):
    error, kl = _parts(x, x_hat, mu, logvar)
    losses = tf.concat([tf.reduce_mean(error, axis=(1, 2, 3)), kl], axis=0)
    return tf.reduce_mean(losses)


def wrong_pair_of_losses(x, x_hat, mu, logvar):
    error, kl = _parts(x, x_hat, mu, logvar)
    return tf.stack([tf.reduce_mean(tf.reduce_sum(error, axis=(1, 2, 3))), tf.reduce_mean(kl)])


def _parts(x, x_hat, mu, logvar):
    error = 0.5 * tf.square(x - x_hat)
    return error, 0.5 * tf.reduce_sum(tf.square(mu) + tf.exp(logvar) - 1.0 - logvar, axis=1)


def symptom(vae_loss, seed):
    """Four images of 6 x 6 pixels, three latents."""
    rng = np.random.default_rng(seed)
    images = tf.constant(rng.normal(size=(2, 4, 6, 6, 1)), "float32")
    latents = tf.constant(rng.normal(size=(2, 4, 3)), "float32")
    try:
        vae_loss(*images, *latents)
    except tf.errors.InvalidArgumentError as raised:
        said = str(raised).splitlines()[0]
        return True, {"error": said[said.find("Ranks") :].removesuffix(" name: concat")}
    return False, {"error": "none"}


def checks(c):
    n, latents = 5, 3
    x, x_hat = c.normal(n, 4, 6, 2), c.normal(n, 4, 6, 2)
    mu, logvar = c.normal(n, latents), c.normal(n, latents)
    loss = c.call(*(tf.constant(a) for a in (x, x_hat, mu, logvar)))
    c.shape("scalar", loss, ())
    error = 0.5 * np.square(x - x_hat).sum(axis=(1, 2, 3))
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    c.close("value", loss, np.mean(error) + np.mean(kl), rtol=2e-5)
    c.gradient("pixel", (x, x_hat, mu, logvar), 1, (x_hat - x) / n)
    c.gradient("latent", (x, x_hat, mu, logvar), 2, mu / n)
