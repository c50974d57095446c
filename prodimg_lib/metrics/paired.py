"""PSNR, SSIM and MS-SSIM: an image against *its own* reference.

They need a pair: a photograph and its reconstruction, compression or restoration. A freshly
generated image has no reference, and comparing it with some real photograph measures nothing.

Two dimensions are one grey image [h, w], three are one image [h, w, c], four are a batch
[n, h, w, c]. A stack of grey images is therefore [n, h, w, 1]; [n, h, w] is refused.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check

WINDOW, SIGMA = 11, 1.5
K1, K2 = 0.01, 0.03
MS_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_BLOCK = 2**15  # values a thread handles at a time: all that is made of them stays in its cache
_TILE = 64  # window positions a matrix product handles at a time


def psnr(a, b, data_range):
    """Peak signal-to-noise ratio in dB: 10 log10(data_range^2 / MSE).

    Args:
        a, b: [h, w], [h, w, c], or batches [n, h, w, c]; any real type, equal shapes.
        data_range: span of the valid values: 255 for uint8, 1 for [0, 1], 2 for [-1, 1]. One that
            is too wide flatters: 48 dB for [0, 1] with 255.

    Returns:
        float for one pair, float64 [n] for a batch; ``inf`` for equal images. The mean of PSNRs is
        not the PSNR of the mean error.

    Raises:
        InputError: shapes differ, NaN, no image; values outside [0, data_range] and outside
            [-data_range / 2, data_range / 2]; uint8 with another data_range than 255, bool with
            another than 1; floats with fractions that all lie in [-1, 1] where data_range counts
            grey levels (100 or more).

    What it cannot see: structure. A blurred image can beat one that is sharp but a pixel off.
    """
    data_range = _check.span(data_range)
    with np.errstate(divide="ignore"):  # equal images: log of infinity
        return _per_image(
            a,
            b,
            data_range,
            lambda pair, _: ((pair[0] - pair[1]) ** 2).mean((1, 2)),
            lambda mse: 10 * np.log10(data_range**2 / mse),
        )


def ssim(a, b, data_range):
    """Structural similarity (Wang et al. 2004): Gaussian window of 11 taps, sigma 1.5.

    Population covariance, only windows that fit whole, mean over positions and channels. Equals
    scikit-image with ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False`` (whose
    defaults differ).

    Black has to be 0. The luminance term compares means relative to their size, so the same images
    in [-1, 1] with ``data_range=2`` get other values, mostly lower, that no one else's compare
    with: turn them into bytes or [0, 1] first. (PSNR is the same in each.)

    Args:
        a, b, data_range: as for ``psnr``; sides of at least 11.

    Returns:
        float, or float64 [n] for a batch; in [-1, 1], and 1 only for equal images.

    Raises:
        InputError: as for ``psnr``, or images too small.

    What it cannot see: meaning. It compares local means, contrasts and correlations.
    """
    _fits("SSIM", a)
    data_range = _check.span(data_range)
    return _per_image(
        a,
        b,
        data_range,
        lambda pair, scratch: _components(pair, data_range, scratch)[0].mean((1, 2)),
    )


def max_scales(side):
    """How many scales the 11-tap window fits into: 2 for a side of 28, 3 for 64, 5 from 176.

    Args:
        side: the smaller one, in pixels.

    Returns:
        int, 0 (side below 11) to 5.

    Raises:
        InputError: a side that is not a positive integer.
    """
    side, scales = _check.count("side", side, 1), 0
    while side >= WINDOW and scales < len(MS_WEIGHTS):
        scales += 1
        side //= 2
    return scales


def ms_ssim(a, b, data_range, scales=None):
    """Multi-scale SSIM (Wang, Simoncelli and Bovik 2003), on as many scales as the window fits.

    The product over scales of the mean contrast-structure term (at the last scale: of the mean
    SSIM), each to the power of its weight; 2x2 means between scales. Negative terms, which a
    fractional power does not take, count as 0. Five scales, the paper's, need sides of 176.
    With fewer, the paper's first weights are taken and rescaled to sum to 1, so values for
    different scale counts are different measures: state the count beside the number.
    Channels are measured one by one and averaged, as in ``tf.image.ssim_multiscale``.

    Args:
        a, b, data_range: as for ``ssim``.
        scales: 1 to 5, or None for ``max_scales`` of the smaller side.

    Returns:
        float, or float64 [n] for a batch, in [0, 1].

    Raises:
        InputError: as for ``ssim``, or ``scales`` that is not an integer from 1 to what the size
            allows.

    What it cannot see: meaning, like ``ssim``; on 28 px its last scale has 4 x 4 positions.
    """
    height, width = _fits("MS-SSIM", a)
    data_range = _check.span(data_range)
    most = max_scales(min(height, width))
    if scales is None:
        scales = most
    why = f" for {height}x{width} pixels (the {WINDOW}-tap window must fit after each halving)"
    weights = _scale_weights(_check.count("scales", scales, 1, most, why))

    def measure(pair, scratch):
        value = 1.0
        for i, weight in enumerate(weights):
            if i:
                pair = _halve(pair)
            full, cs = _components(pair, data_range, scratch)
            term = full if i == len(weights) - 1 else cs
            value *= np.maximum(term.mean((1, 2)), 0) ** weight
        return value

    return _per_image(a, b, data_range, measure)


def _scale_weights(scales):
    weights = np.array(MS_WEIGHTS[:scales])
    # All five as published, although they sum to 1.0001: the number everyone else reports.
    return weights if scales == len(MS_WEIGHTS) else weights / weights.sum()


def _fits(name, a):
    """Height and width of the images, if the window fits into them."""
    shape = _check.images("a", a).shape
    height, width = shape if len(shape) == 2 else shape[-3:-1]
    if min(height, width) < WINDOW:
        raise InputError(
            f"images are {height}x{width}: {name} needs at least {WINDOW}x{WINDOW} pixels"
        )
    return height, width


def _per_image(a, b, data_range, measure, finish=lambda value: value):
    """``finish`` of the mean over channels of ``measure``, which maps planes to a value each."""
    a, b = _check.images("a", a), _check.images("b", b)
    if a.shape != b.shape:
        raise InputError(f"a has shape {a.shape}, b {b.shape}: a pair must have one shape")
    _check.data_range(data_range, a=a, b=b)
    single = a.ndim < 4
    if a.ndim == 2:
        a, b = a[..., None], b[..., None]
    if single:
        a, b = a[None], b[None]
    value = np.empty(len(a))
    step = max(1, _BLOCK // a[0].size)
    starts = range(0, len(a), step)
    workers = min(os.cpu_count() or 1, len(starts))

    def fill(worker):
        scratch = _Scratch()
        for start in starts[worker::workers]:
            block = slice(start, start + step)
            planes = measure(_planes(a[block], b[block], scratch), scratch)
            value[block] = planes.reshape(-1, a.shape[-1]).mean(1)

    if workers == 1:
        fill(0)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(fill, range(workers)))  # ``list`` raises what a thread raised
    value = finish(value)
    return float(value[0]) if single else value


class _Scratch(dict):
    """Arrays by name, used again for every block: fresh memory costs more than the arithmetic."""

    def array(self, name, *shape):
        size = math.prod(shape)
        if name not in self or self[name].size < size:
            self[name] = np.empty(size)
        return self[name][:size].reshape(shape)


def _planes(a, b, scratch):
    """Two batches [n, h, w, c] as float64 planes [2, n c, h, w]."""
    n, h, w, c = a.shape
    pair = scratch.array("pair", 2, n, c, h, w)
    pair[0], pair[1] = a.transpose(0, 3, 1, 2), b.transpose(0, 3, 1, 2)
    return pair.reshape(2, n * c, h, w)


@cache
def _window_matrix(positions):
    """[positions, positions + 10]: the 11-tap Gaussian, one place further in each row."""
    taps = np.exp(-0.5 * ((np.arange(WINDOW) - WINDOW // 2) / SIGMA) ** 2)
    matrix = np.zeros((positions, positions + WINDOW - 1))
    for i in range(positions):
        matrix[i, i : i + WINDOW] = taps / taps.sum()
    return matrix


def _slide(length):
    """Yield (positions, samples they cover, window matrix) along an axis of that length."""
    last = length - WINDOW + 1
    for start in range(0, last, _TILE):
        stop = min(start + _TILE, last)
        yield slice(start, stop), slice(start, stop + WINDOW - 1), _window_matrix(stop - start)


def _local_means(x, name, scratch):
    """Gaussian-weighted means of [2, p, h, w] where the window fits whole: [2, p, h - 10, w - 10].

    The window is separable, and along one axis its means are a product with a banded matrix: for
    each plane a small one, which BLAS does on one thread, so that ours do not get in its way.
    """
    _, p, h, w = x.shape
    rows = scratch.array("rows", 2, p, h - WINDOW + 1, w)
    for positions, samples, matrix in _slide(h):
        np.matmul(matrix, x[..., samples, :], out=rows[..., positions, :])
    means = scratch.array(name, 2, p, h - WINDOW + 1, w - WINDOW + 1)
    for positions, samples, matrix in _slide(w):
        np.matmul(rows[..., samples], matrix.T, out=means[..., positions])
    return means


def _components(pair, data_range, scratch):
    """Maps of SSIM and of its contrast-structure part, for planes [2, p, h, w]: [p, h', w'] each.

    Population covariance of the window, as in the paper. All in place, for speed.
    """
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    second = scratch.array("second", *pair.shape)
    np.multiply(pair[0], pair[1], out=second[0])
    squares = scratch.array("squares", *pair.shape)
    np.square(pair, out=squares)
    np.add(squares[0], squares[1], out=second[1])  # of the two variances only the sum is needed
    mx, my = means = _local_means(pair, "means", scratch)
    covariance, variances = moments = _local_means(second, "moments", scratch)
    product = scratch.array("product", *mx.shape)
    np.multiply(mx, my, out=product)
    np.square(means, out=means)
    mx += my  # mean(x)^2 + mean(y)^2
    covariance -= product
    variances -= mx
    covariance *= 2
    moments += c2
    cs = np.divide(covariance, variances, out=covariance)
    product *= 2
    product += c1
    mx += c1
    product /= mx  # the luminance part
    product *= cs
    return product, cs


def _halve(x):
    """2x2 means of planes [..., h, w]; an odd last row or column is dropped."""
    h, w = x.shape[-2] // 2 * 2, x.shape[-1] // 2 * 2
    x = x[..., 0:h:2, :] + x[..., 1:h:2, :]
    return (x[..., 0:w:2] + x[..., 1:w:2]) / 4
