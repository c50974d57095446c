"""C14: a small convolutional generator, built once."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

ENTRY = "build_generator"


def starter(latent, size):
    """An untrained convolutional generator of square RGB images.

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


def wrong_dense_only(latent, size):
    layers = keras.layers
    stack = [layers.Dense(64, activation="relu"), layers.Dense(size * size * 3, activation="tanh")]
    return keras.Sequential([keras.Input((latent,)), *stack, layers.Reshape((size, size, 3))])


def wrong_lambda_layer(latent, size):
    return _with_head(latent, size, None, keras.layers.Lambda(lambda x: tf.tanh(x)))


def _with_head(latent, size, activation, *more):
    body = reference(latent, size).layers[:-1]
    head = keras.layers.Conv2D(3, 3, padding="same", activation=activation)
    return keras.Sequential([keras.Input((latent,)), *body, head, *more])


def checks(c):
    latent, size = int(c.rng.integers(5, 9)), 16
    z = c.normal(6, latent)
    seen = c.observe(lambda: _seen(c, latent, size, z))
    images = seen["images"]
    c.shape("image-shape", images, (6, size, size, 3))
    c.kind("floats", images, "f")
    for other in (8, 32):
        c.shape("other-size", seen[f"of {other}"], (2, other, other, 3))
    far = np.asarray(seen["far"])  # leaves [-1, 1] unless the output is bounded
    c.finite("finite", far)

    again = bool(np.allclose(images, seen["again"], atol=1e-5))
    no_weights = not again and seen["weights"] == 0
    c.true("same-twice", again, mistake="layers-in-call" if no_weights else None)
    low, high = float(np.min(far)), float(np.max(far))
    c.true("negative", low < 0, got=low, mistake=_head(low, high))
    c.true("range", low >= -1 and high <= 1, got=[low, high], mistake=_head(low, high))
    differ = float(np.std(images, axis=0).mean())
    c.true("depends-on-noise", differ > 1e-3, got=differ)
    for number, moved in enumerate(seen["moved"]):  # each number of the noise by itself
        apart = float(np.abs(moved - images[0]).max())
        c.true("every-number", apart > 1e-4, got=apart, want=f"a change by number {number}")
    first, *others = np.moveaxis(np.asarray(images), -1, 0)
    colour = min(float(np.abs(first - other).max()) for other in others)
    c.true("colours", colour > 1e-4, got=colour)
    mistake = "lambda-layer" if seen["lambda"] else None
    loaded = seen["loaded"]
    ok = loaded is not None and np.allclose(loaded, images, atol=1e-5)
    c.true("loads", bool(ok), mistake=mistake)
    c.true("convolutions", seen["convolutions"] > 0, got=seen["convolutions"])
    c.true("all-weights-learn", seen["weights"] == seen["slopes"] > 0, layer="gradient")


def _seen(c, latent, size, z):
    """All that is asked of the model."""
    model = c.ask(latent, size)
    images, far = model(z), model(1000 * z)
    moved = model(z[:1] + 3 * np.eye(latent, dtype="float32"))
    seen = {"images": images, "again": model(z), "far": far, "moved": moved}
    for other in (8, 32):
        seen[f"of {other}"] = c.ask(latent, other)(z[:2])
    far = np.asarray(far)
    sound = np.allclose(images, seen["again"], atol=1e-5) and far.min() >= -1 and far.max() <= 1
    # Files are slow: only where it matters.
    seen["loaded"] = _saved_and_loaded(model, z) if sound and far.min() < 0 else None
    # Last, since it moves the averages of batch normalisation.
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(z, training=True))
    weights = model.trainable_variables
    slopes = tape.gradient(total, weights)
    seen |= {"weights": len(weights), "slopes": sum(slope is not None for slope in slopes)}
    seen["convolutions"] = sum(len(w.shape) == 4 for w in weights)
    seen["lambda"] = any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)
    return seen


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
