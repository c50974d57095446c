"""Standard errors for metrics that have no formula for them."""

import math

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check


def half_sample_error(statistic, *samples, halves=20, smooth=False, seed=0):
    """Standard error of ``statistic(*samples)`` from random halves of the samples.

    Each draw cuts every sample at random into two halves, and takes the statistic T of both:
    D = (T_1 - T_2) / 2 and M = (T_1 + T_2) / 2. If T is a mean of rows, or nearly so, D scatters
    about 0 with the variance of T itself, and M not at all (Shao and Wu 1989). Unlike in the
    bootstrap no row comes twice, which would ruin whatever looks at nearest neighbours, and inflate
    a Fréchet distance.

    A distance between sets that are nearly alike is no such mean: its linear part vanishes, and a
    quadratic one is left. If they contribute v1 and v2 to the variance v1 + v2 of T, the variance
    of D is v1 + 2 v2, which is too much, and that of M is v2. ``smooth`` takes the second from the
    first; where that leaves less than v2, which is noise, v1 is 0 and both tell v2.

    What holds, by simulation against repeated draws of normal features: with ``smooth``, the errors
    of Fréchet and kernel distances are right within 15 % on average where the sets differ, and up
    to 25 % too large where they do not; without it, those of shares of neighbours within 20 %,
    unless a share is so near 0 or 1 that few rows decide it (``binomial_error`` holds there).

    Args:
        statistic: callable, arrays -> float or float array [m], a function of the rows alone.
        samples: arrays [n, ...] with at least 4 rows; a tuple of arrays with equally many rows
            (features and their labels) is halved together and passed as a tuple. Of an odd number
            one half has one more, which changes the error by less than 1 / n^2 of it.
        halves: how many, an even number of at least 4; the error's own relative error is about
            1 / sqrt(halves), 22 % at 20, and more for features with long tails.
        smooth: whether T has a second-order expansion in its rows, as what is made of moments has;
            counts of neighbours have none.
        seed: of the draws.

    Returns:
        float, or float64 [m].

    Raises:
        InputError: too few rows or halves, an odd number of halves, tuples of unequal length.

    What it cannot see: bias, such as a Fréchet distance's, and anything all rows share: one trained
    network is one draw, and a second seed may differ by more.
    """
    if _check.count("halves", halves, 4) % 2:
        raise InputError(f"halves = {halves}: expected an even number, two make one draw")
    sizes = [_rows(i, sample) for i, sample in enumerate(samples)]
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(halves // 2):
        orders = [rng.permutation(n) for n in sizes]
        cuts = [(order[: len(order) // 2], order[len(order) // 2 :]) for order in orders]
        pairs.append(
            [statistic(*map(_take, samples, rows)) for rows in zip(*cuts, strict=True)],
        )
    first, second = np.moveaxis(np.array(pairs, float), 1, 0)
    variance = (((first - second) / 2) ** 2).mean(0)
    if smooth:
        quadratic = ((first + second) / 2).var(0, ddof=1)
        variance = np.where(
            variance > 2 * quadratic, variance - quadratic, (variance + 2 * quadratic) / 4
        )
    error = np.sqrt(variance)
    return float(error) if np.ndim(error) == 0 else error


def _take(sample, rows):
    return tuple(part[rows] for part in sample) if isinstance(sample, tuple) else sample[rows]


def _rows(i, sample):
    parts = sample if isinstance(sample, tuple) else (sample,)
    lengths = {len(part) for part in parts}
    if len(lengths) > 1:
        raise InputError(f"sample {i} has parts of {sorted(lengths)} rows: expected equally many")
    n = lengths.pop()
    if n < 4:
        raise InputError(f"sample {i} has {n} rows: halves need at least 4")
    return n


def binomial_error(share, n):
    """Standard error of a share of n independent yes-or-no outcomes.

    The standard deviation of the share's posterior with Jeffreys' prior: sqrt(p (1 - p) / n) for
    all but the smallest n, and not 0 where all outcomes were alike: 0.0035 for 200 of 200.

    Args:
        share: observed, in [0, 1].
        n: outcomes behind it, a positive number.

    Returns:
        float > 0.

    Raises:
        InputError: a share outside [0, 1], n not positive.
    """
    share = _check.number("share", share, 0, 1, "a number in 0..1")
    n = _check.number("n", n, 0, math.inf, "a positive number of outcomes", ends=False)
    middle = (n * share + 0.5) / (n + 1)
    return math.sqrt(middle * (1 - middle) / (n + 2))
