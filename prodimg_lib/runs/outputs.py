"""Files that a person asked for: generated images, prepared data, contact sheets."""

import csv
import os
import shutil
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.plots import image_grid, save_png


def writable_folder(path, flag="--out"):
    """Make a folder and prove that it can be written to.

    Raises:
        InputError: it cannot, naming the flag to change.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot write to {path}: {reason}; choose another {flag}") from None
    return path


def write_atomically(path, content):
    """Replace a text file whole: a reader, or a kill, never meets half of it."""
    partial = Path(path).with_name(Path(path).name + ".partial")
    partial.write_text(content, encoding="utf-8")
    os.replace(partial, path)


def write_images(folder, images, labels, class_names, seed, per_image=None, subfolder="images"):
    """Save images as PNG files and ``manifest.csv`` with one row for each.

    Args:
        images: uint8 [n, h, w, c]; labels: int [n] or None.
        seed: what ``generate`` was given; with the row's index it names the image for good.
        per_image: further columns, each of length n.
    """
    folder = Path(folder)
    place = folder / subfolder
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    digits = len(str(len(images) - 1))
    per_image = per_image or {}
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "class", "seed", "index", *per_image])
        for i, image in enumerate(images):
            path = save_png(image, place / f"{i:0{digits}d}.png")
            name = "" if labels is None else class_names[labels[i]]
            scores = [_cell(column[i]) for column in per_image.values()]
            writer.writerow([path.relative_to(folder).as_posix(), name, seed, i, *scores])


def _cell(value):
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else f"{value:.4f}"


def write_prepared(data, out):
    """Save prepared data: ``images.npz``, ``contact.png`` and ``skipped.csv``."""
    out = writable_folder(out)
    np.savez_compressed(
        out / "images.npz",
        images=data.images,
        labels=data.labels,
        test_images=data.test_images,
        test_labels=data.test_labels,
        class_names=np.array(data.class_names),
    )
    write_contact_sheet(data, out / "contact.png")
    with (out / "skipped.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "reason"])
        writer.writerows([s.file, s.reason] for s in data.skipped)


def write_contact_sheet(data, path, columns=12):
    """One row of training images for each class, as a PNG."""
    path = Path(path)
    writable_folder(path.parent)
    if path.is_dir():
        raise InputError(
            f"{path} is a folder: give the contact sheet a file name, such as sheet.png"
        )
    shape = (columns, data.size, data.size, data.channels)
    rows = []
    for i in range(len(data.class_names)):
        row = np.full(shape, 255, np.uint8)
        images = data.images[data.labels == i][:columns]
        row[: len(images)] = images
        rows.append(row)
    save_png(image_grid(np.concatenate(rows), columns, scale=2, gap=2), path)
