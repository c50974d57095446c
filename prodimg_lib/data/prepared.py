"""Read what ``prodimg data prepare`` wrote: its images, labels and splits as they were prepared."""

import csv
import hashlib
import io
import os
import zipfile
from functools import partial
from pathlib import Path

import numpy as np

from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.images import ProductImages
from prodimg_lib.data.preparation import FORMAT, MANIFEST, TABLE
from prodimg_lib.data.splits import NAMES
from prodimg_lib.data.stream import Shards, damaged, read
from prodimg_lib.errors import InputError
from prodimg_lib.files import read_json
from prodimg_lib.settings import parse

_MORE = 2**24  # bytes of headers and class names
SAMPLE = 20_000  # images of each split that are in memory where the training images are streamed
_AGAIN = "prepare the photographs again with `prodimg data prepare`"


def is_prepared(folder):
    """Whether a folder was made by ``prodimg data prepare``, or claims to be."""
    return os.path.isfile(Path(folder) / MANIFEST)  # False where the folder cannot be opened


def preparation_of(folder):
    """The ``PrepareConfig`` by which a prepared folder was made, the method of cut-outs resolved.

    Raises:
        InputError: its manifest is damaged.
    """
    path = Path(folder) / MANIFEST
    try:
        return parse(PrepareConfig, read_json(path, _AGAIN)["config"])
    except (KeyError, TypeError):
        raise InputError(f"{path} is damaged: {_AGAIN}") from None


def load_prepared(folder, size=None, channels=None, fit="pad", limit=None):
    """The images of a prepared folder.

    Where it holds TFRecord shards, ``shards`` names those of training, to be streamed, and the
    arrays are samples: the first 20,000 of each split, in the order of a digest. With a ``limit``
    at least so many are in memory, and nothing is streamed.

    Returns:
        ``ProductImages``.

    Raises:
        InputError: it is not whole, of another version, or was prepared otherwise than is asked.
    """
    folder = Path(folder)
    manifest = read_json(folder / MANIFEST, _AGAIN)
    try:
        if manifest["format"] != FORMAT:
            raise InputError(
                f"{folder} was prepared in format {manifest['format']}, this version reads "
                f"{FORMAT}: {_AGAIN}"
            )
        config, names = manifest["config"], tuple(manifest["class_names"])
        files = {split: manifest["files"].get(split, []) for split in NAMES}
        _check_asked(folder, config, size, channels, fit)
        _check_there(folder, files)
        arrays, shards = _arrays(folder, manifest, files, limit)
        told = partial(_groups, folder / TABLE, manifest[TABLE])
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / MANIFEST} is damaged: {_AGAIN}") from None
    return ProductImages(
        **arrays,
        class_names=names,
        source="folder",
        origin=f"photographs in {manifest['source']}, prepared",
        shards=shards,
        group_of=told,
    )


def _groups(table, digest, images):
    """The group of each image by ``manifest.csv``, int [n]; None where that is gone or another.

    Who takes a validation part out of training must not separate what the preparation kept
    together, such as the photographs of one item.
    """
    try:
        content = table.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() != digest:
        return None
    rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
    known = {row["image_sha256"]: int(row["group"]) for row in rows if row["status"] == "kept"}
    return np.array([known[hashlib.sha256(i.tobytes()).hexdigest()] for i in images], np.int64)


def _check_asked(folder, config, size, channels, fit):
    asked = {"size": size, "channels": channels, "fit": None if fit == "pad" else fit}
    for key, value in asked.items():
        if value not in (None, config[key]):
            raise InputError(
                f"{folder} was prepared with {key} = {config[key]}, now {value} is asked for: "
                f"leave --{key} out, or prepare the photographs again with it"
            )


def _check_there(folder, files):
    for part in (part for parts in files.values() for part in parts):
        if not (folder / part["file"]).is_file() or Path(part["file"]).name != part["file"]:
            raise InputError(f"{folder / part['file']} is missing: {_AGAIN}")


def _check_honest(path, config, files):
    """Refuse a file that would unpack to more than the images that the manifest counts."""
    count = sum(part["images"] for parts in files.values() for part in parts)
    most = count * (config["size"] ** 2 * config["channels"] + 8) + _MORE
    with zipfile.ZipFile(path) as parts:
        if sum(part.file_size for part in parts.infolist()) > most:
            raise ValueError("it holds more than the manifest says")


def _arrays(folder, manifest, files, limit):
    config = manifest["config"]
    shape = (config["size"], config["size"], config["channels"])
    prefixes = {"train": "", "val": "val_", "test": "test_"}
    arrays: dict[str, np.ndarray] = {}
    if manifest["storage"] == "npz":
        (path,) = {folder / part["file"] for parts in files.values() for part in parts}
        try:
            _check_honest(path, config, files)
            with np.load(path) as stored:
                for prefix in prefixes.values():
                    arrays |= {k: stored[k] for k in (f"{prefix}images", f"{prefix}labels")}
        except Exception as error:  # a zip file can be damaged in many ways
            raise InputError(damaged(path, error)) from None
        return arrays, None
    for split, prefix in prefixes.items():
        paths = [folder / part["file"] for part in files[split]]
        found = read(paths, shape, max(limit or 0, SAMPLE))
        arrays |= dict(zip((f"{prefix}images", f"{prefix}labels"), found, strict=True))
    count = sum(part["images"] for part in files["train"])
    if limit or count <= SAMPLE:
        return arrays, None
    train = tuple(folder / part["file"] for part in files["train"])
    return arrays, Shards(train, count, shape, manifest["digest"])
