"""B18: batch normalisation in the wrong mode."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "forward"


def buggy(network, x):
    return network(x)


def fixed(network, x):
    return network(x, training=True)


def variant_layer_by_layer(network, x):
    for layer in network.layers:
        x = (
            layer(x, training=True)
            if isinstance(layer, keras.layers.BatchNormalization)
            else layer(x)
        )
    return x


def wrong_normalised_by_hand(network, x):
    y = network(x)
    return (y - tf.reduce_mean(y, 0)) / tf.math.reduce_std(y, 0)


def _network():
    return keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])


def symptom(forward, seed):
    """Inputs around 5 with a deviation of 2: what comes out, and do the averages move?"""
    x = 5 + 2 * np.random.default_rng(seed).normal(size=(256, 3)).astype("float32")
    network = _network()
    y = np.asarray(forward(network, tf.constant(x)))
    moved = float(np.abs(network.layers[0].moving_mean.numpy()).max())
    facts = {"mean of the output": float(y.mean()), "moving mean": moved}
    return abs(y.mean()) > 0.1 or moved == 0.0, facts


def checks(c):
    x = 3 + 2 * c.normal(50, 3)
    scale, shift = [2.0, 1.0, 0.5], [1.0, 0.0, -1.0]

    def look():
        network = _network()
        layer = network.layers[0]
        layer.gamma.assign(scale)
        layer.beta.assign(shift)
        with tf.GradientTape() as tape:
            y = c.ask(network, tf.constant(x))
        slope = tape.gradient(y, layer.beta) if tf.is_tensor(y) else None
        flag = len(network.trainable_variables)
        return y, layer.moving_mean, layer.moving_variance, flag, slope

    y, mean, variance, flag, slope = c.observe(look)
    c.shape("shape", y, (50, 3))
    wide = x.astype(float)
    plain = (wide - wide.mean(0)) / np.sqrt(wide.var(0) + 1e-3)
    c.close("value", y, np.array(plain * scale + shift), rtol=1e-3, atol=1e-4)
    c.close("averages", mean, 0.01 * wide.mean(0), rtol=1e-3, atol=1e-5)
    c.close("averages", variance, 0.99 + 0.01 * wide.var(0), rtol=1e-3)
    c.close("left-trainable", flag, 2)
    # Each of 50 images has the shift of its three activations once.
    slope = np.zeros(3) if slope is None else slope
    c.close("gradient", slope, np.full(3, 50.0), rtol=1e-4, layer="gradient")
