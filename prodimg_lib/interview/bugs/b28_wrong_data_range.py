"""B28: the wrong data range."""

import numpy as np

ENTRY = "psnr"


def buggy(a, b, data_range):
    mse = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return float(10 * np.log10(255.0**2 / mse))


def fixed(a, b, data_range):
    mse = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return float(10 * np.log10(data_range**2 / mse))


def variant_scaled_first(a, b, data_range):
    difference = (np.asarray(a, float) - np.asarray(b, float)) / data_range
    return float(-20 * np.log10(np.sqrt(np.mean(np.square(difference)))))


def wrong_own_range(a, b, data_range):
    mse = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return float(10 * np.log10(np.ptp(a.astype(float)) ** 2 / mse))


def wrong_not_squared(a, b, data_range):
    mse = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return float(10 * np.log10(data_range / mse))


def symptom(psnr, seed):
    """One pair as bytes and as floats in [0, 1]: the value must be the same."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(40, 200, size=(2, 9, 9, 1)).astype("uint8")
    as_bytes, as_floats = psnr(a, b, 255), psnr(a / 255.0, b / 255.0, 1.0)
    facts = {"PSNR of bytes": as_bytes, "PSNR of the same in [0, 1]": as_floats}
    return abs(as_bytes - as_floats) > 1e-6, facts


def checks(c):
    a, b = c.rng.uniform(-0.6, 0.8, (2, 4, 4, 3))
    found = c.call(a, b, 2.0)
    c.shape("number", found, ())
    c.close("value", found, 10 * np.log10(4 / np.mean((a - b) ** 2)), rtol=1e-6)
