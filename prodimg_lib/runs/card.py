"""``card.md``: the model card of a run (Mitchell et al. 2019), from what the run measured."""

import hashlib
from pathlib import Path

import numpy as np
import yaml

from prodimg_lib.data.preparation import MANIFEST
from prodimg_lib.data.prepared import is_prepared
from prodimg_lib.data.sources import place
from prodimg_lib.files import read_json, write_atomically
from prodimg_lib.metrics.table import shown_interval, shown_value, with_floor, words_of
from prodimg_lib.templates import render
from prodimg_lib.text import text

NAME = "card.md"


def write_card(out, result, *, checkpoint, config, model, data, findings=None):
    """Write ``card.md`` of the run in ``out``.

    Args:
        out: the run folder, with its ``environment.json``.
        checkpoint: path of the model file that was judged.
        result: what ``metrics.json`` holds, with ``metrics`` a ``Scores``.
        config: ``RunConfig``; model: the trained model; data: ``ProductImages``.
        findings: of the training doctor, as ``Findings.rows``; None where it did not watch.

    Raises:
        InputError: it cannot be written, or the data's manifest is damaged.
    """
    out = Path(out)
    words, table, verdict = text()["card"], result["metrics"], result["verdict"]
    words = words | (words["drawn"] if data.drawn else {})
    kind = text()["models"][config.model]
    environment = read_json(out / "environment.json", "evaluate the run again, which writes it")
    manifest = _manifest(config, data)
    splits, counts = _counts(data, manifest, words)
    content = render(
        "card.md.j2",
        words=words,
        title=_cell(f"{kind}, {data.origin}"),
        date=environment.pop("date")[:10],
        model=[*_model(checkpoint, result, model, kind, words), *_versions(environment)],
        settings=yaml.safe_dump(_chosen(config), sort_keys=False),
        use=_cell(config.card.intended_use or words["not_stated"]),
        data_licence=_cell(config.card.data_licence or words["not_stated"]),
        model_licence=_cell(config.card.model_licence or words["not_stated"]),
        data=_data(data, manifest, words),
        splits=splits,
        counts=counts,
        metrics=[_metric(name, facts, words) for name, facts in table.items()],
        notes=map(_cell, result["notes"]),
        per_class=_per_class(table),
        verdict=verdict and {**verdict, "says": text()["verdict"][verdict["verdict"]]},
        failures=_failures(result, findings, words),
        blinds=[_blind(name, facts) for name, facts in table.items()],
    )
    write_atomically(out / NAME, content)


def _model(checkpoint, result, model, kind, words):
    with checkpoint.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    c, names = model.config, words["facts"]
    trained = result.get("checkpoint", result["training"])
    images = words["images"].format(
        size=c.size, channels=c.channels, classes="yes" if model.conditional else "no"
    )
    return [
        (names["kind"], kind),
        (names["images"], images),
        (names["step"], f"{trained['step']:,}"),
        (names["seconds"], f"{trained['seconds']:,.0f}"),
        (names["seed"], result["seed"]),
        (names["file"], checkpoint.name),
        (names["sha256"], f"`{digest}`"),
    ]


def _versions(environment):
    return [(key, "–" if value is None else _cell(value)) for key, value in environment.items()]


def _chosen(config):
    """The settings that differ from the defaults, but for where the photographs lie."""
    chosen = config.model_dump(mode="json", exclude_defaults=True, exclude={"card"})
    chosen.get("data", {}).pop("source", None)
    return {"model": config.model, **{key: value for key, value in chosen.items() if value != {}}}


def _manifest(config, data):
    """``(what manifest.json holds, its SHA-256)`` of prepared photographs, or None."""
    folder = place(config.data.source)
    if data.source != "folder" or not is_prepared(folder):
        return None
    path = Path(folder) / MANIFEST
    return (
        read_json(path, "prepare the photographs again with `prodimg data prepare`"),
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _data(data, manifest, words):
    names = words["data_facts"]
    rows = [
        (names["source"], _cell(data.origin)),
        (names["digest"], f"`{data.digest}`"),
        (names["skipped"], f"{len(data.skipped):,}"),
    ]
    if manifest:
        facts, digest = manifest
        rows += [
            (names["prepared"], _cell(facts["source"])),
            (names["manifest"], f"`{digest}`"),
            (names["manifest_digest"], f"`{facts['digest']}`"),
            (names["preparation"], _cell(facts["config"])),
        ]
    return rows


def _counts(data, manifest, words):
    """Names of the splits, and for each class, then for all, how many images each has."""
    if data.shards:  # of which the arrays are samples
        splits = {split: list(counts.values()) for split, counts in manifest[0]["counts"].items()}
    else:
        labels = {"train": data.labels, "val": data.val_labels, "test": data.test_labels}
        splits = {
            split: np.bincount(found, minlength=data.num_classes).tolist()
            for split, found in labels.items()
            if found is not None and len(found)
        }
    rows = [
        (_cell(name), numbers)
        for name, *numbers in zip(data.class_names, *splits.values(), strict=True)
    ]
    total = (words["total"], [sum(numbers) for numbers in splits.values()])
    return [words["splits"][split] for split in splits], [*rows, total]


def _metric(name, facts, words):
    ends = None if facts.get("withheld") else facts.get("interval")
    return [
        words_of(name, facts)["title"],
        shown_value(facts),
        "" if ends is None else " to ".join(shown_interval(*ends)),
        with_floor(facts),
        facts.get("n") or "",
        facts.get("network", words["pixels"]),
    ]


def _blind(name, facts):
    found = words_of(name, facts)
    return found["title"], found["blind"]


def _per_class(table):
    shares = table.get("class_accuracy", {}).get("per_class", {})

    def percent(value):
        return "–" if value is None else f"{value:.0%}"

    return [
        (_cell(name), percent(share["value"]), percent(share["floor"]))
        for name, share in shares.items()
    ]


def _failures(result, findings, words):
    """What the doctor found, then the advice, which begins with what of it stands."""
    if findings:
        found = [
            words["finding"].format(
                step=row["step"], stands=words["stands"] * row["stands"], says=row["says"]
            )
            for row in findings
        ]
    else:
        found = [words["not_watched" if findings is None else "none_found"]]
    standing = {f"{row['says']} {row['advice']}" for row in findings or () if row["stands"]}
    return found + [line for line in result["advice"] if line not in standing]


def _cell(value):
    """Text of somebody else as it stands in a Markdown table: on one line, nothing of it markup."""
    line = " ".join(str(value).split())
    for mark in ("\\", "`", "*", "_", "|", "[", "<"):
        line = line.replace(mark, "\\" + mark)
    return line
