"""A folder of photographs -> a prepared folder: images, manifest and report.

``manifest.json`` is written last and names every other file by its digest: a folder without one, or
one that was killed half-way, is not taken for whole, and what an older manifest names stays until
the new one is there.
"""

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import warnings
from functools import partial
from pathlib import Path

from prodimg_lib.data import cutout, shards
from prodimg_lib.data.decide import NothingToReadError, decide
from prodimg_lib.data.index import NAME as INDEX
from prodimg_lib.data.index import forget, open_index
from prodimg_lib.data.photograph import examine
from prodimg_lib.data.splits import NAMES
from prodimg_lib.data.walk import problem, shown, walk
from prodimg_lib.data.workers import check_workers, in_order_on
from prodimg_lib.errors import InputError
from prodimg_lib.files import PARTIAL, replacing, writable_folder, write_atomically

FORMAT = 1  # of the prepared folder; another number is refused
MANIFEST, TABLE, REPORT = "manifest.json", "manifest.csv", "report.html"
_OURS = r"(images|train|val|test)-[0-9a-f]{16}\.(npz|tfrecord)"
_RECIPE = 2  # goes up where the same file would be prepared otherwise than before
_COLUMNS = (
    *("file", "sha256", "status", "reason", "value", "duplicate_of", "class", "split", "group"),
    *("width", "height", "format", "min_side", "aspect", "brightness", "contrast", "information"),
    *("sharpness", "white_border", "cutout_confidence", "box", "image_sha256"),
)


def prepare_folder(folder, out, config, on_message=None, on_progress=None, workers=None):
    """Prepare a folder of photographs into ``out``, or bring up to date what is there.

    Args:
        folder: the photographs, as ``load_folder`` takes them.
        out: made if missing; may hold an earlier preparation of whatever folder.
        config: ``PrepareConfig``.
        on_message: called with lines a person should see.
        on_progress: called with (done, total) in files.
        workers: processes that read photographs, see ``workers``; what is written is the same.

    Returns:
        dict, what ``manifest.json`` holds.

    Raises:
        InputError: no folder, nothing to keep, or ``out`` cannot be written to, holds other things,
            lies in the folder, or is being prepared already.
    """
    folder, out = Path(folder), Path(out)
    check_workers(workers)
    if reason := problem(folder):
        raise InputError(f"{folder} {reason}: give the folder that holds your photographs")
    _check_out(folder, out)
    writable_folder(out)
    method = cutout.method(config.cutout.method)
    with _or_nothing(out), open_index(out, _recipe(config, method)) as index:
        new, gone = index.find(walk(folder), folder)
        known = index.one("select count(*) from files")
        if on_message and known:
            on_message(f"{known:,} files are as before, {new:,} new or changed, {gone:,} gone")
        _read_all(index, folder, config, method, new, on_message, on_progress, workers)
        index.forget_orphans()
        names = decide(index, folder, config)
        return _write(index, folder, out, config, method, names)


@contextlib.contextmanager
def _or_nothing(out):
    """Where not one image was found, the folder that was made for them goes again."""
    empty = not any(out.iterdir())
    try:
        yield
    except NothingToReadError:
        if empty:
            forget(out / INDEX)
            with contextlib.suppress(OSError):
                out.rmdir()
        raise


def _check_out(folder, out):
    inside, outside = out.resolve(), folder.resolve()
    if inside == outside or outside in inside.parents:
        raise InputError(f"--out {out} lies in {folder}, which is read: choose a folder beside it")
    if out.is_dir() and not (out / INDEX).exists() and any(out.iterdir()):
        raise InputError(
            f"{out} is not empty and holds no prepared data (no {INDEX}): choose another --out"
        )


def _recipe(config, method):
    """What the pixels and measures of a file depend on, beside the file."""
    chosen = config.model_dump(include={"size", "channels", "fit"}) | {"cutout": method}
    if method != "none":
        chosen["confidence"] = config.cutout.confidence
    return json.dumps([_RECIPE, chosen])


def _examine(path, folder, config, method):
    import cv2

    cv2.setNumThreads(1)  # each photograph has a thread or a process of ours
    return examine(folder / path, config, method)


def _read_all(index, folder, config, method, total, on_message, on_progress, workers):
    one = partial(_examine, folder=folder.absolute(), config=config, method=method)

    def results():
        found = in_order_on(workers, one, index.new(), on_message)
        for done, result in enumerate(found, 1):
            yield result
            if on_progress:
                on_progress(done, total)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")  # odd metadata, large but allowed images
        index.keep(results())


def _write(index, folder, out, config, method, names):
    from prodimg_lib.data.report import write_report

    stored = shards.write(index, out, config, names)
    table = _write_table(index, out / TABLE)
    counts = {split: dict.fromkeys(names, 0) for split in NAMES}
    for code, kind, n in index.rows(
        "select split, class, count(*) from decided where reason is null group by split, class"
    ):
        counts[NAMES[code]][kind] = n
    manifest = {
        "format": FORMAT,
        "source": shown(folder.resolve().name),
        "config": config.model_dump(mode="json") | {"cutout": _cutout(config, method)},
        "class_names": names,
        "counts": counts,
        **stored,
        TABLE: table,
    }
    told = {key: manifest[key] for key in ("format", "class_names", "files")}
    manifest["digest"] = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    write_report(index, folder, out / REPORT, manifest)
    _replace(out / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    named = {part["file"] for parts in stored["files"].values() for part in parts}
    for path in out.iterdir():
        ours = re.fullmatch(_OURS, path.name)
        if path.name.startswith(PARTIAL) or (ours and path.name not in named):
            with contextlib.suppress(OSError):  # of a folder, which does no harm
                path.unlink()
    return manifest


def _cutout(config, method):
    return config.cutout.model_dump() | {"method": method}


def _replace(path, content):
    """Write a text file unless it is there already."""
    try:
        if path.read_text(encoding="utf-8") == content:
            return
    except (OSError, ValueError):
        pass
    write_atomically(path, content, shards.ADVICE)


def _write_table(index, path):
    """``manifest.csv``, a row for each file of the folder; returns its SHA-256."""

    def lines():
        yield _line(_COLUMNS)
        yield from map(_line, _rows(index))

    told = hashlib.sha256()
    for line in lines():
        told.update(line)
    if not (path.is_file() and _sha(path) == told.hexdigest()):
        with replacing(path, shards.ADVICE) as partial, partial.open("wb") as file:
            file.writelines(lines())
    return told.hexdigest()


def _sha(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _line(row):
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(row)
    return buffer.getvalue().encode()


def _rows(index):
    query = """
      select d.path, hex(f.sha), d.reason, d.value, d.of, d.class, d.split, d.grp, p.width,
             p.height, p.format, p.measures, p.confidence, p.box, hex(p.pixels)
      from decided d left join files f on f.path = d.path left join photos p on p.id = d.photo
      order by d.path
    """
    for path, sha, reason, value, of, kind, split, group, *found in index.rows(query):
        width, height, form, measures, confidence, box, pixels = found
        measures = json.loads(measures) if measures else {}
        yield [
            _text(path),
            (sha or "").lower(),
            "dropped" if reason else "kept",
            reason or "",
            _number(value),
            _text(of) if of else "",
            _safe(kind or ""),
            "" if split is None else NAMES[split],
            "" if group is None else group,
            *((width, height, form) if pixels else ("", "", "")),
            *(_number(measures.get(name)) for name in _COLUMNS[12:19]),
            _number(confidence),
            box or "",
            (pixels or "").lower(),
        ]


def _text(name):
    return _safe(shown(os.fsdecode(name).replace(os.sep, "/")))


def _safe(text):
    """Spreadsheets carry out what begins so."""
    return f"./{text}" if text.startswith(("=", "+", "-", "@")) else text


def _number(value):
    return "" if value is None else f"{value:.4f}"
