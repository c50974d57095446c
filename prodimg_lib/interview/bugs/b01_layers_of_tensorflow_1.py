"""B01: names of TensorFlow 1."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "make_encoder"


def buggy(latents):
    def encode(x):
        hidden = tf.layers.dense(x, 16, activation=tf.nn.relu)
        mu = tf.layers.dense(hidden, latents)
        variance = tf.layers.dense(hidden, latents, activation=tf.nn.softplus)
        return mu, tf.log(variance)

    return encode


def fixed(latents):
    to_hidden = keras.layers.Dense(16, activation="relu")
    to_mu = keras.layers.Dense(latents)
    to_variance = keras.layers.Dense(latents, activation="softplus")

    def encode(x):
        hidden = to_hidden(x)
        return to_mu(hidden), tf.math.log(to_variance(hidden))

    return encode


def variant_model(latents):
    class Encoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.body = keras.layers.Dense(16, activation=tf.nn.relu)
            self.heads = [keras.layers.Dense(latents), keras.layers.Dense(latents)]

        def call(self, x):
            mu, raw = [head(self.body(x)) for head in self.heads]
            return mu, keras.ops.log(keras.ops.softplus(raw))

    return Encoder()


def wrong_layers_at_each_call(latents):
    def encode(x):
        hidden = keras.layers.Dense(16, activation="relu")(x)
        mu = keras.layers.Dense(latents)(hidden)
        variance = keras.layers.Dense(latents, activation="softplus")(hidden)
        return mu, tf.math.log(variance)

    return encode


def wrong_logarithm_of_numpy(latents):
    layers = _layers(latents)

    def encode(x):
        hidden = layers[0](x)
        return layers[1](hidden), tf.constant(np.log(layers[2](hidden)))

    return encode


def wrong_compatibility_module(latents):
    def encode(x):
        hidden = tf.compat.v1.layers.dense(x, 16, activation=tf.nn.relu)
        mu = tf.compat.v1.layers.dense(hidden, latents)
        variance = tf.compat.v1.layers.dense(hidden, latents, activation=tf.nn.softplus)
        return mu, tf.compat.v1.log(variance)

    return encode


def wrong_logarithm_left_out(latents):
    layers = _layers(latents)

    def encode(x):
        hidden = layers[0](x)
        return layers[1](hidden), layers[2](hidden)

    return encode


def _layers(latents):
    body = keras.layers.Dense(16, activation="relu")
    return body, keras.layers.Dense(latents), keras.layers.Dense(latents, activation="softplus")


def symptom(make_encoder, seed):
    """Encode three images."""
    x = np.random.default_rng(seed).normal(size=(3, 4)).astype("float32")
    try:
        make_encoder(2)(tf.constant(x))
    except AttributeError as error:
        return True, {"error": str(error).splitlines()[0]}
    return False, {"error": "none"}


def checks(c):
    n, pixels, latents = 5, 4, 3
    images = c.normal(n, pixels)

    def look():
        x = tf.constant(images)
        encode = c.ask(latents)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = encode(x)
            total = tf.reduce_sum(outputs[1])
        slope = tape.gradient(total, x)
        nothing = encode(tf.zeros((1, pixels)))
        bend = outputs[0] + encode(x[::-1])[0] - encode(x + x[::-1])[0] - nothing[0]
        alone = [encode(x[i : i + 1]) for i in range(n)]
        return outputs, encode(x)[0], nothing[1], slope, bend, alone, encode(1000 * x)

    outputs, again, black, slope, bend, alone, far = c.observe(look)
    mu, logvar = c.parts(outputs, 2)
    c.shape("shape", mu, (n, latents))
    c.shape("shape", logvar, (n, latents))
    c.close("same-twice", again, mu)
    # Fresh biases are 0, so a black image has mean 0 and variance softplus(0) = log 2.
    c.close("black", black, np.full((1, latents), np.log(np.log(2))), rtol=1e-4)
    c.true("bends", np.abs(bend).max() > 1e-3, want="not 0, as of a linear map", got=bend)
    for part, found in enumerate((mu, logvar)):
        rows = np.concatenate([np.asarray(one[part]) for one in alone])
        c.close("alone-as-in-a-batch", found, rows, rtol=1e-4, atol=1e-5)
    c.true("no-bounds", np.ptp(far[0]) > 100 * np.ptp(mu), got=far[0])
    c.true("learns", slope is not None, layer="gradient")
