"""Sets of images against sets of images, through features or class probabilities."""

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check

_BLOCK = 1000  # rows of a distance matrix at a time: 10,000 x 10,000 stays under 100 MB


def inception_score(probs, splits=1, seed=0):
    """exp of the mean KL(p(y|x) || p(y)) (Salimans et al. 2016), in [1, classes].

    Args:
        probs: class probabilities [n, classes]; rows sum to 1.
        splits: the rows are shuffled and cut into so many parts; 1 gives a standard deviation of 0.
        seed: of the shuffle.

    Returns:
        (mean, std) over the splits.

    Raises:
        InputError: not probabilities, or fewer rows than splits.

    What it cannot see: the real images, and variety within a class (Barratt & Sharma 2018).
    """
    probs = _check.features("probs", probs, minimum=1)
    if probs.min() < 0 or np.abs(probs.sum(1) - 1).max() > 1e-3:
        raise InputError(
            "probs are not probabilities: rows must be >= 0 and sum to 1 (softmax first)"
        )
    if not 1 <= splits <= len(probs):
        raise InputError(f"splits = {splits}: expected 1 to {len(probs)}, the number of rows")
    order = np.random.default_rng(seed).permutation(len(probs))
    scores = []
    for rows in np.array_split(order, splits):
        p = probs[rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(p > 0, p * np.log(p / p.mean(0)), 0.0)  # 0 log 0 = 0
        scores.append(np.exp(terms.sum(1).mean()))
    return float(np.mean(scores)), float(np.std(scores))


def frechet_distance(x, y):
    """Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017).

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), unbiased covariances, float64. It is biased upwards
    for finite n (``frechet_bias``), so compare at equal n only. On our own classifier's features
    it is called FD-product; only Inception features make an FID.

    Args:
        x, y: features [n, d] and [m, d]; at least d rows each, or the covariances are singular.

    Returns:
        float >= 0.

    Raises:
        InputError: wrong shapes, fewer than two rows, NaN.

    What it cannot see: anything beyond two moments of these features; copying the training set.
    """
    x, y = _check.feature_pair(("x", "y"), (x, y))
    return frechet_from_moments(
        x.mean(0),
        np.cov(x, rowvar=False).reshape(x.shape[1], -1),
        y.mean(0),
        np.cov(y, rowvar=False).reshape(y.shape[1], -1),
    )


def frechet_from_moments(mean1, cov1, mean2, cov2):
    """The same from means [d] and covariances [d, d].

    tr (S1 S2)^(1/2) is the sum of the roots of the eigenvalues of S1^(1/2) S2 S1^(1/2), which is
    symmetric: two symmetric eigenproblems, no complex numbers, no ``sqrtm``.
    """
    values, vectors = np.linalg.eigh(cov1)
    # S1^(1/2) up to a rotation: (U sqrt(L))^T S2 (U sqrt(L)) has the same eigenvalues.
    root = vectors * np.sqrt(np.maximum(values, 0))
    inner = np.linalg.eigvalsh(root.T @ cov2 @ root)
    trace = np.sqrt(np.maximum(inner, 0)).sum()
    gap = np.asarray(mean1) - np.asarray(mean2)
    return max(0.0, float(gap @ gap + np.trace(cov1) + np.trace(cov2) - 2 * trace))


def frechet_bias(n, d, variance=1.0):
    """Expected Fréchet distance between two samples of size n from one N(0, variance I_d).

    First order in 1/n: variance (2 d / n + d (d + 1) / (2 (n - 1))); a perfect generator scores it.
    """
    return variance * (2 * d / n + d * (d + 1) / (2 * (n - 1)))


def kernel_distance(x, y, subsets=100, subset_size=1000, seed=0):
    """Unbiased squared MMD with the kernel (x.y / d + 1)^3 (Binkowski et al. 2018, KID).

    Args:
        x, y: features [n, d], [m, d].
        subsets: how many random subsets are drawn from each side.
        subset_size: rows of each, at most the smaller of n and m.

    Returns:
        (mean, std) over the subsets; slightly negative values are valid, the estimator is unbiased.

    What it cannot see: more than three moments of these features.
    """
    x, y = _check.feature_pair(("x", "y"), (x, y))
    size = min(subset_size, len(x), len(y))
    if subsets < 1 or size < 2:
        raise InputError(
            f"subsets = {subsets}, subset_size = {subset_size}: expected >= 1 and >= 2"
        )
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(subsets):
        a = x[rng.choice(len(x), size, replace=False)]
        b = y[rng.choice(len(y), size, replace=False)]
        within = sum(_off_diagonal_mean(_cubic(v, v)) for v in (a, b))
        values.append(within - 2 * _cubic(a, b).mean())
    return float(np.mean(values)), float(np.std(values))


def _cubic(a, b):
    return (a @ b.T / a.shape[1] + 1) ** 3


def _off_diagonal_mean(k):
    return (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))


def _square_distances(x, y):
    """Yield (row slice, squared distances of those rows of x to all of y)."""
    square = (y**2).sum(1)
    for start in range(0, len(x), _BLOCK):
        rows = slice(start, start + _BLOCK)
        gram = x[rows] @ y.T
        yield rows, np.maximum((x[rows] ** 2).sum(1)[:, None] - 2 * gram + square, 0)


def _radii(x, k):
    """Squared distance of each row to its k-th neighbour, itself not counted: [n]."""
    radii = np.empty(len(x))
    for rows, distances in _square_distances(x, x):
        index = np.arange(rows.start, min(rows.stop, len(x)))
        distances[np.arange(len(index)), index] = 0  # exactly itself, whatever rounding says
        radii[rows] = np.partition(distances, k, axis=1)[:, k]
    return radii


def _neighbour_input(real, fake, k):
    real, fake = _check.feature_pair(("real", "fake"), (real, fake))
    if not 1 <= k < min(len(real), len(fake)):
        raise InputError(
            f"k = {k}: expected 1 to {min(len(real), len(fake)) - 1}, below the number of samples"
        )
    # Distances do not depend on the origin; a near one keeps rounding small.
    centre = real.mean(0)
    return real - centre, fake - centre


def _slack(radii):
    """Room for rounding: equal points must count as equal (radius 0, distance 0)."""
    return radii * (1 + 1e-12) + 1e-12


def precision_recall(real, fake, k=3):
    """Improved precision and recall (Kynkäänniemi et al. 2019).

    Precision: share of fakes within the k-th-neighbour ball of a real sample; recall: reversed.

    Args:
        real, fake: features [n, d], [m, d]; take n = m.

    Returns:
        (precision, recall), each in [0, 1].

    What it cannot see: how often; one good image repeated has precision 1. Outliers widen it.
    """
    real, fake = _neighbour_input(real, fake, k)
    return _covered(fake, real, k), _covered(real, fake, k)


def _covered(points, centres, k):
    radii = _slack(_radii(centres, k))
    hits = [(d <= radii).any(1) for _, d in _square_distances(points, centres)]
    return float(np.concatenate(hits).mean())


def density_coverage(real, fake, k=5):
    """Density and coverage (Naeem et al. 2020): precision and recall that one outlier cannot move.

    Density counts in how many real balls each fake lies, over k (expected 1 for equal
    distributions, can exceed it); coverage is the share of real balls that hold a fake.

    Args:
        real, fake: features [n, d], [m, d].

    Returns:
        (density, coverage).
    """
    real, fake = _neighbour_input(real, fake, k)
    radii = _slack(_radii(real, k))
    count, held = 0, np.zeros(len(real), bool)
    for _, distances in _square_distances(fake, real):
        inside = distances <= radii
        count += inside.sum()
        held |= inside.any(0)
    return float(count / (k * len(fake))), float(held.mean())
