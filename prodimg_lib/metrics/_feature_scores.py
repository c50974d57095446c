"""Entries of ``Scores`` that are made of features alone, and their standard errors."""

import numpy as np

from prodimg_lib.metrics import _neighbours, distribution, diversity
from prodimg_lib.metrics.table import Scores
from prodimg_lib.metrics.uncertainty import binomial_error, half_sample_error
from prodimg_lib.text import text

_NEIGHBOURS = 5  # k of density and coverage; smaller sets have no neighbourhoods worth the name
_LEAST_FOR_ERRORS = 8
_FOR_EACH_FEATURE = 10  # images, below which a Fréchet distance is mostly bias


def standard_error(statistic, *samples, halves, seed, smooth=False):
    """``half_sample_error`` where there are images enough for halves, else None."""
    first = samples[0]
    if len(first[0] if isinstance(first, tuple) else first) < _LEAST_FOR_ERRORS:
        return None
    return half_sample_error(statistic, *samples, halves=halves, smooth=smooth, seed=seed)


def facts_of(x, other, extractor):
    """What stands beside each number of features x with a floor from ``other``."""
    return {
        "n": len(x),
        "d": x.shape[1],
        "floor_n": len(other),
        "network": extractor.title,
        "features": f"{extractor.name} {(extractor.sha256 or '')[:8]}".strip(),
    }


def of_features(x, y, reference, other, extractor, error):
    """Distances, precision and recall, density and coverage of y against the real x.

    Args:
        x, y: features [n, d]; reference, other: two sets of real ones [m, d], for the floor.
        extractor: whose features they are.
        error: ``standard_error`` with its halves and seed.

    Returns:
        ``Scores``, with a note where there are too few images for a Fréchet distance.
    """
    facts = facts_of(x, other, extractor)
    scores = Scores(_distances(x, y, reference, other, extractor, error, facts))
    if extractor.frechet not in scores:
        scores.notes.append(text()["score_notes"]["no_frechet"].format(**facts))
    scores |= _neighbourhoods(x, y, reference, other, error, facts)
    return scores


def _distances(x, y, reference, other, extractor, error, facts):
    def kernel(a, b):  # all rows at once: the estimate of least variance
        return distribution.kernel_distance(a, b, 1, max(len(a), len(b)))[0]

    distances = {
        extractor.frechet: distribution.frechet_distance,
        extractor.kernel: kernel,
    }
    if extractor.frechet == "frechet_distance":  # of any network: first what has no bias
        distances = dict(reversed(distances.items()))
        if len(x) < _FOR_EACH_FEATURE * x.shape[1]:
            del distances["frechet_distance"]
    return {
        name: {
            "value": distance(x, y),
            "uncertainty": error(distance, x, y, smooth=True),
            "floor": distance(reference, other),
            **facts,
        }
        for name, distance in distances.items()
    }


def _neighbourhoods(x, y, reference, other, error, facts):
    def four(a, b):
        k = min(_NEIGHBOURS, len(a) - 1)
        return np.array(
            [
                *distribution.precision_recall(a, b, min(3, k)),
                *distribution.density_coverage(a, b, k),
            ]
        )

    value, floor = four(x, y), four(reference, other)
    errors = error(four, x, y)
    return {
        name: {
            "value": float(value[i]),
            "uncertainty": None if errors is None else _at_least(name, errors[i], value[i], len(x)),
            "floor": float(floor[i]),
            **facts,
        }
        for i, name in enumerate(("precision", "recall", "density", "coverage"))
    }


def _at_least(name, error, share, n):
    """Halves that agree in a share of 0 or 1 are no reason to be sure of it."""
    return float(error) if name == "density" else max(float(error), binomial_error(share, n))


def memorisation(fake, train, test, error):
    """The entry of ``diversity.memorisation``, of features [n, d], [m, d] and [t, d]."""
    near, usual = _neighbours.nearest(fake, train), _neighbours.nearest(test, train)
    value = diversity.chance_nearer(near, usual)
    spread = error(diversity.chance_nearer, near, usual)
    if spread is not None and value in (0, 1):
        spread = binomial_error(value, len(near))
    return {
        "value": value,
        "uncertainty": spread,
        "floor": 0.5,  # by definition: one held-out image against another
    }
