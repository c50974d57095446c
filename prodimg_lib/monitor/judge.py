"""The tests between a window and its reference, and what they say together."""

from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import drift
from prodimg_lib.metrics.distribution import whole_kernel_distance
from prodimg_lib.metrics.intervals import interval
from prodimg_lib.metrics.table import shown_interval
from prodimg_lib.metrics.uncertainty import half_sample_error
from prodimg_lib.monitor.reference import measured, open_reference, reference_of
from prodimg_lib.monitor.window import read_window
from prodimg_lib.runs.show import Show
from prodimg_lib.text import text

NO_DRIFT, DRIFT, CANNOT_SAY = "no drift", "drift", "cannot say"
LEAST = 50  # images (or draws) below which "no drift" would say nothing
_WINDOW, _REFERENCE = 500, 2000  # images that a kernel distance looks at


def monitor(window, run, *, reference=None, false_alarms=0.01, matters=None, seed=0, show=None):
    """Compare a window of images, or a log, with what a run or a shipped model has to compare with.

    Args:
        window: path, see ``window.read_window``.
        run: a run folder, or the name of a model that ships.
        reference: path of an earlier window, in place of the run's own images.
        false_alarms: how often at most a calm window may be called drift, in (0, 1).
        matters: a kernel distance; "no drift" is said only where the intervals lie below it.
        seed: of draws and divisions.
        show: a ``Show``.

    Returns:
        dict: ``verdict`` (``NO_DRIFT``, ``DRIFT`` or ``CANNOT_SAY``), ``says``, ``false_alarms``,
        ``window``, ``reference``, ``tests`` (dicts with ``test``, ``title``, ``drift``, ``p``,
        ``adjusted``, ``says`` and the figures) and ``notes``.

    Raises:
        InputError: a window or reference that is not there, a rate outside (0, 1).
    """
    if not 0 < false_alarms < 1:
        raise InputError(
            f"--false-alarms {false_alarms:g}: expected a share between 0 and 1, such as 0.01"
        )
    show = show or Show()
    if not Path(window).exists():
        raise InputError(f"{window} does not exist: give a folder of images, a zip file or a log")
    show.stage("prepare")
    against = open_reference(run, show)
    seen = read_window(
        window, against.size, against.channels, against.fit, show.message, against.prepare
    )
    usual = reference_of(against, seen, reference, seed)
    show.stage("evaluate")
    seen, usual = measured(against, seen), measured(against, usual)
    result = judge(seen, usual, against.extractor, false_alarms, matters, seed)
    words, name = text()["monitor"], reference or against.name
    notes = [*against.notes, *seen.notes, *usual.notes]
    if seen.images is None and reference is None:
        notes.append(words["mixed"])
    if seen.counts and not usual.counts:
        notes.append(words["no_demand"])
    return {
        "window": str(window),
        "reference": str(name),
        "seed": seed,
        **result,
        "notes": list(dict.fromkeys(notes)),
    }


def judge(window, reference, extractor=None, false_alarms=0.01, matters=None, seed=0):
    """``verdict``, ``says``, ``false_alarms`` and ``tests`` of two ``Window``s; see ``monitor``."""
    planned = list(tests(window, reference, extractor, seed))
    rows = [run(false_alarms / len(planned)) for run in planned]
    adjusted = drift.holm({row["test"]: row["p"] for row in rows})
    for row in rows:
        row["adjusted"] = adjusted[row["test"]]
        row["drift"] = row["adjusted"] <= false_alarms
    verdict, why = _verdict(window, rows, matters)
    says = text()["monitor"][verdict].format(why=why)
    return {"verdict": verdict, "says": says, "false_alarms": false_alarms, "tests": rows}


def _verdict(window, rows, matters):
    words = text()["monitor"]
    if any(row["drift"] for row in rows):
        return DRIFT, ""
    if not rows:
        return CANNOT_SAY, words["no_tests"]
    n = max(len(window.images) if window.images is not None else 0, window.drawn)
    n = max(n, sum(window.counts.values()))
    if n < LEAST:
        return CANNOT_SAY, words["too_few"].format(n=n, least=LEAST)
    ends = [row["interval"][1] for row in rows if "interval" in row]
    if matters is not None and ends and max(ends) > matters:
        return CANNOT_SAY, words["may_matter"].format(high=f"{max(ends):.3g}", matters=matters)
    return NO_DRIFT, ""


def tests(window, reference, extractor, seed):
    """The tests that both sides allow: functions of a level that return a row each."""
    words = text()["monitor"]["tests"]
    if window.images is not None and reference.images is not None:
        rng = np.random.default_rng(seed)
        # A test needs no more, and its cost grows with the square.
        rows = [
            np.sort(rng.permutation(len(side.images))[:most])
            for side, most in ((window, _WINDOW), (reference, _REFERENCE))
        ]
        a, b = window.images[rows[0]], reference.images[rows[1]]
        groups = None
        if window.classes and reference.classes:
            groups = [
                [side.classes[i] for i in of]
                for side, of in zip((window, reference), rows, strict=True)
            ]
        if extractor is not None and min(len(a), len(b)) > 1:
            title = words["network"].format(network=extractor.title)
            pair = extractor.features(a), extractor.features(b, cache=True)
            yield _distance("network", title, *pair, seed, groups)
        if min(len(a), len(b)) > 1:
            plain = drift.plain_numbers(a), drift.plain_numbers(b)
            # By both sides: the test must not know which is which.
            scaled = drift.standardiser(np.concatenate(plain))
            yield _distance(
                "plain", words["plain"], scaled(plain[0]), scaled(plain[1]), seed, groups
            )
    if window.counts and reference.counts:
        yield _classes(window.counts, reference.counts, seed)
    if window.drawn and reference.drawn:
        for gate in window.refused:
            if gate in reference.refused:
                yield _rate(gate, window, reference)


def _distance(name, title, a, b, seed, groups):
    def run(level):
        value, p = drift.kernel_test(a, b, level, seed, groups)
        row = {"test": name, "title": title, "p": p, "value": value, "n": len(a), "m": len(b)}
        words = text()["monitor"]["says"]
        if min(len(a), len(b)) < 4:
            return row | {"says": f"{value:.3g}"}
        error = half_sample_error(whole_kernel_distance, a, b, smooth=True, seed=seed)
        facts = {"value": value, "uncertainty": error, "n": len(a)}
        ends = interval("kernel_distance", facts)
        low, high, shown = shown_interval(ends[0], max(0.0, ends[1]), value)
        form = words["near_zero" if ends[0] < 0 else "distance"]  # no distance is below 0
        says = form.format(value=shown, low=low, high=high, n=len(a), m=len(b))
        return row | {"interval": list(ends), "says": says}

    return run


def _classes(counts, usual, seed):
    def run(level):
        names = sorted({*counts, *usual})
        a, b = (np.array([of.get(name, 0) for name in names]) for of in (counts, usual))
        value, p = drift.counts_test(a, b, level, seed)
        shares, others = a / a.sum(), b / b.sum()
        pooled = (a + b) / (a + b).sum()
        worst = int(np.argmax(np.abs(shares - others) / np.sqrt(pooled)))
        facts = {"name": names[worst], "share": shares[worst], "usual": others[worst]}
        says = text()["monitor"]["says"]["classes"].format(**facts, n=a.sum(), m=b.sum())
        return {
            "test": "classes",
            "title": text()["monitor"]["tests"]["classes"],
            "p": p,
            "value": value,
            "n": int(a.sum()),
            "m": int(b.sum()),
            "counts": {name: [int(x), int(y)] for name, x, y in zip(names, a, b, strict=True)},
            "says": says,
        }

    return run


def _rate(gate, window, reference):
    def run(level):
        k, n, others, m = (
            window.refused[gate],
            window.drawn,
            reference.refused[gate],
            reference.drawn,
        )
        words = text()["monitor"]
        title = words["tests"]["any" if gate == "any" else "gate"].format(gate=gate)
        says = words["says"]["rate"].format(share=k / n, n=n, usual=others / m, m=m)
        p = drift.shares_test(k, n, others, m)
        row = {"test": f"gate {gate}", "title": title, "p": p, "value": k / n, "n": n, "m": m}
        return row | {"usual": others / m, "says": says}

    return run
