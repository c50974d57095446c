"""Anyone's photographs: a folder of images, flat or with one subfolder per class."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from prodimg_lib.data.images import ProductImages, Skipped
from prodimg_lib.data.prepare import prepare_image
from prodimg_lib.errors import InputError

HELD_OUT = 0.15  # share of each class kept for testing
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jp2"}


def load_folder(folder, size, channels, fit, seed=0, on_progress=None):
    """Read a folder of photographs.

    Broken files are skipped and listed by name. Of images that are equal after preparation only the
    first is kept, so that no photograph stands both in training and in test. 15 % of each class of
    five or more are held out, chosen by ``seed`` and the image's content, not by its name.

    Returns:
        ``ProductImages``.

    Raises:
        InputError: missing or empty folder, or not one readable image.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder that holds your photographs")
    files, others = _files(folder)
    if not files:
        raise InputError(
            f"{folder} holds no images: put JPEG or PNG files in it, or in one subfolder per class"
        )
    names = sorted({_class_of(path, folder) for path in files})
    results = _prepare_all(files, size, channels, fit, on_progress)

    skipped = [Skipped(_name(path, folder), "not an image file") for path in others]
    seen, kept = {}, []
    for path, result in zip(files, results, strict=True):
        if isinstance(result, str):
            skipped.append(Skipped(_name(path, folder), result))
            continue
        digest = hashlib.sha256(result.tobytes()).hexdigest()
        if digest in seen:
            skipped.append(Skipped(_name(path, folder), f"duplicate of {seen[digest]}"))
            continue
        seen[digest] = _name(path, folder)
        kept.append((digest, names.index(_class_of(path, folder)), result))
    if not kept:
        broken = next(s for s in skipped if s.reason != "not an image file")
        raise InputError(
            f"none of the {len(files)} images in {folder} can be read (first: {broken.file}, "
            f"{broken.reason}): replace them"
        )
    images = np.stack([image for _, _, image in kept])
    labels = np.array([label for _, label, _ in kept], np.int64)
    test = _held_out([digest for digest, _, _ in kept], labels, seed)
    if not test.any():  # every class is tiny; something must still be held out where it can be
        test[0] = len(test) > 1
    return ProductImages(
        images=images[~test],
        labels=labels[~test],
        class_names=tuple(names),
        test_images=images[test],
        test_labels=labels[test],
        source="folder",
        origin=f"photographs in {folder.name or folder.resolve().name}",
        skipped=tuple(skipped),
    )


def _files(folder):
    """Image files and other files, sorted; hidden ones are nobody's business."""
    images, others = [], []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            (images if path.suffix.lower() in _SUFFIXES else others).append(path)
    return images, others


def _class_of(path, folder):
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else folder.resolve().name


def _name(path, folder):
    return path.relative_to(folder).as_posix()


def _prepare_all(files, size, channels, fit, on_progress):
    """An array or a reason for each file, in order. Pillow decodes outside the interpreter lock."""

    def one(path):
        try:
            return prepare_image(path, size, channels, fit)
        except UnidentifiedImageError:
            return "not a readable image"
        except Image.DecompressionBombError:
            return "more pixels than is safe to decode"
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            return f"broken: {str(error).splitlines()[0] if str(error) else type(error).__name__}"

    results = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, result in enumerate(pool.map(one, files), 1):
            results.append(result)
            if on_progress:
                on_progress(done, len(files))
    return results


def _held_out(digests, labels, seed):
    """Mask of test images: the first 15 % of each class in the order of a seeded content hash."""
    order = np.array([hashlib.sha256(f"{seed}:{d}".encode()).hexdigest() for d in digests])
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) >= 5:
            count = max(1, round(HELD_OUT * len(members)))
            test[members[np.argsort(order[members])][:count]] = True
    return test
