"""Intervals of the numbers in a table: between which values the true one lies, at 95 %.

A number from a few hundred images decides nothing by itself; its interval may. "True" means for
images without end of this one trained model, against this kind of photographs: what another seed
of training would give is not in it.
"""

import numpy as np
from scipy.special import betaincinv, stdtrit

from prodimg_lib.metrics import _check
from prodimg_lib.metrics.uncertainty import binomial_error

LEVEL = 0.95
SHARES = ("precision", "recall", "coverage", "colour_coverage", "memorised", "class_accuracy")
MEANS = ("reconstruction_psnr", "reconstruction_ssim", "bound_nats", "chroma")  # over the images
_RANGES = {  # of the others, whose errors are those of half samples
    "fd_product": (0, np.inf),
    "frechet_distance": (0, np.inf),
    "kernel_distance": (-np.inf, np.inf),
    "inception_score": (1, np.inf),
    "density": (0, np.inf),
    "similarity": (-1, 1),
    "memorisation": (0, 1),
}
METRICS = (*_RANGES, *SHARES, *MEANS)
_DRAWS = 10  # independent differences behind an error from 20 half samples: its degrees of freedom


def interval(name, facts, level=LEVEL):
    """The interval of one entry of ``Scores``.

    - Shares: ``share_interval``.
    - Means over images (PSNR, SSIM, bound): Student's t, n - 1 degrees of freedom.
    - The rest, kernel distance among them: Student's t on the error of ``half_sample_error``, with
      the 10 degrees of freedom of its draws, so 2.23 errors on each side; cut to the values that
      the metric can have.

    Args:
        name: of the entry, with or without ``@`` and a network's name behind it.
        facts: the entry: ``value``, ``uncertainty``, ``n``.
        level: in (0, 1).

    Returns:
        (low, high), or None: the entry has no uncertainty, or is a count, which has no interval.
    """
    name = name.partition("@")[0]
    value, error = facts["value"], facts["uncertainty"]
    if error is None or name not in METRICS:
        return None
    if name in SHARES:
        return share_interval(value, facts["n"], error, level)
    freedom = facts["n"] - 1 if name in MEANS else _DRAWS
    low, high = _RANGES.get(name, (-np.inf, np.inf))
    half = _quantile(freedom, level) * error
    return float(max(low, value - half)), float(min(high, value + half))


def share_interval(share, n, error=None, level=LEVEL):
    """Interval of a share: the wider, at each end, of two.

    - Clopper and Pearson's (1934), exact for n independent outcomes, however near 0 or 1.
    - Student's t on the error by resampling, 10 degrees of freedom: precision, recall and coverage
      are shares of outcomes that hang together, as images share neighbours.

    Args:
        share: observed, in [0, 1].
        n: outcomes behind it, a positive number.
        error: its standard error by ``half_sample_error``; None or that of ``binomial_error`` where
            outcomes are independent.
        level: in (0, 1).

    Returns:
        (low, high), floats in [0, 1]: 0 to 0.0018 for none of 2,000, at 95 %.

    Raises:
        InputError: a share outside [0, 1], n not positive, a level outside (0, 1).

    What it cannot see: outcomes that hang together more than the resampling shows.
    """
    level = _check.number("level", level, 0, 1, "a number between 0 and 1", ends=False)
    n = _check.number("n", n, 0, np.inf, "a positive number of outcomes", ends=False)
    share = _check.number("share", share, 0, 1, "a number in 0..1")
    tail, hits = (1 - level) / 2, share * n
    low = betaincinv(hits, n - hits + 1, tail) if hits > 0 else 0.0
    high = betaincinv(hits + 1, n - hits, 1 - tail) if hits < n else 1.0
    if error is not None and error > binomial_error(share, n) * (1 + 1e-9):
        half = _quantile(_DRAWS, level) * error
        low, high = min(low, max(0.0, share - half)), max(high, min(1.0, share + half))
    return float(low), float(high)


def _quantile(freedom, level):
    return stdtrit(freedom, (1 + level) / 2)
