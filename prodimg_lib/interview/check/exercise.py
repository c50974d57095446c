"""The checked side of a question: its module's functions, sorted by what they are for."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, ModuleType

from prodimg_lib.interview import source


@dataclass
class Exercise:
    """What ``exercises/cNN_slug.py`` or ``bugs/bNN_slug.py`` defines, and the words about it."""

    id: str
    entry: str
    starter: Callable  # of a bug: the buggy code
    reference: Callable | None  # of a bug: the fixed code
    variants: dict[str, Callable]  # correct, written differently
    wrong: dict[str, Callable]  # by the name of the mistake
    checks: Callable | None
    symptom: Callable | None
    words: dict  # checks and mistakes, as in the YAML file
    torch: bool = False  # whether it can be answered in PyTorch too
    traces: dict = field(default_factory=dict)  # of the wrong variants, by seed; see checker.py

    @property
    def signature(self):
        return inspect.signature(self.starter)

    def untouched(self, answer):
        """Whether a function is still the starter, or has no body yet."""
        if not inspect.isfunction(answer):
            return False
        return any(_same(answer, blank) for blank in (self.starter, _nothing, _only_words))


ANSWERS = ("reference", "fixed", "variant_", "wrong_", "torch_")
_LOADED: dict[tuple, Exercise] = {}


def load(id_, kind, words, without=()):
    """The ``Exercise`` of a question; imports its module, and what that uses.

    Args:
        id_: of the question.
        kind: ``"coding"`` or ``"debug"``.
        words: about checks and mistakes, as ``Question.check_words`` gives them.
        without: beginnings of names to leave out, with the imports that only they use:
            ``("variant_",)`` for all that a verdict needs, ``ANSWERS`` for what an answer may
            share a process with.

    Raises:
        InputError: there is no such module, or more than one.
    """
    key = id_, without
    if key not in _LOADED:
        path = source.path_of(id_, kind)
        name = f"prodimg_lib.interview.{source.FOLDERS[kind]}.{path.stem}"
        if without:
            module = ModuleType(name)
            exec(compile(source.trimmed(id_, kind, without), path, "exec"), vars(module))
        else:
            module = importlib.import_module(name)
        _LOADED[key] = _sort(id_, kind, words, module)
    return _LOADED[key]


def only_named(id_, entry):
    """An ``Exercise`` for words about a file that was not run; nothing of it can be checked."""
    return Exercise(id_, entry, _nothing, None, {}, {}, None, None, {})


def _sort(id_, kind, words, module):
    starter, reference = source.PARTS[kind]
    return Exercise(
        id=id_,
        entry=module.ENTRY,
        starter=getattr(module, starter),
        reference=getattr(module, reference, None),
        variants=_named(module, "variant_"),
        wrong=_named(module, "wrong_"),
        checks=getattr(module, "checks", None),
        symptom=getattr(module, "symptom", None),
        words=words,
        torch=hasattr(module, source.TORCH),
    )


def _named(module, prefix):
    """Functions ``prefix_some_name`` as ``{"some-name": function}``, in the file's order."""
    return {
        name.removeprefix(prefix).replace("_", "-"): value
        for name, value in vars(module).items()
        if name.startswith(prefix) and callable(value)
    }


def _nothing():
    pass


def _only_words():
    """Words."""


def _same(a, b):
    """Whether two functions run the same code; their names and docstrings do not matter."""
    pair = [(f.__code__, [c for c in f.__code__.co_consts if c != f.__doc__]) for f in (a, b)]
    return _same_code(*pair[0], *pair[1])


def _same_code(a, a_constants, b, b_constants):
    if (a.co_code, a.co_names) != (b.co_code, b.co_names) or len(a_constants) != len(b_constants):
        return False
    return all(
        _same_code(x, x.co_consts, y, y.co_consts)
        if isinstance(x, CodeType) and isinstance(y, CodeType)
        else x == y
        for x, y in zip(a_constants, b_constants, strict=True)
    )
