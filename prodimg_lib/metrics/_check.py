"""Shared checks of metric inputs: every error names the argument and what it should be."""

import math

import numpy as np

from prodimg_lib.errors import InputError

_MAX_CHANNELS = 4  # more is a forgotten channel axis or channels first, not an image


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
    if not (math.isfinite(value.min()) and math.isfinite(value.max())):
        raise InputError(f"{name} holds NaN or infinity: find where they came from first")
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


def data_range(span, **arrays):
    """Refuse values that lie neither in [0, span] nor in [-span / 2, span / 2], all together."""
    if isinstance(span, str) or not (np.ndim(span) == 0 and 0 < span < math.inf):
        raise InputError(f"data_range = {span}: expected the span of valid values, 255 or 1 or 2")
    low = min(float(v.min()) for v in arrays.values())
    high = max(float(v.max()) for v in arrays.values())
    slack = 1e-6 * span  # float32 images rescaled
    if not any(low >= start - slack and high <= start + span + slack for start in (0, -span / 2)):
        raise InputError(
            f"values of {' and '.join(arrays)} reach from {low:.4g} to {high:.4g}, outside "
            f"data_range = {span:g}: pass 255 for uint8, 1 for [0, 1], 2 for [-1, 1]"
        )


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


def count(name, value, low, high=math.inf, why=""):
    """An integer in low..high."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputError(f"{name} = {value!r}: expected an integer")
    if not low <= value <= high:
        wanted = f"at least {low}" if high == math.inf else f"{low} to {high}"
        raise InputError(f"{name} = {value}: expected {wanted}{why}")
    return int(value)
