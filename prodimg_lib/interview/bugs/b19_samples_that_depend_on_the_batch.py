"""B19: samples drawn in training mode."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "preview"


def buggy(generator, z):
    return generator(z, training=True)


def fixed(generator, z):
    return generator(z, training=False)


def variant_predict(generator, z):
    return generator.predict(z, verbose=0)


def wrong_one_by_one(generator, z):
    return tf.concat([generator(row[None], training=True) for row in tf.unstack(z)], axis=0)


def wrong_averages_put_back(generator, z):
    before = generator.get_weights()
    images = generator(z, training=True)
    generator.set_weights(before)
    return images


def _generator(seed):
    layers = [keras.layers.Dense(6), keras.layers.BatchNormalization(), keras.layers.Dense(4)]
    generator = keras.Sequential([keras.Input((3,)), *layers])
    rng = np.random.default_rng(seed)
    generator.set_weights([np.abs(rng.normal(size=w.shape)) + 0.1 for w in generator.weights])
    return generator


def symptom(preview, seed):
    """The first latent alone and in a batch; do the averages move?"""
    generator = _generator(seed)
    z = tf.constant(np.random.default_rng(seed).normal(size=(8, 3)), "float32")
    before = [w.numpy() for w in generator.layers[1].weights]
    many, alone = (np.asarray(preview(generator, x)) for x in (z, z[:1]))
    after = generator.layers[1].weights
    moved = max(float(np.abs(a - b).max()) for a, b in zip(after, before, strict=True))
    apart = float(np.abs(many[:1] - alone).max())
    facts = {"first image, alone and in a batch": apart, "averages moved by": moved}
    return apart > 1e-4 or moved > 0, facts


def checks(c):
    z = c.normal(5, 3)
    before = _generator(c.seed).get_weights()

    def look():
        generator = _generator(c.seed)
        found = c.ask(generator, tf.constant(z))
        return found, generator.get_weights(), len(generator.trainable_variables)

    found, after, flag = c.observe(look)
    c.shape("shape", found, (5, 4))
    w, b, gamma, beta, mean, variance, v, d = (x.astype(float) for x in before)
    h = gamma * (z @ w + b - mean) / np.sqrt(variance + 1e-3) + beta
    c.close("value", found, h @ v + d, rtol=1e-3, atol=1e-4)
    same = all(np.array_equal(a, b) for a, b in zip(after, before, strict=True))
    c.true("untouched", same, want="the same weights and averages as before")
    c.close("left-trainable", flag, 6)
