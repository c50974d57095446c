"""B27: uint8 arithmetic."""

import numpy as np

ENTRY = "to_bytes"


def buggy(x):
    return ((x + 1) * 128).astype(np.int64).astype(np.uint8)


def fixed(x):
    return np.rint(np.clip((x + 1) * 127.5, 0, 255)).astype(np.uint8)


def variant_floor(x):
    levels = np.floor((np.asarray(x, np.float64) + 1) * 127.5 + 0.5)
    return np.minimum(np.maximum(levels, 0), 255).astype(np.uint8)


def wrong_not_clipped(x):
    return np.rint((x + 1) * 127.5).astype(np.int64).astype(np.uint8)


def wrong_not_rounded(x):
    return np.clip((x + 1) * 127.5, 0, 255).astype(np.uint8)


def wrong_clipped_too_late(x):
    return np.clip(((x + 1) * 128).astype(np.int64).astype(np.uint8), 0, 255)


def symptom(to_bytes, seed):
    """White, a little more than white, and the way there and back of every byte."""
    every = np.arange(256, dtype="uint8")
    back = to_bytes(every.astype("float32") / 127.5 - 1)
    white, more = (int(to_bytes(np.full(1, v, "float32"))[0]) for v in (1.0, 1.02))
    lost = int((back != every).sum())
    facts = {"byte of white": white, "byte of 1.02": more, "bytes changed by a round trip": lost}
    return white != 255 or more != 255 or lost > 0, facts


def checks(c):
    x = c.rng.uniform(-1.1, 1.1, (4, 5, 3)).astype("float32")
    found = c.call(x)
    c.shape("shape", found, (4, 5, 3))
    c.kind("bytes", found, "u")
    near = np.clip((x.astype(float) + 1) * 127.5, 0, 255)
    c.true("nearest", np.abs(found.astype(float) - near).max() <= 0.501, got=found)
