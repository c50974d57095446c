"""One photograph, of any size and mode, -> a clean square uint8 array."""

import os
from pathlib import Path

import numpy as np

from prodimg_lib.data.decode import UnreadableImageError, flatten, mend_key, opened, reason_of
from prodimg_lib.errors import InputError

FITS = ("pad", "crop")


def prepare_image(image, size, channels=3, fit="pad", background=255):
    """Turn a photograph into a square array without squeezing it.

    In this order: EXIF rotation, transparency onto ``background``, embedded colour profile to sRGB,
    one 8-bit mode (16-bit is scaled, not clipped), antialiased resize (Lanczos, on gamma-encoded
    values, as image tools do), pad or crop to a square. Of an animation the first frame counts.
    Padding is white unless told otherwise: that is the ground of product photographs.

    Args:
        image: ``PIL.Image.Image``, or the path of a file (``~`` is the home folder).
        size: side of the result in pixels.
        channels: 1 (luma) or 3 (RGB).
        fit: ``pad`` keeps the whole photograph and adds background; ``crop`` keeps the middle.
        background: grey level, 0..255, behind transparency and padding.

    Returns:
        uint8 [size, size, channels].

    Raises:
        InputError: an argument out of its range, or a file that is missing, broken, no image or
            larger than is safe to decode.
    """
    from PIL import Image

    if not _is_whole(size) or size < 1:
        raise InputError(f"size = {size!r}: expected a number of pixels, at least 1")
    if fit not in FITS:
        raise InputError(f"fit = {fit!r}: choose 'pad' or 'crop'")
    if not _is_whole(channels) or channels not in (1, 3):
        raise InputError(f"channels = {channels!r}: choose 1 (grey) or 3 (colour)")
    if not _is_whole(background) or not 0 <= background <= 255:
        raise InputError(f"background = {background!r}: expected a grey level, 0 to 255")
    if isinstance(image, Image.Image):
        if not all(image.size):
            raise InputError(f"the image has {image.width} x {image.height} pixels: nothing to see")
        try:
            mend_key(image)
            image.load()  # an opened file is read here
        except Exception as error:
            name = getattr(image, "filename", "") or "the image"
            raise UnreadableImageError(name, reason_of(error, name)) from error
        return _prepare(image, size, channels, fit, background)
    if not isinstance(image, str | os.PathLike):
        raise InputError(
            f"cannot prepare a {type(image).__name__}: give a path or a PIL image "
            "(of an array: Image.fromarray(array))"
        )
    # Four times what is needed loses nothing visible.
    with opened(Path(os.path.expanduser(image)), 4 * size) as photograph:
        return _prepare(photograph, size, channels, fit, background)


def _is_whole(value):
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _prepare(image, size, channels, fit, background):
    picture = flatten(image, background, 4 * size)
    picture = picture.convert("L" if channels == 1 else "RGB")
    picture = _square(picture, size, fit, background)
    return np.array(picture, np.uint8).reshape(size, size, channels)


def _square(image, size, fit, background):
    """Resize, then pad: the edge of the photograph stays sharp, and a long strip stays small."""
    from PIL import Image

    width, height = image.size
    if fit == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        # Not resize(box=...): that reads beyond the box, so what is cut off would bleed in.
        middle = image.crop((left, top, left + side, top + side))
        return middle.resize((size, size), Image.Resampling.LANCZOS)
    scale = size / max(width, height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    ground = Image.new(image.mode, (size, size), (background,) * len(image.getbands()))
    small = image.resize(inner, Image.Resampling.LANCZOS)
    ground.paste(small, ((size - inner[0]) // 2, (size - inner[1]) // 2))
    return ground
