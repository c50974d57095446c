"""C15: bytes to model range and back."""

import numpy as np
import tensorflow as tf

ENTRY = "to_uint8"


def starter(x):
    """Images of a model as bytes.

    Args:
        x: float array, the model's range [-1, 1]; some values may lie outside.

    Returns:
        uint8 array of the same shape; the inverse of b / 127.5 - 1.
    """
    raise NotImplementedError


def reference(x):
    return np.rint(np.clip((x + 1) * 127.5, 0, 255)).astype(np.uint8)


def torch_reference(x):
    import torch

    return torch.round(torch.clamp((x + 1) * 127.5, 0, 255)).to(torch.uint8)


def variant_tensorflow(x):
    levels = tf.round(127.5 * (tf.clip_by_value(x, -1.0, 1.0) + 1.0))
    return tf.cast(levels, tf.uint8).numpy()


def wrong_times_128(x):
    return (np.rint((x + 1) * 128).astype(np.int64)).astype(np.uint8)


def wrong_not_clipped(x):
    return np.rint((x + 1) * 127.5).astype(np.int64).astype(np.uint8)


def wrong_not_rounded(x):
    return np.clip((x + 1) * 127.5, 0, 255).astype(np.uint8)


def wrong_unit_range(x):
    return np.rint(np.clip(x * 255, 0, 255)).astype(np.uint8)


def checks(c):
    x = c.rng.uniform(-1.08, 1.08, (3, 8, 5, 2)).astype("float32")
    found = c.call(x)
    c.shape("shape", found, x.shape)
    c.kind("bytes", found, "u")
    every = np.arange(256, dtype="uint8")
    back = c.call(every.astype("float32") / 127.5 - 1)
    c.close("round-trip", back, every)
    c.close("outside", c.call(np.array([-1.02, 1.02, 3.0], "float32")), [0, 255, 255])
    c.true("nearest", np.abs(found - np.clip((x + 1) * 127.5, 0, 255)).max() < 0.501, got=found)
