"""C16: any photograph into a square, whole and undistorted."""

import numpy as np
import tensorflow as tf
from PIL import Image

ENTRY = "letterbox"


def starter(image, size):
    """A photograph as a white square of size x size that holds all of it.

    Args:
        image: uint8 [height, width, 3], any shape.
        size: side of the result in pixels.

    Returns:
        uint8 [size, size, 3]: the photograph with its aspect, as large as fits, centred on white,
        without aliasing.
    """
    raise NotImplementedError


def reference(image, size):
    height, width = image.shape[:2]
    scale = size / max(height, width)
    rows, columns = (max(1, round(n * scale)) for n in (height, width))
    small = Image.fromarray(image).resize((columns, rows), Image.Resampling.LANCZOS)
    square = np.full((size, size, 3), 255, np.uint8)
    top, left = (size - rows) // 2, (size - columns) // 2
    square[top : top + rows, left : left + columns] = small
    return square


def variant_pad_first(image, size):
    height, width = image.shape[:2]
    side = max(height, width)
    square = Image.new("RGB", (side, side), "white")
    square.paste(Image.fromarray(image), ((side - width) // 2, (side - height) // 2))
    return np.asarray(square.resize((size, size), Image.Resampling.BOX))


def variant_tensorflow(image, size):
    dark = 255.0 - tf.cast(image, tf.float32)  # its padding is with zeros
    dark = tf.image.resize_with_pad(dark, size, size, antialias=True)
    return tf.cast(tf.round(tf.clip_by_value(255.0 - dark, 0.0, 255.0)), tf.uint8).numpy()


def wrong_stretched(image, size):
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.LANCZOS))


def wrong_cropped(image, size):
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    return np.asarray(Image.fromarray(square).resize((size, size), Image.Resampling.LANCZOS))


def wrong_black_background(image, size):
    height, width = image.shape[:2]
    side = max(height, width)
    square = Image.new("RGB", (side, side))
    square.paste(Image.fromarray(image), ((side - width) // 2, (side - height) // 2))
    return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS))


def wrong_not_centred(image, size):
    side = max(image.shape[:2])
    square = Image.new("RGB", (side, side), "white")
    square.paste(Image.fromarray(image), (0, 0))
    return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS))


def wrong_no_antialiasing(image, size):
    height, width = image.shape[:2]
    side = max(height, width)
    square = Image.new("RGB", (side, side), "white")
    square.paste(Image.fromarray(image), ((side - width) // 2, (side - height) // 2))
    return np.asarray(square.resize((size, size), Image.Resampling.NEAREST))


def checks(c):
    colours = np.array([(200, 20, 20), (20, 170, 30), (20, 30, 200), (190, 30, 180)])
    ground = c.rng.integers(60, 110, 3)
    wide = np.broadcast_to(ground, (60, 96, 3)).astype("uint8")
    for colour, y, x in zip(colours, (0, 0, -15, -15), (0, -15, 0, -15), strict=True):
        wide[y : y + 15 or None, x : x + 15 or None] = colour
    results = c.call(wide, 32), c.call(wide.transpose(1, 0, 2).copy(), 32)
    for found in results:
        c.shape("shape", found, (32, 32, 3))
        c.kind("bytes", found, "u")
    c.shape("enlarged", c.call(wide[:7, :9].copy(), 32), (32, 32, 3))
    for found in results:
        pixels = np.asarray(found, float).reshape(-1, 3)
        apart = np.abs(pixels[:, None] - colours).max(axis=2).min(axis=0)
        c.true("whole", apart.max() < 30, got=found, mistake="cropped")
    for found, lying in zip(results, (True, False), strict=True):
        # A margin of a sixth on either side of the short direction: 6 of 32 pixels.
        lines = np.asarray(found, float) if lying else np.asarray(found, float).transpose(1, 0, 2)
        margins = np.concatenate([lines[:5], lines[-5:]])
        c.true("background", margins.max() > 128, got=found, mistake="black-background")
        full = (lines.mean(axis=(1, 2)) < 200).nonzero()[0]
        c.true(
            "aspect", 19 <= len(full) <= 21, got=found, want="20 of 32 lines", mistake="stretched"
        )
        c.true("centre", abs(full[0] - (31 - full[-1])) <= 1, got=found, mistake="not-centred")
        c.true("white", margins.min() >= 254, got=found)
    stripes = np.full((96, 96, 3), 255, "uint8")
    stripes[:, ::3] = 0
    fine = c.call(stripes, 32)
    inside = np.asarray(fine, float)[3:-3, 3:-3]
    ok = inside.std() <= 0.02 * 255 and abs(inside.mean() - 170) < 8
    c.true("stripes", ok, got=fine, mistake="no-antialiasing")
