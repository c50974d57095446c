"""Anyone's photographs: a folder of images, flat or with one subfolder per class."""

import hashlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from prodimg_lib.data.images import ProductImages, Skipped
from prodimg_lib.data.prepare import UnreadableImageError, prepare_image
from prodimg_lib.errors import InputError

HELD_OUT = 0.15  # share of each class kept for testing
_SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".jp2", ".ppm", ".pgm", ".tga"),
}
_TO_CONVERT = {".heic", ".heif", ".svg", ".psd", ".eps", ".dng", ".cr2", ".cr3", ".nef", ".arw"}


def load_folder(folder, size, channels, fit, seed=0, on_progress=None):
    """Read a folder of photographs.

    A class is a subfolder, however deep its images lie; images beside the subfolders, and those of
    a flat folder, form a class named after the folder. Hidden files are ignored. Other files that
    are no images and broken images are skipped and listed by name. Of images that are equal after
    preparation only the first is kept, so that no photograph stands both in training and in test.
    15 % of each class of five or more are held out, chosen by ``seed`` and the image's content, not
    by its name. A class of which nothing could be read is no class.

    Returns:
        ``ProductImages``.

    Raises:
        InputError: missing or empty folder, or not one readable image.
    """
    folder = Path(folder)
    if problem := _problem(folder):
        raise InputError(f"{folder} {problem}: give the folder that holds your photographs")
    files, skipped = _files(folder)
    if not files:
        found = f" ({skipped[0].file}: {skipped[0].reason})" if skipped else ""
        raise InputError(
            f"{folder} holds no images{found}: put JPEG or PNG files in it, or in one subfolder "
            "per class"
        )
    results = _prepare_all(files, size, channels, fit, on_progress)
    unreadable, kept = [], []
    seen: dict[str, str] = {}  # digest: the file that has it
    for path, result in zip(files, results, strict=True):
        if isinstance(result, str):
            unreadable.append(Skipped(_name(path, folder), result))
            continue
        digest = hashlib.sha256(result.tobytes()).hexdigest()
        if digest in seen:
            skipped.append(Skipped(_name(path, folder), f"duplicate of {seen[digest]}"))
            continue
        seen[digest] = _name(path, folder)
        kept.append((digest, _class_of(path, folder), result))
    if not kept:
        first = unreadable[0]
        raise InputError(
            f"none of the {len(files)} images in {folder} can be read (first: {first.file}, "
            f"{first.reason}): replace them"
        )
    names = sorted({name for _, name, _ in kept})
    images = np.stack([image for _, _, image in kept])
    labels = np.array([names.index(name) for _, name, _ in kept], np.int64)
    test = _held_out([digest for digest, _, _ in kept], labels, seed)
    return ProductImages(
        images=images[~test],
        labels=labels[~test],
        class_names=tuple(names),
        test_images=images[test],
        test_labels=labels[test],
        source="folder",
        origin=f"photographs in {_shown(folder.resolve().name)}",
        skipped=tuple(unreadable + skipped),
    )


def _problem(folder):
    """Why it cannot be looked into, or None."""
    try:
        with os.scandir(folder):
            return None
    except NotADirectoryError:
        return "is a file, not a folder"
    except PermissionError:
        return "cannot be opened (no permission)"
    except (OSError, ValueError):  # the second: a name that no file can have
        return "does not exist"


def _files(folder):
    """Paths of the image files, sorted, and the rest as ``Skipped``. Links are followed."""
    images, others, visited = [], [], set()

    def unreadable(error):
        others.append(Skipped(_name(Path(error.filename), folder), "folder cannot be read"))

    for where, folders, names in os.walk(folder, followlinks=True, onerror=unreadable):
        if os.path.realpath(where) in visited:  # links in a circle
            folders.clear()
            continue
        visited.add(os.path.realpath(where))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(where, name) for name in names if not name.startswith(".")):
            suffix = path.suffix.lower()
            if suffix in _SUFFIXES and os.path.isfile(path):
                images.append(path)
                continue
            reason = "not an image file"
            if suffix in _SUFFIXES:  # a broken link, a pipe, a closed folder
                reason = "cannot be opened"
            elif suffix in _TO_CONVERT:
                reason = f"{suffix[1:].upper()} is not supported: convert it to JPEG or PNG"
            others.append(Skipped(_name(path, folder), reason))
    return sorted(images), sorted(others, key=lambda skipped: skipped.file)


def _class_of(path, folder):
    parts = path.relative_to(folder).parts
    return _shown(parts[0] if len(parts) > 1 else folder.resolve().name)


def _name(path, folder):
    return _shown(path.relative_to(folder).as_posix())


# Line ends and the like, and what Python makes of bytes that are no UTF-8 (names from old archives
# are often Latin-1), which cannot be written to any report.
_UNSHOWN = dict.fromkeys((*range(32), 127), "\ufffd") | {0xDC00 + b: b for b in range(128, 256)}


def _shown(name):
    return name.translate(_UNSHOWN)


def _prepare_all(files, size, channels, fit, on_progress):
    """An array or a reason for each file, in order. Pillow decodes outside the interpreter lock."""

    def one(path):
        try:
            return prepare_image(path, size, channels, fit)
        except UnreadableImageError as error:
            return error.reason

    results = []
    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # odd metadata, large but allowed images
        # Leaving the loop early, by Ctrl-C say, closes the map, which cancels what has not begun.
        for done, result in enumerate(pool.map(one, files), 1):
            results.append(result)
            if on_progress:
                on_progress(done, len(files))
    return results


def _held_out(digests, labels, seed):
    """Mask of test images: the first 15 % of each class in the order of a seeded content hash.

    Where every class is tiny, one image is held out of all, if there are two.
    """
    order = np.array([hashlib.sha256(f"{seed}:{d}".encode()).hexdigest() for d in digests])
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) >= 5:
            count = max(1, round(HELD_OUT * len(members)))
            test[members[np.argsort(order[members])][:count]] = True
    if not test.any() and len(test) > 1:
        test[np.argsort(order)[0]] = True
    return test
