"""The image contract: uint8 NHWC at every border, float32 in [-1, 1] inside models."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prodimg_lib.data.stream import Shards
from prodimg_lib.errors import InputError

SIZES = (28, 32, 64)
_LUMA = np.array([19595, 38470, 7471], np.uint32)  # 65536ths, ITU-R BT.601, as Pillow has them


def to_model(images):
    """uint8 0..255 -> float32 in [-1, 1], any shape.

    Raises:
        InputError: not uint8 (a second scaling would be silent).
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise InputError(
            f"images are {images.dtype}: expected uint8 in 0..255 (already scaled? then skip this)"
        )
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_uint8(images):
    """Float in [-1, 1] -> uint8: scale, round, clip, cast. Inverse of ``to_model``.

    Raises:
        InputError: no floats (of whole numbers a second crossing would turn all white), or NaN.
    """
    images = np.asarray(images)
    if images.dtype.kind not in "fV":  # V: bfloat16
        raise InputError(
            f"images are {images.dtype}: expected floats in [-1, 1] (already 0..255? skip this)"
        )
    with np.errstate(over="ignore"):  # what overflows is clipped
        levels = np.rint((images.astype(np.float32) + 1) * np.float32(127.5))
    if np.isnan(levels).any():
        raise InputError("images hold NaN: the model that made them diverged, lower its rate")
    return np.clip(levels, 0, 255).astype(np.uint8)


def luma(images):
    """Colour to grey, uint8 [..., 3] -> uint8 [..., 1], to the bit as Pillow's mode ``"L"``.

    Raises:
        InputError: not uint8, or not three channels.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim == 0 or images.shape[-1] != 3:
        raise InputError(
            f"images are {images.dtype} of shape {images.shape}: expected uint8 [..., 3]"
        )
    return ((images @ _LUMA + 0x8000) >> 16).astype(np.uint8)[..., None]


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class ProductImages:
    """A prepared data set.

    Attributes:
        images, test_images: uint8 [n, size, size, channels]; the second is held out.
        labels, test_labels: int64 [n], indices into ``class_names``.
        val_images, val_labels: the same, held out to choose settings by; None where the source has
            no such part.
        source: ``fashion-mnist``, ``catalogue`` or ``folder``.
        origin: where it came from, for people.
        skipped: files that were left out.
        group_of: gives of some of the training images int [n], equal for those that no split may
            separate, or None where that is not known any more; None where nobody has said.
        shards: a ``stream.Shards`` where there are too many training images for the memory; the
            arrays are samples then.
        extractor: name of the network that judges images of this kind, where a person chose one
            (see ``metrics.extractors.for_source``).
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str
    origin: str
    skipped: tuple[Skipped, ...] = ()
    val_images: np.ndarray | None = None
    val_labels: np.ndarray | None = None
    shards: Shards | None = None
    group_of: Callable[[np.ndarray], np.ndarray | None] | None = None
    extractor: str | None = None

    @property
    def train_count(self):
        """Number of training images, in memory or not."""
        return self.shards.count if self.shards else len(self.images)

    @cached_property
    def digest(self):
        """Of all that training and scores depend on: images, labels, splits, class names."""
        told = hashlib.sha256(repr(self.class_names).encode())
        if self.shards:
            told.update(self.shards.digest.encode())
            return f"all:{told.hexdigest()}"
        parts = [self.images, self.labels, self.test_images, self.test_labels]
        val = (self.val_images, self.val_labels)  # a checkpoint may be chosen by them
        parts += [part for part in val if part is not None and len(part)]
        for array in parts:
            told.update(repr(array.shape).encode())
            told.update(np.ascontiguousarray(array).data)
        return f"all:{told.hexdigest()}"

    @property
    def drawn(self):
        """Whether these are images of the built-in catalogue, which nobody has photographed."""
        return self.source == "catalogue"

    @property
    def size(self):
        """Side of the square images, in pixels."""
        return self.images.shape[1]

    @property
    def channels(self):
        """1 (grey) or 3 (colour)."""
        return self.images.shape[-1]

    @property
    def num_classes(self):
        """Number of classes."""
        return len(self.class_names)


def subset(labels, limit, rng):
    """Rows of at most ``limit`` images, each class in proportion; order kept.

    Returns:
        int64 [min(limit, n)], or a slice of everything if ``limit`` asks for no less.
    """
    if limit is None or limit >= len(labels):
        return slice(None)
    # Shuffle, then deal the classes out evenly: rank each image within its class by its share.
    order = rng.permutation(len(labels))
    share = np.empty(len(labels))
    for label in np.unique(labels):
        members = order[labels[order] == label]
        share[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(order[np.argsort(share[order], kind="stable")[:limit]])
