"""The bank of questions: one YAML file each, read when asked for."""

import re
from collections.abc import Mapping
from pathlib import Path

from prodimg_lib.errors import InputError

HERE = Path(__file__).parent
KINDS = ("concept", "coding", "debug", "design")
LEVELS = {"E": "easy", "M": "medium", "H": "hard"}
TOPICS = ("gan", "vae", "evaluation", "diffusion", "data", "design")  # the pages of the book
LANGUAGES = ("en", "zh")

# A line break of the file between Chinese characters, or after Chinese punctuation, is no space;
# one before a list or a table stays.
_CHINESE_LINE_END = re.compile(
    r"(?<=[\u3400-\u9fff])\n *(?=[\u3000-\u9fff\uff00-\uffef])"
    r"|(?<=[\u3001-\u301f\uff01-\uff5e])\n *(?!\d+\. |[|>#*$-]|\s)"
)


class UnknownQuestion(InputError, KeyError):  # noqa: N818 (the name says what it is)
    """No question has this id."""

    __str__ = InputError.__str__ if "__str__" in vars(InputError) else Exception.__str__


class Question:
    """One question. ``data`` is its YAML file as nested dicts; see ``schema.json``."""

    def __init__(self, data, path=None):
        self.data, self.path = data, path
        self.id, self.kind, self.level = data["id"], data["kind"], data["level"]
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
        from prodimg_lib.interview import source

        return source.parts(self.id, self.kind)

    def entry(self):
        """The name of the function to write or to repair."""
        from prodimg_lib.interview import source

        return source.entry(self.id, self.kind)

    def exercise(self):
        """The checked side of a coding or debug question (imports its module).

        Raises:
            InputError: this kind of question has no code to check.
        """
        from prodimg_lib.interview.check import exercise

        self._need_code()
        return exercise.load(self)

    def _need_code(self):
        if self.kind not in ("coding", "debug"):
            raise InputError(
                f"{self.id} is a {self.kind} question: there is no code to check. "
                f"Answer aloud, then compare with bank[{self.id!r}].solution()"
            )

    def show(self, lang="en"):
        """Title, prompt and starter code: in the terminal, or as HTML in a notebook."""
        from prodimg_lib.interview.render import show

        show.display(show.question(self, lang))

    def check(self, answer, seeds=(0, 1, 2), time_limit=10.0):
        """Check a function, or a file that defines it.

        Args:
            answer: the function; or a path, run in a process of its own under a time and memory
                limit. That guards against accidents; it is no sandbox against malice.
            seeds: inputs are drawn anew for each.
            time_limit: seconds for a file's checks, after loading.

        Returns:
            ``checker.Result``: prints readably, ``result.passed``, ``result.to_json()``.

        Raises:
            InputError: not a coding or debug question, no such file, not callable.
        """
        from prodimg_lib.interview.check import checker, runner

        self._need_code()
        if isinstance(answer, str | Path):
            return runner.check_file(self, answer, seeds, time_limit)
        return checker.check(self.exercise(), answer, seeds)

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

    def __init__(self, folder=HERE / "questions"):
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

    def filter(self, topic=None, level=None, kind=None):
        """Questions that fit everything given, in order of id.

        Args:
            topic: any of a question's topics, such as ``"vae"`` or ``"loss"``.
            level: ``"E"``, ``"M"``, ``"H"``, or ``"easy"``, ``"medium"``, ``"hard"``.
            kind: ``"concept"``, ``"coding"``, ``"debug"`` or ``"design"``.

        Raises:
            InputError: a topic, level or kind that no question can have.
        """
        questions = list(self.values())
        topics = {*TOPICS, *(name for q in questions for name in q.topics)}
        topic = one_of("topic", topic, sorted(topics))
        level, kind = level_letter(level), one_of("kind", kind, KINDS)
        return [
            q
            for q in questions
            if topic in (None, *q.topics) and level in (None, q.level) and kind in (None, q.kind)
        ]


def say(words, lang="en"):
    """The text in a language, or in English where it is not translated."""
    text = words.get(lang, words["en"]).strip()
    return text if lang == "en" else _CHINESE_LINE_END.sub("", text)


def language(lang):
    return one_of("language", lang, LANGUAGES)


def level_letter(level):
    """``"M"`` for ``"M"``, ``"m"`` or ``"medium"``; None stays None."""
    letters = {word: letter for letter, word in LEVELS.items()}
    given = letters.get(str(level).lower(), str(level).upper()) if level is not None else None
    return one_of("level", given, LEVELS)


def one_of(name, value, known):
    if value is not None and value not in known:
        raise InputError(f"{name} {value!r}: expected one of {', '.join(known)}")
    return value


def read_yaml(path):
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # eight times as fast
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


bank = Bank()
