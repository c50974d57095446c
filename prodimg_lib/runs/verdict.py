"""May this model ship? Gates on the measured numbers, each judged by an interval, never by a point.

A gate is a line such as ``coverage >= 0.4``. It **passes** if all of the number's interval
(``metrics.interval``, 95 %) meets the limit, **fails** if none of it does, and is **not decided**
otherwise: then other images of the same model could have shown the other answer.
"""

import math
import re
from dataclasses import dataclass

from prodimg_lib.errors import InputError
from prodimg_lib.metrics.intervals import LEVEL, METRICS, SHARES, interval
from prodimg_lib.metrics.table import shown_interval
from prodimg_lib.text import text

SHIP, DO_NOT_SHIP, NOT_DECIDED = "ship", "do not ship", "not decided"
PASSES, FAILS = "passes", "fails"
_FORM = re.compile(r"\s*([\w-]+(?:@[\w.+-]+)?)\s*(<=|>=|<|>)\s*(\S+)\s*", re.ASCII)
_EXAMPLE = "such as 'coverage >= 0.4' or 'kernel_distance <= 0.05'"
_BOUNDED = {*SHARES, "memorisation"}  # between 0 and 1
_MOST_IMAGES = 100  # times those scored: beyond it the number is as good as at the limit


@dataclass(frozen=True)
class Gate:
    """``metric`` ``sign`` ``limit``, such as coverage >= 0.4."""

    metric: str
    sign: str
    limit: float

    def __str__(self):
        return f"{self.metric} {self.sign} {self.limit:g}"

    def met_by(self, value):
        """Whether a number meets the limit."""
        return {
            "<=": value <= self.limit,
            "<": value < self.limit,
            ">=": value >= self.limit,
            ">": value > self.limit,
        }[self.sign]


def parse_gate(line):
    """A ``Gate`` from its line.

    Args:
        line: a metric of the table, one of ``<= < >= >``, and a number.

    Raises:
        InputError: another form, a metric that has no interval or is unknown, a limit that the
            metric can never reach or never miss.
    """
    found = _FORM.fullmatch(line) if isinstance(line, str) else None
    if not found:
        raise InputError(
            f"gate {line!r}: expected a metric, one of <= < >= >, a number, {_EXAMPLE}"
        )
    metric, sign, number = found.groups()
    if metric.partition("@")[0] not in METRICS:
        known = text()["metrics"]
        what = "is a count without an interval" if metric in known else "is no metric of a run"
        raise InputError(
            f"gate {line!r}: {metric!r} {what}; choose from {', '.join(sorted(METRICS))}"
        )
    try:
        limit = float(number)
    except ValueError:
        limit = math.nan
    if not math.isfinite(limit):
        raise InputError(f"gate {line!r}: {number!r} is no number; {_EXAMPLE}")
    if metric.partition("@")[0] in _BOUNDED and not 0 <= limit <= 1:
        raise InputError(f"gate {line!r}: {metric} lies between 0 and 1; for 40 % write 0.4")
    return Gate(metric, sign, limit)


def judge(gate, low, high):
    """One of ``PASSES``, ``FAILS`` and ``NOT_DECIDED``, by an interval.

    Args:
        gate: ``Gate``; low, high: the ends of the interval, both part of it.
    """
    # All signs are monotonous: what both ends do, all between them do.
    met = {gate.met_by(low), gate.met_by(high)}
    return NOT_DECIDED if len(met) == 2 else PASSES if met == {True} else FAILS


def decide(gates, table):
    """What the gates say of a table of metrics.

    All must pass for a model to ship. As each "passes" is wrong in at most one of 40 cases, so is
    "ship", however many gates there are (an intersection-union test, Berger 1982); "do not ship"
    needs one that fails, and is wrong more often the more gates there are, at most one of 40 each.

    Args:
        gates: lines as ``parse_gate`` takes them.
        table: ``Scores``.

    Returns:
        None without gates, else dict: ``verdict`` (``SHIP``, ``DO_NOT_SHIP`` or ``NOT_DECIDED``),
        ``level`` of the intervals, and ``gates``, for each a dict with ``gate``, ``verdict``,
        ``value``, ``interval`` and ``says``, a sentence.
    """
    rows = [_row(parse_gate(line), table) for line in gates]
    if not rows:
        return None
    found = {row["verdict"] for row in rows}
    verdict = DO_NOT_SHIP if FAILS in found else SHIP if found == {PASSES} else NOT_DECIDED
    return {"verdict": verdict, "level": LEVEL, "gates": rows}


def _row(gate, table):
    words = text()["verdict"]
    facts = table.get(gate.metric)
    ends = facts and not facts.get("withheld") and interval(gate.metric, facts)
    row = {"gate": str(gate), "value": facts and facts["value"], "interval": ends and list(ends)}
    if not ends:
        why = "missing" if not facts else "withheld" if facts.get("withheld") else "too_few"
        known = ", ".join(name for name in table if name.partition("@")[0] in METRICS)
        says = words[why].format(known=known, n=facts and facts.get("n"))
        return row | {"interval": None, "verdict": NOT_DECIDED, "says": says}
    verdict = judge(gate, *ends)
    key = "undecided" if verdict == NOT_DECIDED else verdict
    low, high, value = shown_interval(*ends, facts["value"])
    says = words[key].format(low=low, high=high, value=value)
    if verdict == NOT_DECIDED:
        says += " " + _how_many(gate, ends, facts, words)
    return row | {"verdict": verdict, "says": says}


def _how_many(gate, ends, facts, words):
    """How many images would decide it, if the value stays: widths fall with the root of n."""
    gap = abs(facts["value"] - gate.limit)
    end = ends[1] if facts["value"] < gate.limit else ends[0]
    times = math.inf if gap == 0 else (abs(end - facts["value"]) / gap) ** 2
    if times > _MOST_IMAGES:
        return words["at_the_limit"]
    return words["more_images"].format(n=math.ceil(times * facts["n"]))
