"""One photograph, of any size and mode, -> a clean square uint8 array."""

import io
import os
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError

FITS = ("pad", "crop")
# What Pillow may decode here: photographs, nothing that runs another program (EPS) to be drawn.
FORMATS = {
    *("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000"),
    *("PPM", "TGA"),
}


class UnreadableImageError(InputError):
    """A file that is no image or a broken one; ``reason`` says so without the file's name."""

    def __init__(self, path, reason):
        super().__init__(f"{path}: {reason}: give a JPEG or PNG file that opens in a viewer")
        self.reason = reason


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
            image.load()  # an opened file is read here
        except Exception as error:
            name = getattr(image, "filename", "") or "the image"
            raise UnreadableImageError(name, _reason(error, name)) from error
        return _prepare(image, size, channels, fit, background)
    if not isinstance(image, str | os.PathLike):
        raise InputError(
            f"cannot prepare a {type(image).__name__}: give a path or a PIL image "
            "(of an array: Image.fromarray(array))"
        )
    path = Path(os.path.expanduser(image))
    try:
        with Image.open(path) as opened:
            if opened.format not in FORMATS:
                raise UnreadableImageError(image, f"{opened.format} is not a photograph's format")
            # JPEG can decode at 1/2, 1/4 or 1/8; four times what is needed loses nothing visible
            # and makes a phone's photograph ten times faster.
            opened.draft(None, (4 * size, 4 * size))
            opened.load()
            return _prepare(opened, size, channels, fit, background)
    except UnreadableImageError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on a broken file
        raise UnreadableImageError(image, _reason(error, path)) from error


def _is_whole(value):
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _reason(error, path):
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, IsADirectoryError):
        return "a folder, not a file"
    if isinstance(error, UnidentifiedImageError):
        return "not a readable image" if os.path.getsize(path) else "empty file"
    if isinstance(error, Image.DecompressionBombError):
        return "more pixels than is safe to decode"
    return f"broken: {str(error).splitlines()[0] if str(error) else type(error).__name__}"


def _prepare(image, size, channels, fit, background):
    picture = _flatten(_upright(image), background)
    picture = picture.convert("L" if channels == 1 else "RGB")
    picture = _square(picture, size, fit, background)
    return np.array(picture, np.uint8).reshape(size, size, channels)


def _upright(image):
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF data say nothing about the pixels
        return image


def _flatten(image, background):
    """Any mode -> opaque "L" or "RGB", 8 bits a channel."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image, background)
    grey = image.mode in ("1", "L", "LA", "La")
    profile = image.info.get("icc_profile")
    alpha = None
    if image.has_transparency_data:
        image = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        alpha = image.getchannel("A")
    if grey:
        image = image.convert("L")
    elif image.mode not in ("CMYK", "LAB"):  # their profiles speak of those channels
        image = image.convert("RGB")
    image = _to_srgb(image, profile)
    if alpha is not None:
        ground = Image.new(image.mode, image.size, (background,) * len(image.getbands()))
        ground.paste(image, mask=alpha)
        image = ground
    return image


def _eight_bits(image, background):
    """16-bit, 32-bit and float grey -> "L", scaled by the range the mode (or the values) imply.

    16-bit modes are 0..65535. 32-bit integers are 0..255, 0..65535 or 0..their maximum, whichever
    is the first to hold them all; floats likewise 0..1, 0..255 or 0..their maximum.
    """
    from PIL import Image

    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        # A table, as scans are large and floats are four times their size.
        levels = np.rint(np.arange(65536) / 257).astype(np.uint8)[values]
        if image.has_transparency_data:  # one level, as PNG files have it
            levels[values == image.info["transparency"]] = background
        return Image.fromarray(levels)
    top = float(values[np.isfinite(values)].max(initial=0))
    ranges = (255.0, 65535.0) if image.mode == "I" else (1.0, 255.0)
    full = next((r for r in ranges if top <= r), top)
    values = np.clip(np.nan_to_num(values, nan=0, posinf=full, neginf=0), 0, full)
    return Image.fromarray(np.rint(values * (255.0 / full)).astype(np.uint8))


def _to_srgb(image, profile):
    """Apply an embedded profile; an unusable one is ignored, as browsers do. -> "L" or "RGB"."""
    from PIL import ImageCms

    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        else:
            source = None
        if source:
            target = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        pass
    return image if image.mode == "L" else image.convert("RGB")


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
