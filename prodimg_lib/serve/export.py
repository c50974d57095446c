"""Export: a trained model as a SavedModel and an ONNX file that need none of this library.

``DIR/manifest.json`` names the files, which lie in a folder of their own beside it. It is written
last, whole or not at all: a kill at any moment leaves the export of before, or the new one.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
from pathlib import Path

import numpy as np

from prodimg_lib import provenance
from prodimg_lib.errors import InputError
from prodimg_lib.files import PARTIAL, read_json, writable_folder, write_atomically
from prodimg_lib.models import pretrained
from prodimg_lib.runs.generate import drawing_of, opened
from prodimg_lib.runs.lock import locked
from prodimg_lib.runs.outputs import not_ours, origin_of
from prodimg_lib.runs.requests import draw, wanted
from prodimg_lib.runs.show import Show

MANIFEST = "manifest.json"
_KIND = "prodimg export"
_ONNX, _SAVED = "model.onnx", "saved_model"
_CHECKED = 24  # images that both files must agree on with the model
_TOLERANCE = 1  # grey levels
_OURS = re.compile(r"[0-9a-f]{12}-[0-9a-f]{6}")  # folders of exports


def export(source, out, *, show=None, **drawing):
    """Write SavedModel, ONNX file and manifest; both are run and compared with the model first.

    A flow gets no ONNX file (``formats.without_onnx``); the manifest says so, and why.

    Args:
        source: a run folder or a shipped name; out: a folder, made if missing.
        drawing: ``steps`` and ``guidance`` of a flow, fixed in the files; None = the model's.
        show: a ``Show``.

    Returns:
        The manifest, a dict.

    Raises:
        InputError: no such model, a family that cannot be exported, a missing extra ``serve``,
            ``out`` holds something else or cannot be written to, or a file that does not give the
            images of the model within one grey level.
    """
    show = show or Show()
    _check_extra()
    out = Path(out)
    _check_out(out)
    trained = opened(source, show)
    drawing = drawing_of(trained.model, drawing)
    out = writable_folder(out)
    with locked(out):
        before = _check_out(out)
        _clear(out, keep=before)
        try:
            return _export(trained, source, out, drawing, show)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(
                f"cannot write {out}: {reason}; make room there, or choose another --out"
            ) from None
        finally:
            _clear(out, keep=_current(out))


def _export(trained, source, out, drawing, show):
    from prodimg_lib.serve import formats

    origin = origin_of(trained.model, trained.name)
    name = f"{origin['weights'][:12]}-{secrets.token_hex(3)}"
    work = out / f"{PARTIAL}{name}"
    work.mkdir()
    show.stage("export")
    graph = formats.graph_of(trained.model, drawing)
    show.message("writing a SavedModel")
    formats.write_saved_model(graph, trained.model, work / _SAVED)
    without = formats.without_onnx(trained.model)
    if without:
        show.message(f"no ONNX file: {without}")
    else:
        show.message("writing an ONNX file")
        formats.write_onnx(graph, work / _ONNX)
    show.message(f"comparing {_CHECKED} images of each with the model's")
    found = _compare(trained.model, work, drawing)
    manifest = {
        "kind": _KIND,
        "version": 1,
        **origin,
        "software": provenance.software(),
        "size": trained.model.config.size,
        "channels": trained.model.config.channels,
        "classes": list(trained.names) if trained.model.conditional else [],
        **formats.signature(trained.model),
        "drawing": drawing,
        "checked": {"images": _CHECKED, "largest_difference": found},
        "files": {
            "onnx": None if without else f"{name}/{_ONNX}",
            "saved_model": f"{name}/{_SAVED}",
            "sha256": {f"{name}/{file}": told for file, told in _digests(work).items()},
        },
        "without_onnx": without,
        "versions": formats.versions(),
        "card": _card(source),
    }
    _to_disk(work)
    os.replace(work, out / name)
    content = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    write_atomically(out / MANIFEST, content)
    return manifest


def _compare(model, work, drawing):
    """Largest difference in grey levels by format.

    Raises:
        InputError: it is more than one.
    """
    from prodimg_lib.serve import formats

    asked = wanted(model, _CHECKED, [])
    told = dict(drawing)
    right = draw(model, asked, 0, told).images
    z = model.latents(_CHECKED, 0)
    found = {}
    runs = {"saved_model": formats.saved_model(work / _SAVED)}
    if (work / _ONNX).exists():
        runs["onnx"] = formats.onnx(work / _ONNX)
    for name, run in runs.items():
        labels = asked.labels
        # Alone and together: a graph that holds for one number of images only would not do.
        first = run(z[:1], None if labels is None else labels[:1])
        images = np.concatenate([first, run(z, labels)])
        off = np.abs(images.astype(int) - np.concatenate([right[:1], right]))
        found[name] = int(off.max())
        if found[name] > _TOLERANCE:
            raise InputError(
                f"the {name} file is off by {found[name]} grey levels, more than {_TOLERANCE}, and "
                "was not kept: report this, with the run's config.yaml"
            )
    return found


def read_manifest(out):
    """The manifest of an export, after its files were compared with the hashes in it.

    Raises:
        InputError: no export, or a file is missing or another.
    """
    advice = f"repeat the `prodimg export` to {out}"
    manifest = read_json(Path(out) / MANIFEST, advice)
    if not _is_manifest(manifest):
        raise InputError(f"{Path(out) / MANIFEST} is no manifest of an export: {advice}")
    for name, digest in manifest["files"]["sha256"].items():
        try:
            content = (Path(out) / name).read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != digest:
            raise InputError(f"{Path(out) / name} is not the file that was exported: {advice}")
    return manifest


def _is_manifest(told):
    return isinstance(told, dict) and told.get("kind") == _KIND


def _check_extra():
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import tf2onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError(
            "the export needs ONNX and its converter: pip install 'prodimg-lib[serve]' "
            f"({error.name} is missing)"
        ) from None


def _check_out(out):
    """The folder of the export that is there, a name, or None.

    Raises:
        InputError: something else is there.
    """
    if out.exists() and not out.is_dir():
        raise not_ours(out)
    if (out / MANIFEST).exists() and _current(out) is None:
        raise not_ours(out / MANIFEST)
    if out.is_dir():
        for path in out.iterdir():
            ours = _OURS.fullmatch(path.name.removeprefix(PARTIAL)) and path.is_dir()
            if not (ours or path.name in (MANIFEST, ".lock") or path.name.startswith(PARTIAL)):
                raise not_ours(path)
    return _current(out)


def _current(out):
    """The folder that the manifest names, None without one."""
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return manifest["files"]["saved_model"].split("/")[0] if _is_manifest(manifest) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _clear(out, keep):
    """Remove what kills and earlier exports left; the caller holds the lock."""
    for path in out.iterdir():
        if path.is_dir() and path.name != keep:
            if _OURS.fullmatch(path.name.removeprefix(PARTIAL)):
                shutil.rmtree(path, ignore_errors=True)
        elif path.is_file() and path.name.startswith(PARTIAL):
            path.unlink(missing_ok=True)


def _digests(work):
    files = sorted(p for p in work.rglob("*") if p.is_file())
    return {
        p.relative_to(work).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


def _to_disk(work):
    """On the disk before the manifest names it."""
    for path in work.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _card(source):
    """What is known of the model: the card of a shipped one, the text of a run's card.md."""
    if not os.path.exists(source):
        return pretrained.card(str(source))
    path = Path(source) / "card.md"
    return path.read_text(encoding="utf-8") if path.is_file() else None
