"""Shared checks of metric inputs: every error names the argument and what it should be."""

import math
import numbers

import numpy as np

from prodimg_lib.errors import InputError

_MAX_CHANNELS = 4  # more is a forgotten channel axis or channels first, not an image
LARGEST = 1e40  # the cubic kernel takes sixth powers, which float64 holds up to 1e308
_GREY_LEVELS = 100  # a span so large counts grey levels: no photograph lies between 0 and 1 of them
_SPANS = "pass 255 for uint8, 1 for [0, 1], 2 for [-1, 1]"


def array(name, value):
    """``value`` as a non-empty array of real, finite numbers, in its own type (no copy)."""
    try:
        value = np.asarray(value)
    except ValueError:
        raise InputError(f"{name} is not an array: its parts have different shapes") from None
    if value.dtype.kind not in "buif":
        raise InputError(f"{name} has type {value.dtype}: expected real numbers")
    if value.size == 0:
        raise InputError(f"{name} is empty (shape {value.shape}): pass at least one sample")
    # Minimum and maximum carry NaN and infinity, and need no copy of the whole set.
    low, high = float(value.min()), float(value.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"{name} holds NaN or infinity: find where they came from first")
    if max(-low, high) > LARGEST:
        raise InputError(
            f"{name} reaches from {low:.4g} to {high:.4g}, too large for powers of it: rescale it"
        )
    return value


def images(name, value, ndims=(2, 3, 4)):
    """Images [h, w], [h, w, c] or [n, h, w, c] as an array in its own type."""
    value = array(name, value)
    kinds = {2: "[h, w]", 3: "[h, w, c]", 4: "[n, h, w, c]"}
    if value.ndim not in ndims:
        raise InputError(
            f"{name} has shape {value.shape}: expected {' or '.join(kinds[n] for n in ndims)}"
        )
    if value.ndim > 2 and value.shape[-1] > _MAX_CHANNELS:
        raise InputError(
            f"{name} of shape {value.shape} has {value.shape[-1]} channels on its last axis: "
            "grey images in a batch are [n, h, w, 1], colour images have their channels last"
        )
    return value


def span(value):
    """``data_range`` as a Python float: a NumPy byte of 255 has the square 1."""
    return number("data_range", value, 1 / LARGEST, LARGEST, f"the span of valid values: {_SPANS}")


def data_range(value, **arrays):
    """Refuse values that do not fit the span, from either side.

    - All together they lie in [0, span] or in [-span / 2, span / 2].
    - The span of uint8 is 255 and that of bool 1, however dark the images are.
    - Floats within [-1, 1], not all whole, do not count grey levels, unless integers beside them
      are as dark. A dark image is whole where it came from a file, and may be rounded where not.
    """
    wide = span(value)
    for name, v in arrays.items():
        own = {"bool": 1, "uint8": 255}.get(v.dtype.name, wide)
        if wide != own:
            raise InputError(f"data_range = {wide:g}, but {name} is {v.dtype}: expected {own}")
    low = min(float(v.min()) for v in arrays.values())
    high = max(float(v.max()) for v in arrays.values())
    slack = 1e-6 * wide  # float32 images rescaled
    if not any(low >= start - slack and high <= start + wide + slack for start in (0, -wide / 2)):
        raise InputError(
            f"values of {' and '.join(arrays)} reach from {low:.4g} to {high:.4g}, outside "
            f"data_range = {wide:g}: {_SPANS}"
        )
    if wide < _GREY_LEVELS or any(v.dtype.kind in "iu" and v.max() <= 1 for v in arrays.values()):
        return
    for name, v in arrays.items():
        if v.dtype.kind == "f" and _are_fractions(v):
            raise InputError(
                f"{name} reaches from {v.min():.4g} to {v.max():.4g} in fractions, "
                f"data_range = {wide:g}: {_SPANS}; round a dark image of grey levels to uint8"
            )


def _are_fractions(value):
    return value.min() >= -1 and value.max() <= 1 and bool((value != np.rint(value)).any())


def features(name, value, minimum=2):
    """float64 feature matrix [n, d] with at least ``minimum`` rows."""
    value = array(name, value)
    if value.ndim != 2:
        raise InputError(f"{name} has shape {value.shape}: expected features [n, d]")
    if len(value) < minimum:
        raise InputError(f"{name} has {len(value)} rows: at least {minimum} samples are needed")
    return value.astype(np.float64, copy=False)


def feature_pair(names, values, minimum=2):
    """Two feature matrices of equal d."""
    a, b = (features(name, value, minimum) for name, value in zip(names, values, strict=True))
    if a.shape[1] != b.shape[1]:
        raise InputError(
            f"{names[0]} has {a.shape[1]} features, {names[1]} has {b.shape[1]}: use one extractor"
        )
    return a, b


def labels(name, value, n, classes=None):
    """Class numbers [n], counted from 0, below ``classes`` if that is given."""
    try:
        value = np.asarray(value)
    except ValueError:
        raise InputError(f"{name} is not an array: its parts have different shapes") from None
    if value.shape != (n,):
        raise InputError(f"{name} have shape {value.shape}: expected one for each of {n} images")
    wanted = "class numbers from 0" if classes is None else f"class numbers 0..{classes - 1}"
    if value.dtype.kind not in "iu":
        raise InputError(f"{name} have type {value.dtype}: expected integers, {wanted}")
    outside = value[(value < 0) | (value >= (math.inf if classes is None else classes))]
    if len(outside):
        raise InputError(f"{name} hold {outside[0]}: expected {wanted}")
    return value


def count(name, value, low, high=math.inf, why=""):
    """An integer in low..high."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputError(f"{name} = {value!r}: expected an integer")
    if not low <= value <= high:
        wanted = f"at least {low}" if high == math.inf else f"{low} to {high}"
        raise InputError(f"{name} = {value}: expected {wanted}{why}")
    return int(value)


def number(name, value, low, high, wanted, ends=True):
    """A real number in [low, high], or in (low, high) without the ends; ``wanted`` says which."""
    given = value
    if isinstance(value, np.ndarray | np.generic) and np.ndim(value) == 0:
        value = value.item()
    good = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not (good and (low <= value <= high if ends else low < value < high)):
        raise InputError(f"{name} = {given!r}: expected {wanted}")
    return float(value)
