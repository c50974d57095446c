"""B30: an aliased resize."""

import numpy as np
from PIL import Image

ENTRY = "shrink"


def buggy(image, factor):
    return image[::factor, ::factor]


def fixed(image, factor):
    h, w = (n // factor for n in image.shape)
    return image[: h * factor, : w * factor].reshape(h, factor, w, factor).mean((1, 3))


def variant_pillow(image, factor):
    size = image.shape[1] // factor, image.shape[0] // factor
    return np.asarray(Image.fromarray(image.astype("float32")).resize(size, Image.Resampling.BOX))


def wrong_blurred_afterwards(image, factor):
    small = np.pad(image[::factor, ::factor], 1, mode="edge")
    h, w = small.shape
    return sum(small[i : h - 2 + i, j : w - 2 + j] for i in range(3) for j in range(3)) / 9


def wrong_maximum(image, factor):
    h, w = (n // factor for n in image.shape)
    return image[: h * factor, : w * factor].reshape(h, factor, w, factor).max((1, 3))


def symptom(shrink, seed):
    """Stripes of period 3, moved by a pixel: how bright is the image a third as large?"""
    columns = np.arange(30)
    means = [
        float(np.mean(shrink(np.tile((columns + s) % 3 == 0, (30, 1)).astype("float32"), 3)))
        for s in range(3)
    ]
    spread = max(means) - min(means)
    return spread > 0.02, {"brightness changes by": spread, "brightest": max(means)}


def checks(c):
    rows, columns = np.mgrid[0:36, 0:48]
    tilt = c.rng.uniform(0.2, 0.8, 2)
    smooth = (0.5 + 0.3 * np.sin(tilt[0] * rows / 5) * np.cos(tilt[1] * columns / 6)).astype(
        "float32"
    )
    found = c.call(smooth, 3)
    c.shape("size", found, (12, 16))
    c.shape("any-size", c.call(smooth[1:, 1:], 3), (11, 15))
    means = smooth.reshape(12, 3, 16, 3).mean((1, 3))
    # Any filter will do; at the border they differ.
    c.close("means", np.asarray(found)[1:-1, 1:-1], means[1:-1, 1:-1], 0, 0.02)
    for shift in range(3):
        for stripes in ((columns + shift) % 3, (rows + shift) % 3):
            small = np.asarray(c.call((stripes == 0).astype("float32"), 3), float)[1:-1, 1:-1]
            even = small.std() < 0.08 and abs(small.mean() - 1 / 3) < 0.03
            c.true("stripes", even, got=small, want="an even third")
    # What is sharp stays sharp: an edge between two new pixels.
    edge = np.asarray(c.call((columns >= 24).astype("float32"), 3), float)[:, 1:-1]
    c.true("sharp", edge[:, :6].max() < 0.15 and edge[:, -6:].min() > 0.85, got=edge)
