"""Finished runs side by side: what was set otherwise, what came of it, and which gaps are real.

Only like is compared with like: numbers of the same data, the same number of images and the same
network. What is not comparable is said in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.metrics.table import shown_value, with_floor, words_of
from prodimg_lib.runs.finished import Finished, read_finished
from prodimg_lib.runs.intervals import leader
from prodimg_lib.settings import flat
from prodimg_lib.text import text

# What two numbers of one metric must have in common; without an entry, nothing is known against it.
_ALIKE = ("reference", "n", "features", "network", "d", "likelihood", "within_classes")


@dataclass(frozen=True)
class Row:
    """A line of a table: its title, a cell for each run ("" where it has none), and a remark."""

    title: str
    cells: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True)
class Comparison:
    """Runs side by side, ready to be shown.

    Attributes:
        runs: as they were asked for.
        settings: those that differ; metrics, costs: of each run.
        differences: sentences, one for each metric that was measured of two comparable runs.
        incomparable: sentences, what was not compared and why.
        left_out: sentences about folders that could not be read, and files in the others.
    """

    runs: Sequence[Finished]
    settings: Sequence[Row]
    metrics: Sequence[Row]
    costs: Sequence[Row]
    differences: Sequence[str]
    incomparable: Sequence[str]
    left_out: Sequence[str] = ()


def compare(folders):
    """Read the run ``folders`` and compare them; a folder that is no finished run is left out.

    Raises:
        InputError: none of them is a finished run.
    """
    paths = list({Path(folder).resolve(): Path(folder) for folder in folders}.values())
    names = [path.resolve().name for path in paths]
    runs, left_out = [], []
    for path, name in zip(paths, names, strict=True):
        try:
            runs.append(read_finished(path, name if names.count(name) == 1 else str(path)))
        except InputError as error:
            left_out.append(str(error))
    if not runs:
        first = left_out[0] if left_out else "no folder was given: name those of `prodimg run`"
        more = f" ({len(left_out) - 1} more folders are none either)" if len(left_out) > 1 else ""
        raise InputError(first + more)
    left_out += [f"{run.name}: {remark}" for run in runs for remark in run.remarks]
    differences, incomparable = judge(runs)
    return Comparison(
        runs, differing(runs), _metrics(runs), _costs(runs), differences, incomparable, left_out
    )


def differing(runs):
    """The settings in which runs differ, as ``Row``s: what they amount to, chosen or by default.

    A setting that only some families have is shown where somebody chose it.
    """
    all_of = [flat(run.config.amounting_to()) for run in runs]
    chosen = {f"settings.{key}" for run in runs for key in run.config.settings.given}
    rows = []
    for key in dict.fromkeys(key for values in all_of for key in values):
        values = [found.get(key, "–") for found in all_of]
        everywhere = all(key in found for found in all_of)
        if len(set(map(repr, values))) > 1 and (everywhere or key in chosen):
            rows.append(Row(key, tuple(map(str, values))))
    return rows


def _metrics(runs):
    rows = []
    for name, group in _by_metric(runs).items():
        words = words_of(name, next(iter(group.values())))
        cells = []
        for run in runs:
            facts = group.get(run.name)
            floor = with_floor(facts) if facts else ""
            value = shown_value(facts) if facts else ""
            cells.append(f"{value} (real {floor})" if floor else value)
        rows.append(Row(words["title"], tuple(cells), words["better"]))
    return rows


def _by_metric(runs):
    """{metric: {name of the run: its entry}}, in the order in which they come."""
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    return {
        name: {run.name: run.metrics[name] for run in runs if name in run.metrics} for name in names
    }


def _costs(runs):
    words = text()["compare"]["costs"]
    columns = {
        "minutes": [f"{run.seconds / 60:.1f}" for run in runs],
        "steps": [f"{run.step:,}" for run in runs],
        "per_step": [f"{1000 * run.seconds / run.step:.1f} ms" if run.step else "" for run in runs],
        "images": [
            f"{run.step * b:,}" if (b := run.config.train.batch_size) else "" for run in runs
        ],
        "size": ["" if v is None else f"{v:.1f} MB" for v in (run.megabytes for run in runs)],
    }
    return [Row(words[key], tuple(cells)) for key, cells in columns.items()]


def judge(runs):
    """Which differences of the metrics are larger than their uncertainty.

    Returns:
        ``(differences, incomparable)``, two lists of sentences.
    """
    words = text()["compare"]
    differences: list[str] = []
    equal: dict[tuple[str, ...], list[str]] = {}  # runs: titles of what does not tell them apart
    against: dict[tuple[str, str, str], list[str]] = {}  # (run, run, reason): titles
    withheld: dict[str, list[str]] = {}  # run: titles
    for name, entries in _by_metric(runs).items():
        title = words_of(name, next(iter(entries.values())))["title"]
        groups = _alike(runs, entries)
        for group in groups:
            best, behind, tied = leader(name, group) or ("", (), ())
            if behind:
                sentence = words["leads"].format(title=title, best=best, behind=", ".join(behind))
                more = words["ties"].format(tied=", ".join(tied)) if tied else ""
                differences.append(f"{sentence} {more}".rstrip())
            elif tied and any(facts.get("uncertainty") is not None for facts in group.values()):
                equal.setdefault(tuple(group), []).append(title)
        for run, facts in entries.items():
            if facts.get("withheld"):
                withheld.setdefault(run, []).append(title)
        for group in groups[1:]:  # none where all are withheld
            one, other = next(iter(groups[0])), next(iter(group))
            reason = _reason(runs, one, other, entries, words)
            for run in group:
                against.setdefault((one, run, reason), []).append(title)
    incomparable = [
        words["not_comparable"].format(a=a, b=b, reason=reason, metrics=", ".join(titles))
        for (a, b, reason), titles in against.items()
    ]
    incomparable += [
        words["withheld"].format(run=run, metrics=", ".join(titles))
        for run, titles in withheld.items()
    ]
    machines = {(run.environment.get("system"), run.environment.get("cores")) for run in runs}
    if len(machines) > 1:
        incomparable.append(words["other_machines"])
    differences += [
        words["all_tied"].format(titles=", ".join(titles), runs=", ".join(names))
        for names, titles in equal.items()
    ]
    return differences, incomparable


def _alike(runs, entries):
    """``entries`` in groups that are comparable among themselves, the largest first."""
    digests = {run.name: run.digest for run in runs}
    groups: dict[tuple, dict] = {}
    for name, facts in entries.items():
        if facts.get("withheld"):  # the run itself says that it means nothing
            continue
        # Of a run whose data is not known nothing can be said to be the same.
        data = digests[name] or ("unknown", name)
        key = (data, *(repr(facts.get(fact)) for fact in _ALIKE))
        groups.setdefault(key, {})[name] = facts
    return sorted(groups.values(), key=len, reverse=True)


def _reason(runs, one, other, entries, words):
    """Why two entries of a metric are not comparable, in words."""
    digests = {run.name: run.digest for run in runs}
    if None in (digests[one], digests[other]):
        return words["unknown_data"]
    if digests[one] != digests[other]:
        return words["other_data"]
    a, b = entries[one], entries[other]
    fact = next(fact for fact in _ALIKE if a.get(fact) != b.get(fact))
    return words["other_fact"].format(
        fact=words["facts"][fact], a=a.get(fact, "–"), b=b.get(fact, "–")
    )
