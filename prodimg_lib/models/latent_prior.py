"""A sampling prior where the latents of the data lie: for each class a mixture of normals.

The aggregate posterior, the average of q(z | x) over the data, is what a decoder has seen. N(0, I)
has regions that nothing was encoded to, and what is decoded from there looks like no product (Dai &
Wipf 2019; Ghosh et al. 2020). NumPy in, NumPy out.
"""

import warnings

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.linalg import solve_triangular
from scipy.special import logsumexp, ndtr, ndtri

from prodimg_lib.errors import InputError

_ROUNDS = 100
_LEAST = 25  # images for a component, on average


def fit_mixture(mean, variance, components=1, seed=0):
    """Fit normals with full covariance to the aggregate posterior, by expectation maximisation.

    With one component the result is exact: the moments of the aggregate posterior. With several,
    each image belongs to them in shares, weighed by the density that it expects for its latents.

    Args:
        mean, variance: of q(z | x), [n, d] each, n at least 2.
        components: how many at most; fewer where they would not have 25 images each, as a component
            of a handful of images is those images.

    Returns:
        weights [k], means [k, d] and lower Cholesky factors of the covariances [k, d, d], with
        k = components; spare ones have weight 0 and stand for N(0, I).

    Raises:
        InputError: fewer than two images, or NaN.
    """
    mean, variance = np.asarray(mean, float), np.asarray(variance, float)
    if len(mean) < 2:
        raise InputError(f"{len(mean)} images: a distribution needs at least 2")
    if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
        raise InputError("mean or variance hold NaN or infinity: the encoder has diverged")
    d = mean.shape[1]
    k = min(components, max(1, len(mean) // _LEAST))
    shares = _nearest(mean, k, np.random.default_rng(seed))
    fitted = _maximise(shares, mean, variance)
    before = -np.inf
    for _ in range(_ROUNDS if shares.shape[1] > 1 else 0):
        log = _expected_log_density(mean, variance, *fitted)
        total = logsumexp(log, axis=1, keepdims=True)
        if total.mean() < before + 1e-4:
            break
        before = total.mean()
        fitted = _maximise(np.exp(log - total), mean, variance)
    weights, means, scales = fitted
    spare = components - len(weights)
    return (
        np.concatenate([weights, np.zeros(spare)]),
        np.concatenate([means, np.zeros((spare, d))]),
        np.concatenate([scales, np.tile(np.eye(d), (spare, 1, 1))]),
    )


def _nearest(x, k, rng):
    """One-hot [n, k]: k-means from k points far apart, a few rounds."""
    # Where many images have the same latents some components stay empty; they are dropped later.
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.filterwarnings("ignore", "One of the clusters is empty")
        own = kmeans2(x, k, iter=10, minit="++", seed=rng)[1]
    return np.eye(k)[own]


def _maximise(shares, mean, variance):
    shares = shares[:, shares.sum(0) >= 2]
    shares = shares / shares.sum(1, keepdims=True).clip(1e-12)
    count = shares.sum(0)
    means = shares.T @ mean / count[:, None]
    scales = []
    for share, n, centre in zip(shares.T, count, means, strict=True):
        off = mean - centre
        # Variance of a mixture: of the means, plus the mean of the variances. The second part
        # is positive, so the sum has a Cholesky factor even with fewer images than dimensions.
        between = (share * off.T) @ off / (n - (share**2).sum() / n).clip(1e-6)
        scales.append(np.linalg.cholesky(between + np.diag(share @ variance / n)))
    return count / count.sum(), means, np.stack(scales)


def _expected_log_density(mean, variance, weights, means, scales):
    """log weight + E_q log N(z; component), for each image and component: [n, k]."""
    columns = []
    for weight, centre, scale in zip(weights, means, scales, strict=True):
        white = solve_triangular(scale, (mean - centre).T, lower=True)
        inverse = solve_triangular(scale, np.eye(len(scale)), lower=True)
        square = (white**2).sum(0) + variance @ (inverse**2).sum(0)
        log_det = 2 * np.log(np.diag(scale)).sum()
        columns.append(np.log(weight) - 0.5 * (square + log_det + len(scale) * np.log(2 * np.pi)))
    return np.stack(columns, axis=1)


def place(latents, group, weights, means, scales, truncation=None):
    """Standard normal latents -> draws from the mixtures of their groups, [n, d].

    The component is chosen by the first value of the latent: the part of its distribution function
    that is left over after the choice is again uniform, and becomes that value anew. So a draw is a
    function of its latent alone, as without a mixture, and follows the mixture exactly.

    Args:
        latents: [n, d]; group: int [n], which of g mixtures each is for.
        weights: [g, k]; means: [g, k, d]; scales: [g, k, d, d], as ``fit_mixture`` gives them.
        truncation: the cut that the latents were drawn with, kept within each component.
    """
    if weights.shape[1] == 1:
        return means[group, 0] + np.einsum("nij,nj->ni", scales[group, 0], latents)
    low = 0.0 if truncation is None else ndtr(-truncation)
    uniform = (ndtr(latents[:, 0].astype(float)) - low) / (1 - 2 * low)
    uniform = np.clip(uniform, 0, 1 - 1e-9)[:, None]
    ends = np.cumsum(np.asarray(weights, float), axis=1)
    ends /= ends[:, -1:]
    ends = ends[group]
    starts = np.concatenate([np.zeros((len(group), 1)), ends[:, :-1]], axis=1)
    chosen = (uniform >= ends).sum(1, keepdims=True)
    start, end = (np.take_along_axis(a, chosen, 1) for a in (starts, ends))
    rest = low + (1 - 2 * low) * (uniform - start) / (end - start)
    latents = np.concatenate([ndtri(rest.clip(1e-12, 1 - 1e-12)), latents[:, 1:]], axis=1)
    chosen = group, chosen[:, 0]
    return means[chosen] + np.einsum("nij,nj->ni", scales[chosen], latents)
