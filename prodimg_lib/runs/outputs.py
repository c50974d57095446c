"""Files that a person asked for: generated images and contact sheets.

None of them takes the place of a file that this library did not write.
"""

import csv
import io
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from prodimg_lib import provenance
from prodimg_lib.errors import CannotWriteError, InputError
from prodimg_lib.files import PARTIAL, writable_folder, write_atomically
from prodimg_lib.plots import image_grid, png, save_png

MANIFEST, GRID = "manifest.csv", "grid.png"
COLUMNS = ("file", "class", "seed", "index")
_JOURNAL = f"{PARTIAL}manifest.csv"  # while one set of images takes the place of another
_ABANDONED = 600  # seconds; an unfinished folder that is older was left by a kill
# Further columns that say how an image was drawn, so that its file says it too.
_DRAWN = ("attempt", "to_class", "to_seed", "to_index", "share")


def write_images(
    folder,
    images,
    labels,
    class_names,
    seed,
    per_image=None,
    subfolder="images",
    *,
    index=None,
    grid=None,
    origin=None,
):
    """Save images as PNG files and ``manifest.csv`` with one row for each.

    Images of before are replaced, if they are in the manifest of before or, in a run folder, have
    such a name. They go only when all of the new ones are on the disk, and a folder with a manifest
    is whole: it goes first and comes last.

    Args:
        folder: exists.
        images: uint8 [n, h, w, c]; labels: int [n] or None.
        seed: what ``generate`` was given, one or [n]; with the row's index it names the image for
            good.
        per_image: further columns, each of length n.
        index: int [n], place in the draws of the seed; None = the place in ``images``.
        grid: uint8 [h, w, c], a picture of them all; None = without.
        origin: facts that each file says of itself beside class, seed and index, see
            ``provenance``.

    Raises:
        InputError: the folder holds other files that would be lost or mixed with these, or cannot
            be written to.
    """
    folder = Path(folder)
    old = check_folder(folder, subfolder)
    table, files = contents(
        images, labels, class_names, seed, per_image, subfolder, index, grid, origin
    )
    for left in folder.glob(f"{PARTIAL}*"):
        if left.is_dir() and time.time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
    work = None
    try:
        work = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
        (work / MANIFEST).write_text(table, encoding="utf-8", newline="")
        (work / "images").mkdir()
        new = []
        for name, content in files:
            new.append((_inside(work, name), folder / name))
            new[-1][0].write_bytes(content)
        writable_folder(folder / subfolder)
        # After a kill from here on the next call knows by the journal which images are its own.
        names = [p.relative_to(folder).as_posix() for p in (*old, *(p for _, p in new))]
        journal = _table(COLUMNS, [[name, "", "", ""] for name in names])
        write_atomically(folder / _JOURNAL, journal)
        (folder / MANIFEST).unlink(missing_ok=True)
        for path in old:
            path.unlink()
        for written, path in new:
            os.replace(written, path)
        os.replace(work / MANIFEST, folder / MANIFEST)
        (folder / _JOURNAL).unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotWriteError(
            f"cannot write {folder}: {reason}; make room there, or choose another --out"
        ) from None
    finally:
        if work:
            shutil.rmtree(work, ignore_errors=True)


def _inside(work, name):
    """Where a file waits: images apart, as a picture of them all is called by its own name."""
    return work / GRID if name == GRID else work / "images" / Path(name).name


def contents(images, labels, class_names, seed, per_image, subfolder, index, grid, origin):
    """What ``write_images`` writes: the manifest, str, and an iterator of (name, bytes)."""
    n = len(images)
    digits = len(str(n - 1))
    per_image = per_image or {}
    names = [f"{subfolder}/{i:0{digits}d}.png" for i in range(n)]
    classes = [None] * n if labels is None else [class_names[label] for label in labels]
    seeds = np.broadcast_to(np.asarray(seed, object), n).tolist()
    places = range(n) if index is None else [int(i) for i in index]
    rows = [
        [*row, *(_cell(column[i]) for column in per_image.values())]
        for i, row in enumerate(zip(names, [c or "" for c in classes], seeds, places, strict=True))
    ]

    def files():
        for i, image in enumerate(images):
            facts = {"class": classes[i], "seed": seeds[i], "index": places[i]}
            facts |= {k: _plain(per_image[k][i]) for k in _DRAWN if k in per_image}
            yield names[i], png(image, provenance.chunks({**(origin or {}), **facts}))
        if grid is not None:
            told = {**(origin or {}), "images": n}
            yield GRID, png(grid, provenance.chunks(told))

    return _table([*COLUMNS, *per_image], rows), files()


def origin_of(model, run):
    """What every image of a model says of itself, for ``write_images``: family, weights, run.

    Args:
        model: a ``GenerativeModel``; run: the name of its run, no path.
    """
    weights = provenance.digest(map(np.asarray, model.shipped().weights))
    return {"model": type(model).__name__, "weights": weights, "run": run}


def check_folder(folder, subfolder="images"):
    """The images in a folder that are ours, paths.

    Raises:
        InputError: something else is where they are, or a manifest or grid that is not ours.
    """
    folder = Path(folder)
    try:
        return _own_images(folder, folder / subfolder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot read {folder}: {reason}; choose another --out") from None


def _own_images(folder, place):
    found = [_listed(folder / name) for name in (MANIFEST, _JOURNAL)]
    listed = None if found == [None, None] else set().union(*(names or () for names in found))
    in_run = (folder / "config.yaml").is_file()
    if not in_run and listed is None:
        others = [p for p in (folder / MANIFEST, folder / GRID) if p.exists()]
    else:
        others = []
    images: list[Path] = []
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        ours = path.relative_to(folder).as_posix() in (listed or ())
        named = in_run and path.suffix == ".png" and path.stem.isdecimal()
        (images if path.is_file() and (ours or named) else others).append(path)
    if others:
        raise not_ours(others[0])
    return images


def not_ours(path):
    """The error of a file that would be replaced, and was not made by this library."""
    return InputError(
        f"{path} is there already and was not made by this command: move it away, or choose "
        "another --out"
    )


def _listed(manifest):
    try:
        return listed(manifest.read_bytes())
    except OSError:
        return None


def listed(manifest):
    """The files that a manifest of ours (bytes) names, a set; None for what is no such thing."""
    try:
        rows = [row for row in csv.reader(io.StringIO(manifest.decode(), newline="")) if row]
    except (ValueError, csv.Error):
        return None
    if not rows or tuple(rows[0][: len(COLUMNS)]) != COLUMNS:
        return None
    return {row[0] for row in rows[1:]}


def _table(header, rows):
    """CSV, as str."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def _cell(value):
    if isinstance(value, str | int | np.integer):
        return str(value)
    return "" if np.isnan(value) else f"{value:.4f}"


def _plain(value):
    """A cell as JSON has it."""
    return value.item() if isinstance(value, np.generic) else value


def write_contact_sheet(data, path, columns=12):
    """One row of training images for each class, as a PNG.

    Raises:
        InputError: the path does not end in .png, is a folder, or cannot be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(
            f"{path} is a folder: give the contact sheet a file name, such as sheet.png"
        )
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: a contact sheet is a PNG, call it {path.stem or 'sheet'}.png")
    writable_folder(path.parent)
    shape = (columns, data.size, data.size, data.channels)
    rows = []
    for i in range(len(data.class_names)):
        row = np.full(shape, 255, np.uint8)
        images = data.images[data.labels == i][:columns]
        row[: len(images)] = images
        rows.append(row)
    save_png(image_grid(np.concatenate(rows), columns, scale=2, gap=2), path)
