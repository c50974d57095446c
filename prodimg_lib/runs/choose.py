"""Which model for these photographs? Train each candidate a little, judge all alike, recommend."""

import contextlib
import json
from typing import Annotated, Any, Literal

from pydantic import Field

from prodimg_lib import quiet
from prodimg_lib.errors import CannotWriteError, InputError
from prodimg_lib.files import read_json, writable_folder, write_atomically
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs.choice import COMMAND, PAGE, choice_of, write_choice
from prodimg_lib.runs.config import DataConfig, RunConfig, TrainConfig, with_batch_size
from prodimg_lib.runs.finished import read_finished
from prodimg_lib.runs.folder import load_data, open_folder
from prodimg_lib.runs.lock import NAME as LOCK
from prodimg_lib.runs.lock import locked
from prodimg_lib.runs.pages import check_page
from prodimg_lib.runs.recommend import NEEDS
from prodimg_lib.runs.show import Show
from prodimg_lib.settings import Settings, parse, read_settings, write_settings
from prodimg_lib.text import text

SETTINGS, MEASURED = "choice.yaml", "candidate.json"


class ChooseConfig(Settings):
    """What is tried, on what, for how long; the file ``choice.yaml`` of the folder.

    ``labels``: candidates that take classes (``yes``), that take none (``no``), or ``both``;
    without classes in the data there are only the latter. ``settings``: of a family, such as
    ``{"gan": {"width": 48}}``. ``images``: how many each generates to be judged by.
    ``extractor``: as ``EvaluateConfig.extractor``.
    """

    data: DataConfig = DataConfig()
    candidates: tuple[str, ...] = Field(default_factory=lambda: tuple(MODELS))
    labels: Literal["yes", "no", "both"] = "yes"
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    train: TrainConfig = TrainConfig()
    images: Annotated[int, Field(ge=4)] = 1000
    extractor: str | None = None
    seed: int = 0


def choose(config, out, need="fidelity", show=None):
    """Train the candidates in folder ``out``, or go on with them, and recommend one.

    Each candidate is a run in a folder of its own; one that is finished is not trained again, and
    one that was stopped goes on from its checkpoint. With a larger budget all go on.

    Args:
        config: ``ChooseConfig``; out: folder, made if missing.
        need: one of ``recommend.NEEDS``; another need of the same candidates trains nothing.
        show: a ``Show``.

    Returns:
        ``Choice``; ``choice.json`` and ``choice.html`` in ``out`` hold it too.

    Raises:
        InputError: bad settings, unreadable data, too few photographs, a folder that holds
            something else, was begun with other settings or a larger budget, or is in use; or none
            of the candidates could be trained.
        Interrupted: Ctrl-C or SIGTERM during training, after saving.
    """
    if need not in NEEDS:
        raise InputError(f"--need {need}: choose {', '.join(NEEDS)}")
    for what in names_of(config.candidates, config.labels).values():
        _run_config(config, *what)  # refused before the data is read, which may take long
    for family in set(config.settings) - set(config.candidates):
        raise InputError(
            f"settings.{family}: {family} is none of the candidates: add it to --candidates, or "
            "leave its settings out"
        )
    out = writable_folder(out)
    try:
        with locked(out):
            return _choose(config, out, need, show or Show())
    except InputError:
        with contextlib.suppress(OSError):
            out.rmdir()  # nothing was made: leave nothing behind
        raise


def _choose(config, out, need, show):
    from prodimg_lib.runs.validation import for_choosing

    _check_begun(config, out)
    show.stage("prepare")
    of_data = {"data": config.data, "seed": config.seed}
    judge = {"evaluate": {"extractor": config.extractor}}
    whole = load_data(parse(RunConfig, of_data | judge), show)
    quiet.load_tensorflow()
    data, how = for_choosing(whole, config.seed)
    candidates = names_of(config.candidates, config.labels if data.num_classes > 1 else "yes")
    configs = {name: _run_config(config, *what) for name, what in candidates.items()}
    for name in configs:
        if (out / name).is_dir():  # begun before: with the batches it was begun with
            configs[name] = open_folder(configs[name], out / name)
        with_batch_size(configs[name], data)  # there are enough for a batch
    write_settings(config, out / SETTINGS)
    show.message(how)
    table, runs = [], []
    for at, (name, of_run) in enumerate(configs.items(), 1):
        words = text()["choose"]["candidate"]
        show.message(words.format(name=name, at=at, count=len(configs)))
        row, run = _candidate(name, of_run, data, out / name, show)
        table.append(row)
        runs += [run] if run else []
    if not runs:
        raise InputError(f"none of the candidates could be trained: {table[0]['failed']}")
    choice = choice_of(table, need, configs, runs, how=how, origin=data.origin, out=out)
    write_choice(choice, need, how, out)
    return choice


def names_of(families, labels):
    """``{name: (family, conditional)}`` of the candidates.

    Args:
        families: names of ``MODELS``; labels: ``yes`` (with), ``no`` or ``both``.

    Raises:
        InputError: no such family, or nothing of that name for labels.
    """
    if labels not in ("yes", "no", "both"):
        raise InputError(f"labels = {labels!r} is not known: choose yes, no or both")
    for family in families:
        if family not in MODELS:
            raise InputError(f"candidate {family!r} is not known: choose {', '.join(MODELS)}")
    found = {}
    for family in dict.fromkeys(families):
        if labels != "no":
            found[family] = (family, True)
        if labels != "yes":
            found[f"{family}-unconditional"] = (family, False)
    return found


def _check_begun(config, out):
    """Make sure that what was begun in ``out``, if anything was, can go on.

    Raises:
        InputError: it holds something else, or candidates that were trained for longer.
    """
    before = out / SETTINGS
    if not before.is_file():
        if any(path.name != LOCK for path in out.iterdir()):
            raise InputError(
                f"{out} is not empty and holds no choice (no {SETTINGS}): choose another --out"
            )
        return
    check_page(out / PAGE, COMMAND)
    old = read_settings(ChooseConfig, before).train
    for key in ("minutes", "steps"):
        earlier, now = getattr(old, key), getattr(config.train, key)
        if (earlier is None) != (now is None) or (earlier or 0) > (now or 0):
            raise InputError(
                f"{out} was begun with {key} = {earlier}, now {now} is asked for: repeat that "
                "budget or a larger one, so that all are trained alike, or choose another --out"
            )


def _run_config(config, family, conditional):
    values = {
        "data": config.data.model_dump(),
        "model": family,
        "conditional": conditional,
        "settings": config.settings.get(family, {}),
        "train": config.train.model_dump(),
        "evaluate": {
            "images": config.images,
            "second": False,
            "extractor": config.extractor,
        },
        "seed": config.seed,
    }
    return parse(RunConfig, values, family)


def _candidate(name, config, data, folder, show):
    """Train and measure one candidate: its row of the table, and its ``Finished`` run or None."""
    from prodimg_lib.runs.candidates import of_folder
    from prodimg_lib.runs.run import evaluate
    from prodimg_lib.runs.training import check_data, train

    words = text()["choose"]
    config = with_batch_size(config, data)
    measured = folder / MEASURED
    plan = {
        "minutes": config.train.minutes,
        "steps": config.train.steps,
        "images": config.evaluate.images,
        "data": data.digest,
    }
    if config.evaluate.extractor:
        plan["extractor"] = config.evaluate.extractor
    writable_folder(folder)
    found = _measured(measured, plan) if (folder / "metrics.json").is_file() else None
    check_data(folder, data)  # outside: other data is no fault of this candidate
    try:
        if found:
            show.message(words["there"].format(name=name))
        else:
            write_settings(config, folder / "config.yaml")
            classes = json.dumps(list(data.class_names))
            write_atomically(folder / "classes.json", classes + "\n")
            with locked(folder):
                model = train(config, data, folder, show, count_graphs=False)
            evaluate(folder, show, config=config, model=model, data=data)
            # Its metrics too: who evaluates the candidate by itself does so on other photographs.
            own = read_finished(folder).metrics | of_folder(folder, model, data)
            found = {"conditional": model.conditional, "metrics": own}
            write_atomically(measured, json.dumps({"plan": plan, **found}, indent=2) + "\n")
        run = read_finished(folder, name)
    except CannotWriteError:
        raise  # no fault of this candidate
    except InputError as error:
        show.message(words["failed_line"].format(name=name, reason=error))
        row = {"name": name, "conditional": config.conditional, "metrics": {}}
        return {**row, "failed": str(error)}, None
    size = {"value": run.megabytes, "uncertainty": 0.0, "floor": None, "n": None, "d": None}
    row = {
        "name": name,
        "conditional": found["conditional"],
        "failed": None,
        "step": run.step,
        "seconds": run.seconds,
        "metrics": {**run.metrics, **found["metrics"], "megabytes": size},
    }
    return row, run


def _measured(path, plan):
    """What was measured of a candidate under this plan; None where that is still to be done."""
    if not path.is_file():
        return None
    content = read_json(path, "delete it, and the candidate is measured again")
    if not (isinstance(content, dict) and {"plan", "conditional", "metrics"} <= content.keys()):
        raise InputError(f"{path} is damaged: delete it, and the candidate is measured again")
    return content if content["plan"] == plan else None
