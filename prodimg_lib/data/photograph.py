"""All that the preparation of a folder needs to know of one photograph, in one reading."""

import hashlib
import os
from dataclasses import dataclass, field

import numpy as np

from prodimg_lib.data import cutout, prepare
from prodimg_lib.data.decode import UnreadableImageError, flatten, opened
from prodimg_lib.data.duplicates import fingerprint
from prodimg_lib.data.gates import measure, white_border

_MEASURED = 128  # pixels of the longer side at which gates measure
_AT_ONCE = 2**24  # bytes of a file that are held in memory, and so read once


@dataclass(frozen=True)
class Photograph:
    """What was found; all but ``sha`` and ``reason`` only where the file could be read.

    Attributes:
        sha: SHA-256 of the file, bytes.
        reason: why it cannot be read.
        width, height, format: of the file.
        bits, thumb: its fingerprint, of the whole photograph.
        measures: of ``gates.measure``.
        confidence: of the cut-out; None where none was tried.
        box: of the product, in shares of width and height; None where it was left whole.
        image: uint8 [size, size, channels].
    """

    sha: bytes
    reason: str | None = None
    width: int = 0
    height: int = 0
    format: str = ""
    bits: np.uint64 | None = None
    thumb: np.ndarray | None = None
    measures: dict = field(default_factory=dict)
    confidence: float | None = None
    box: tuple | None = None
    image: np.ndarray | None = None


def examine(path, config, method):
    """Read, measure, cut out and prepare one file.

    The pixels are those of ``prepare_image``, but for a JPEG decoded at one and a half times the
    size that is needed, not four times. A product that is cut out is scaled to its box and padded.

    Args:
        config: ``PrepareConfig``; method: of ``cutout.method``.

    Returns:
        ``Photograph``.
    """
    import cv2

    size = config.size
    side = 3 * size // 2 if method == "none" else 2 * size
    sha = b""
    try:
        with open(path, "rb") as file:
            # Not read(_AT_ONCE + 1): room for all of it would be made for each small file.
            content = file.read(min(os.fstat(file.fileno()).st_size, _AT_ONCE) + 1)
            told = hashlib.sha256(content)
            while part := len(content) > _AT_ONCE and file.read(2**20):
                told.update(part)
        sha = told.digest()
        with opened(path, side, content if len(content) <= _AT_ONCE else None) as image:
            (width, height), kind = image.info["size"], image.format
            picture = flatten(image, 255, side).convert("RGB")
    except UnreadableImageError as error:
        return Photograph(sha, error.reason)
    except OSError as error:
        return Photograph(sha, (error.strerror or str(error)).lower())
    pixels = np.asarray(picture)
    whole = prepare._square(picture, size, config.fit, 255)
    bits, thumb = fingerprint(whole)
    measures = measure(_shrunk(cv2, pixels, _MEASURED), width, height)
    confidence = place = None
    if method != "none":
        work = _shrunk(cv2, pixels, 4 * size)
        least = config.cutout.confidence
        if method == "opencv":
            mask, confidence = cutout.cut_out(work, least)
        else:
            mask, confidence = cutout.cut_out_with_rembg(work)
        if confidence >= least:
            place = cutout.box(mask)
            work = cutout.on_white(work, mask)
            whole = prepare._square(_crop(work, place), size, "pad", 255)
            across, down = work.shape[1], work.shape[0]
            place = tuple(round(v / (across, down)[k % 2], 4) for k, v in enumerate(place))
            measures["white_border"] = white_border(work)  # of what is trained on
    if config.channels == 1:
        whole = whole.convert("L")
    return Photograph(
        sha,
        width=width,
        height=height,
        format=kind,
        bits=bits,
        thumb=thumb,
        measures=measures,
        confidence=confidence,
        box=place,
        image=np.array(whole, np.uint8).reshape(size, size, config.channels),
    )


def _shrunk(cv2, pixels, side):
    """About ``side`` pixels or fewer: what is a little more stays as it is."""
    scale = side / max(pixels.shape[:2])
    if scale > 0.7:
        return pixels
    height, width = (max(1, round(n * scale)) for n in pixels.shape[:2])
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def _crop(pixels, place):
    """A box of a picture that is white around it, as a ``PIL.Image``."""
    from PIL import Image

    left, top, right, bottom = place
    ground = Image.new("RGB", (right - left, bottom - top), (255, 255, 255))
    ground.paste(Image.fromarray(pixels), (-left, -top))
    return ground
