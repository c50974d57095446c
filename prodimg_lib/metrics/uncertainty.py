"""Standard errors for metrics that have no formula for them."""

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check


def half_sample_error(statistic, *samples, halves=20, seed=0):
    """Standard error of ``statistic(*samples)`` from random halves (delete-half jackknife).

    Each sample is replaced by a random half of its rows, drawn without repetition, and the
    statistic taken again. If v is the variance of the whole, halves have 2 v, and scatter about the
    whole with 2 v - v = v: so the standard deviation over the draws is the standard error at full
    size (Shao and Wu 1989). Unlike in the bootstrap no row comes twice, which would ruin whatever
    looks at nearest neighbours, and inflate a Fréchet distance.

    Args:
        statistic: callable, arrays -> float or float array [m].
        samples: arrays with at least 4 rows; a tuple of arrays with equally many rows (features and
            their labels) is halved together and passed as a tuple.
        halves: draws, at least 2; the error's own relative error is about 1 / sqrt(2 (halves - 1)),
            16 % at 20.
        seed: of the draws.

    Returns:
        float, or float64 [m].

    Raises:
        InputError: too few rows or halves, tuples of unequal length.

    What it cannot see: bias, such as a Fréchet distance's, and anything all rows share: one trained
    network is one draw, and a second seed may differ by more.
    """
    _check.count("halves", halves, 2)
    sizes = [_rows(i, sample) for i, sample in enumerate(samples)]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(halves):
        drawn = []
        for sample, n in zip(samples, sizes, strict=True):
            rows = rng.permutation(n)[: n // 2]
            drawn.append(
                tuple(part[rows] for part in sample) if isinstance(sample, tuple) else sample[rows]
            )
        values.append(statistic(*drawn))
    error = np.std(values, axis=0, ddof=1)
    return float(error) if np.ndim(error) == 0 else error


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
    """Standard error of a share of n independent yes-or-no outcomes: sqrt(p (1 - p) / n)."""
    return float(np.sqrt(share * (1 - share) / n))
