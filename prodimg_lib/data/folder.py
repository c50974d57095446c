"""Anyone's photographs: a folder of images, flat or with one subfolder per class."""

import hashlib
import warnings
from pathlib import Path

import numpy as np

from prodimg_lib.data import duplicates, splits
from prodimg_lib.data.decode import UnreadableImageError
from prodimg_lib.data.images import ProductImages, Skipped
from prodimg_lib.data.parallel import in_order
from prodimg_lib.data.prepare import prepare_image
from prodimg_lib.data.walk import Layout, problem, shown, top, walk
from prodimg_lib.errors import InputError

HELD_OUT = 0.15  # share of each class kept for testing


def load_folder(folder, size, channels, fit, seed=0, on_progress=None, on_message=None):
    """Read a folder of photographs.

    Classes and ready-made splits are those of ``walk.Layout``: one subfolder per class, or train,
    val and test above them. Hidden files are ignored. Other files that are no images, broken images
    and links out of the folder are skipped and listed by name. Of images that are equal after
    preparation only the first is kept; near duplicates (``duplicates``) stay on one side of the
    split, so that no photograph stands both in training and in test. A ready-made split is left as
    it is, and what is near over its border is said. Where there is none, 15 % of each class of five
    or more are held out, chosen by ``seed`` and the image's content, not by its name. A class of
    which nothing could be read is no class.

    Returns:
        ``ProductImages``.

    Raises:
        InputError: missing or empty folder, not one readable image, or two class folders that read
            alike.
    """
    folder = Path(folder)
    if reason := problem(folder):
        raise InputError(f"{folder} {reason}: give the folder that holds your photographs")
    found = list(walk(folder))
    skipped = [Skipped(_name(path), reason) for path, reason in sorted(found) if reason]
    files = [path for path, reason in found if not reason]
    if not files:
        said = f" ({skipped[0].file}: {skipped[0].reason})" if skipped else ""
        raise InputError(
            f"{folder} holds no images{said}: put JPEG or PNG files in it, or in one subfolder "
            "per class"
        )
    layout = Layout(folder, {top(path) for path in files})
    given = {path: _code(layout.split(path)) for path in files}
    files.sort(key=lambda path: (-given[path], Path(path)))  # of twins the held-out one is kept

    images = np.empty((len(files), size, size, channels), np.uint8)
    unreadable: list[Skipped] = []
    paths: list[str] = []
    digests: list[str] = []
    prints: list[tuple] = []
    seen: dict[str, str] = {}  # digest: the file that has it

    def one(path):
        try:
            return prepare_image(folder / path, size, channels, fit)
        except UnreadableImageError as error:
            return error.reason

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")  # odd metadata, large but allowed images
        for done, (path, result) in enumerate(in_order(one, files), 1):
            if isinstance(result, str):
                unreadable.append(Skipped(_name(path), result))
            elif (digest := hashlib.sha256(result.tobytes()).hexdigest()) in seen:
                skipped.append(Skipped(_name(path), f"duplicate of {seen[digest]}"))
            else:
                seen[digest] = _name(path)
                images[len(paths)] = result
                paths.append(path)
                digests.append(digest)
                prints.append(duplicates.fingerprint(result))
            if on_progress:
                on_progress(done, len(files))
    if not paths:
        first = unreadable[0]
        raise InputError(
            f"none of the {len(files)} images in {folder} can be read (first: {first.file}, "
            f"{first.reason}): replace them"
        )
    classes = [layout.class_name(path) for path in paths]
    names = sorted(set(classes))
    labels = np.array([names.index(name) for name in classes], np.int64)
    groups = duplicates.groups(prints)
    alone = np.arange(len(paths))  # where the folder is split already, it is left so
    split = splits.assign(
        labels,
        np.array([splits.rank(seed, digest) for digest in digests], np.uint64),
        alone if layout.splits else groups,
        test=HELD_OUT,
        given=np.array([given[path] for path in paths]),
    )
    if not (split == splits.TEST).any():
        split[split == splits.VAL] = splits.TEST
    if on_message:
        for line in _remarks(layout, split, groups):
            on_message(line)
    order = np.array(sorted(range(len(paths)), key=lambda i: Path(paths[i])))
    train, val, test = (order[split[order] == code] for code in range(3))
    test_images, val_images = images[test], images[val]
    return ProductImages(
        images=_only(images, train),
        labels=labels[train],
        class_names=tuple(names),
        test_images=test_images,
        test_labels=labels[test],
        val_images=val_images,
        val_labels=labels[val],
        source="folder",
        origin=f"photographs in {shown(folder.resolve().name)}",
        skipped=tuple(unreadable + skipped),
    )


def _code(split):
    return splits.UNKNOWN if split is None else splits.NAMES.index(split)


def _only(images, rows):
    """``images[rows]``, in place where that can be: there may be no room for a second copy."""
    if (np.diff(rows) < 0).any():
        return images[rows]
    for start in range(0, len(rows), 64):  # rows[i] >= i: nothing is overwritten that is needed
        part = rows[start : start + 64]
        images[start : start + len(part)] = images[part]
    return images[: len(rows)]


def _name(path):
    return shown(Path(path).as_posix())


def _remarks(layout, split, groups):
    if layout.splits:
        counts = ", ".join(f"{(split == code).sum():,} {splits.NAMES[code]}" for code in range(3))
        yield f"the folder is split already ({', '.join(layout.splits)}): {counts}"
    alike = np.bincount(groups)[groups] > 1
    across = np.unique(groups[split == splits.TRAIN])
    across = np.isin(groups, across) & (split != splits.TRAIN)
    advice = "`prodimg data prepare` drops copies and shows them"
    if across.any():
        yield f"{across.sum():,} held-out photographs have a near duplicate in training: {advice}"
    elif alike.any():
        yield (
            f"{alike.sum():,} photographs are near duplicates: each group of them is kept on one "
            f"side of the split ({advice})"
        )
