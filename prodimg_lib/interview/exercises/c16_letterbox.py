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
    rows, columns = (max(1, round(n * size / max(image.shape))) for n in image.shape[:2])
    dark = tf.image.resize(dark, (rows, columns), antialias=True)
    dark = tf.image.resize_with_crop_or_pad(dark, size, size)
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


def wrong_never_enlarged(image, size):
    height, width = image.shape[:2]
    scale = min(1.0, size / max(height, width))
    rows, columns = (max(1, round(n * scale)) for n in (height, width))
    small = Image.fromarray(image).resize((columns, rows), Image.Resampling.LANCZOS)
    square = np.full((size, size, 3), 255, np.uint8)
    top, left = (size - rows) // 2, (size - columns) // 2
    square[top : top + rows, left : left + columns] = small
    return square


def wrong_channels_reversed(image, size):
    return reference(image[..., ::-1].copy(), size)


def wrong_mirrored(image, size):
    return reference(image[:, ::-1].copy(), size)


COLOURS = np.array([(200, 20, 20), (20, 170, 30), (20, 30, 200), (190, 30, 180)])


def checks(c):
    ground = c.rng.integers(60, 110, 3)
    wide = np.broadcast_to(ground, (60, 96, 3)).astype("uint8")
    for colour, y, x in zip(COLOURS, (0, 0, -15, -15), (0, -15, 0, -15), strict=True):
        wide[y : y + 15 or None, x : x + 15 or None] = colour
    high = wide.transpose(1, 0, 2).copy()
    results = c.call(wide, 32), c.call(high, 32)
    for found in results:
        c.shape("shape", found, (32, 32, 3))
        c.kind("bytes", found, "u")
    small = np.broadcast_to(ground, (7, 9, 3)).astype("uint8").copy()
    large = c.call(small, 32)
    c.shape("enlarged", large, (32, 32, 3))
    for thin in (wide[:10, :1].repeat(1000, axis=1), high[:1].repeat(1000, axis=0)[:, :10]):
        c.shape("any-shape", c.call(np.ascontiguousarray(thin), 20), (20, 20, 3))
    for found in results:
        pixels = np.asarray(found, float).reshape(-1, 3)
        apart = np.abs(pixels[:, None] - COLOURS).max(axis=2).min(axis=0)
        reversed_ = np.abs(pixels[:, None] - COLOURS[:, ::-1]).max(axis=2).min(axis=0)
        either = np.minimum(apart, reversed_)
        c.true("whole", either.max() < 30, got=found, mistake="cropped")
        c.true("colours", apart.max() < 30, got=found, mistake="channels-reversed")
    for found, lying in zip(results, (True, False), strict=True):
        # A margin of a sixth on either side of the short direction: 6 of 32 pixels.
        lines = np.asarray(found, float) if lying else np.asarray(found, float).transpose(1, 0, 2)
        margins = np.concatenate([lines[:5], lines[-5:]])
        c.true("background", margins.max() > 128, got=found, mistake="black-background")
        full = (lines.mean(axis=(1, 2)) < 200).nonzero()[0]
        c.true(
            "aspect", 19 <= len(full) <= 21, got=found, want="20 of 32 lines", mistake="stretched"
        )
        first, last = (full[0], full[-1]) if len(full) else (0, 0)
        c.true("centre", abs(first - (31 - last)) <= 1, got=found, mistake="not-centred")
        c.true("white", margins.min() >= 254, got=found)
        corners = lines[[first + 2, first + 2, last - 2, last - 2], [2, -3, 2, -3]]
        turned = np.abs(corners - COLOURS).max() < 45
        c.true("upright", turned, got=found, mistake=_how_turned(corners))
    grown = (np.asarray(large, float).mean(axis=2) < 200).sum(axis=1).max()
    c.true("fills", grown >= 31, got=large, want="32 of 32 columns", mistake="never-enlarged")
    # Ringing of a filter must be clipped, not wrapped: no dark dots in white.
    edge = np.full((96, 96, 3), 255, "uint8")
    edge[:, 47:] = 0
    sharp = np.asarray(c.call(edge, 32), float)
    c.true("clipped", sharp[:, :14].min() > 200 and sharp[:, 18:].max() < 55, got=sharp)
    stripes = np.full((96, 96, 3), 255, "uint8")
    stripes[:, ::3] = 0
    fine = c.call(stripes, 32)
    inside = np.asarray(fine, float)[3:-3, 3:-3]
    ok = inside.std() <= 0.02 * 255 and abs(inside.mean() - 170) < 8
    c.true("stripes", ok, got=fine, mistake="no-antialiasing")


def _how_turned(corners):
    """The name of the mistake that four corners show, if it is a known one."""
    return "mirrored" if np.abs(corners[[1, 0, 3, 2]] - COLOURS).max() < 45 else None
