"""One photograph, of any size and mode, -> a clean square uint8 array."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from prodimg_lib.errors import InputError

FITS = ("pad", "crop")


def prepare_image(image, size, channels=3, fit="pad", background=255):
    """Turn a photograph into a square array without squeezing it.

    In this order: EXIF rotation, embedded colour profile to sRGB, one 8-bit mode (16-bit is scaled,
    not clipped), transparency onto ``background``, pad or crop to a square, antialiased resize
    (Lanczos, on gamma-encoded values, as image tools do).

    Args:
        image: ``PIL.Image.Image``, or the path of a file.
        size: side of the result in pixels.
        channels: 1 (luma) or 3 (RGB).
        fit: ``pad`` keeps the whole photograph and adds background; ``crop`` keeps the middle.
        background: grey level behind transparency and padding.

    Returns:
        uint8 [size, size, channels].

    Raises:
        InputError: fit or channels not known.
        OSError and its kin, from Pillow: the file is not a readable image.
    """
    if fit not in FITS:
        raise InputError(f"fit = {fit!r}: choose 'pad' or 'crop'")
    if channels not in (1, 3):
        raise InputError(f"channels = {channels!r}: choose 1 (grey) or 3 (colour)")
    if not isinstance(image, Image.Image):
        with Image.open(Path(image)) as opened:
            opened.load()
            return prepare_image(opened, size, channels, fit, background)
    picture = _flatten(ImageOps.exif_transpose(image), background)
    picture = picture.convert("L" if channels == 1 else "RGB")
    picture = _square(picture, fit, background)
    # reducing_gap would be faster on huge files but is not exact; photographs here are few.
    picture = picture.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.uint8).reshape(size, size, channels)


def _flatten(image, background):
    """Any mode -> opaque "L" or "RGB", 8 bits a channel."""
    image = _to_srgb(image)
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (background,) * 3 + (255,))
        return Image.alpha_composite(ground, image).convert("RGB")
    return image if image.mode == "L" else image.convert("RGB")


def _eight_bits(image):
    """16-bit, 32-bit and float grey -> "L", scaled by the range the mode (or the values) imply."""
    values = np.nan_to_num(np.asarray(image, np.float64))
    top = values.max(initial=0)
    if image.mode.startswith("I;16") or (image.mode == "I" and top <= 65535):
        full = 65535.0 if image.mode != "I" or top > 255 else 255.0
    elif image.mode == "F" and top <= 1.0:
        full = 1.0
    else:
        full = max(255.0, top)
    levels = np.clip(np.rint(values * (255.0 / full)), 0, 255).astype(np.uint8)
    return Image.fromarray(levels)


def _to_srgb(image):
    """Apply an embedded profile; an unusable one is ignored, as browsers do."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        return ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError):
        return image


def _square(image, fit, background):
    width, height = image.size
    side = max(width, height) if fit == "pad" else min(width, height)
    left, top = (side - width) // 2, (side - height) // 2
    if fit == "crop":
        return image.crop((-left, -top, side - left, side - top))
    ground = Image.new(
        image.mode, (side, side), background if image.mode == "L" else (background,) * 3
    )
    ground.paste(image, (left, top))
    return ground
