"""Where images come from: Fashion-MNIST, the built-in catalogue, or a folder of photographs."""

import difflib
import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from prodimg_lib.data.fashion_mnist import CLASS_NAMES, cache_folder, load_fashion_mnist
from prodimg_lib.data.folder import load_folder
from prodimg_lib.data.images import SIZES, ProductImages, subset
from prodimg_lib.data.prepare import FITS
from prodimg_lib.errors import InputError

NAMES = ("fashion-mnist", "catalogue", "auto")
CATALOGUE_TRAIN, CATALOGUE_TEST = 10_000, 2_000
_LUMA = np.array([299, 587, 114])  # thousandths, ITU-R BT.601


def load(
    source="auto",
    size=None,
    channels=None,
    *,
    fit="pad",
    limit=None,
    seed=0,
    on_message=None,
    on_progress=None,
):
    """Get a data set by name.

    Args:
        source: ``fashion-mnist`` (28 px grey by default), ``catalogue`` (32 px colour), the path of
            a folder of photographs (64 px colour), or ``auto``: Fashion-MNIST if it is there, else
            the catalogue, with one line that says so.
        size: 28, 32 or 64, or None for the source's own. Fashion-MNIST at 32 px is padded with its
            black ground, at 64 px padded to 32 and enlarged.
        channels: 1 or 3, or None for the source's own.
        fit: ``pad`` or ``crop``, for photographs that are not square.
        limit: use at most so many training images (and as many held-out ones), classes in
            proportion.
        seed: of the subset, the split of a folder and the catalogue's factors.
        on_message: called with lines a person should see; by default they go to stderr.
        on_progress: called with (done, total) while images are prepared.

    Returns:
        ``ProductImages``.

    Raises:
        InputError: unknown source, size, channels or fit; unreadable or empty data.
    """
    on_message = on_message or (lambda line: print(line, file=sys.stderr))
    if size is not None and size not in SIZES:
        raise InputError(f"image size {size} is not supported: choose 28, 32 or 64")
    if channels not in (None, 1, 3):
        raise InputError(f"channels = {channels!r} is not supported: choose 1 (grey) or 3 (colour)")
    if fit not in FITS:
        raise InputError(f"fit = {fit!r} is not known: choose 'pad' or 'crop'")
    if limit is not None and limit < 1:
        raise InputError(f"limit = {limit}: expected at least 1 image")

    name = str(source)
    if name == "auto":
        try:
            data = _fashion_mnist(size, channels, on_message)
        except InputError:
            on_message("Fashion-MNIST is not available here: using the built-in catalogue instead")
            data = _catalogue(size, channels, seed, on_progress)
    elif name == "fashion-mnist":
        data = _fashion_mnist(size, channels, on_message)
    elif name == "catalogue":
        data = _catalogue(size, channels, seed, on_progress)
    elif isinstance(source, Path) or os.sep in name or Path(name).is_dir():
        data = load_folder(source, size or 64, channels or 3, fit, seed, on_progress)
    else:
        close = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose {', '.join(NAMES)}"
        raise InputError(f"unknown data source {name!r}: {hint} (or give an existing folder)")
    rng = np.random.default_rng(seed)
    images, labels = subset(data.images, data.labels, limit, rng)
    test_images, test_labels = subset(data.test_images, data.test_labels, limit, rng)
    return replace(
        data, images=images, labels=labels, test_images=test_images, test_labels=test_labels
    )


def _fashion_mnist(size, channels, on_message):
    (images, labels, test_images, test_labels), origin = load_fashion_mnist(on_message)
    return ProductImages(
        images=_grey_to(images, size or 28, channels or 1),
        labels=labels,
        class_names=CLASS_NAMES,
        test_images=_grey_to(test_images, size or 28, channels or 1),
        test_labels=test_labels,
        source="fashion-mnist",
        origin=origin,
    )


def _grey_to(images, size, channels):
    if size != 28:
        images = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))  # its ground is black
    if size == 64:
        images = np.stack(
            [
                np.asarray(Image.fromarray(i[..., 0]).resize((64, 64), Image.Resampling.BICUBIC))
                for i in images
            ]
        )[..., None]
    return np.repeat(images, channels, axis=-1)


def _catalogue(size, channels, seed, on_progress):
    from prodimg_lib.data.catalogue import TYPES

    size = size or 32
    total = CATALOGUE_TRAIN + CATALOGUE_TEST
    images, labels = _cached_render(total, size, seed, on_progress)
    if channels == 1:
        images = ((images @ _LUMA + 500) // 1000).astype(np.uint8)[..., None]
    # Labels are balanced and shuffled, so any cut is a fair split.
    return ProductImages(
        images=images[:CATALOGUE_TRAIN],
        labels=labels[:CATALOGUE_TRAIN],
        class_names=tuple(TYPES),
        test_images=images[CATALOGUE_TRAIN:],
        test_labels=labels[CATALOGUE_TRAIN:],
        source="catalogue",
        origin=f"built-in catalogue, seed {seed}",
    )


def _cached_render(n, size, seed, on_progress):
    """Render once, keep in the cache. The key holds the renderer's source: no stale pixels."""
    from prodimg_lib.data import catalogue

    sources = sorted(Path(catalogue.__file__).parent.glob("catalogue*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    path = cache_folder() / "catalogue" / f"{size}px-seed{seed}-n{n}-{digest}.npz"
    try:
        with np.load(path) as stored:
            return stored["images"], stored["labels"]
    except (OSError, ValueError, KeyError, EOFError):
        pass  # not there, or damaged: render
    images, factors = catalogue.render(n, size, seed, on_progress=on_progress)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.stem}.{os.getpid()}.npz")
        np.savez(partial, images=images, labels=factors["type"])
        os.replace(partial, path)
    except OSError:
        pass  # a cache that cannot be written costs time, nothing else
    return images, factors["type"]
