"""Statistics of a two-alternative study: which of two images is the real photograph?"""

import math
from collections import Counter

import numpy as np
from scipy.special import betaln, ndtri

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check

_SHARES, _CORRELATIONS = 1000, 32  # cells of the posterior


def wilson_interval(share, n, confidence=0.95):
    """Confidence interval of a binomial share (Wilson 1927), sensible also near 0 and 1.

    Args:
        share: observed, in [0, 1].
        n: independent trials behind it; need not be whole (an effective number).
        confidence: of the interval.

    Returns:
        (low, high), within [0, 1].

    Raises:
        InputError: share outside [0, 1], n not positive, confidence outside (0, 1).
    """
    share = _check.number("share", share, 0, 1, "a number in 0..1")
    n = _check.number("n", n, 0, math.inf, "a positive number of trials", ends=False)
    z = _quantile(confidence)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def _quantile(confidence):
    """Two-sided quantile of the standard normal distribution."""
    confidence = _check.number(
        "confidence", confidence, 0, 1, "a number between 0 and 1, such as 0.95", ends=False
    )
    return float(ndtri((1 + confidence) / 2))


def fooling_rate(fooled, rater, confidence=0.95):
    """How often a generated image was taken for the photograph, with its interval.

    Answers of one person resemble each other, so pooled trials are worth less than their number.
    Each rater has a rate of their own here, and the rates a beta distribution of mean p and
    intraclass correlation rho (beta-binomial, Skellam 1948). The interval is that of p for raters
    in general: the highest posterior density in the angle arcsin(sqrt(p)), with Jeffreys' prior
    for p, which is flat there, and rho anywhere in 0..1 alike. So it needs no special case where no
    one or everyone was fooled, which says nothing about how much people differ, nor for one rater,
    whose interval is wide. In simulations with 3 to 20 raters, rates from 1 % on and rho from 0 to
    1/3, 95 % intervals held the rate in 94 % of studies or more.

    Args:
        fooled: [trials], True (or 1) where the generated image was chosen, else False (or 0).
        rater: who answered, [trials], any hashable values but None and NaN.
        confidence: of the interval.

    Returns:
        dict: ``value``, ``low``, ``high``, ``n`` trials, ``raters``, and ``design_effect``, the
        variance between raters over the binomial one, at least 1; NaN where it cannot be told: one
        rater, or answers that are all equal.

    Raises:
        InputError: no trials, lengths that differ, answers that are not yes or no, a rater without
            a name, confidence outside (0, 1).

    What it cannot see: diversity, and copies of training photographs, which fool everyone.
    """
    fooled, who = _answers(fooled), _raters(rater)
    if len(fooled) != len(who):
        raise InputError(f"fooled has {len(fooled)} answers, rater {len(who)}: expected equal [n]")
    if len(fooled) == 0:
        raise InputError("fooled is empty: there are no answers to score")
    share, n = fooled.mean(), len(fooled)
    trials, successes = np.bincount(who), np.bincount(who, fooled).astype(int)
    m, effect = len(trials), math.nan
    if m > 1 and 0 < share < 1:
        variance = m / (m - 1) * ((successes - trials * share) ** 2).sum() / n**2
        effect = max(1.0, float(variance / (share * (1 - share) / n)))
    low, high = _rate_interval(successes, trials, confidence)
    return {
        "value": float(share),
        "low": low,
        "high": high,
        "n": n,
        "raters": m,
        "design_effect": effect,
    }


def _answers(fooled):
    try:
        fooled = np.asarray(fooled)
    except ValueError:
        fooled = np.empty((0, 0))
    if fooled.ndim != 1:
        raise InputError(
            f"fooled has shape {fooled.shape}: expected one answer for each trial, [n]"
        )
    if fooled.size == 0:
        return fooled.astype(bool)
    if fooled.dtype.kind not in "buif" or not np.isin(fooled, (0, 1)).all():
        odd = next(v for v in fooled.tolist() if isinstance(v, str) or v not in (0, 1))
        raise InputError(f"fooled holds {odd!r}: expected True or False")
    return fooled.astype(bool)


def _raters(rater):
    """A number from 0 for each of the raters."""
    try:
        names = list(rater.tolist() if isinstance(rater, np.ndarray) else rater)
    except TypeError:
        raise InputError(f"rater = {rater!r}: expected who answered, for each trial") from None
    numbers: dict[object, int] = {}
    for i, name in enumerate(names):
        try:
            known = name is not None and name == name  # NaN is not itself
            numbers.setdefault(name, len(numbers))
        except TypeError:
            known = False
        if not known:
            raise InputError(f"rater[{i}] = {name!r}: expected who answered, a name or a number")
    return np.array([numbers[name] for name in names], int)


def _rate_interval(successes, trials, confidence):
    """Highest posterior density of the raters' mean rate; see ``fooling_rate``."""
    _quantile(confidence)
    edges = np.sin(np.linspace(0, np.pi / 2, _SHARES + 1)) ** 2  # equal cells of the angle
    p = np.sin((np.arange(_SHARES) + 0.5) / _SHARES * np.pi / 2)[:, None] ** 2
    root = (np.arange(_CORRELATIONS) + 0.5) / _CORRELATIONS  # of rho: many answers tell small ones
    others = 1 / root**2 - 1
    alpha, beta = p * others, (1 - p) * others
    likelihood = np.zeros((_SHARES, _CORRELATIONS))
    for (s, n), raters in Counter(zip(successes.tolist(), trials.tolist(), strict=True)).items():
        likelihood += raters * (betaln(alpha + s, beta + n - s) - betaln(alpha, beta))
    posterior = np.exp(likelihood - likelihood.max()) @ root  # d rho = 2 root d root
    ranked = np.sort(posterior)[::-1]
    least = ranked[np.searchsorted(ranked[:-1].cumsum() / ranked.sum(), confidence)]
    held = np.flatnonzero(posterior >= least * (1 - 1e-9))  # both of two that tie
    return float(edges[held[0]]), float(edges[held[-1] + 1])


def krippendorff_alpha(ratings):
    """Agreement between raters beyond chance, for unordered answers (Krippendorff 2011).

    Args:
        ratings: float [raters, items]; NaN where a rater did not answer an item.

    Returns:
        float, at most 1 (full agreement); 0 is what chance gives, below 0 less than that. NaN if no
        item has two answers or all answers are equal, where agreement cannot be told from chance.

    Raises:
        InputError: not a matrix of numbers.
    """
    try:
        ratings = np.asarray(ratings, float)
    except (TypeError, ValueError):
        raise InputError("ratings are not numbers: expected float [raters, items]") from None
    if ratings.ndim != 2:
        raise InputError(f"ratings have shape {ratings.shape}: expected [raters, items]")
    values = np.unique(ratings[~np.isnan(ratings)])
    counts = np.stack([(ratings == value).sum(0) for value in values], 1) if len(values) else None
    if counts is None or (counts := counts[counts.sum(1) > 1]).size == 0:
        return float("nan")
    per_item = counts.sum(1, keepdims=True)
    observed = (counts * (per_item - counts) / (per_item - 1)).sum()
    totals = counts.sum(0)
    expected = (totals * (totals.sum() - totals)).sum() / (totals.sum() - 1)
    return float(1 - observed / expected) if expected else float("nan")


def sample_size(margin, share=0.5, confidence=0.95):
    """Independent trials for an interval of about +-margin: z^2 p (1 - p) / margin^2, rounded up.

    Args:
        margin: half of the interval's width, between 0 and 1.
        share: the one expected, between 0 and 1; 0.5 needs most trials.
        confidence: of the interval.

    Returns:
        int.

    Raises:
        InputError: a margin, share or confidence outside (0, 1).
    """
    margin = _check.number("margin", margin, 0, 1, "a number between 0 and 1", ends=False)
    share = _check.number("share", share, 0, 1, "a number between 0 and 1", ends=False)
    return math.ceil(_quantile(confidence) ** 2 * share * (1 - share) / margin**2)
