"""What came of choosing a model: the verdict in words, the table, the command to go on with."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prodimg_lib.files import write_atomically
from prodimg_lib.metrics.table import distance_of, shown_value, with_error, with_floor, words_of
from prodimg_lib.runs.compare import Row
from prodimg_lib.runs.config import TrainConfig
from prodimg_lib.runs.finished import Finished
from prodimg_lib.runs.pages import loss_curves, sheets, write_page
from prodimg_lib.runs.recommend import Verdict, recommend
from prodimg_lib.text import text

COMMAND = "prodimg choose"
RESULT, PAGE = "choice.json", "choice.html"
_LONGER = 10  # times the budget of a candidate: what the chosen one is trained for
_SHOWN = (
    *("precision", "recall", "coverage", "memorisation", "memorised"),
    *("class_accuracy", "requests", "seconds_per_image", "megabytes"),
)


@dataclass(frozen=True)
class Choice:
    """What came of it, ready to be shown.

    Attributes:
        verdict: ``Verdict``; command: the ``prodimg run`` to go on with, or None.
        lead, headline, places, notes: words; names, rows: the table, a column for each candidate.
        runs: ``Finished``, those that were trained.
        table: as ``recommend`` was given it.
    """

    verdict: Verdict
    command: str | None
    lead: str
    headline: str
    places: Sequence[str]
    notes: Sequence[str]
    names: Sequence[str]
    rows: Sequence[Row]
    runs: Sequence[Finished]
    table: Sequence[dict[str, Any]]


def choice_of(table, need, configs, runs, *, how, origin, out):
    """``Choice`` from the table of candidates.

    Args:
        table, need: as of ``recommend``.
        configs: {name: its ``RunConfig``}, all with one budget; runs: ``Finished``, those there.
        how: what they were judged by, a sentence; origin: of the photographs; out: the folder.
    """
    words = text()["choose"]
    train = next(iter(configs.values())).train
    verdict = recommend(table, need)
    name = verdict.recommended
    places = [
        words["tied" if len(group) > 1 else "place"].format(place=i, names=", ".join(group))
        for i, group in enumerate(verdict.ranking, 1)
    ]
    # On the clock the machine has a say, and how much of it each candidate got.
    notes = [how, *([words["equal"]] if train.minutes else []), words["one_seed"]]
    lead = words["lead"].format(
        names=", ".join(configs), origin=origin, budget=_budget(train, words), need=need
    )
    return Choice(
        verdict=verdict,
        command=command_of(configs[name], name, out) if name else None,
        lead=lead,
        headline=words["recommended"].format(name=name) if name else words["none"],
        places=places,
        notes=notes,
        names=[row["name"] for row in table],
        rows=_rows(table),
        runs=runs,
        table=table,
    )


def _budget(train, words):
    minutes = train.minutes and words["budget_minutes"].format(minutes=train.minutes)
    steps = train.steps and words["budget_steps"].format(steps=train.steps)
    both = minutes and steps
    return words["both"].format(minutes=minutes, steps=steps) if both else minutes or steps


def _rows(table):
    distance = next(filter(None, (distance_of(row["metrics"]) for row in table)), None)
    rows = []
    for key in (distance, *_SHOWN):
        entries = [row["metrics"].get(key) for row in table]
        if any(entries):
            words = words_of(key, next(filter(None, entries)))
            rows.append(Row(words["title"], tuple(map(_cell, entries)), words["better"]))
    costs = text()["compare"]["costs"]
    steps = tuple(f"{row['step']:,}" if "step" in row else "" for row in table)
    minutes = tuple(f"{row['seconds'] / 60:.1f}" if "step" in row else "" for row in table)
    return [*rows, Row(costs["steps"], steps), Row(costs["minutes"], minutes)]


def _cell(facts):
    if facts is None:
        return ""
    known = facts["uncertainty"] or facts.get("withheld")
    value = shown_value(facts) if known else with_error(facts["value"], None)
    floor = with_floor(facts)
    return f"{value} (real {floor})" if floor else value


def command_of(config, name, out):
    """The ``prodimg run`` that trains a candidate for longer, on all training photographs."""
    data, train = config.data, config.train
    parts = ["prodimg", "run", "--data", data.source, "--model", config.model]
    for flag, value in (("size", data.size), ("channels", data.channels), ("limit", data.limit)):
        parts += [f"--{flag}", str(value)] if value else []
    parts += ["--fit", data.fit] if data.fit != "pad" else []
    parts += [] if config.conditional else ["--unconditional"]
    parts += ["--minutes", f"{_LONGER * train.minutes:g}"] if train.minutes else []
    parts += ["--steps", str(_LONGER * train.steps)] if train.steps else []
    parts += ["--seed", str(config.seed)] if config.seed else []
    assignments = {f"settings.{key}": value for key, value in config.settings.given.items()}
    for key, usual in TrainConfig().model_dump(exclude={"minutes", "steps"}).items():
        if getattr(train, key) != usual:
            assignments[f"train.{key}"] = getattr(train, key)
    if config.evaluate.extractor:
        assignments["evaluate.extractor"] = config.evaluate.extractor
    for key, value in assignments.items():
        parts += ["--set", f"{key}={json.dumps(value)}"]
    return shlex.join([*parts, "--out", str(out.with_name(f"{out.resolve().name}-{name}"))])


def write_choice(choice, need, how, out):
    """Write ``choice.json`` and ``choice.html`` of a ``Choice`` into the folder ``out``.

    Raises:
        InputError: one of them cannot be written, or is not ours.
    """
    verdict = asdict(choice.verdict)
    result = {"need": need, **verdict, "command": choice.command, "judged_by": how}
    content = json.dumps({**result, "candidates": list(choice.table)}, indent=2)
    write_atomically(out / RESULT, content + "\n")
    write_page(
        out / PAGE,
        "choice.html.j2",
        COMMAND,
        words=text()["choose"],
        shared=text()["compare"],
        choice=choice,
        sheets=sheets(choice.runs),
        curves=loss_curves(choice.runs),
    )
