"""Sets of images against sets of images, through features or class probabilities."""

import numpy as np
import scipy.linalg

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check, _neighbours

_ROUNDED = 1e-5  # of the largest eigenvalue: what storing a covariance as float32 may do to it


def inception_score(probs, splits=1, seed=0):
    """exp of the mean KL(p(y|x) || p(y)) (Salimans et al. 2016), in [1, classes].

    Args:
        probs: class probabilities [n, classes], of a classifier for this kind of image; rows sum
            to 1.
        splits: the rows are shuffled and cut into so many parts; 1 gives a standard deviation of 0.
            The convention is 10 of 5,000; the score depends on both numbers.
        seed: of the shuffle.

    Returns:
        (mean, std) over the splits, std with ddof 0.

    Raises:
        InputError: not probabilities, or fewer rows than splits.

    What it cannot see: the real images, and variety within a class (Barratt and Sharma 2018).
    """
    probs = _check.features("probs", probs, minimum=1)
    sums = probs.sum(1)
    if probs.min() < 0 or np.abs(sums - 1).max() > 1e-3:
        raise InputError(
            "probs are not probabilities: rows must be >= 0 and sum to 1 (softmax first)"
        )
    _check.count("splits", splits, 1, len(probs), ", the number of rows")
    probs = probs / sums[:, None]  # float32 sums are off by 1e-7
    order = np.random.default_rng(seed).permutation(len(probs))
    scores = []
    for rows in np.array_split(order, splits):
        p = probs[rows]
        # 0 log 0 = 0, and the floor changes nothing else: p times the log vanishes first.
        gain = _log(p) - _log(p.mean(0))
        scores.append(np.exp((p * gain).sum(1).mean()))
    return float(np.mean(scores)), float(np.std(scores))


def _log(p):
    return np.log(np.maximum(p, np.finfo(float).tiny))


def frechet_distance(x, y):
    """Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017).

    ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))``, unbiased covariances, float64. It is biased
    upwards for finite n (``frechet_bias``), by an amount that depends on the model, so compare at
    equal n only. On our own classifier's features it is called FD-product; only Inception features
    make an FID.

    Args:
        x, y: features [n, d] and [m, d]; with fewer than d rows the covariance is singular, the
            distance still defined and its bias large.

    Returns:
        float >= 0, in units of the features squared.

    Raises:
        InputError: wrong shapes, fewer than two rows, NaN.

    What it cannot see: anything beyond two moments of these features; copying the training set.
    """
    x, y = _check.feature_pair(("x", "y"), (x, y))
    return _frechet(x.mean(0), _covariance(x), y.mean(0), _covariance(y))


def _covariance(x):
    return np.atleast_2d(np.cov(x, rowvar=False))  # ddof = 1


def frechet_from_moments(mean1, cov1, mean2, cov2):
    """``frechet_distance`` from means [d] and covariances [d, d], for stored statistics.

    Returns:
        float >= 0.

    Raises:
        InputError: shapes that do not belong together, a covariance that is not symmetric or has a
            negative eigenvalue (beyond the rounding of float32), NaN.

    What it cannot see: as ``frechet_distance``.
    """
    names = ("mean1", "cov1", "mean2", "cov2")
    moments = [
        _check.array(name, value).astype(np.float64)
        for name, value in zip(names, (mean1, cov1, mean2, cov2), strict=True)
    ]
    d = moments[0].size
    for name, value in zip(names, moments, strict=True):
        wanted = (d,) if name.startswith("mean") else (d, d)
        if value.shape != wanted:
            raise InputError(f"{name} has shape {value.shape}: expected {wanted}, as mean1 has {d}")
        if value.ndim == 2 and not np.allclose(value, value.T, atol=1e-6 * np.abs(value).max()):
            raise InputError(f"{name} is not symmetric: expected a covariance matrix")
        if value.ndim == 2:
            _no_negative_variance(name, value)
    return _frechet(*moments)


def _no_negative_variance(name, cov):
    try:
        np.linalg.cholesky(cov)  # much faster than the eigenvalues
    except np.linalg.LinAlgError:
        values = np.linalg.eigvalsh(cov)
        if values[0] < -_ROUNDED * np.abs(values).max():
            raise InputError(
                f"{name} has the eigenvalue {values[0]:.4g}: a covariance matrix has none below 0"
            ) from None


def _frechet(mean1, cov1, mean2, cov2):
    gap = mean1 - mean2
    # With S = F F^T, the eigenvalues of S1 S2 are those of the symmetric F1^T S2 F1, and their
    # roots are the singular values of F1^T F2. So no root is taken of a rounding error, which
    # makes singular covariances (n < d) as exact as others; ``sqrtm`` goes complex there.
    product = _factor(cov1).T @ _factor(cov2)
    trace = scipy.linalg.svdvals(product, overwrite_a=True, check_finite=False).sum()
    return max(0.0, float(gap @ gap + np.trace(cov1) + np.trace(cov2) - 2 * trace))


def _factor(cov):
    """F with F F^T = cov: Cholesky, or eigenvectors where cov is singular."""
    try:
        return np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(cov)
        values[values < len(cov) * np.finfo(float).eps * values[-1]] = 0  # rounding, of any sign
        return vectors * np.sqrt(values)


def frechet_bias(n, d, variance=1.0, exact_reference=False):
    """Expected Fréchet distance of two samples of size n from one N(0, variance I_d).

    First order in 1/n, for n well above d: variance (2 d / n + d (d + 1) / (2 (n - 1))). A perfect
    generator scores it, so it is the floor of features of that kind; for other covariances measure
    the floor on two halves of the real images.

    Args:
        n: samples on each side, at least 2.
        d: features.
        variance: of each feature.
        exact_reference: True if one side is the true distribution, not a sample: half of it.

    Returns:
        float.

    Raises:
        InputError: n below 2, d below 1, a variance that is not a number >= 0.

    What it cannot see: features that are not isotropic and Gaussian.
    """
    n, d = _check.count("n", n, 2), _check.count("d", d, 1)
    variance = _check.number("variance", variance, 0, _check.LARGEST, "a number >= 0")
    both = variance * (2 * d / n + d * (d + 1) / (2 * (n - 1)))
    return both / 2 if exact_reference else both


def kernel_distance(x, y, subsets=100, subset_size=1000, seed=0):
    """Unbiased squared MMD with the kernel (x.y / d + 1)^3 (Binkowski et al. 2018, KID).

    Args:
        x, y: features [n, d], [m, d].
        subsets: how many random subsets are drawn from each side.
        subset_size: rows of each, at most the smaller of n and m. When it takes all rows of both
            sides, one evaluation is enough and the standard deviation 0.
        seed: of the draws.

    Returns:
        (mean, std) over the subsets; std is the spread of one subset of that size, not the error of
        the mean. Slightly negative values are valid: the estimator is unbiased.

    Raises:
        InputError: wrong shapes, fewer than two rows, NaN.

    What it cannot see: more than three moments of these features; copying the training set.
    """
    x, y = _check.feature_pair(("x", "y"), (x, y))
    _check.count("subsets", subsets, 1)
    size = min(_check.count("subset_size", subset_size, 2), len(x), len(y))
    if size == len(x) == len(y):
        return _mmd(x, y), 0.0
    rng = np.random.default_rng(seed)
    values = [
        _mmd(*(v[rng.choice(len(v), size, replace=False)] for v in (x, y))) for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def whole_kernel_distance(x, y):
    """``kernel_distance`` of all rows at once, also where one side has more of them: float."""
    return _mmd(*_check.feature_pair(("x", "y"), (x, y)))


def _mmd(x, y):
    """Unbiased estimate: a sample is not compared with itself.

    Far from the origin the kernel is large and its differences are lost in rounding. With x = c + u
    and y = c + v, c the centre, (x.y / d + 1)^3 = (a + p + q + s)^3, where a = c.c / d + 1,
    p = c.u / d, q = c.v / d and s = u.v / d. What depends on x or y alone cancels in the estimate:
    so (a + p)^3 + (a + q)^3 - a^3 may be taken off, and what is left, ``_kernel_sum``, is small.
    """
    d = x.shape[1]
    centre = x.mean(0)
    a = centre @ centre / d + 1
    u, v = x - centre, y - centre
    p, q = u @ centre / d, v @ centre / d
    within = 0.0
    for w, r in ((u, p), (v, q)):
        s = np.einsum("ij,ij->i", w, w) / d
        own = _rest(a, r, r, s).sum()
        within += (_kernel_sum(a, w, r, w, r) - own) / (len(w) * (len(w) - 1))
    return float(within - 2 * _kernel_sum(a, u, p, v, q) / (len(x) * len(y)))


def pooled_kernel(rows):
    """The kernel of ``kernel_distance`` between all rows [n, d], less what cancels in it: [n, n].

    Any division of the rows into two has the distance that these numbers give (see ``_mmd``), so
    permutation tests need them once.
    """
    d = rows.shape[1]
    centre = rows.mean(0)
    u = rows - centre
    p = u @ centre / d
    return _rest(centre @ centre / d + 1, p[:, None], p, u @ u.T / d)


def _rest(a, p, q, s):
    """(a + p + q + s)^3 - (a + p)^3 - (a + q)^3 + a^3, without cancellation."""
    b = a + p + q
    return 3 * p * q * (a + b) + s * (3 * b * (b + s) + s * s)


def _kernel_sum(a, u, p, v, q):
    """Sum of ``_rest`` over all pairs of rows, a block of rows of u at a time."""
    # Its first part is a sum of products of functions of one row each.
    total = 3 * (2 * a * p.sum() * q.sum() + (p @ p) * q.sum() + p.sum() * (q @ q))
    step = max(1, _neighbours.BLOCK // len(v))
    for start in range(0, len(u), step):
        rows = slice(start, start + step)
        s = u[rows] @ v.T
        s /= u.shape[1]
        b = (a + p[rows])[:, None] + q
        rest = b + s
        rest *= b
        rest *= 3
        np.square(s, out=b)
        rest += b
        total += np.vdot(rest, s)
    return total


def precision_recall(real, fake, k=3):
    """Improved precision and recall (Kynkäänniemi et al. 2019).

    Precision: share of fakes within the ball of a real sample, which reaches to its k-th neighbour
    among the real ones. Recall: the same with the sides exchanged.

    Args:
        real, fake: features [n, d], [m, d]; take n = m, both numbers depend on them.
        k: neighbours, the sample itself not counted.

    Returns:
        (precision, recall), each in [0, 1]. Equal distributions do not give 1: put two halves of
        the real set beside it.

    Raises:
        InputError: wrong shapes, NaN, k not below the number of samples.

    What it cannot see: how often; one good image repeated has precision 1. One outlier's wide ball
    raises it.
    """
    real, fake = _neighbour_input(real, fake, k)
    real_radii, fake_radii = _neighbours.radii(real, k), _neighbours.radii(fake, k)
    precise, recalled = 0, np.zeros(len(real), bool)
    for rows, distances in _neighbours.square_distances(fake, real):
        precise += (distances <= real_radii).any(1).sum()
        recalled |= (distances <= fake_radii[rows, None]).any(0)
    return float(precise / len(fake)), float(recalled.mean())


def density_coverage(real, fake, k=5):
    """Density and coverage (Naeem et al. 2020): precision and recall that one outlier cannot move.

    Density: in how many real balls a fake lies, over k, on average; expected 1 for equal
    distributions, and not bounded by it. Coverage: share of real balls that hold a fake; expected
    1 - prod_{i=1..k} (n - i) / (n + m - i) for equal distributions.

    Args:
        real, fake: features [n, d], [m, d].
        k: neighbours, the sample itself not counted.

    Returns:
        (density, coverage).

    Raises:
        InputError: wrong shapes, NaN, k not below the number of real samples.

    What it cannot see: quality of samples outside every ball, near or far; copying.
    """
    real, fake = _neighbour_input(real, fake, k, least_fake=1)
    radii = _neighbours.radii(real, k)
    count, held = 0, np.zeros(len(real), bool)
    for _, distances in _neighbours.square_distances(fake, real):
        inside = distances <= radii
        count += inside.sum()
        held |= inside.any(0)
    return float(count / (k * len(fake))), float(held.mean())


def _neighbour_input(real, fake, k, least_fake=2):
    real = _check.features("real", real)
    real, fake = _check.feature_pair(("real", "fake"), (real, fake), minimum=1)
    _check.features("fake", fake, minimum=least_fake)
    most = (len(real) if least_fake == 1 else min(len(real), len(fake))) - 1
    _check.count("k", k, 1, most, f" for {len(real)} real and {len(fake)} fake samples")
    return _neighbours.centred(real, fake)
