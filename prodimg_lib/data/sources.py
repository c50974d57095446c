"""Where images come from: Fashion-MNIST, the built-in catalogue, or a folder of photographs."""

import difflib
import hashlib
import numbers
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from prodimg_lib.cache import cache_folder, keep_arrays, load_arrays
from prodimg_lib.data.fashion_mnist import CLASS_NAMES, load_fashion_mnist
from prodimg_lib.data.folder import load_folder
from prodimg_lib.data.images import SIZES, ProductImages, luma, subset
from prodimg_lib.data.prepare import FITS
from prodimg_lib.data.prepared import is_prepared, load_prepared
from prodimg_lib.errors import InputError

NAMES = ("fashion-mnist", "catalogue", "auto")
CATALOGUE_TRAIN, CATALOGUE_TEST = 10_000, 2_000


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
            a folder of photographs (64 px colour) or of what ``prodimg data prepare`` made of one
            (sizes, classes and splits as prepared), or ``auto``: Fashion-MNIST if it is there, else
            the catalogue, with one line that says so. A name means the built-in source also where
            a folder is called so; ``./catalogue`` or a ``Path`` means the folder.
        size: 28, 32 or 64, or None for the source's own. Fashion-MNIST at 32 px is padded with its
            black ground, at 64 px padded to 32 and enlarged (bicubic).
        channels: 1 or 3, or None for the source's own.
        fit: ``pad`` or ``crop``, for photographs that are not square.
        limit: use at most so many training images (and as many held-out ones), classes in
            proportion.
        seed: of the subset, the split of a folder and the catalogue's factors.
        on_message: called with lines a person should see; by default they go to stderr.
        on_progress: called with (done, total) while images are prepared, or bytes downloaded.

    Returns:
        ``ProductImages``.

    Raises:
        InputError: unknown source, size, channels, fit, limit or seed; unreadable or empty data.
    """
    on_message = on_message or (lambda line: print(line, file=sys.stderr))
    if size is not None and not (_is_whole(size) and size in SIZES):
        raise InputError(f"image size {size} is not supported: choose 28, 32 or 64")
    if channels is not None and not (_is_whole(channels) and channels in (1, 3)):
        raise InputError(f"channels = {channels!r} is not supported: choose 1 (grey) or 3 (colour)")
    if fit not in FITS:
        raise InputError(f"fit = {fit!r} is not known: choose 'pad' or 'crop'")
    if limit is not None and not (_is_whole(limit) and limit >= 1):
        raise InputError(f"limit = {limit!r}: expected a whole number of images, at least 1")
    if not (_is_whole(seed) and seed >= 0):
        raise InputError(f"seed = {seed!r}: expected a whole number, at least 0")

    name = str(source)
    folder = Path(os.path.expanduser(name))  # Path's own raises for a user who does not exist
    is_path = isinstance(source, os.PathLike) or os.sep in name
    if is_path or (name and name not in NAMES and os.path.isdir(folder)):
        if is_prepared(folder):
            data = load_prepared(folder, size, channels, fit, limit)
        else:
            size, channels = size or 64, channels or 3
            data = load_folder(folder, size, channels, fit, seed, on_progress, on_message)
        if limit is None:
            return data
        train, test = _rows(data.labels, data.test_labels, limit, seed)
        return replace(
            data,
            images=data.images[train],
            labels=data.labels[train],
            test_images=data.test_images[test],
            test_labels=data.test_labels[test],
        )
    if name == "auto":
        try:
            return _fashion_mnist(size, channels, limit, seed, on_message, on_progress)
        except InputError as error:
            on_message(f"using the built-in catalogue instead: {error}")
            return _catalogue(size, channels, limit, seed, on_progress)
    if name == "fashion-mnist":
        return _fashion_mnist(size, channels, limit, seed, on_message, on_progress)
    if name == "catalogue":
        return _catalogue(size, channels, limit, seed, on_progress)
    close = difflib.get_close_matches(name.lower().replace("_", "-"), NAMES, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"choose {', '.join(NAMES)}"
    raise InputError(f"unknown data source {name!r}: {hint} (or give an existing folder)")


def place(source):
    """A source as it is compared: a built-in name as it is, a folder by where it is.

    ``data``, ``data/`` and ``./data`` are one folder.
    """
    if source in NAMES:
        return source
    return os.path.realpath(os.path.expanduser(source))


def _is_whole(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _rows(labels, test_labels, limit, seed):
    rng = np.random.default_rng(seed)
    return subset(labels, limit, rng), subset(test_labels, limit, rng)


def _fashion_mnist(size, channels, limit, seed, on_message, on_progress):
    arrays, origin = load_fashion_mnist(on_message, on_progress)
    images, labels, test_images, test_labels = arrays
    train, test = _rows(labels, test_labels, limit, seed)
    size, channels = size or 28, channels or 1
    return ProductImages(
        images=_grey_to(images[train], size, channels, on_progress),
        labels=labels[train],
        class_names=CLASS_NAMES,
        test_images=_grey_to(test_images[test], size, channels, on_progress),
        test_labels=test_labels[test],
        source="fashion-mnist",
        origin=origin,
    )


def _grey_to(images, size, channels, on_progress=None):
    from PIL import Image

    if size != 28:
        images = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))  # its ground is black
    if size == 64:
        large = np.empty((len(images), 64, 64, 1), np.uint8)
        for i, image in enumerate(images):
            enlarged = Image.fromarray(image[..., 0]).resize((64, 64), Image.Resampling.BICUBIC)
            large[i, ..., 0] = np.asarray(enlarged)
            if on_progress and (i + 1) % 1000 == 0:
                on_progress(i + 1, len(images))
        images = large
    return np.repeat(images, channels, axis=-1)


def _catalogue(size, channels, limit, seed, on_progress):
    from prodimg_lib.data.catalogue import TYPES, sample_factors

    size = size or 32
    # Train and test are the two parts of one draw: no product can stand in both, and no other
    # seed's training products are this seed's test. Labels are balanced and shuffled.
    labels = sample_factors(CATALOGUE_TRAIN + CATALOGUE_TEST, seed)["type"]
    labels, test_labels = labels[:CATALOGUE_TRAIN], labels[CATALOGUE_TRAIN:]
    train, test = _rows(labels, test_labels, limit, seed)
    train_rows = np.arange(CATALOGUE_TRAIN)[train]
    test_rows = CATALOGUE_TRAIN + np.arange(CATALOGUE_TEST)[test]
    images = _rendered(np.concatenate([train_rows, test_rows]), size, seed, on_progress)
    if channels == 1:
        images = luma(images)
    return ProductImages(
        images=images[: len(train_rows)],
        labels=labels[train],
        class_names=tuple(TYPES),
        test_images=images[len(train_rows) :],
        test_labels=test_labels[test],
        source="catalogue",
        origin=f"built-in catalogue, seed {seed}",
    )


def _rendered(rows, size, seed, on_progress):
    """These rows of the seed's whole draw, from the cache or rendered; the whole is kept there.

    The key holds the renderer's source: no stale pixels.
    """
    from prodimg_lib.data import catalogue

    total = CATALOGUE_TRAIN + CATALOGUE_TEST
    sources = sorted(Path(catalogue.__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    path = cache_folder() / "catalogue" / f"{size}px-seed{seed}-n{total}-{digest}.npz"
    stored = load_arrays(path)
    images = stored.get("images") if stored else None
    if images is not None and images.shape == (total, size, size, 3) and images.dtype == np.uint8:
        return images if len(rows) == total else images[rows]
    factors = catalogue.sample_factors(total, seed)
    factors = {name: column[rows] for name, column in factors.items()}
    images = catalogue.render_factors(factors, size, on_progress)
    if len(rows) == total:
        keep_arrays(path, images=images)
    return images
