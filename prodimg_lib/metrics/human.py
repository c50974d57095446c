"""Statistics of a two-alternative study: which of two images is the real photograph?"""

import numpy as np
from scipy import stats

from prodimg_lib.errors import InputError


def wilson_interval(share, n, confidence=0.95, quantile=None):
    """Confidence interval of a binomial share (Wilson 1927), sensible also near 0 and 1.

    Args:
        share: observed, in [0, 1].
        n: independent trials behind it; need not be whole (an effective number).
        confidence: of the interval.
        quantile: two-sided quantile to use instead of the normal one.

    Returns:
        (low, high), within [0, 1].

    Raises:
        InputError: share outside [0, 1], n not positive, confidence outside (0, 1).
    """
    if not 0 <= share <= 1:
        raise InputError(f"share = {share}: expected a number in 0..1")
    if not n > 0:
        raise InputError(f"n = {n}: expected a positive number of trials")
    if not 0 < confidence < 1:
        raise InputError(f"confidence = {confidence}: expected a number between 0 and 1")
    z = stats.norm.ppf((1 + confidence) / 2) if quantile is None else quantile
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def fooling_rate(fooled, rater, confidence=0.95):
    """How often a generated image was taken for the photograph, with its interval.

    Answers of one person resemble each other, so pooled trials are worth less than their number.
    With two raters or more the variance is that between raters (a ratio estimate), the design
    effect its quotient with the binomial one, and the interval Wilson's at the effective number of
    trials with Student's t on raters - 1 degrees of freedom (Korn and Graubard 1998). One rater
    gets the plain interval, which says nothing about other people.

    Args:
        fooled: bool [trials], True where the generated image was chosen.
        rater: who answered, [trials], any hashable values.
        confidence: of the interval.

    Returns:
        dict: ``value``, ``low``, ``high``, ``n`` trials, ``raters``, ``design_effect`` (>= 1).

    Raises:
        InputError: no trials, lengths that differ.

    What it cannot see: diversity, and copies of training photographs, which fool everyone.
    """
    fooled, rater = np.asarray(fooled, bool), np.asarray(rater)
    if fooled.shape != rater.shape or fooled.ndim != 1:
        raise InputError(
            f"fooled has shape {fooled.shape}, rater {rater.shape}: expected equal [n]"
        )
    if len(fooled) == 0:
        raise InputError("fooled is empty: there are no answers to score")
    share, n = fooled.mean(), len(fooled)
    names, who = np.unique(rater, return_inverse=True)
    m, effect, quantile = len(names), 1.0, None
    if m > 1 and 0 < share < 1:
        trials, successes = np.bincount(who), np.bincount(who, fooled)
        variance = m / (m - 1) * ((successes - trials * share) ** 2).sum() / n**2
        effect = max(1.0, variance / (share * (1 - share) / n))
        quantile = stats.t.ppf((1 + confidence) / 2, m - 1)
    low, high = wilson_interval(share, n / effect, confidence, quantile)
    return {
        "value": float(share),
        "low": low,
        "high": high,
        "n": n,
        "raters": m,
        "design_effect": float(effect),
    }


def krippendorff_alpha(ratings):
    """Agreement between raters beyond chance, for unordered answers (Krippendorff 2011).

    Args:
        ratings: float [raters, items]; NaN where a rater did not answer an item.

    Returns:
        float, at most 1 (full agreement); 0 is what chance gives, below 0 less than that. NaN if no
        item has two answers or all answers are equal, where agreement cannot be told from chance.

    Raises:
        InputError: not a matrix.
    """
    ratings = np.asarray(ratings, float)
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

    Raises:
        InputError: a margin outside (0, 1).
    """
    if not 0 < margin < 1:
        raise InputError(f"margin = {margin}: expected a number between 0 and 1, such as 0.05")
    z = stats.norm.ppf((1 + confidence) / 2)
    return int(np.ceil(z**2 * share * (1 - share) / margin**2))
