"""Shared checks of metric inputs: every error names the argument and what it should be."""

import numpy as np

from prodimg_lib.errors import InputError


def images(name, value, data_range):
    """float64 copy of images [h, w], [h, w, c] or [n, h, w, c], values within ``data_range``."""
    value = np.asarray(value)
    if value.ndim not in (2, 3, 4):
        raise InputError(
            f"{name} has shape {value.shape}: expected [h, w], [h, w, c] or a batch [n, h, w, c]"
        )
    if not data_range > 0:
        raise InputError(
            f"data_range = {data_range}: expected the span of the values, 255 or 1 or 2"
        )
    value = value.astype(np.float64)
    finite(name, value)
    if value.size and np.ptp(value) > data_range * (1 + 1e-6):
        raise InputError(
            f"{name} spans {np.ptp(value):.4g}, more than data_range = {data_range}: pass 255 for "
            "uint8, 1 for [0, 1], 2 for [-1, 1]"
        )
    return value


def finite(name, value):
    """Refuse NaN and infinity."""
    if not np.isfinite(value).all():
        raise InputError(f"{name} holds NaN or infinity: find where they came from first")


def features(name, value, minimum=2):
    """float64 feature matrix [n, d] with at least ``minimum`` rows."""
    value = np.asarray(value, np.float64)
    if value.ndim != 2:
        raise InputError(f"{name} has shape {value.shape}: expected features [n, d]")
    if len(value) < minimum:
        raise InputError(f"{name} has {len(value)} rows: at least {minimum} samples are needed")
    finite(name, value)
    return value


def feature_pair(names, values, minimum=2):
    """Two feature matrices of equal d."""
    a, b = (features(name, value, minimum) for name, value in zip(names, values, strict=True))
    if a.shape[1] != b.shape[1]:
        raise InputError(
            f"{names[0]} has {a.shape[1]} features, {names[1]} has {b.shape[1]}: use one extractor"
        )
    return a, b
