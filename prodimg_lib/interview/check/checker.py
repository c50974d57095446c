"""Runs an exercise's checks on an answer and says what came of it.

The checks go on after a failure, to the end. Then every wrong variant of the exercise is run on the
same inputs: one that gave the same numbers all along has the same mistake.
"""

import inspect
import random
import sys
from contextlib import contextmanager

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.interview.check import brief, pytorch
from prodimg_lib.interview.check.checks import LAYERS, Checks, built_in, raised
from prodimg_lib.interview.check.journal import Ended, Live, NotAttempted, Stop
from prodimg_lib.interview.check.result import Result

SYMPTOM_SEED = 7919  # added to a seed: a symptom is measured on draws that are shown nowhere


def check(exercise, answer, seeds=(0, 1, 2)):
    """Check a function; see ``Question.check``."""
    if not callable(answer):
        raise InputError(
            f"{exercise.id}: expected the function {exercise.entry} or the path of a file, "
            f"got {type(answer).__name__}; write q.check({exercise.entry}) without calling it"
        )
    if exercise.untouched(answer):
        return Result(exercise.id, exercise.entry, "not_attempted", seeds=len(seeds))
    fault = signature_fault(exercise, answer)
    if fault:
        return stopped(exercise, fault)
    if exercise.torch and pytorch.in_function(answer):
        answer = pytorch.Answer(answer)
    return judge(exercise, seeds, lambda seed: attempt(exercise, answer, seed))


def judge(exercise, seeds, attempt_of):
    """The ``Result`` of one ``attempt`` for each seed, up to the first that fails."""
    result = Result(exercise.id, exercise.entry, "pass", seeds=len(seeds))
    stop, passed = None, [("signature", "callable")]
    for seed in seeds:
        result.seed = seed
        run = attempt_of(seed)
        passed += [("exception", "runs"), *run.passed]
        if run.not_attempted:
            return Result(exercise.id, exercise.entry, "not_attempted", seeds=len(seeds))
        if stop := run.stop:
            _describe(result, exercise, stop, run.given)
            _name_the_mistake(result, exercise, run.trace)
            break
    else:
        result.seed = None
    if stop:
        passed = [pair for pair in passed if LAYERS.index(pair[0]) < LAYERS.index(stop.layer)]
    result.layers = [layer for layer in LAYERS if layer in {name for name, _ in passed}]
    result.checks = len(passed)
    return result


def stopped(exercise, stop):
    """The ``Result`` of an answer that could not even be called."""
    result = Result(exercise.id, exercise.entry, "fail")
    _describe(result, exercise, stop, "")
    return result


def attempt(exercise, answer, seed, journal=None):
    """The ``Checks`` of one seed, made to their end; ``answer`` may be None where one is read.

    Raises:
        Ended: the journal ends before the checks do.
    """
    run = Checks(exercise, answer, seed, journal or Live())
    try:
        _run(run)
    except Stop as stop:
        run.trace.append((f"{stop.check} {stop.fields.get('came', '')}", np.zeros(0)))
        run.end(stop)
    except NotAttempted:
        run.not_attempted = run.stop is None
    return run


def _run(run):
    """All checks of one seed; the answer's own random numbers are the same every time."""
    with _seeded(run.seed):
        if run.exercise.symptom:
            _run_symptom(run)
        if run.exercise.checks:
            try:
                run.exercise.checks(run)
            except (Stop, NotAttempted, Ended):
                raise
            except Exception as error:
                # The checks work with any result of the right form, as their tests show.
                raise Stop(
                    "shape", "form", words_of=built_in("form"), came=brief.error(error)
                ) from error


def _run_symptom(run):
    def look():
        try:
            seen, facts = run.exercise.symptom(run.answer, run.seed + SYMPTOM_SEED)
            return bool(seen), facts
        except (NotImplementedError, NotAttempted, Stop):
            raise
        except (Exception, SystemExit) as error:
            raise raised(error) from error

    seen, facts = run.observe(look)
    for name, value in facts.items():
        run.record(name, value)
    if seen:
        run.fail("symptom", "symptom", built_in("symptom"), came=brief.facts(facts))
    else:
        run.ok("symptom", "symptom")


def signature_fault(exercise, answer):
    """The ``Stop`` of an answer that cannot be called as asked, or None."""
    wanted = exercise.signature
    try:
        found = inspect.signature(answer)
    except (TypeError, ValueError):
        return None  # some built-in callables have none; calling will tell
    parameters = wanted.parameters.values()
    needed = [p for p in parameters if p.default is p.empty]
    optional = {p.name: p.default for p in parameters if p.default is not p.empty}
    try:
        found.bind(*needed)
        found.bind(*needed, **optional)
    except TypeError:
        call = f"{exercise.entry}{wanted}"
        return Stop(
            "signature",
            "callable",
            words_of=built_in("callable", call=call),
            came=f"{getattr(answer, '__name__', exercise.entry)}{found}",
        )
    return None


def _describe(result, exercise, stop, given):
    fields = dict(stop.fields)
    said = fields.pop("words_of", None) or exercise.words["checks"][stop.check]
    mistake = fields.pop("mistake", None)
    result.status, result.layer, result.check = "fail", stop.layer, stop.check
    result.expect, result.next = said["expect"], said["next"]
    result.given = given if stop.layer not in ("signature", "symptom") else ""
    for name, value in fields.items():
        setattr(result, name, value)
    _set_mistake(result, exercise, mistake)


def _set_mistake(result, exercise, mistake):
    if mistake is not None:
        words_of = exercise.words["mistakes"][mistake]
        result.mistake, result.says, result.bug = mistake, words_of["says"], words_of.get("bug")


def _name_the_mistake(result, exercise, trace):
    if result.mistake is not None:
        return
    for mistake, wrong in exercise.wrong.items():
        key = (mistake, result.seed)
        if key not in exercise.traces:
            exercise.traces[key] = attempt(exercise, wrong, result.seed).trace
        if _agree(trace, exercise.traces[key]):
            _set_mistake(result, exercise, mistake)
            return


def _agree(a, b):
    return len(a) == len(b) and all(
        x_name == y_name and x.shape == y.shape and _alike(x, y)
        for (x_name, x), (y_name, y) in zip(a, b, strict=True)
    )


def _alike(x, y):
    if x.dtype.kind in "fiub" and y.dtype.kind in "fiub":
        return np.allclose(x.astype(float), y.astype(float), 1e-4, 1e-6, equal_nan=True)
    return bool(np.all(x == y))


@contextmanager
def _seeded(seed):
    """Global random numbers from a seed; Python's and NumPy's are put back afterwards."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        if "keras" in sys.modules:
            sys.modules["keras"].utils.set_random_seed(seed)
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
