"""Images as grids, PNG files and addresses of HTML pages: NumPy in, bytes out."""

import base64
import io
import math
from pathlib import Path

import numpy as np

from prodimg_lib.files import write_atomically


def image_grid(images, columns=None, scale=1, gap=1, background=255):
    """Lay images out in rows: uint8 [n, h, w, c] -> uint8 [H, W, c].

    Args:
        columns: images in a row; a square by default.
        scale: whole-number enlargement by repeating pixels, so that what is seen is what is there.
        gap: pixels of ``background`` between images, before scaling.
    """
    images = np.asarray(images)
    n, h, w, c = images.shape
    columns = min(columns or math.ceil(math.sqrt(n)), n)
    rows = math.ceil(n / columns)
    grid = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, c), background, np.uint8)
    for i, image in enumerate(images):
        top, left = (i // columns) * (h + gap), (i % columns) * (w + gap)
        grid[top : top + h, left : left + w] = image
    return grid.repeat(scale, 0).repeat(scale, 1)


def png(image, chunks=None):
    """One uint8 image [h, w, 1 or 3] as the bytes of an optimised PNG file.

    ``chunks``: {keyword: text} of what is written beside the pixels (iTXt), in this order.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    image = np.asarray(image)
    buffer = io.BytesIO()
    told = PngInfo()
    for keyword, text in (chunks or {}).items():
        told.add_itxt(keyword, text)
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    picture.save(buffer, "PNG", optimize=True, pnginfo=told)
    return buffer.getvalue()


def save_png(image, path):
    """Write one uint8 image [h, w, 1 or 3] as an optimised PNG file; returns its path.

    Raises:
        InputError: it cannot be written.
    """
    write_atomically(path, png(image))
    return Path(path)


def data_uri(image):
    """What an HTML page's ``src`` takes in place of a file: of a uint8 image or a PNG's bytes."""
    content = image if isinstance(image, bytes) else png(image)
    return "data:image/png;base64," + base64.b64encode(content).decode()
