"""What a window is held against: the photographs of a run, or the images that it was judged by."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.prepared import is_prepared, preparation_of
from prodimg_lib.data.sources import place
from prodimg_lib.errors import InputError
from prodimg_lib.metrics.extractors import for_source
from prodimg_lib.monitor.window import Window, read_window
from prodimg_lib.runs import requests
from prodimg_lib.runs.acceptance import GATES, Acceptance, from_photographs
from prodimg_lib.runs.generate import opened
from prodimg_lib.runs.outputs import MANIFEST, listed
from prodimg_lib.runs.show import Show
from prodimg_lib.seeds import draw_seed

_LEAST = 50  # images of a reference with the window's shares of classes
_DRAWN = 2000  # images of a shipped model, which has no folder of them


@dataclass(frozen=True)
class Against:
    """What the tests need of a model.

    Attributes:
        name: of the run or shipped model; names: of its classes.
        size, channels, fit: of its images.
        model: the model itself; data: the ``ProductImages`` it learned from.
        folder: of the run; None for a shipped model.
        prepare: the ``PrepareConfig`` of what it learned from; None where that was not prepared.
        extractor: of features, or None.
        gates: ``Acceptance`` without ``copy`` (see ``measured``).
        notes: sentences about what could not be had.
    """

    name: str
    names: tuple[str, ...]
    size: int
    channels: int
    fit: str
    model: Any
    data: Any
    folder: Path | None
    prepare: PrepareConfig | None
    extractor: Any
    gates: Acceptance
    notes: tuple[str, ...]


def open_reference(run, show=None):
    """Open a run folder or a model that ships, with its photographs and its gates.

    Raises:
        InputError: there is no such thing, or its photographs are not there.
    """
    show = show or Show()
    trained = opened(run, show)
    folder = Path(run) if Path(run).is_dir() else None
    fit, prepare = "pad", None
    if folder:
        from prodimg_lib.runs.folder import read_config

        config = read_config(folder)
        source = place(config.data.source)
        fit, prepare = config.data.fit, preparation_of(source) if is_prepared(source) else None
    data = trained.photographs()
    notes = []
    try:
        extractor = for_source(data.source, data.extractor)
    except InputError as error:
        extractor = None
        notes.append(f"No network compared the images, as {error}")
    # ``copy`` has limits from held-out photographs, which are the reference itself.
    gates = from_photographs(data, trained.names, trained.model.conditional, {"copy": None})
    c = trained.model.config
    return Against(
        trained.name,
        tuple(trained.names),
        c.size,
        c.channels,
        fit,
        trained.model,
        data,
        folder,
        prepare,
        extractor,
        gates,
        (*notes, *gates.notes),
    )


def reference_of(against, window, path=None, seed=0, show=None):
    """The ``Window`` that is compared with.

    - ``path``: an earlier window, which then is the reference.
    - Photographs: those that the model did not learn from; the shares of the classes are those of
      all photographs.
    - Generated images: those that the run was judged by, in its folder, or of a shipped model 2,000
      drawn now. If the window was accepted by gates, so is the reference. How often a class is
      asked for no model knows, so there are no counts.

    Raises:
        InputError: as ``read_window``.
    """
    if path is not None:
        return read_window(
            path, against.size, against.channels, against.fit, prepare=against.prepare
        )
    if not window.generated:
        return _with_classes_of(window, _photographs(against.data), seed)
    found = _with_classes_of(window, _judged(against, seed), seed)
    labels = labels_of(against, found.classes)
    refused = against.gates.refused(against.gates.measure(found.images, labels), labels)
    rejected = np.any([np.zeros(len(found.images), bool), *refused.values()], axis=0)
    told = {name: int(wrong.sum()) for name, wrong in refused.items()}
    found = replace(
        found, refused={**told, "any": int(rejected.sum())}, drawn=len(found.images), counts={}
    )
    return _rows(found, np.flatnonzero(~rejected)) if window.accepted else found


def _with_classes_of(window, found, seed):
    """As much of a reference as has the window's shares of classes, so that a test of the images
    says nothing about how many there are of each class: that has a test of its own.
    """
    total = sum(window.counts.values())
    if not total or found.classes is None:
        return found
    places = np.array(found.classes)
    there = {name: np.flatnonzero(places == name) for name in window.counts}
    most = min(len(there[name]) * total / n for name, n in window.counts.items() if n)
    if most < _LEAST:
        note = "The reference has too few images of some class: all of its images are compared."
        return replace(found, notes=(*found.notes, note))
    rng = np.random.default_rng(seed)
    rows = [
        rng.permutation(there[name])[: round(most * n / total)] for name, n in window.counts.items()
    ]
    return _rows(found, np.sort(np.concatenate(rows)))


def _photographs(data):
    held_out = len(data.test_images) >= 2
    images, labels = (
        (data.test_images, data.test_labels) if held_out else (data.images, data.labels)
    )
    parts = [data.labels, data.test_labels]
    if data.val_labels is not None:
        parts.append(data.val_labels)
    names = data.class_names
    several = len(names) > 1
    counts = Counter(names[i] for i in np.concatenate(parts)) if several else {}
    note = () if held_out else ("Too few photographs are held out: training images are compared.",)
    return Window(
        images, [names[i] for i in labels] if several else None, counts=dict(counts), notes=note
    )


def _judged(against, seed):
    """The images that the model was judged by."""
    manifest = against.folder and against.folder / MANIFEST
    if manifest and manifest.is_file() and listed(manifest.read_bytes()):
        return read_window(against.folder, against.size, against.channels)
    wanted = requests.wanted(against.model, _DRAWN, [])
    key = draw_seed(seed, "reference of the monitor")
    images = requests.draw(against.model, wanted, key, {}).images
    labels = wanted.labels
    classes = None if labels is None else [against.names[i] for i in labels]
    return Window(images, classes, generated=True, counts=dict(Counter(classes or ())))


def labels_of(against, classes):
    """Numbers of classes by their names, as gates take them; None without classes.

    Raises:
        InputError: a class that the model does not know.
    """
    if not against.model.conditional:
        return None
    if classes is None:
        return None
    unknown = sorted(set(classes) - set(against.names))
    if unknown:
        raise InputError(
            f"the window has the class {unknown[0]!r}, which {against.name} does not know: "
            f"its classes are {', '.join(against.names)}"
        )
    return np.array([against.names.index(name) for name in classes])


def measured(against, window):
    """The window with what its images would have been refused for, where nothing says so already.

    Without classes, gates with limits by class cannot be asked.
    """
    if window.images is None or window.drawn or window.accepted:
        return window
    labels = labels_of(against, window.classes)
    if labels is None and against.model.conditional:
        note = "The window has no classes, and the gates are set by class: they were not asked."
        return replace(window, notes=(*window.notes, note))
    refused = against.gates.refused(against.gates.measure(window.images, labels), labels)
    told = {name: int(wrong.sum()) for name, wrong in refused.items() if name in GATES}
    return replace(window, refused=told, drawn=len(window.images))


def _rows(window, rows):
    classes = window.classes and [window.classes[i] for i in rows]
    return replace(window, images=window.images[rows], classes=classes)
