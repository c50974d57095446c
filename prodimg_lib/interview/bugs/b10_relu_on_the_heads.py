"""B10: ReLU on the mean and on the log variance."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "build_encoder"


def buggy(pixels, latents):
    images = keras.Input((pixels,))
    hidden = keras.layers.Dense(32, activation="relu")(images)
    mu = keras.layers.Dense(latents, activation="relu")(hidden)
    logvar = keras.layers.Dense(latents, activation="relu")(hidden)
    return keras.Model(images, [mu, logvar])


def fixed(pixels, latents):
    images = keras.Input((pixels,))
    hidden = keras.layers.Dense(32, activation="relu")(images)
    mu = keras.layers.Dense(latents)(hidden)
    logvar = keras.layers.Dense(latents)(hidden)
    return keras.Model(images, [mu, logvar])


def variant_one_head_split(pixels, latents):
    body = keras.Sequential([keras.layers.Dense(32, activation="relu")])
    head = keras.layers.Dense(2 * latents)

    def encode(images):
        return tf.split(head(body(images)), 2, axis=1)

    return encode


def wrong_relu_kept_on_the_mean(pixels, latents):
    return _encoder(pixels, latents, "relu", None)


def wrong_relu_kept_on_the_log_variance(pixels, latents):
    return _encoder(pixels, latents, None, "relu")


def wrong_softplus_log_variance(pixels, latents):
    return _encoder(pixels, latents, None, "softplus")


def wrong_tanh_heads(pixels, latents):
    return _encoder(pixels, latents, "tanh", "tanh")


def _encoder(pixels, latents, on_mu, on_logvar):
    images = keras.Input((pixels,))
    hidden = keras.layers.Dense(32, activation="relu")(images)
    mu = keras.layers.Dense(latents, activation=on_mu)(hidden)
    logvar = keras.layers.Dense(latents, activation=on_logvar)(hidden)
    return keras.Model(images, [mu, logvar])


def symptom(build_encoder, seed):
    """Which means and standard deviations does the encoder give at all, for 256 images?"""
    keras.utils.set_random_seed(seed)
    images = np.random.default_rng(seed).normal(size=(256, 12)).astype("float32")
    mu, logvar = build_encoder(12, 8)(tf.constant(images))
    mean, std = float(np.min(mu)), float(np.exp(0.5 * np.min(logvar)))
    return mean >= 0 or std >= 1, {"smallest mean": mean, "smallest standard deviation": std}


def checks(c):
    n, pixels, latents = 64, 10, 6
    images = c.normal(n, pixels)

    def look():
        encoder, x = c.ask(pixels, latents), tf.constant(images)
        near, turned, both, none = (encoder(part)[0] for part in (x, x[::-1], x + x[::-1], 0 * x))
        return encoder(x), encoder(1000 * x), near + turned - both - none

    near, far, bend = c.observe(look)
    mu, logvar = c.parts(near, 2)
    c.shape("shape", mu, (n, latents))
    c.shape("shape", logvar, (n, latents))
    c.true("both-signs", np.min(mu) < 0 < np.max(mu), got=mu)
    c.true("below-one", np.min(logvar) < 0 < np.max(logvar), got=logvar)
    c.true("bends", np.abs(bend).max() > 1e-3, want="not 0, as of a linear map", got=bend)
    # Images a thousand times as far from black lie about a thousand times as far from the origin.
    for found, before in zip(c.parts(far, 2), (mu, logvar), strict=True):
        c.true("no-bounds", np.ptp(found) > 100 * np.ptp(before), got=found)
