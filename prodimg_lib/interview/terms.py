"""What a question can be: its kinds, levels and topics; and what points of a rubric mean."""

from typing import Literal, get_args

from prodimg_lib.interview.language import one_of

Kind = Literal["concept", "coding", "debug", "design"]
Level = Literal["E", "M", "H"]
Seniority = Literal["junior", "senior"]
Topic = Literal["gan", "vae", "evaluation", "diffusion", "data", "design"]  # pages of the book
MoreTopic = Literal["loss", "training", "theory", "numerics", "keras", "statistics", "production"]

KINDS: tuple[Kind, ...] = get_args(Kind)
LEVELS: dict[Level, str] = {"E": "easy", "M": "medium", "H": "hard"}
SENIORITIES: tuple[Seniority, ...] = get_args(Seniority)
TOPICS: tuple[Topic, ...] = get_args(Topic)
MORE_TOPICS: tuple[MoreTopic, ...] = get_args(MoreTopic)

# A verdict by its name in ``words``, and the fewest points of 100 that earn it.
BANDS = {"strong": 80, "hire": 65, "borderline": 50, "weak": 0}


def band(points):
    """The verdict on ``points`` of 100, a key of ``BANDS``."""
    return next(name for name, least in BANDS.items() if points >= least)


def level_letter(level):
    """``"M"`` for ``"M"``, ``"m"`` or ``"medium"``; None stays None.

    Raises:
        InputError: there is no such level.
    """
    letters = {word: letter for letter, word in LEVELS.items()}
    given = letters.get(str(level).lower(), str(level).upper()) if level is not None else None
    return one_of("level", given, LEVELS)
