"""C18: the structural similarity of two grey images."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter

ENTRY = "ssim"


def starter(a, b, data_range):
    """Mean structural similarity (Wang et al. 2004) of two grey images.

    Gaussian window of 11 x 11 pixels with standard deviation 1.5, weights that sum to one;
    K1 = 0.01, K2 = 0.03. Only windows that lie wholly inside the image count.

    Args:
        a, b: arrays [height, width] of one shape, floats or uint8, at least 11 x 11.
        data_range: the largest minus the smallest value that images may have.

    Returns:
        A float, at most 1.
    """
    raise NotImplementedError


def reference(a, b, data_range):
    a, b = np.asarray(a, float), np.asarray(b, float)
    line = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(line, line) / line.sum() ** 2

    def mean(x):
        return np.einsum("ijkl,kl->ij", sliding_window_view(x, (11, 11)), window)

    mean_a, mean_b = mean(a), mean(b)
    variances = mean(a * a) - mean_a**2 + mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return float(np.mean(luminance * (2 * covariance + c2) / (variances + c2)))


def torch_reference(a, b, data_range):
    import torch
    from torch.nn import functional

    line = torch.exp(-0.5 * (torch.arange(-5, 6, dtype=torch.float64) / 1.5) ** 2)
    window = torch.outer(line, line) / line.sum() ** 2

    def mean(x):
        return functional.conv2d(x[None, None], window[None, None])

    a, b = a.double(), b.double()
    mean_a, mean_b = mean(a), mean(b)
    variances = mean(a * a) - mean_a**2 + mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return (luminance * (2 * covariance + c2) / (variances + c2)).mean()


def variant_scipy_filter(a, b, data_range):
    a, b = (np.asarray(x, "float64") / data_range for x in (a, b))

    def mean(x):
        return gaussian_filter(x, 1.5, truncate=3.5)[5:-5, 5:-5]

    mean_a, mean_b = mean(a), mean(b)
    up = (2 * mean_a * mean_b + 1e-4) * (2 * (mean(a * b) - mean_a * mean_b) + 9e-4)
    spread = mean(a**2) + mean(b**2) - mean_a**2 - mean_b**2
    return np.mean(up / ((mean_a**2 + mean_b**2 + 1e-4) * (spread + 9e-4)))


def wrong_whole_image_statistics(a, b, data_range):
    a, b = np.asarray(a, float), np.asarray(b, float)
    return _index(np.mean, a, b, a * a, b * b, a * b, *_constants(data_range))


def wrong_equal_weights(a, b, data_range):
    def mean(x):
        return sliding_window_view(x, (11, 11)).mean(axis=(2, 3))

    a, b = np.asarray(a, float), np.asarray(b, float)
    return _index(mean, a, b, a * a, b * b, a * b, *_constants(data_range))


def wrong_range_of_one(a, b, data_range):
    return reference(a, b, 1.0)


def wrong_constants_not_squared(a, b, data_range):
    a, b = np.asarray(a, float), np.asarray(b, float)
    return _index(_blur, a, b, a * a, b * b, a * b, 0.01 * data_range, 0.03 * data_range)


def wrong_uint8_products(a, b, data_range):
    return _index(_blur, a, b, a * a, b * b, a * b, *_constants(data_range))


def wrong_borders_counted(a, b, data_range):
    a, b = np.asarray(a, float), np.asarray(b, float)
    a, b = (np.pad(x, 5, mode="symmetric") for x in (a, b))
    return reference(a, b, data_range)


def _constants(data_range):
    return (0.01 * data_range) ** 2, (0.03 * data_range) ** 2


def _blur(x):
    return gaussian_filter(x, 1.5, truncate=3.5)[5:-5, 5:-5]


def _index(mean, a, b, aa, bb, ab, c1, c2):
    """SSIM from images and their products, with any local mean and any constants."""
    mean_a, mean_b, mean_aa, mean_bb, mean_ab = (
        mean(np.asarray(x, float)) for x in (a, b, aa, bb, ab)
    )
    variances = mean_aa - mean_a**2 + mean_bb - mean_b**2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return float(np.mean(luminance * (2 * (mean_ab - mean_a * mean_b) + c2) / (variances + c2)))


def checks(c):
    a = c.rng.uniform(0.2, 0.8, (17, 14))
    b = np.clip(0.7 * a + c.rng.uniform(0.0, 0.35, a.shape), 0, 1)
    found = c.call(a, b, 1.0)
    c.shape("number", found, ())
    c.close("equal", c.call(a, a.copy(), 1.0), 1.0, 1e-5)
    c.close("value", found, _by_hand(a, b, 1.0), 1e-4, 1e-5)
    # In the dark the constants count.
    dark = 0.02 * a, 0.03 * b
    for times in (1.0, 100.0):
        pair = [times * image for image in dark]
        c.close("value", c.call(*pair, times), _by_hand(*dark, 1.0), 1e-4, 1e-5)
    c.close("range", c.call(100 * a, 100 * b, 100.0), _by_hand(a, b, 1.0), 1e-4, 1e-5)
    x, y = c.rng.integers(0, 256, (2, 15, 13)).astype("uint8")
    c.close("bytes", c.call(x, y, 255), _by_hand(x.astype(float), y.astype(float), 255), 1e-4, 1e-5)
    c.close("negative", c.call(a, 1 - a, 1.0), _by_hand(a, 1 - a, 1.0), 1e-4, 1e-5)


def _by_hand(a, b, data_range):
    """The definition, window by window, with weighted deviations and no shortcut."""
    line = np.array([np.exp(-(i**2) / (2 * 1.5**2)) for i in range(-5, 6)])
    w = line[:, None] * line[None, :]
    w /= w.sum()
    c1, c2, values = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2, []
    for i in range(a.shape[0] - 10):
        for j in range(a.shape[1] - 10):
            p, q = a[i : i + 11, j : j + 11], b[i : i + 11, j : j + 11]
            mp, mq = (w * p).sum(), (w * q).sum()
            vp, vq = (w * (p - mp) ** 2).sum(), (w * (q - mq) ** 2).sum()
            both = (w * (p - mp) * (q - mq)).sum()
            luminance = (2 * mp * mq + c1) / (mp**2 + mq**2 + c1)
            values.append(luminance * (2 * both + c2) / (vp + vq + c2))
    return float(np.mean(values))
