"""One line for a run's numbers: what the model is good at and what bad, and how sure that is.

Each number is judged against what real images score, and by its interval, never by a point: "good"
and "bad" are said only where all of the interval says so. Of what lies between nothing is claimed.
"""

from dataclasses import dataclass

from prodimg_lib.metrics import colour
from prodimg_lib.metrics.intervals import interval
from prodimg_lib.metrics.table import distance_of, shown_value, words_of
from prodimg_lib.text import text

GOOD, BAD, BETWEEN = "good", "bad", "between"
_SHARES = ("precision", "recall", "coverage", "colour_coverage", "class_accuracy")
_NEAR, _SHORT = 0.9, 0.75  # of what real images score: good from here on, bad up to there
# A Fréchet distance in units of its floor, and a kernel distance by the share of noise it is as far
# as (runs.noise): near up to the first, far from the second on.
_TIMES, _NOISE = (3.0, 8.0), (0.1, 0.4)
_COPIED = 0.05  # of the images, more than of held-out ones: from here on it copies


@dataclass(frozen=True)
class Judged:
    """One ability of the model: ``what`` in words, its ``standing``, and the numbers ``shown``."""

    what: str
    standing: str
    shown: str


def judged(table):
    """The abilities that a table of metrics tells about.

    Args:
        table: ``Scores`` with the floors of a run, or what ``metrics.json`` holds of them.

    Returns:
        list of ``Judged``, in the order in which they are told.
    """
    found = []
    words = text()["summary"]
    for name in filter(None, (distance_of(table), *_SHARES, "memorised")):
        facts = table.get(name)
        if not facts or facts.get("withheld") or facts.get("floor") is None:
            continue
        standing = _standing(name, facts)
        if standing is None or (name == "memorised" and standing != BAD):
            continue  # that nothing is copied is no praise for noise
        key = name if name in _SHARES or name == "memorised" else "distance"
        shown = words["shown"].format(
            title=words_of(name, facts)["title"], value=shown_value(facts), real=facts["floor"]
        )
        found.append(Judged(words["abilities"][key], standing, shown))
    return found


def summary(table, verdict=None):
    """The line at the top of the report, and what it rests on.

    Args:
        table: as of ``judged``; verdict: of ``verdict.decide``, or None without gates.

    Returns:
        ``(line, grounds)``, two str: the verdict in words, and its numbers with their errors.
    """
    words = text()["summary"]
    gates = text()["verdict"][verdict["verdict"]] if verdict else words["no_gate"]
    if any(facts.get("withheld") for facts in table.values()):
        distance = table["kernel_distance"]
        line = words["noise"].format(share=distance["noise_share"])
        return f"{line} {gates}", words["grounds_noise"].format(value=shown_value(distance))
    abilities = judged(table)
    parts = []
    for standing in (GOOD, BAD, BETWEEN):
        names = [ability.what for ability in abilities if ability.standing == standing]
        if names:
            parts.append(words[standing].format(names=_listed(names)))
    line = "; ".join(parts) if parts else words["nothing"]
    shown = ", ".join(ability.shown for ability in abilities)
    n = next((facts["n"] for facts in table.values() if facts.get("n")), 0)
    grounds = words["grounds"].format(n=n)
    return (
        f"{line[0].upper()}{line[1:]}. {gates}",
        f"{shown}. {grounds}" if shown else grounds,
    )


def _listed(names):
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _standing(name, facts):
    ends = interval(name, facts)
    if ends is None:
        return None
    low, high = ends
    floor = facts["floor"]
    if name == "memorised":
        return BAD if low > floor + _COPIED else GOOD
    if name in _SHARES:
        if name == "colour_coverage" and colour.lost(facts):
            return BAD
        return _by(low >= _NEAR * floor, high < _SHORT * floor)
    if name == "kernel_distance":
        if not facts.get("noise"):
            return None
        from prodimg_lib.runs.noise import noise_share

        near, far = _NOISE
        return _by(
            noise_share(high, facts["noise"]) <= near, noise_share(low, facts["noise"]) > far
        )
    # The floor is bias, which falls like 1 / n: what it is at the n of the value.
    usual = floor * facts.get("floor_n", facts["n"]) / facts["n"]
    near, far = _TIMES
    return _by(high <= near * usual, low > far * usual)


def _by(good, bad):
    return GOOD if good else BAD if bad else BETWEEN
