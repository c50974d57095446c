"""Wrong answers derived by rule from a reference are rejected, or explained one by one.

Of the exercises without TensorFlow; ``survivors`` works for all.
"""

import resource
import signal
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import yaml

from prodimg_lib.interview import bank, source
from prodimg_lib.interview.check import checker, exercise, parse
from tests import mutants

CODE = [id_ for id_ in bank if id_[0] in "CB"]
LIGHT = [id_ for id_ in CODE if not parse.is_heavy("", bank[id_])]  # seconds in all; others minutes
EQUAL = yaml.safe_load(Path(__file__).with_name("equal_mutants.yaml").read_text("utf-8"))
MEMORY = 4 << 30  # bytes on top of what is loaded: a mutant may ask for any size
SECONDS = 60  # by the clock, against endless loops only


class _Endless(BaseException):
    pass


@contextmanager
def _limited():
    """Against mutants that loop for ever, or ask for all memory."""

    def stop(*_):
        raise _Endless

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    resource.setrlimit(
        resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1])
    )  # fmt: skip
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


def survivors(id_):
    """Names of the mutants that pass on three seeds, and how many there were."""
    q, without = bank[id_], ("variant_",)  # those may use TensorFlow
    module = mutants.module(source.path_of(id_, q.kind), source.trimmed(id_, q.kind, without))
    todo = exercise.load(id_, q.kind, q.check_words(), without)
    name = source.PARTS[q.kind][1]
    made = list(mutants.of(source.path_of(id_, q.kind), name, module))
    return [what for what, mutant in made if _passes(todo, mutant)], len(made)


def _passes(todo, answer):
    try:
        with _limited(), np.errstate(all="ignore"):
            runs = (checker.attempt(todo, answer, seed) for seed in (0, 1, 2))
            return all(run.stop is None and not run.not_attempted for run in runs)
    except (_Endless, MemoryError):
        return False


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("id_", LIGHT)
def test_no_wrong_answer_by_rule_passes(id_):
    alive, n = survivors(id_)
    assert n > 2
    assert sorted(set(alive) - set(EQUAL.get(id_, {}))) == []


def test_each_reason_is_still_needed():
    for id_, reasons in EQUAL.items():
        q = bank[id_]
        names = {
            name for name, _ in mutants.edits(source.path_of(id_, q.kind), source.PARTS[q.kind][1])
        }
        assert set(reasons) <= names, id_
