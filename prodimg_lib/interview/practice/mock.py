"""A mock interview: which questions it asks, and what an answer to one was worth."""

import random
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.interview.bank import Question
from prodimg_lib.interview.terms import LEVELS, level_letter
from prodimg_lib.interview.words import words

ROUNDS = ("concept", "coding", "concept", "debug")  # the order of kinds, again and again
BESIDE_DESIGN = 15  # minutes that must be left for other questions if there is a design case
WARM_UP = 20  # from so many minutes on, the first question is one step easier
EASIER = {
    "M": {"level": "E"},
    "H": {"level": "M"},
    "junior": {"level": "E"},
    "senior": {"seniority": "junior"},
}
GOOD = 70  # points of 100 from which an answer counts as right, if nothing essential is missing


@dataclass(frozen=True)
class Plan:
    """What will be asked; the same arguments and the same bank give the same plan."""

    questions: list
    minutes: int
    seed: int
    level: str | None = None
    topic: str | None = None
    kind: str | None = None
    seniority: str | None = None

    def command(self):
        names = ("level", "seniority", "topic", "kind")
        given = {name: getattr(self, name) for name in names}
        flags = [f"--{name} {value}" for name, value in given.items() if value]
        start = f"prodimg interview mock --minutes {self.minutes}"
        return " ".join([start, *flags, f"--seed {self.seed}"])


@dataclass
class Answered:
    """What came of one question.

    Attributes:
        seconds: spent on it, without the pauses.
        scores: points by rubric id; None if it was not scored.
        hints: how many were looked at.
        checks: statuses of the checks of the code, in order.
        follow_ups: for each that was asked, whether it was answered.
        file: where the code was written.
    """

    question: Question
    seconds: float = 0.0
    scores: dict | None = None
    hints: int = 0
    checks: list = field(default_factory=list)
    follow_ups: list = field(default_factory=list)
    file: Path | None = None

    @property
    def points(self):
        return None if self.scores is None else sum(self.scores.values())

    @property
    def missed(self):
        """Essential points of the rubric that earned nothing."""
        if self.scores is None:
            return []
        rubric = self.question.data["rubric"]
        return [point for point in rubric if point["must"] and not self.scores[point["id"]]]

    @property
    def right(self):
        return self.points >= GOOD and not self.missed


def choose(bank, minutes=45, level=None, topic=None, kind=None, seed=0, seniority=None):
    """Draw questions of mixed kinds and topics that fill the minutes.

    A long interview ends in a system-design case, if there is one of the level. Questions that
    point to each other are kept apart where possible: one may give the other away.

    Args:
        level: "E", "M", "H" or the words; the first question may be one step easier.
        kind: only this kind.
        seniority: "junior" or "senior": medium questions expected of a junior, or of a senior only.

    Returns:
        Plan.

    Raises:
        InputError: an unknown topic, level, kind or seniority, minutes below 1, or nothing fits.
    """
    if not minutes > 0:
        raise InputError(f"minutes {minutes:g}: expected a number above 0, such as 45")
    level = level_letter(level)
    draw = random.Random(seed)
    pool = bank.filter(topic, level, kind, seniority)
    level = "M" if seniority else level
    draw.shuffle(pool)
    chosen, closing, left = [], [], minutes
    if kind is None:
        cases = [q for q in pool if q.kind == "design" and q.minutes + BESIDE_DESIGN <= minutes]
        closing = cases[:1]
        left -= sum(q.minutes for q in closing)
        easier = EASIER.get(seniority or level)
        if easier and minutes >= WARM_UP:
            first = bank.filter(topic, kind="concept", **easier)
            draw.shuffle(first)
            chosen = [q for q in first if q.minutes <= left][:1]
            left -= sum(q.minutes for q in chosen)
    rounds = (kind,) if kind else ROUNDS
    in_vain = 0
    for wanted in cycle(rounds[len(chosen) :] + rounds[: len(chosen)]):
        asked = [*chosen, *closing]
        fitting = [q for q in pool if q.kind == wanted and q.minutes <= left and q not in asked]
        in_vain = 0 if fitting else in_vain + 1
        if in_vain == len(rounds):
            break
        if fitting:
            chosen.append(min(fitting, key=lambda q: _closeness(q, asked)))
            left -= chosen[-1].minutes
    if not chosen and not closing:  # a design case may fill all the time
        closing = [q for q in pool if q.minutes <= minutes][:1]
    if not chosen and not closing:
        raise InputError(words()["mock"]["nothing"])
    return Plan([*chosen, *closing], minutes, seed, level, topic, kind, seniority)


def _closeness(q, asked):
    """How near a question is to those already chosen: related ones, then those of its topic."""
    related = sum(
        q.id in other.data.get("related", []) or other.id in q.data.get("related", [])
        for other in asked
    )
    return related, sum(other.topics[0] == q.topics[0] for other in asked)


def next_step(plan):
    """The options of an interview one step harder; the last stays."""
    if plan.seniority == "junior":
        return "--seniority senior"
    letters = list(LEVELS)
    place = letters.index(plan.level or "M")
    return f"--level {letters[min(place + 1, len(letters) - 1)]}"


class Unreadable(ValueError):  # noqa: N818 (it is an answer, not an error)
    """Ticks that cannot be understood; ``words`` says why in a language."""

    def __init__(self, key, **values):
        super().__init__(key)
        self.key, self.values = key, values

    def words(self, said):
        return said[self.key].format(**self.values)


def read_ticks(text, weights):
    """Points for each line of a rubric.

    Args:
        text: "1 3", "1, 4=10", "a" for all, "" for none.
        weights: of the lines, in order.

    Returns:
        Points, in order.

    Raises:
        Unreadable.
    """
    text = text.strip().lower()
    if text in ("a", "all"):
        return list(weights)
    points = [0] * len(weights)
    for word in text.replace(",", " ").split():
        number, _, part = word.partition("=")
        if not number.isdecimal() or ("=" in word and not part.isdecimal()):
            raise Unreadable("tick_help", given=word)
        number = int(number)
        if not 1 <= number <= len(weights):
            raise Unreadable("tick_none", n=len(weights))
        weight = weights[number - 1]
        if part and int(part) > weight:
            raise Unreadable("tick_many", number=number, weight=weight)
        points[number - 1] = int(part) if part else weight
    return points
