"""What a finished run left in its folder, for those who compare it; loads no TensorFlow."""

import csv
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.files import read_json
from prodimg_lib.plots import image_grid
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.folder import read_config
from prodimg_lib.runs.outputs import MANIFEST
from prodimg_lib.runs.records import Checkpoints, History
from prodimg_lib.text import text

_ROWS, _COLUMNS = 12, 8  # of a sheet of samples: classes, and images of each


@dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes:
        name: what tables call it; folder: where it is.
        config: ``RunConfig``.
        metrics: as in ``metrics.json``, those that this version has words for.
        step, seconds: of training.
        digest: of the data it was scored on, which it was trained on but for photographs that were
            changed since; None where neither metrics nor checkpoint say it.
        megabytes: of its newest checkpoint file; None without one.
        environment: what ``environment.json`` holds, or {}.
        history: columns of ``history.csv``, {} where there is none.
        remarks: sentences about what could not be read.
    """

    name: str
    folder: Path
    config: RunConfig
    metrics: dict[str, dict[str, Any]]
    step: int
    seconds: float
    digest: str | None = None
    megabytes: float | None = None
    environment: dict[str, Any] = field(default_factory=dict)
    history: dict[str, list[float]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def read_finished(folder, name=None):
    """Read the folder of a finished run; nothing in it is changed.

    Args:
        folder: as ``prodimg run`` wrote it; name: what tables call it, the folder's by default.

    Returns:
        ``Finished``.

    Raises:
        InputError: it is no run folder, not finished, or its settings or metrics are damaged.
    """
    folder = Path(folder)
    config = read_config(folder)
    path = folder / "metrics.json"
    if not path.is_file():
        raise InputError(
            f"{folder} is not finished (no metrics.json): go on with `prodimg run --out {folder}`"
        )
    metrics, step, seconds, scored = _result(
        path, f"write it again with `prodimg evaluate {folder}`"
    )
    remarks: list[str] = []

    def known(read, otherwise):
        """What ``read`` finds, or what stands for it and a remark why."""
        try:
            return read()
        except InputError as error:
            remarks.append(str(error))
            return otherwise

    checkpoints = folder / "checkpoints"
    state = known(lambda: Checkpoints(checkpoints).state(), None) if checkpoints.is_dir() else None
    environment = known(lambda: read_json(folder / "environment.json", "it stays out"), {})
    model_file = checkpoints / state["file"] if state else None
    return Finished(
        name=name or folder.resolve().name,
        folder=folder,
        config=config,
        metrics=metrics,
        step=step,
        seconds=seconds,
        digest=scored or (state.get("data") if state else None),
        megabytes=model_file.stat().st_size / 1e6 if model_file else None,
        environment=environment if isinstance(environment, dict) else {},
        history=known(History(folder / "history.csv").columns, {}),
        remarks=tuple(remarks),
    )


def _result(path, advice):
    """Metrics, step, seconds and digest of the data (or None) of a ``metrics.json``."""
    result = read_json(path, advice)
    try:
        training = result["training"]
        metrics = {
            name: facts
            for name, facts in result["metrics"].items()
            if name.partition("@")[0] in text()["metrics"]
        }
        whole = all(
            _is_number(facts["value"])
            and all(v is None or _is_number(v) for v in map(facts.get, ("uncertainty", "floor")))
            for facts in metrics.values()
        )
        step, seconds, data = training["step"], training["seconds"], result.get("data")
        if not (whole and _is_number(step) and _is_number(seconds)):
            raise TypeError
        if not isinstance(data, str | None):
            raise TypeError
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{path} does not hold the metrics of a run: {advice}") from None
    return metrics, int(step), float(seconds), data


def _is_number(value):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


def sample_sheet(folder):
    """A picture of the images that a run was scored by: a row for each class, eight images wide.

    Returns:
        ``(picture, names)``: uint8 [H, W, c] and the classes of its rows, or None where the images
        are gone or damaged. An unconditional run has three rows without names.
    """
    from PIL import Image

    by_class: dict[str, list[str]] = {}
    try:
        with (Path(folder) / MANIFEST).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                by_class.setdefault(row["class"], []).append(row["file"])
        most = 3 * _COLUMNS if set(by_class) == {""} else _COLUMNS
        names = list(by_class)[:_ROWS]
        images = []
        for name in names:
            line = [np.asarray(Image.open(_within(folder, f))) for f in by_class[name][:most]]
            line = [v[..., None] if v.ndim == 2 else v for v in line]
            short = -len(line) % _COLUMNS
            images += line + [np.full_like(line[0], 255)] * short
        return image_grid(np.stack(images), _COLUMNS), [name for name in names if name]
    except (OSError, ValueError, KeyError, TypeError, IndexError, csv.Error):
        return None
    except Image.DecompressionBombError:  # derives from none of these
        return None


def _within(folder, name):
    """The path of a file of a run; ``ValueError`` where its name (a stranger's?) leads out."""
    place = (Path(folder) / name).resolve()
    if not place.is_relative_to(Path(folder).resolve()):
        raise ValueError(name)
    return place
