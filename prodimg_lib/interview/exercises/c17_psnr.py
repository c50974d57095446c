"""C17: PSNR."""

import numpy as np

ENTRY = "psnr"


def starter(a, b, data_range):
    """Peak signal-to-noise ratio of two images in dB.

    Args:
        a, b: arrays of one shape, floats or uint8.
        data_range: the largest minus the smallest value that images may have.

    Returns:
        A float; infinity if the images are equal.
    """
    raise NotImplementedError


def reference(a, b, data_range):
    mse = np.mean((np.asarray(a, float) - np.asarray(b, float)) ** 2)
    return float("inf") if mse == 0 else float(10 * np.log10(data_range**2 / mse))


def torch_reference(a, b, data_range):
    import torch

    mse = torch.mean((a.double() - b.double()) ** 2)
    return 10 * torch.log10(data_range**2 / mse)  # infinity where they are equal


def variant_decibels(a, b, data_range):
    error = np.linalg.norm(a.astype("float64").ravel() - b.astype("float64").ravel())
    if not error:
        return np.inf
    return 20 * np.log10(data_range * np.sqrt(a.size) / error)


def wrong_uint8_difference(a, b, data_range):
    mse = np.mean(np.asarray((a - b) ** 2, float))
    return float("inf") if mse == 0 else float(10 * np.log10(data_range**2 / mse))


def wrong_always_255(a, b, data_range):
    return reference(a, b, 255.0)


def wrong_own_maximum(a, b, data_range):
    return reference(a, b, float(np.max(a)))


def wrong_natural_logarithm(a, b, data_range):
    mse = np.mean((np.asarray(a, float) - np.asarray(b, float)) ** 2)
    return float("inf") if mse == 0 else float(10 * np.log(data_range**2 / mse))


def wrong_absolute_error(a, b, data_range):
    error = np.mean(np.abs(np.asarray(a, float) - np.asarray(b, float)))
    return float("inf") if error == 0 else float(10 * np.log10(data_range**2 / error))


def checks(c):
    a, b = c.rng.uniform(0.1, 0.9, (2, 6, 5, 3))
    found = c.call(a, b, 1.0)
    c.shape("number", found, ())
    c.close("floats", found, 10 * np.log10(1 / np.mean((a - b) ** 2)))
    x, y = c.rng.integers(0, 256, (2, 6, 5, 3)).astype("uint8")
    wide = np.mean((x.astype(float) - y.astype(float)) ** 2)
    c.close("bytes", c.call(x, y, 255), 10 * np.log10(255**2 / wide))
    c.close("bytes", c.call(x, np.where(x < 255, x + 1, 254).astype("uint8"), 255), 48.1308, 1e-5)
    c.close("range", c.call(2 * a - 1, 2 * b - 1, 2.0), 10 * np.log10(1 / np.mean((a - b) ** 2)))
    c.true("equal", np.isposinf(c.call(a, a.copy(), 1.0)))
