"""The bank of questions: one YAML file each, read when asked for."""

from collections.abc import Mapping
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.interview import source
from prodimg_lib.interview.check import TIME_LIMIT
from prodimg_lib.interview.language import one_of, read_yaml, say
from prodimg_lib.interview.terms import (
    KINDS,
    LEVELS,
    MORE_TOPICS,
    SENIORITIES,
    TOPICS,
    level_letter,
)

FOLDER = Path(__file__).parent / "questions"


class UnknownQuestion(InputError, KeyError):  # noqa: N818 (the name says what it is)
    """No question has this id."""

    __str__ = Exception.__str__  # that of KeyError would quote the message


class Question:
    """One question. ``data`` is its YAML file as nested dicts; see ``schema.py``."""

    def __init__(self, data, path=None):
        self.data, self.path = data, path
        self.id, self.kind, self.level = data["id"], data["kind"], data["level"]
        self.seniority = data.get("seniority")  # "junior" or "senior" of a medium question
        self.topics, self.minutes = tuple(data["topics"]), data["minutes"]
        self._hints_seen = 0

    def __repr__(self):
        return f"<{self.id} {self.kind} {LEVELS[self.level]}: {self.title()}>"

    def title(self, lang="en"):
        return self.text("title", lang=lang)

    def text(self, *keys, lang="en"):
        """The words at a place such as ``"answer", "short"``; English where there is no other."""
        place = self.data
        for key in keys:
            place = place[key]
        return say(place, lang)

    def code(self):
        """The Python side as text, by name: ``starter`` and ``reference``, or ``buggy``, ``fixed``.

        Empty for kinds without code. Nothing is imported, so this needs no TensorFlow.
        """
        return source.parts(self.id, self.kind)

    def task_code(self):
        """The code a learner begins with; "" for kinds without code."""
        return next(iter(self.code().values()), "")

    def answer_code(self):
        """The code of the answer; "" for kinds without code."""
        return next(reversed(self.code().values()), "")

    def torch_code(self):
        """``starter`` and ``reference`` in PyTorch; empty where PyTorch will not do."""
        return source.torch_parts(self.id, self.kind)

    def entry(self):
        """The name of the function to write or to repair."""
        return source.entry(self.id, self.kind)

    def exercise(self):
        """The checked side of a coding or debug question (imports its module).

        Raises:
            InputError: this kind of question has no code to check.
        """
        from prodimg_lib.interview.check import exercise

        return exercise.load(self.id, self.kind, self.check_words())

    def check_words(self):
        """What is said about checks and mistakes: the ``exercise`` or ``debug`` part of the data.

        Raises:
            InputError: this kind of question has no code to check.
        """
        self.need_code()
        return self.data["exercise" if self.kind == "coding" else "debug"]

    def need_code(self):
        """Raise InputError if this kind of question has no code to check."""
        if self.kind not in ("coding", "debug"):
            raise InputError(
                f"{self.id} is a {self.kind} question: there is no code to check. "
                f"Answer aloud, then compare: prodimg interview solution {self.id}"
            )

    def show(self, lang="en"):
        """Title, prompt and starter code: in the terminal, or as HTML in a notebook."""
        from prodimg_lib.interview.render import show

        show.display(show.question(self, lang))

    def check(self, answer, seeds=(0, 1, 2), time_limit=TIME_LIMIT):
        """Check a function, or a file that defines it.

        Args:
            answer: the function; or a path, run in a process of its own under a time and memory
                limit. That guards against accidents; it is no sandbox against malice.
            seeds: inputs are drawn anew for each.
            time_limit: processor seconds for a file's checks, after loading. What else the machine
                does makes no difference; a file that only waits is stopped as well, later.

        Returns:
            ``checker.Result``: prints readably, ``result.passed``, ``result.to_json()``.

        Raises:
            InputError: not a coding or debug question, no such file, not callable, or no time.
        """
        from prodimg_lib.interview.check import checker, exercise, runner

        words = self.check_words()
        if isinstance(answer, str | Path):
            return runner.check_file(self, answer, seeds, time_limit)
        todo = exercise.load(self.id, self.kind, words, ("variant_",))  # those may load TensorFlow
        return checker.check(todo, answer, seeds)

    def hint(self, number=None, lang="en"):
        """The next hint, or hint ``number``, counted from 1."""
        from prodimg_lib.interview.render import show

        hints = self.data["hints"]
        if number is None:
            number = self._hints_seen = min(self._hints_seen + 1, len(hints))
        if not 1 <= number <= len(hints):
            raise InputError(f"{self.id} has hints 1 to {len(hints)}; there is no hint {number}")
        show.display(show.hint(self, number, lang))

    def solution(self, lang="en"):
        """The answer in its three depths, the rubric, the usual mistakes, and the code."""
        from prodimg_lib.interview.render import show

        show.display(show.solution(self, lang))


class Bank(Mapping):
    """Questions by id, sorted; a file is read when its question is first asked for."""

    def __init__(self, folder=FOLDER):
        self.folder = Path(folder)
        self._paths, self._questions = None, {}

    def _index(self):
        if self._paths is None:
            paths = sorted(self.folder.glob("*/*.yaml"), key=lambda path: path.name)
            self._paths = {path.name.split("_")[0]: path for path in paths}
        return self._paths

    def __iter__(self):
        return iter(self._index())

    def __len__(self):
        return len(self._index())

    def __getitem__(self, id_):
        key = str(id_).strip().upper()
        if key not in self._questions:
            path = self._index().get(key)
            if path is None:
                raise UnknownQuestion(
                    f"no question {id_!r}; `prodimg interview list` shows all {len(self)}"
                )
            self._questions[key] = Question(read_yaml(path), path)
        return self._questions[key]

    def filter(self, topic=None, level=None, kind=None, seniority=None):
        """Questions that fit everything given, in order of id.

        Args:
            topic: any of a question's topics, such as ``"vae"`` or ``"loss"``.
            level: ``"E"``, ``"M"``, ``"H"``, or ``"easy"``, ``"medium"``, ``"hard"``.
            kind: ``"concept"``, ``"coding"``, ``"debug"`` or ``"design"``.
            seniority: ``"junior"`` or ``"senior"``: medium questions that a junior is expected to
                answer well, or only a senior.

        Raises:
            InputError: a topic, level, kind or seniority that no question can have, or a seniority
                of another level than the medium one.
        """
        questions = list(self.values())
        topic = one_of("topic", topic, sorted((*TOPICS, *MORE_TOPICS)))
        level, kind = level_letter(level), one_of("kind", kind, KINDS)
        seniority = one_of("seniority", seniority, SENIORITIES)
        if seniority and level not in (None, "M"):
            raise InputError(
                f"seniority {seniority!r}: it divides the medium questions, not those of level "
                f"{level}; drop one of the two"
            )
        return [
            q
            for q in questions
            if topic in (None, *q.topics)
            and level in (None, q.level)
            and kind in (None, q.kind)
            and seniority in (None, q.seniority)
        ]


bank = Bank()
