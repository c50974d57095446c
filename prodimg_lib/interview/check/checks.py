"""What an exercise's ``checks(c)`` is written with: draws of inputs, calls and assertions."""

import traceback
from pathlib import Path

import numpy as np

from prodimg_lib.interview.check import brief, libraries
from prodimg_lib.interview.check.journal import Live, NotAttempted, Stop
from prodimg_lib.interview.check.plain import each, plain
from prodimg_lib.interview.words import words

LAYERS = (
    "signature",
    "exception",
    "symptom",
    "shape",
    "finite",
    "value",
    "gradient",
    "statistics",
)


class Checks:
    """What an exercise's ``checks(c)`` works with: draws, calls and assertions.

    All that an answer does happens within ``observe``, ``call`` or ``gradient``, and comes out of
    them as plain arrays: see ``journal``.

    Attributes:
        rng: NumPy generator of this run's seed, for inputs.
        seed: that seed.
        library: what models for the answer are made of; see ``libraries``.
        stop: the first failure, or None; what follows it is only recorded in ``trace``.
        passed: layer and name of each check before that failure.
        given: the inputs of the judged call, as text.
        trace: name and array of every number the answer gave.
        not_attempted: whether the answer says, before any failure, that it is not written yet.
    """

    def __init__(self, exercise, answer, seed, journal=None):
        self.exercise, self.answer, self.seed = exercise, answer, seed
        self.journal, self.library = journal or Live(), libraries.of(answer)
        self.rng = np.random.default_rng(seed)
        self.stop, self.passed, self.given, self.trace = None, [], "", []
        self.not_attempted = False
        self._last, self._calls = "", []  # inputs as text; (result, inputs as text)

    # Inputs and calls

    def normal(self, *shape, scale=1.0):
        """Normal draws, float32."""
        return self.rng.normal(0.0, scale, shape).astype("float32")

    def call(self, *args, **kwargs):
        """The answer's result for these inputs as plain arrays; it must not change the inputs."""
        self._last = brief.call(self.exercise, args, kwargs)
        given = [*args, *kwargs.values()]
        result = self.keeping(given, lambda: self.ask(*args, **kwargs))
        self.record("call", result)
        self._calls.append((result, self._last))
        return result

    def keeping(self, given, look):
        """``observe``, where arrays among the inputs and flags must stay as they are."""
        arrays = list(each(np.ndarray, given))
        before, flags = [a.copy() for a in arrays], _flags_of(given)
        result, after, left = self.observe(lambda: (look(), arrays, _flags_of(given)))
        kept = all(np.array_equal(a, b, equal_nan=_is_floats(a)) for a, b in zip(before, after))  # noqa: B905
        if not (kept and left == flags):
            self.fail("value", "inputs-kept", built_in("inputs-kept"))
        return result

    def ask(self, *args, **kwargs):
        """The answer's result as it came. Only within what is given to ``observe``."""
        return self._asked(self.answer, args, kwargs)

    def ask_slope(self, weight, *args):
        """As ``ask``, and the result's gradient in a weight of a model among the inputs, or None.

        The weight is a ``library.variable``, and the model is made of that library.
        """
        return self.library.slope_in_weight(self._asked, self.answer, args, weight)

    def _asked(self, answer, args, kwargs=None):
        try:
            result = answer(*args, **(kwargs or {}))
        except NotImplementedError as error:
            raise NotAttempted from error
        except Stop as stop:
            raise Stop(stop.layer, stop.check, words_of=built_in(stop.check)) from None
        except (Exception, SystemExit) as error:
            raise raised(error) from error
        if result is None:
            raise Stop("shape", "returns", words_of=built_in("returns"), came="None")
        return result

    def observe(self, look):
        """What ``look()`` returns, as plain arrays (``plain``); it may do anything to the answer.

        For results that are functions or models, and for what an answer changes: make them, use
        them and read them within ``look``, and return the numbers.
        """
        return self.journal.observe(lambda: self._guarded(look))

    def _guarded(self, look):
        try:
            return plain(look())
        except (Stop, NotAttempted):
            raise
        except NotImplementedError as error:
            raise NotAttempted from error
        except (Exception, SystemExit) as error:
            stop = raised(error)
            if stop.fields["where"]:
                raise stop from error
            # The checks work with any result of the right form, as their tests show.
            came = stop.fields["came"]
            raise Stop("shape", "form", words_of=built_in("form"), came=came) from error

    def parts(self, result, n):
        """``result`` as a tuple of n; fails if it is not one."""
        if isinstance(result, tuple | list) and len(result) == n:
            return result
        self.fail("shape", "parts", built_in("parts", n=n), came=brief.value(result))
        return (result,) * n

    def gradient(self, check, args, wrt, want, of=None, rtol=1e-4, atol=1e-6, mistake=None):
        """The gradient of the sum of ``of(answer(*args))`` in one of the inputs.

        Args:
            check: name of the check, whose words stand in the YAML file.
            args: the inputs; arrays of floats become tensors.
            of: picks a part of the result; by default all of it counts.
            wrt: index of the input to differentiate by.
            want: the expected gradient, an array of that input's shape.
            mistake: name to give this failure where outputs cannot tell.
        """
        self._last = brief.call(self.exercise, args, {})
        result, found = self.keeping(
            args, lambda: self.library.slope(self._asked, self.answer, args, wrt, of)
        )
        self.record("call", result)
        if found is None:
            name = list(self.exercise.signature.parameters)[wrt]
            self.fail(
                "gradient", "differentiable", built_in("differentiable", wrt=name), came="None"
            )
            return
        self.close(check, found, want, rtol, atol, layer="gradient", mistake=mistake)

    # Assertions, in the order of LAYERS

    def shape(self, check, got, shape):
        """The result is numbers of this shape."""
        found = self._array(got).shape
        ok = found == tuple(shape)
        self._settle("shape", check, ok, got, want=str(tuple(shape)), came=str(found))

    def kind(self, check, got, kinds):
        """The result's dtype is of one of NumPy's kinds: ``"f"`` floats, ``"iu"`` integers."""
        found = self._array(got).dtype
        ok = found.kind in kinds
        self._settle("shape", check, ok, got, want=brief.KINDS[kinds[0]], came=str(found))

    def finite(self, check, got):
        """No NaN, no infinity."""
        array = self._array(got)
        ok = bool(np.isfinite(array).all())
        self._settle("finite", check, ok, got, came=brief.value(array))

    def close(self, check, got, want, rtol=1e-5, atol=1e-6, layer="value", mistake=None):
        """The numbers agree: ``|got - want| <= atol + rtol |want|``; shapes must agree too."""
        array, want = self._array(got), np.asarray(want)
        if array.shape != want.shape:
            self._settle(
                "shape", check, False, got, want=str(want.shape), came=str(array.shape)
            )  # fmt: skip
            return
        near = np.isclose(array, want, rtol=rtol, atol=atol, equal_nan=True)
        ok, (want_text, came_text) = bool(near.all()), brief.pair(want, array, near)
        self._settle(layer, check, ok, got, want=want_text, came=came_text, mistake=mistake)

    def true(self, check, ok, got=None, want="", layer="value", mistake=None):
        """Any other condition; ``got`` is shown and compared with what the wrong variants give."""
        came = brief.value(got) if got is not None else ""
        self._settle(layer, check, bool(ok), got, want=want, came=came, mistake=mistake)

    def statistic(self, check, got, want, se, mistake=None):
        """A random number lies within five standard errors of what is expected."""
        ok = bool(abs(float(got) - want) <= 5 * se)
        text = f"{brief.number(want)} ± {brief.number(5 * se)}"
        self._settle(
            "statistics", check, ok, got, want=text, came=brief.number(got), mistake=mistake
        )

    # How it works

    def _array(self, got):
        array = _as_array(got)
        if array is None:
            raise Stop("shape", "form", words_of=built_in("form"), came=brief.value(got))
        return array

    def record(self, name, value):
        if isinstance(value, tuple | list):
            for part in value:
                self.record(name, part)
        elif value is not None and (array := _as_array(value)) is not None:
            self.trace.append((name, array))

    def _settle(self, layer, check, ok, got, **fields):
        self.record(check, got)
        for result, given in self._calls:
            if result is got:
                self._last = given
        if ok:
            self.ok(layer, check)
        else:
            self.fail(layer, check, None, **fields)

    def ok(self, layer, check):
        if self.stop is None:
            self.passed.append((layer, check))

    def fail(self, layer, check, words_of, **fields):
        self.end(Stop(layer, check, words_of=words_of, **fields))

    def end(self, stop):
        """A failure; the first one counts."""
        if self.stop is None:
            self.stop, self.given = stop, self._last


def raised(error):
    """The ``Stop`` for an exception of the answer's own."""
    came, line = brief.error(error), where(error)
    return Stop("exception", "runs", words_of=built_in("runs"), came=came, where=line)


def where(error):
    """The innermost line of the answer's own code that an exception passed through."""
    ours = Path(__file__).parents[2]
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if ours not in Path(frame.filename).parents and "site-packages" not in frame.filename
    ]
    if not frames:
        return ""
    frame = frames[-1]
    return f"line {frame.lineno} in {frame.name}: {frame.line or ''}".rstrip(": ")


def built_in(name, **values):
    """The checker's own words in every language."""
    said = {lang: words(lang)["built_in"][name] for lang in ("en", "zh")}
    return {
        part: {lang: said[lang][part].format(**values) for lang in said}
        for part in ("expect", "next")
    }


def _flags_of(values):
    """Which of the functions among the inputs are marked as trainable, or as not."""
    return [str(getattr(value, "trainable", None)) for value in values if callable(value)]


def _is_floats(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _as_array(value):
    """A numeric array, or None."""
    try:
        array = np.asarray(value)
    except Exception:
        return None
    return array if array.dtype.kind in "fiub" else None
