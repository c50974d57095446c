"""Which wrong answers, derived by rule from the right one, a checker of the practice lets pass.

python -m tests.wrong_answers              # of every item: minutes
python -m tests.wrong_answers C13 B04
"""

import contextlib
import io
import random
import resource
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import yaml

from prodimg_lib.interview import bank, source
from prodimg_lib.interview.check import checker, exercise, parse
from tests import altered, mutants

CODE = [id_ for id_ in bank if id_[0] in "CB"]
LIGHT = [id_ for id_ in CODE if not parse.is_heavy("", bank[id_])]  # these need no TensorFlow
EQUAL = yaml.safe_load(Path(__file__).with_name("equal_mutants.yaml").read_text("utf-8"))
MEMORY = 4 << 30  # bytes on top of what is loaded: a mutant may ask for any size
SECONDS = 30  # of the processor, against endless loops only


class _Endless(BaseException):
    pass


def survivors(id_, sample=None):
    """Names of the mutants that pass on three seeds, and how many there were.

    Args:
        sample: judge only so many, drawn by the id: always the same.
    """
    q, without = bank[id_], ("variant_",)  # those may use TensorFlow
    path, name = source.path_of(id_, q.kind), source.PARTS[q.kind][1]
    module = mutants.module(path, source.trimmed(id_, q.kind, without))
    todo = exercise.load(id_, q.kind, q.check_words(), without)
    made = [*mutants.of(path, name, module), *altered.of(vars(module)[name])]
    if sample and len(made) > sample:
        made = random.Random(id_).sample(made, sample)
    return [what for what, mutant in made if _passes(todo, mutant)], len(made)


def names(id_):
    """Names of all mutants of an item."""
    q = bank[id_]
    edits = mutants.edits(source.path_of(id_, q.kind), source.PARTS[q.kind][1])
    return {name for name, _ in edits} | set(altered.RULES)


def wrong(id_, alive):
    """Of those that pass, the ones that nothing explains."""
    return sorted(set(alive) - set(EQUAL.get(id_, {})))


def _passes(todo, answer):
    try:
        with _limited(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            runs = (checker.attempt(todo, answer, seed) for seed in (0, 1, 2))
            passed = all(run.stop is None and not run.not_attempted for run in runs)
        return passed and getattr(answer, "changed", True)  # else it is the right answer itself
    except (_Endless, MemoryError):
        return False


@contextlib.contextmanager
def _limited():
    """Against mutants that loop for ever, or ask for all memory."""

    def stop(*_):
        raise _Endless

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


def main(ids):
    warnings.simplefilter("ignore")
    found = total = 0
    for id_ in map(str.upper, ids):
        begun = time.process_time()
        alive, n = survivors(id_)
        left = wrong(id_, alive)
        found, total = found + len(left), total + n
        seconds = time.process_time() - begun
        print(f"{id_}: {n} wrong answers, {len(alive) - len(left)} of them proven equal, "
              f"{len(left)} let pass, {seconds:.1f} s", flush=True)  # fmt: skip
        for what in left:
            print(f"    {what!r}", flush=True)
    print(f"{found} of {total} let pass")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or CODE))
