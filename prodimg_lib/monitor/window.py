"""A window: the images of a week, or what a log says of them."""

import csv
import io
import posixpath
import tempfile
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.runs.outputs import COLUMNS, GRID, MANIFEST, listed
from prodimg_lib.serve import log
from prodimg_lib.text import text

_MOST_BYTES = 4 * 2**30  # that a zip file of photographs may hold unpacked
_MOST_FILES = 100_000


@dataclass(frozen=True)
class Window:
    """What is compared.

    Attributes:
        images: uint8 [n, h, w, c], or None.
        classes: the class of each image, list of str, or None.
        generated: whether a model of this library made the images.
        accepted: whether they had to pass gates, so that an image that fails is not among them.
        counts: images of each class, by its name; {} where no classes are known.
        refused, drawn: draws that each gate refused, by its name, of how many; ``any`` are those
            that some gate refused (in a folder: images not accepted at the first draw). {} and 0
            where nothing is known.
        notes: sentences about what could not be read.
    """

    images: np.ndarray | None = None
    classes: list[str] | None = None
    generated: bool = False
    accepted: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    drawn: int = 0
    notes: tuple[str, ...] = ()


def read_window(path, size, channels, fit="pad", on_message=None, prepare=None):
    """Read a window.

    Args:
        path: a folder of photographs, prepared or not, or of what ``prodimg generate`` made; a zip
            file of either; or the log of ``prodimg serve``.
        size, channels, fit: of the model's images, to which photographs are brought. Generated
            images must have that form.
        prepare: the ``PrepareConfig`` by which the model's photographs were prepared, if they were:
            raw ones are prepared by it, cut-outs, crops and gates too.

    Returns:
        ``Window``.

    Raises:
        InputError: it is not there, holds none of these, or was prepared otherwise.
    """
    path = Path(path)
    photographs = partial(
        _photographs, size=size, channels=channels, fit=fit, prepare=prepare, on_message=on_message
    )
    if path.is_dir():
        made = (path / MANIFEST).is_file() and listed((path / MANIFEST).read_bytes()) is not None
        if made:
            return _generated(path, (path / MANIFEST).read_bytes(), path.joinpath, size, channels)
        return photographs(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist: give a folder of images, a zip file or a log")
    if zipfile.is_zipfile(path):
        return _zip(path, size, channels, photographs)
    return _log(path)


def _photographs(folder, size, channels, fit, prepare, on_message):
    from prodimg_lib.data import load
    from prodimg_lib.data.prepared import is_prepared, preparation_of

    folder, say = Path(folder), on_message or (lambda line: None)
    notes = []
    if prepare is None:
        data = load(folder, size, channels, fit=fit, on_message=say)
    elif is_prepared(folder):
        if alike(preparation_of(folder)) != alike(prepare):
            raise InputError(
                f"{folder} was prepared otherwise than the model's photographs: give the folder of "
                "photographs that it was made from, which is prepared as they were"
            )
        data = load(folder, on_message=say)
    else:
        data, dropped = _as_the_models(folder, prepare, say)
        notes = [text()["monitor"]["dropped"].format(n=dropped)] if dropped else []
    pairs = [(data.images, data.labels), (data.test_images, data.test_labels)]
    if data.val_images is not None:
        pairs.append((data.val_images, data.val_labels))
    labels = np.concatenate([of for _, of in pairs])
    classes = [data.class_names[i] for i in labels] if data.num_classes > 1 else None
    notes += [f"{len(data.skipped)} files of the window were skipped"] if data.skipped else []
    return Window(
        np.concatenate([images for images, _ in pairs]),
        classes,
        counts=dict(Counter(classes or ())),
        notes=tuple(notes),
    )


def alike(prepare):
    """What two preparations must share for their images to be compared."""
    return prepare.model_dump(include={"size", "channels", "fit", "cutout", "gates"})


def _as_the_models(folder, prepare, on_message):
    """Photographs as the model's were prepared, and how many files were dropped by that."""
    from prodimg_lib.data import load
    from prodimg_lib.data.preparation import TABLE, prepare_folder

    prepare = prepare.model_copy(update={"shard_above_mb": 1e9})  # a window is compared whole
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "prepared"
        prepare_folder(folder, out, prepare, on_message)
        data = load(out, on_message=on_message)
        with (out / TABLE).open(newline="", encoding="utf-8") as file:
            return data, sum(row["status"] == "dropped" for row in csv.DictReader(file))


def _generated(path, manifest, open_part, size, channels):
    """What ``write_images`` or ``write_archive`` made; ``open_part`` opens a file by its name."""
    from PIL import Image

    header, *lines = csv.reader(io.StringIO(manifest.decode(), newline=""))
    # By place: the measure of the gate ``class`` is called so, too.
    rows = [dict(zip(COLUMNS, line, strict=False)) for line in lines if line]
    images = np.empty((len(rows), size, size, channels), np.uint8)
    for image, row in zip(images, rows, strict=True):
        name = row["file"] or ""
        if posixpath.isabs(name) or ".." in name.replace("\\", "/").split("/"):
            raise InputError(f"{path}: its manifest names {name!r}, which leads out of it")
        try:
            with Image.open(open_part(name)) as file:
                pixels = np.asarray(file)
        except (OSError, ValueError, KeyError, SyntaxError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path}: cannot read {name} of its manifest ({error}): generate it again"
            ) from None
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        if pixels.shape != image.shape or pixels.dtype != np.uint8:
            raise InputError(
                f"{path}: {name} has shape {pixels.shape}, images of this model are {image.shape}: "
                "compare it with the model that made it"
            )
        image[:] = pixels
    if not rows:
        raise InputError(f"{path}: its manifest names no image: give a window that holds some")
    classes = [row["class"] or "" for row in rows]
    known = classes if all(classes) else None
    accepted = "attempt" in header
    refused = {}
    if accepted:
        place = header.index("attempt")
        refused["any"] = sum(line[place] != "0" for line in lines if line)
    return Window(
        images,
        known,
        generated=True,
        accepted=accepted,
        counts=dict(Counter(known or ())),
        refused=refused,
        drawn=len(rows) if accepted else 0,
    )


def _zip(path, size, channels, photographs):
    try:
        with zipfile.ZipFile(path) as parts:
            names = parts.namelist()
            if MANIFEST in names and (ours := listed(parts.read(MANIFEST))) is not None:
                if not set(names) <= ours | {MANIFEST, GRID}:
                    raise InputError(f"{path} holds files beside its manifest: unpack it first")
                return _generated(path, parts.read(MANIFEST), parts.open, size, channels)
            _check_size(path, parts)
            with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
                parts.extractall(folder)  # drops what would lead out of the folder
                try:
                    return photographs(folder)
                except InputError as error:  # of the zip file, not of where it was unpacked
                    raise InputError(str(error).replace(folder, str(path))) from None
    except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be unpacked ({error}): make the zip file again") from None


def _check_size(path, parts):
    entries = parts.infolist()
    total = sum(entry.file_size for entry in entries)
    if total > _MOST_BYTES or len(entries) > _MOST_FILES:
        raise InputError(
            f"{path} unpacks to {total:,} bytes in {len(entries):,} files, at most "
            f"{_MOST_BYTES:,} in {_MOST_FILES:,}: give a folder or a smaller window"
        )


def _log(path):
    lines, damaged = log.read(path)
    served = [line for line in lines if line.status == 200 and line.images]
    # Also of requests that failed because too few images passed: where a gate refuses most, those
    # that were answered are the lucky ones.
    gated = [line for line in lines if line.rejected and (line.images or line.accepted is not None)]
    if not served and not gated:
        raise InputError(
            f"{path} has no line of an answered request: give the log of `prodimg serve`, a zip "
            "file or a folder"
        )
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for line in served:
        counts.update(line.labels)
    for line in gated:
        refused.update(line.rejected)
        refused["any"] += line.drawn - (line.images if line.accepted is None else line.accepted)
    notes = [f"{damaged} lines of the log are damaged and left out"] if damaged else []
    return Window(
        generated=True,
        accepted=bool(refused),
        counts={name: int(n) for name, n in counts.items()},
        refused={name: int(n) for name, n in refused.items()},
        drawn=sum(int(line.drawn) for line in gated),
        notes=tuple(notes),
    )
