"""B32: a frame that only real images have."""

import numpy as np
import tensorflow as tf

ENTRY = "prepare"


def buggy(images, size):
    x = tf.cast(images, tf.float32) / 127.5 - 1.0
    n = size - x.shape[1]
    return tf.pad(x, [[0, 0], [n // 2, n - n // 2], [n // 2, n - n // 2], [0, 0]])


def fixed(images, size):
    n = size - images.shape[1]
    sides = [[0, 0], [n // 2, n - n // 2], [n // 2, n - n // 2], [0, 0]]
    framed = tf.pad(images, sides, constant_values=255)
    return tf.cast(framed, tf.float32) / 127.5 - 1.0


def variant_canvas(images, size):
    canvas = np.ones((len(images), size, size, images.shape[3]), "float32")
    n = (size - images.shape[1]) // 2
    inner = np.asarray(images, "float32") / 127.5 - 1
    canvas[:, n : n + images.shape[1], n : n + images.shape[2]] = inner
    return canvas


def wrong_noise_in_the_frame(images, size):
    x = buggy(images, size)
    noise = 1e-3 * tf.random.stateless_normal(tf.shape(x), (0, 0))
    return tf.where(x == 0, noise, x)


def wrong_black_frame(images, size):
    n = size - images.shape[1]
    sides = [[0, 0], [n // 2, n - n // 2], [n // 2, n - n // 2], [0, 0]]
    return tf.cast(tf.pad(images, sides), tf.float32) / 127.5 - 1.0


def wrong_stretched(images, size):
    x = tf.image.resize(images, (size, size), antialias=True)
    return x / 127.5 - 1.0


def _photographs(rng, n, side=28):
    """White ground, a product of random greys in the middle."""
    images = np.full((n, side, side, 2), 255, "uint8")
    images[:, 6:-6, 6:-6] = rng.integers(0, 255, (n, side - 12, side - 12, 2))
    return images


def symptom(prepare, seed):
    """Exact zeros in real images, and in what a generator with tanh makes."""
    rng = np.random.default_rng(seed)
    real = np.asarray(prepare(_photographs(rng, 20), 32))
    fake = np.tanh(rng.normal(size=real.shape))
    zeros = [float((x == 0).mean(axis=(1, 2, 3)).mean()) for x in (real, fake)]
    facts = {"exact zeros, real images": zeros[0], "exact zeros, generated": zeros[1]}
    return zeros[0] > 0.01, facts


def checks(c):
    images = _photographs(c.rng, 4)
    found = c.call(images, 32)
    c.shape("shape", found, (4, 32, 32, 2))
    x = np.asarray(found, float)
    sides = x[:, :2], x[:, -2:], x[:, :, :2], x[:, :, -2:]
    frame = np.concatenate([side.ravel() for side in sides])
    c.true("frame", np.abs(frame - 1).max() < 1e-6, got=found, want="1, white")
    c.close("product", x[:, 2:-2, 2:-2], images / 127.5 - 1.0, 1e-5, 1e-5)
