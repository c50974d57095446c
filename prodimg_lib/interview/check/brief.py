"""Values as short text for messages: one line, four digits, the first difference."""

import numpy as np

from prodimg_lib.interview.language import one_line

KINDS = {"f": "floats", "i": "integers", "u": "unsigned integers", "b": "booleans"}
_ENTRIES = 6  # an array of up to so many numbers is shown whole


def number(value):
    """One number with four significant digits."""
    array = np.asarray(value)
    if array.dtype.kind in "biu":
        return str(array.item())
    return f"{float(array.reshape(())):.4g}"


def value(value):
    """Any value: a number, a small array whole, a large one by its shape and first entries."""
    if isinstance(value, tuple | list) and any(np.ndim(v) for v in value if _numeric(v)):
        return "(" + ", ".join(globals()["value"](v) for v in value) + ")"
    if callable(value) and not _numeric(value):  # no address of it
        return (
            f"the function {value.__name__}" if hasattr(value, "__name__") else type(value).__name__
        )
    if not _numeric(value):
        return _cut(repr(value))
    array = np.asarray(value)
    if array.ndim == 0:
        return number(array)
    if array.size <= _ENTRIES:
        return _one_line(array)
    first = ", ".join(number(v) for v in array.ravel()[:3])
    return f"[{first}, …] {array.dtype} {array.shape}"


def pair(want, got, near):
    """What was expected and what came, at the first place where they differ."""
    if want.ndim == 0 and not near.all():
        return _told_apart(want, got)
    if want.size <= _ENTRIES or near.all():
        return value(want), value(got)
    index = tuple(int(i) for i in np.argwhere(~near)[0])
    place = ", ".join(map(str, index))
    wrong = int(near.size - near.sum())
    wanted, found = _told_apart(want[index], got[index])
    return f"{wanted} at [{place}]", f"{found}; {wrong} of {near.size} entries differ"


def _told_apart(want, got):
    """Two numbers with as many digits as it takes to see that they differ."""
    if number(want) != number(got) or np.asarray(want).dtype.kind in "biu":
        return number(want), number(got)
    a, b = float(np.ravel(want)[0]), float(np.ravel(got)[0])
    for digits in range(5, 18):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            return f"{a:.{digits}g}", f"{b:.{digits}g}"
    return number(want), number(got)


def call(exercise, args, kwargs):
    """The inputs by name, such as ``mu = [0.1, 0.2], logvar = ...``."""
    try:
        names = exercise.signature.bind(*args, **kwargs).arguments
    except TypeError:
        names = {f"argument {i}": arg for i, arg in enumerate(args)} | kwargs
    return ", ".join(f"{name} = {value(given)}" for name, given in names.items())


def facts(found):
    """Measured things by name, such as ``loss at -100 = inf``."""
    return ", ".join(f"{name} = {value(given)}" for name, given in found.items())


def error(exception):
    """An exception's type and the first line of its message."""
    lines = str(exception).strip().splitlines()
    return _cut(f"{type(exception).__name__}: {lines[0] if lines else ''}".rstrip(": "), 300)


def _numeric(value):
    try:
        return np.asarray(value).dtype.kind in "fiub"
    except Exception:
        return False


def _one_line(array):
    text = np.array2string(array, precision=4, separator=", ", max_line_width=10_000)
    return one_line(text)


def _cut(text, length=120):
    text = one_line(text)
    return text if len(text) <= length else f"{text[: length - 1]}…"
