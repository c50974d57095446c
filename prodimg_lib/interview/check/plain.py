"""What an answer gave, as plain arrays; and as lines of JSON, from one process to another."""

import base64
import json

import numpy as np

NUMBERS = "fiubcUS"  # kinds of NumPy's that are kept; all else is only described


class Odd(str):
    """A value that is no number, as text."""

    __slots__ = ()


def plain(value):
    """Tensors and arrays as NumPy's own, also within tuples, lists and dicts; the rest as ``Odd``.

    A subclass, a variable or a lazy tensor is turned into its numbers here, so that no method of
    an answer's own runs later.
    """
    if value is None or type(value) in (bool, int, float, str, Odd):
        return value
    if isinstance(value, tuple | list):
        return type(value)(map(plain, value)) if type(value) in (tuple, list) else _list(value)
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    try:
        array = np.array(value, subok=False)
    except Exception:
        return Odd(_described(value))
    return array if array.dtype.kind in NUMBERS else Odd(_described(value))


def each(kind, value):
    """Every value of a type, also within lists, tuples and dicts."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, dict):
        yield from each(kind, list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from each(kind, part)


def _list(values):
    return [plain(value) for value in values]


def _described(value):
    try:
        return repr(value)[:500]
    except Exception:
        return f"a {type(value).__name__}"


def to_line(value):
    """A plain value as one line of JSON."""
    return json.dumps(_encoded(value))


def from_line(line):
    return _decoded(json.loads(line))


def _encoded(value):
    if isinstance(value, Odd):
        return {"odd": str(value)}
    if isinstance(value, np.ndarray | np.generic):
        array = np.ascontiguousarray(value)
        data = base64.b64encode(array.tobytes()).decode()
        return {"array": data, "dtype": array.dtype.str, "shape": np.shape(value)}
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, tuple):
        return {"tuple": [_encoded(part) for part in value]}
    if isinstance(value, list):
        return [_encoded(part) for part in value]
    if isinstance(value, dict):
        return {"dict": {key: _encoded(part) for key, part in value.items()}}
    return value


def _decoded(value):
    if isinstance(value, list):
        return [_decoded(part) for part in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"odd": text}:
            return Odd(text)
        case {"array": data, "dtype": dtype, "shape": shape}:
            flat = np.frombuffer(base64.b64decode(data), np.dtype(dtype))
            return flat.reshape(shape).copy()
        case {"float": text}:
            return float.fromhex(text)
        case {"tuple": parts}:
            return tuple(_decoded(part) for part in parts)
        case {"dict": parts}:
            return {key: _decoded(part) for key, part in parts.items()}
    raise ValueError(f"no such value: {list(value)}")
