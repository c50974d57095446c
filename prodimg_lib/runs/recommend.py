"""Which candidate to go on with: a pure function of what was measured and of what is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prodimg_lib.errors import InputError
from prodimg_lib.metrics.table import distance_of, with_error, words_of
from prodimg_lib.runs.intervals import interval, leader
from prodimg_lib.text import text

# What decides, in this order: the next is asked where intervals overlap. "distance" is the one that
# was measured, "obedience" the share of requests that were met, by whoever judged them.
NEEDS = {
    "fidelity": ("distance", "precision", "seconds_per_image"),
    "variety": ("coverage", "recall", "distance", "seconds_per_image"),
    "control": ("obedience", "distance", "seconds_per_image"),
    "latency": ("seconds_per_image", "distance", "megabytes"),
}
_OBEDIENCE = ("class_accuracy", "requests")
_PRICE = ("distance", "precision", "coverage", "recall", *_OBEDIENCE, "seconds_per_image")
COPIED = 0.05  # share of copies above that of held-out photographs, which nobody copied
NOTHING = 0.05  # share of images among the photographs, and of photographs with an image near
NOISY = 0.25  # of the likeness of two photographs: below it, two images have nothing in common


@dataclass(frozen=True)
class Verdict:
    """What to go on with, and why.

    Attributes:
        ranking: groups of names, best first; those of one group cannot be told apart.
        ruled_out: {name: reason}, candidates that no need is met by.
        recommended: a name, of the first group; None where all are ruled out.
        reasons: sentences.
    """

    ranking: Sequence[Sequence[str]]
    ruled_out: Mapping[str, str]
    recommended: str | None
    reasons: Sequence[str]


def recommend(table, need):
    """Rank candidates by what they are needed for.

    Args:
        table: a dict for each candidate: ``name``; ``conditional``, whether it takes classes;
            ``failed``, why it could not be trained or measured, or None; ``metrics``, entries as
            those of a run, all of the same photographs and number of images, with
            ``seconds_per_image``, ``megabytes`` and ``requests`` among them as far as they were
            measured.
        need: ``fidelity``, ``variety``, ``control`` or ``latency``.

    Returns:
        ``Verdict``.

    Raises:
        InputError: no such need, no candidates, or two of one name.
    """
    if need not in NEEDS:
        raise InputError(f"need = {need!r} is not known: choose {', '.join(NEEDS)}")
    rows = {row["name"]: row for row in table}
    if not rows or len(rows) < len(table):
        raise InputError("the table of candidates needs at least one row, and a name for each")
    words = text()["choose"]
    ruled_out = {name: reason for name, row in rows.items() if (reason := _unfit(row, need, words))}
    left = [name for name in rows if name not in ruled_out]
    if not left:
        classless = set(ruled_out.values()) == {words["no_classes"]}
        return Verdict((), ruled_out, None, [words["nobody_asks" if classless else "nobody"]])
    steps: list[str] = []
    ranking = _rank(left, rows, NEEDS[need], steps, words)
    first = ranking[0]
    if not any(_measure(key, rows[name]["metrics"]) for name in left for key in _asked_for(need)):
        steps.insert(0, words["blind"].format(need=need))
    if len(left) == 1:
        steps.append(words["only"].format(name=first[0]))
    elif len(first) > 1:
        steps.append(words["tie"].format(names=_and(first), name=first[0]))
    steps += _price(first[0], [name for name in left if name not in first], rows, words)
    noise = rows[first[0]]["metrics"].get("kernel_distance", {}).get("noise_share")
    if noise is not None and any(v.get("withheld") for v in rows[first[0]]["metrics"].values()):
        steps.append(words["early"].format(name=first[0], share=noise))
    return Verdict(ranking, ruled_out, first[0], steps)


def _asked_for(need):
    """The measures that the need itself names, but for those that only break ties."""
    return NEEDS[need][:1] if need == "latency" else NEEDS[need][:-1]


def _unfit(row, need, words):
    """Why a candidate meets no need, or not this one; None where it may."""
    metrics = row["metrics"]
    if row.get("failed"):
        return words["failed"].format(reason=row["failed"])
    copied = metrics.get("memorised")
    if copied:
        low = (interval(copied) or (copied["value"],))[0]
        if low > (copied.get("floor") or 0) + COPIED:
            return words["copies"].format(
                share=_shown(copied), real=f"{copied.get('floor') or 0:.1%}"
            )
    if noise := _noise(metrics, words):
        return noise
    if need == "control" and not row["conditional"]:
        return words["no_classes"]
    return None


def _noise(metrics, words):
    """Why images are taken for noise, or None.

    By value, not by interval: the error of a share that rests on one neighbourhood is wide.
    """
    shares = {
        name: metrics[name]["value"]
        for name in ("precision", "recall", "coverage")
        if name in metrics and not metrics[name].get("withheld")
    }
    if "coverage" in shares:
        if max(shares.values()) >= NOTHING:
            return None
        return words["noise"].format(coverage=shares["coverage"])
    alike = metrics.get("similarity")
    if alike and alike.get("floor") is not None:
        high = (interval(alike) or (None, alike["value"]))[1]
        if high < NOISY * alike["floor"]:
            return words["unlike"].format(value=_shown(alike), real=f"{alike['floor']:.2f}")
    return None


def _rank(names, rows, measures, steps, words):
    """Groups of names, best first, by the first measure that tells them apart, then by the next.

    What was decided about the first place is added to ``steps``.
    """
    if len(names) == 1 or not measures:
        return [list(names)]
    key, *later = measures
    measured = {name: metric for name in names if (metric := _measure(key, rows[name]["metrics"]))}
    # Candidates are judged by one network or not at all: the first one's name of the metric holds.
    metric = next(iter(measured.values()), None)
    entries = {name: rows[name]["metrics"][metric] for name, m in measured.items() if m == metric}
    found = leader(metric, entries) if metric else None
    if found is None:
        return _rank(names, rows, later, steps, words)
    best, behind, tied = found
    first = [name for name in names if name == best or name in tied]
    last = [name for name in names if name not in first]
    title = words_of(metric, entries[best])["title"]
    if behind:
        ahead = _and([f"{name} ({_shown(entries[name])})" for name in first])
        others = _and([f"{name} ({_shown(entries[name])})" for name in behind])
        steps.append(words["ahead"].format(title=title, first=ahead, behind=others))
    elif len(first) > 1:
        each = _and([f"{name} ({_shown(entries[name])})" for name in first])
        steps.append(words["overlap"].format(title=title, names=each))
    missing = [name for name in last if name not in behind]
    if missing:
        steps.append(words["unmeasured"].format(title=title, names=_and(missing)))
    groups = _rank(first, rows, later, steps, words)
    return [*groups, *(_rank(last, rows, measures, [], words) if last else [])]


def _measure(key, metrics):
    """The metric that stands for a measure of ``NEEDS``; None where it says nothing.

    That is, where it was not measured, or the run withholds it so far from photographs.
    """
    if key == "distance":
        return distance_of(metrics)
    names = _OBEDIENCE if key == "obedience" else (key,)
    return next((n for n in names if n in metrics and not metrics[n].get("withheld")), None)


def _price(name, others, rows, words):
    """In what the recommended candidate is clearly behind one that is ranked after it."""
    found = []
    for key in _PRICE:
        metric = _measure(key, rows[name]["metrics"])
        entries = {
            who: rows[who]["metrics"][metric]
            for who in (name, *others)
            if metric in rows[who]["metrics"] and not rows[who]["metrics"][metric].get("withheld")
        }
        best = leader(metric, entries) if name in entries else None
        if best and name in best[1]:
            title = words_of(metric, entries[name])["title"]
            ours, theirs = _shown(entries[name]), _shown(entries[best[0]])
            found.append(
                words["price"].format(
                    name=name, title=title, ours=ours, best=best[0], theirs=theirs
                )
            )
    return found


def _shown(facts):
    return with_error(facts["value"], facts.get("uncertainty"))


def _and(names):
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
