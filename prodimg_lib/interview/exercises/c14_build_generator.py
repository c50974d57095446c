"""C14: a small convolutional generator, built once."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

ENTRY = "build_generator"


def starter(latent, size):
    """An untrained generator of square RGB images.

    Args:
        latent: int, length of the noise vector.
        size: int, side of the images in pixels: 8, 16, 32, ...

    Returns:
        Keras model, noise float [n, latent] to images float [n, size, size, 3]
        in [-1, 1]. It can be saved with model.save("file.keras") and loaded
        with keras.models.load_model.
    """
    raise NotImplementedError


def reference(latent, size):
    layers = keras.layers
    stack = [keras.Input((latent,))]
    stack += [layers.Dense(4 * 4 * 32, use_bias=False), layers.Reshape((4, 4, 32))]
    side = 4
    while side < size:
        stack += [layers.BatchNormalization(), layers.ReLU()]
        stack.append(layers.Conv2DTranspose(16, 4, 2, padding="same", use_bias=False))
        side *= 2
    stack += [layers.BatchNormalization(), layers.ReLU()]
    stack.append(layers.Conv2D(3, 3, padding="same", activation="tanh"))
    return keras.Sequential(stack)


def variant_functional_resize(latent, size):
    noise = keras.Input((latent,))
    x = keras.layers.Dense(2 * 2 * 24)(noise)
    x = keras.layers.Reshape((2, 2, 24))(x)
    for _ in range(int(np.log2(size)) - 1):
        x = keras.layers.UpSampling2D()(x)
        x = keras.layers.Conv2D(24, 3, padding="same", activation="leaky_relu")(x)
    x = keras.layers.Conv2D(3, 1)(x)
    return keras.Model(noise, keras.layers.Activation("tanh")(x))


def wrong_layers_in_call(latent, size):
    class Generator(keras.Model):
        def call(self, z):
            return reference(latent, size)(z)

    return Generator()


def wrong_sigmoid_output(latent, size):
    return _with_head(latent, size, "sigmoid")


def wrong_relu_output(latent, size):
    return _with_head(latent, size, "relu")


def wrong_linear_output(latent, size):
    return _with_head(latent, size, None)


def wrong_one_doubling_short(latent, size):
    return reference(latent, size // 2)


def wrong_lambda_layer(latent, size):
    return _with_head(latent, size, None, keras.layers.Lambda(lambda x: tf.tanh(x)))


def _with_head(latent, size, activation, *more):
    body = reference(latent, size).layers[:-1]
    head = keras.layers.Conv2D(3, 3, padding="same", activation=activation)
    return keras.Sequential([keras.Input((latent,)), *body, head, *more])


def checks(c):
    latent, size = int(c.rng.integers(5, 9)), 16
    z = c.normal(6, latent)
    model = c.call(latent, size)
    images = model(z)
    c.shape("image-shape", images, (6, size, size, 3))
    c.kind("floats", images, "f")
    c.shape("other-size", c.call(latent, 8)(z), (6, 8, 8, 3))
    far = np.asarray(model(1000 * z))  # leaves [-1, 1] unless the output is bounded
    c.finite("finite", far)

    again = bool(np.allclose(images, model(z), atol=1e-5))
    c.true("same-twice", again, mistake=None if again else "layers-in-call")
    low, high = float(np.min(far)), float(np.max(far))
    c.true("negative", low < 0, got=low, mistake=_head(low, high))
    c.true("range", low >= -1 and high <= 1, got=[low, high], mistake=_head(low, high))
    differ = float(np.std(images, axis=0).max())
    c.true("depends-on-noise", differ > 1e-4, got=differ)
    sound = again and -1 <= low < 0 and high <= 1  # files are slow: only where it matters
    loaded = _saved_and_loaded(model, z) if sound else None
    ok = loaded is not None and bool(np.allclose(loaded, images, atol=1e-5))
    lambdas = any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)
    c.true("loads", ok, mistake="lambda-layer" if lambdas else None)

    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(z, training=True))
    slopes = tape.gradient(total, model.trainable_variables)
    all_learn = bool(slopes) and all(slope is not None for slope in slopes)
    c.true("all-weights-learn", all_learn, layer="gradient")


def _head(low, high):
    """Which wrong output layer a range speaks of."""
    if low >= 0:
        return "sigmoid-output" if high <= 1 else "relu-output"
    return "linear-output" if low < -1 or high > 1 else None


def _saved_and_loaded(model, z):
    """Images of the model after a round trip through a file; None if that fails."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            model.save(Path(folder) / "generator.keras")
            return np.asarray(keras.models.load_model(Path(folder) / "generator.keras")(z))
        except Exception:
            return None
