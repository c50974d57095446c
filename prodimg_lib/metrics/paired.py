"""PSNR, SSIM and MS-SSIM: an image against *its own* reference.

They need a pair: a photograph and its reconstruction, compression or restoration. A freshly
generated image has no reference, and comparing it with some real photograph measures nothing.
"""

from functools import cache

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check

WINDOW, SIGMA = 11, 1.5
K1, K2 = 0.01, 0.03
MS_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_BLOCK = 512  # images at a time: bounds memory, and keeps a block in cache


def _pair(a, b, data_range):
    a, b = _check.images("a", a, data_range), _check.images("b", b, data_range)
    if a.shape != b.shape:
        raise InputError(f"a has shape {a.shape}, b {b.shape}: a pair must have one shape")
    single = a.ndim < 4
    if a.ndim == 2:
        a, b = a[..., None], b[..., None]
    return (a[None], b[None], True) if single else (a, b, False)


def psnr(a, b, data_range):
    """Peak signal-to-noise ratio in dB: 10 log10(data_range^2 / MSE).

    Args:
        a, b: [h, w], [h, w, c], or batches [n, h, w, c]; any real type, equal shapes.
        data_range: span of the valid values: 255 for uint8, 1 for [0, 1], 2 for [-1, 1].

    Returns:
        float for one pair, float64 [n] for a batch; ``inf`` for equal images. The mean of PSNRs is
        not the PSNR of the mean error.

    Raises:
        InputError: shapes differ, values span more than ``data_range``, NaN.

    What it cannot see: structure. A blurred image can beat one that is sharp but a pixel off.
    """
    a, b, single = _pair(a, b, data_range)
    mse = np.mean((a - b) ** 2, axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        value = 10 * np.log10(data_range**2 / mse)
    return float(value[0]) if single else value


@cache
def _blur_matrix(length):
    """[length - 10, length]: the 11-tap Gaussian at every place where it fits whole."""
    taps = np.exp(-0.5 * ((np.arange(WINDOW) - WINDOW // 2) / SIGMA) ** 2)
    taps /= taps.sum()
    matrix = np.zeros((length - WINDOW + 1, length))
    for i in range(len(matrix)):
        matrix[i, i : i + WINDOW] = taps
    return matrix


def _local_means(x):
    """Gaussian-weighted means of [n, h, w]: a matrix product an axis, as the window separates."""
    return _blur_matrix(x.shape[1]) @ x @ _blur_matrix(x.shape[2]).T


def _components(a, b, data_range):
    """SSIM and its contrast-structure part, each averaged over positions and channels: [n], [n]."""
    n, h, w, c = a.shape
    if min(h, w) < WINDOW:
        raise InputError(f"images are {h}x{w}: SSIM needs at least {WINDOW}x{WINDOW} pixels")
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    ssim_mean, cs_mean = np.empty(n), np.empty(n)
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        # Channels are independent planes.
        x, y = (np.moveaxis(v[block], 3, 1).reshape(-1, h, w) for v in (a, b))
        mx, my = _local_means(x), _local_means(y)
        # Population covariance of the window, as in the paper.
        vx, vy = _local_means(x * x) - mx * mx, _local_means(y * y) - my * my
        vxy = _local_means(x * y) - mx * my
        cs = (2 * vxy + c2) / (vx + vy + c2)
        full = cs * (2 * mx * my + c1) / (mx * mx + my * my + c1)
        cs_mean[block] = cs.reshape(-1, c * cs.shape[1] * cs.shape[2]).mean(1)
        ssim_mean[block] = full.reshape(-1, c * cs.shape[1] * cs.shape[2]).mean(1)
    return ssim_mean, cs_mean


def ssim(a, b, data_range):
    """Structural similarity (Wang et al. 2004): Gaussian window of 11 taps, sigma 1.5.

    Population covariance, only windows that fit whole, mean over positions and channels. Equals
    scikit-image with ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False`` (whose
    defaults differ).

    Args:
        a, b, data_range: as for ``psnr``; sides of at least 11.

    Returns:
        float, or float64 [n] for a batch; at most 1, and 1 only for equal images.

    Raises:
        InputError: as for ``psnr``, or images too small.

    What it cannot see: meaning. It compares local means, contrasts and correlations.
    """
    a, b, single = _pair(a, b, data_range)
    value = _components(a, b, data_range)[0]
    return float(value[0]) if single else value


def max_scales(side):
    """How many halvings of an image of this side the 11-tap window fits into: 28 -> 2, 64 -> 3."""
    scales = 0
    while side >= WINDOW and scales < len(MS_WEIGHTS):
        scales += 1
        side //= 2
    return scales


def ms_ssim(a, b, data_range, scales=None):
    """Multi-scale SSIM (Wang et al. 2003), with as many scales as the window fits into.

    Five scales need sides of 176; with fewer the first weights of the paper are taken and
    renormalised, so a value belongs to its scale count. Terms below 0 count as 0.

    Args:
        a, b, data_range: as for ``ssim``.
        scales: 1 to 5, or None for ``max_scales`` of the smaller side.

    Returns:
        float, or float64 [n] for a batch, in [0, 1].

    Raises:
        InputError: as for ``ssim``, or more scales than the size allows.
    """
    a, b, single = _pair(a, b, data_range)
    most = max_scales(min(a.shape[1:3]))
    if scales is None:
        scales = max(most, 1)  # one scale on a tiny image: ``ssim`` then says what is wrong
    elif not 1 <= scales <= max(most, 1):
        raise InputError(
            f"scales = {scales}: images of {a.shape[1]}x{a.shape[2]} allow 1 to {most} "
            f"(the {WINDOW}-tap window must fit after each halving)"
        )
    weights = np.array(MS_WEIGHTS[:scales]) / sum(MS_WEIGHTS[:scales])
    value = np.ones(len(a))
    for i, weight in enumerate(weights):
        full, cs = _components(a, b, data_range)
        part = full if i == scales - 1 else cs
        value *= np.maximum(part, 0) ** weight
        if i < scales - 1:
            a, b = _halve(a), _halve(b)
    return float(value[0]) if single else value


def _halve(x):
    """2x2 average pooling; an odd last row or column is dropped."""
    n, h, w, c = x.shape
    return x[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))
