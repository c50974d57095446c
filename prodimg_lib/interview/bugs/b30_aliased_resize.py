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
    image = c.rng.random((12, 9)).astype("float32")
    found = c.call(image, 3)
    c.shape("size", found, (4, 3))
    want = [
        [image[3 * i : 3 * i + 3, 3 * j : 3 * j + 3].mean() for j in range(3)] for i in range(4)
    ]
    c.close("means", found, np.array(want), rtol=1e-4)
