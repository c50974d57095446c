"""Files that a person asked for: generated images and contact sheets.

None of them takes the place of a file that this library did not write.
"""

import csv
import io
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.files import writable_folder, write_atomically
from prodimg_lib.plots import image_grid, png, save_png

MANIFEST = "manifest.csv"
_COLUMNS = ("file", "class", "seed", "index")


def write_images(folder, images, labels, class_names, seed, per_image=None, subfolder="images"):
    """Save images as PNG files and ``manifest.csv`` with one row for each.

    Images of before are replaced, if they are in the manifest of before or, in a run folder, have
    such a name.

    Args:
        folder: exists.
        images: uint8 [n, h, w, c]; labels: int [n] or None.
        seed: what ``generate`` was given; with the row's index it names the image for good.
        per_image: further columns, each of length n.

    Raises:
        InputError: the folder holds other files that would be lost or mixed with these, or cannot
            be written to.
    """
    folder = Path(folder)
    place = folder / subfolder
    old = _own_images(folder, place)
    digits = len(str(len(images) - 1))
    per_image = per_image or {}
    files = [f"{subfolder}/{i:0{digits}d}.png" for i in range(len(images))]
    rows = []
    for i, file in enumerate(files):
        name = "" if labels is None else class_names[labels[i]]
        rows.append([file, name, seed, i, *(_cell(column[i]) for column in per_image.values())])
    for path in old:
        path.unlink()
    # Before the images, so that after a kill the next call knows which are its own.
    write_atomically(folder / MANIFEST, _table([*_COLUMNS, *per_image], rows))
    writable_folder(place)
    for file, image in zip(files, images, strict=True):
        try:
            (folder / file).write_bytes(png(image))
        except OSError as error:
            raise InputError(
                f"cannot write {folder / file}: {(error.strerror or str(error)).lower()}; make "
                "room there, or choose another --out"
            ) from None


def _own_images(folder, place):
    """The images in ``place``, which are all ours.

    Raises:
        InputError: something else is there, or a manifest or grid that is not ours.
    """
    listed = _listed(folder / MANIFEST)
    in_run = (folder / "config.yaml").is_file()
    if not in_run and listed is None:
        others = [p for p in (folder / MANIFEST, folder / "grid.png") if p.exists()]
    else:
        others = []
    images: list[Path] = []
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        ours = path.relative_to(folder).as_posix() in (listed or ())
        named = in_run and path.suffix == ".png" and path.stem.isdecimal()
        (images if path.is_file() and (ours or named) else others).append(path)
    if others:
        raise InputError(
            f"{others[0]} is there already and was not made by this command: move it away, or "
            "choose another --out"
        )
    return images


def _listed(manifest):
    """The files that a manifest of ours names, a set; None if it is not there or not ours."""
    try:
        with manifest.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, ValueError, csv.Error):
        return None
    if not rows or tuple(rows[0][: len(_COLUMNS)]) != _COLUMNS:
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
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else f"{value:.4f}"


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
