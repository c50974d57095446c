"""A file of unknown origin -> an opaque picture in sRGB, 8 bits a channel, the right way up."""

import contextlib
import io
import os
import threading

import numpy as np

from prodimg_lib.errors import InputError

# What Pillow may decode here: photographs, nothing that runs another program (EPS) to be drawn.
FORMATS = {
    *("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000"),
    *("PPM", "TGA"),
}
# Pixels. A JPEG is decoded at a fraction of its size, so it may have more than Pillow allows: the
# cameras of telephones make 200 million. A progressive one is held whole, and gains nothing.
_MOST_PIXELS_JPEG = 2**28
# Larger ones are decoded one at a time, and shrunk strip by strip before any conversion: memory is
# that of one image, not of as many as there are cores.
_LARGE = 2**24
_one_large_image = threading.Lock()


class UnreadableImageError(InputError):
    """A file that is no image or a broken one; ``reason`` says so without the file's name."""

    def __init__(self, path, reason):
        super().__init__(f"{path}: {reason}: give a JPEG or PNG file that opens in a viewer")
        self.reason = reason


def kind(path):
    """What a file is by its first bytes: a name of ``FORMATS``, ``HEIC``, ``PSD`` or None."""
    with open(path, "rb") as file:
        head = file.read(32)
    if head[4:8] == b"ftyp":
        brands = {head[8:12]} | {head[i : i + 4] for i in range(16, 32, 4)}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        return "HEIC" if brands & {b"heic", b"heix", b"heim", b"mif1", b"msf1"} else None
    if head[:4] == b"RIFF":
        return "WEBP" if head[8:12] == b"WEBP" else None
    return next((name for start, name in _STARTS.items() if head.startswith(start)), None)


_STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"\0\0\0\x0cjP  ": "JPEG2000",
    b"\xff\x4f\xff\x51": "JPEG2000",
    b"8BPS": "PSD",
}


@contextlib.contextmanager
def opened(path, side, content=None):
    """``with opened(path, side) as image``: a loaded ``PIL.Image``, of at least ``side`` pixels.

    A JPEG is decoded at 1/2, 1/4 or 1/8 of its size where ``side`` allows, which makes the
    photograph of a telephone ten times faster; ``info["size"]`` is the size of the file. Of an
    animation the first frame counts.

    Args:
        content: bytes of the file, where they are read already.

    Raises:
        UnreadableImageError: missing, broken, no image, or larger than is safe to decode; also for
            what Pillow raises inside the block.
    """
    from PIL import Image

    try:
        with (
            open(path, "rb") if content is None else io.BytesIO(content) as file,
            _open(file) as image,
        ):
            if image.format not in FORMATS:
                raise UnreadableImageError(path, f"{image.format} is not a photograph's format")
            image.info["size"] = image.size
            image.draft(None, (side, side))
            if image.width * image.height > 2 * (Image.MAX_IMAGE_PIXELS or np.inf):
                raise Image.DecompressionBombError
            mend_key(image)
            if image.width * image.height <= _LARGE:
                image.load()
                yield image
                return
            with _one_large_image:
                image.load()
                yield image
    except UnreadableImageError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on a broken file
        raise UnreadableImageError(path, reason_of(error, path)) from error


def _open(file):
    from PIL import Image, JpegImagePlugin

    try:
        return Image.open(file)
    except Image.DecompressionBombError:
        file.seek(0)
        if not file.read(3) == b"\xff\xd8\xff":
            raise
        file.seek(0)
        image = JpegImagePlugin.JpegImageFile(file)
        if "progressive" in image.info or image.width * image.height > _MOST_PIXELS_JPEG:
            raise
        return image


def mend_key(image):
    """Give a PNG's transparent colour the scale of its pixels, before these are loaded.

    Pillow spreads pixels of 2 and 4 bits over 0..255 and takes the upper byte of 16-bit colour,
    but leaves the transparent level or colour as the file has it.
    """
    key = image.info.get("transparency")
    if image.format != "PNG" or key is None or not image.tile:
        return
    stored = image.tile[0].args
    if stored in ("L;2", "L;4"):
        bits = int(stored[-1])
        image.info["transparency"] = (key % 2**bits) * (255 // (2**bits - 1))
    elif stored == "RGB;16B":
        image.info["transparency"] = tuple(level >> 8 for level in key)


def reason_of(error, path):
    """Why a file cannot be read, in a few words for a person."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, IsADirectoryError):
        return "a folder, not a file"
    if isinstance(error, UnidentifiedImageError):
        if not os.path.getsize(path):
            return "empty file"
        found = kind(path)
        return _to_convert(found) if found in ("HEIC", "PSD") else "not a readable image"
    if isinstance(error, Image.DecompressionBombError):
        return "more pixels than is safe to decode"
    return f"broken: {str(error).splitlines()[0] if str(error) else type(error).__name__}"


def _to_convert(name):
    return f"{name} is not supported: convert it to JPEG or PNG"


def flatten(image, background, side=None):
    """Any mode -> opaque "L" or "RGB", 8 bits a channel, sRGB, turned as its EXIF data say.

    An embedded ICC profile is applied, or else a PNG's gAMA, as browsers do; cHRM and cICP are
    ignored. Of a very large image at least ``side`` pixels remain.
    """
    factor = min(image.size) // side if side and image.width * image.height > _LARGE else 1
    if factor > 1 and image.mode not in ("I", "F"):  # whose range is that of all their values
        return _upright(_in_strips(image, background, factor), image)
    return _flatten(_upright(image, image), background)


def _in_strips(image, background, factor):
    from PIL import Image

    rows = factor * max(1, 2**20 // (image.width * factor))
    small = None
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        strip = _flatten(strip, background).reduce(factor)
        if small is None:
            small = Image.new(strip.mode, (strip.width, -(-image.height // factor)))
        small.paste(strip, (0, top // factor))
    return small


def _upright(image, described):
    """``image`` turned as the EXIF data of ``described`` say, which may be itself."""
    from PIL import ExifTags, Image

    try:
        turn = described.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged EXIF data say nothing about the pixels
        return image
    T = Image.Transpose
    turns = {
        **{2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE},
        **{6: T.ROTATE_270, 7: T.TRANSVERSE, 8: T.ROTATE_90},
    }
    return image.transpose(turns[turn]) if turn in turns else image


def _flatten(image, background):
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image, background)
    grey = image.mode in ("1", "L", "LA", "La")
    info = image.info
    alpha = None
    if image.has_transparency_data:
        image = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        alpha = image.getchannel("A")
    if grey:
        image = image.convert("L")
    elif image.mode not in ("CMYK", "LAB"):  # their profiles speak of those channels
        image = image.convert("RGB")
    image = _to_srgb(image, info)
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
        grey = _to_srgb(Image.fromarray(levels), image.info)
        if not image.has_transparency_data:
            return grey
        seen = Image.fromarray(values != image.info["transparency"])  # one level, as PNG has it
        ground = Image.new(grey.mode, grey.size, (background,) * len(grey.getbands()))
        ground.paste(grey, mask=seen)
        return ground
    top = float(values[np.isfinite(values)].max(initial=0))
    ranges = (255.0, 65535.0) if image.mode == "I" else (1.0, 255.0)
    full = next((r for r in ranges if top <= r), top)
    values = np.clip(np.nan_to_num(values, nan=0, posinf=full, neginf=0), 0, full)
    return Image.fromarray(np.rint(values * (255.0 / full)).astype(np.uint8))


def _to_srgb(image, info):
    """Apply an embedded profile; an unusable one is ignored, as browsers do. -> "L" or "RGB"."""
    from PIL import ImageCms

    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile := info.get("icc_profile"):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        else:
            source = None
        if source:
            target = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        pass
    image = image if image.mode == "L" else image.convert("RGB")
    gamma = info.get("gamma")
    # sRGB's own is 1 / 2.2; what is that or near it is meant so, as libpng and browsers take it.
    if not gamma or "srgb" in info or 0.95 < 2.2 * gamma < 1.05:
        return image
    light = (np.arange(256) / 255) ** (1 / gamma)
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return image.point(np.rint(255 * curve).astype(int).tolist() * len(image.getbands()))
