"""The next run from what the last one measured: what changes, and because of which figure."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from prodimg_lib import quiet
from prodimg_lib.errors import InputError
from prodimg_lib.files import PARTIAL, writable_folder, write_atomically
from prodimg_lib.models.build import model_config
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs.advice import weaknesses
from prodimg_lib.runs.config import RunConfig, with_batch_size
from prodimg_lib.runs.finished import read_finished
from prodimg_lib.runs.folder import load_data, read_config
from prodimg_lib.runs.records import Checkpoints, Findings
from prodimg_lib.runs.remedies import Situation, remedy
from prodimg_lib.runs.show import Show
from prodimg_lib.settings import parse, write_settings
from prodimg_lib.text import text

RECORD, SETTINGS = "adjust.json", "config.yaml"


@dataclass(frozen=True)
class Change:
    """One setting of the next run: ``key`` from ``old`` to ``new``, ``because`` of sentences."""

    key: str
    old: Any
    new: Any
    because: Sequence[str]


@dataclass(frozen=True)
class Adjustment:
    """What the next run changes.

    Attributes:
        config: its ``RunConfig``; changes: ``Change``s, none where nothing is to be changed.
        left: ``(weakness, reason)``, sentences: what no setting here would mend.
        folder: where its settings were written; None where nothing was.
    """

    config: RunConfig
    changes: Sequence[Change]
    left: Sequence[tuple[str, str]]
    folder: Path | None = None


def adjust(run, out=None, show=None):
    """Write the settings of the next run into a folder of its own; the old one stays as it is.

    Args:
        run: folder of a run that was evaluated, or that ended as the training doctor says.
        out: folder of the next run, new or empty; by default the run's name with the next number.
        show: a ``Show``.

    Returns:
        ``Adjustment``. Where nothing is to be changed nothing is written.

    Raises:
        InputError: ``run`` is no run folder, is not finished, or its data is not there; ``out``
            holds anything but what a killed one left there.
    """
    run, show = Path(run), show or Show()
    config = read_config(run)
    out = next_folder(run) if out is None else Path(out)
    if out.exists() and not _begun(out):
        raise InputError(f"{out} is there already: choose another --out for the next run")
    metrics, steps, findings = _measured(run)
    show.stage("prepare")
    data = load_data(config, show)
    config = with_batch_size(config, data)
    quiet.load_tensorflow()
    family = MODELS[config.model].load()
    settings = model_config(config, data)
    found = weaknesses(
        metrics,
        family=family,
        settings=settings,
        steps=steps,
        epochs=steps * config.train.batch_size / data.train_count,
        findings=findings if family.ADVERSARIAL else (),
    )
    now = Situation(
        config=config,
        settings=settings,
        metrics=metrics,
        steps=steps,
        train=data.train_count,
        held_out=len(data.test_images),
        classes=data.num_classes,
    )
    result = plan(found, now)
    if not result.changes:
        return result
    writable_folder(out)
    record = {
        "from": str(run),
        "changes": [asdict(change) for change in result.changes],
        "left": list(result.left),
    }
    write_atomically(out / RECORD, json.dumps(record, indent=2) + "\n")
    write_settings(result.config, out / SETTINGS)  # last: without it there is no run to start
    return Adjustment(result.config, result.changes, result.left, out)


def _begun(folder):
    """Whether a folder is empty, or as a killed ``adjust`` leaves it."""
    if not folder.is_dir():
        return False
    return all(path.name == RECORD or path.name.startswith(PARTIAL) for path in folder.iterdir())


def _measured(run):
    """Metrics, steps and the doctor's standing findings; of a run that broke only the latter."""
    findings = [row for row in Findings(run / "doctor.json").rows() if row["stands"]]
    if (run / "metrics.json").is_file() or not findings:
        finished = read_finished(run)
        return finished.metrics, finished.step, findings
    checkpoints = run / "checkpoints"
    state = Checkpoints(checkpoints).state() if checkpoints.is_dir() else None
    return {}, state["step"] if state else 0, findings


def plan(found, now):
    """The ``Adjustment`` that weaknesses amount to, a pure function.

    The most urgent comes first: what it changes is not changed otherwise by a later one, but for
    the budget, of which the longest counts. What is seen of a run that has to train longer first is
    left for then, so that not everything changes at once. A change that the other settings forbid
    is left out.

    Args:
        found: ``Weakness``es; now: ``Situation``.
    """
    words = text()["adjust"]
    config, left = now.config, []
    changes: dict[str, Change] = {}
    too_short = False
    for weakness in found:
        if too_short:
            left.append((weakness.says, words["too_short"]))
            continue
        too_short = weakness.name in ("undertrained", "noise")
        wanted = remedy(weakness.name, now)
        fitting = {}
        for key, new in wanted.items():
            if key not in changes or (key.startswith("train.") and new > changes[key].new):
                fitting[key] = new
        try:
            config = _with(config, fitting, now)
        except InputError as error:
            left.append((weakness.says, words["forbidden"].format(reason=error)))
            continue
        for key, new in fitting.items():
            because = changes[key].because if key in changes else ()
            changes[key] = Change(key, _value(now, key), new, because)
        for key in wanted:
            because = (*changes[key].because, weakness.says)
            changes[key] = replace(changes[key], because=because)
        if not wanted:
            left.append((weakness.says, words["left"].get(weakness.name, words["by_hand"])))
    return Adjustment(config, list(changes.values()), left)


def _with(config, values, now):
    """``config`` with dotted ``values``, checked as a run checks it.

    Raises:
        InputError: they do not go with the rest.
    """
    new = config.model_dump(mode="json")
    for key, value in values.items():
        place = new
        *sections, last = key.split(".")
        for section in sections:
            place = place[section]
        place[last] = value
    result = parse(RunConfig, new)
    classes = now.classes if result.conditional and now.classes > 1 else 0
    size, channels = now.settings.size, now.settings.channels
    result.settings.shaped(size=size, channels=channels, num_classes=classes, seed=config.seed)
    return result


def _value(now, key):
    """What a dotted key amounts to now, defaults filled in."""
    section, _, name = key.rpartition(".")
    place = now.settings if section == "settings" else now.config
    if section and section != "settings":
        place = getattr(place, section)
    return getattr(place, name)


def next_folder(run):
    """The first free name after that of a run: ``first-2`` after ``first``, then ``first-3``. Free
    is what a killed ``adjust`` has left, too.

    Relative where that of the run is: commands are printed as a person would type them.
    """
    run = Path(run)
    if run.name in ("", ".."):  # a place, not a name
        run = run.resolve()
    found = re.fullmatch(r"(.+?)-(\d+)", run.name)
    stem, number = (found[1], int(found[2])) if found else (run.name, 1)
    while True:
        number += 1
        folder = run.with_name(f"{stem}-{number}")
        if not folder.exists() or _begun(folder):
            return folder
