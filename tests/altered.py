"""Wrong answers made around a right one, by rule: its result or its inputs are tampered with.

For ``wrong_answers``. ``mutants`` change the code of a reference; these do not look at it.
"""

import functools
import inspect
import sys

import numpy as np

_ROUND = 100.0  # to hundredths


def of(answer):
    """``(what, function)``; ``function.changed`` says whether a call has come out otherwise."""
    for what, rule in RULES.items():
        yield what, _with(answer, rule)


def _with(answer, rule):
    @functools.wraps(answer)
    def other(*args, **more):
        return rule(other, answer, args, more)

    other.changed = False
    return other


def _on_numbers(change, whole=False):
    """A rule that changes each array of numbers in a result."""

    def rule(other, answer, args, more):
        return _each(other, change, answer(*args, **more), whole)

    return rule


def _each(other, change, value, whole):
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return type(value)(_each(other, change, part, whole) for part in value)
    if inspect.isfunction(value):
        return lambda *args, **more: _each(other, change, value(*args, **more), whole)
    if isinstance(value, float | np.ndarray | np.generic):
        return _noted(other, value, change(np.asarray(value)), whole)
    tf = sys.modules.get("tensorflow")
    if tf is not None and isinstance(value, tf.Tensor) and hasattr(value, "numpy"):
        old = value.numpy()
        new = _noted(other, old, change(old), whole)
        return value if new is old else value + tf.constant(new - old)
    return value


def _noted(other, old, new, whole):
    if not whole and np.asarray(old).dtype.kind != "f":
        return old
    new = np.asarray(new, np.asarray(old).dtype)
    if np.array_equal(new, old, equal_nan=new.dtype.kind == "f"):
        return old
    other.changed = True
    return new


def _swapped(other, answer, args, more):
    result = answer(*args, **more)
    if type(result) not in (list, tuple) or len(result) != 2:
        return result
    other.changed = True
    return result[::-1]


def _stopped(other, answer, args, more):
    tf = sys.modules.get("tensorflow")
    result = answer(*args, **more)
    if tf is None or not isinstance(result, tf.Tensor) or not result.dtype.is_floating:
        return result
    other.changed = True
    return tf.stop_gradient(result)


def _first_again(other, answer, args, more):
    """Whatever it is asked, what it found first."""
    result = answer(*args, **more)
    if type(result) is float or isinstance(result, np.ndarray | np.generic):
        kept = other.__dict__.setdefault(f"of {np.shape(result)}", result)
        if not np.array_equal(kept, result):
            other.changed = True
            return kept
    return result


def _spoils_input(other, answer, args, more):
    result = answer(*args, **more)
    for value in args:
        own = isinstance(value, np.ndarray) and value.flags.writeable and value.size > 1
        if own and not np.shares_memory(value, _array(result)):
            value[...] = value[::-1].copy()
            other.changed = True
    return result


def _array(value):
    try:
        return np.asarray(value)
    except Exception:
        return np.zeros(0)


RULES = {
    "its result times 1.01": _on_numbers(lambda x: 1.01 * x),
    "its result, turned": _on_numbers(lambda x: -x),
    "its result in hundredths": _on_numbers(lambda x: np.round(_ROUND * x) / _ROUND),
    "its result, first axis reversed": _on_numbers(lambda x: x[::-1] if x.ndim else x, True),
    "its result, second axis reversed": _on_numbers(
        lambda x: x[:, ::-1] if x.ndim > 1 else x, True
    ),
    "its result, last axis reversed": _on_numbers(lambda x: x[..., ::-1] if x.ndim else x, True),
    "its first entry for all": _on_numbers(lambda x: 0 * x + x[:1] if x.ndim else x, True),
    "its mean for all": _on_numbers(lambda x: 0 * x + x.mean() if x.size else x),
    "its result cut at 1": _on_numbers(lambda x: np.clip(x, -1, 1)),
    "its two results exchanged": _swapped,
    "no gradient": _stopped,
    "what it found first": _first_again,
    "its inputs reversed afterwards": _spoils_input,
}
