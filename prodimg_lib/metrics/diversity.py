"""How different generated images are from each other, and whether they repeat or copy."""

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check, _neighbours
from prodimg_lib.metrics.paired import ms_ssim

_PAIRS = 500  # pairs copied out of the set at a time


def pairwise_diversity(images, data_range, labels=None, max_pairs=2000, seed=0):
    """Mean MS-SSIM over pairs of different images (Odena et al. 2017). **Lower = more diverse.**

    It is a similarity, 1 for a set of one repeated image. Read it beside the same number on real
    images of the same classes and size: noise is dissimilar too, and ``ms_ssim`` takes fewer scales
    on small images.

    Args:
        images: [n, h, w, c], n >= 2, sides of at least 11.
        data_range: 255 for uint8.
        labels: class of each image, [n]. With them only pairs within a class count, and the result
            is the mean over classes, however large each is; classes of one image are left out.
        max_pairs: at most so many pairs are drawn, without repetition, equally many from each
            class; all pairs if there are fewer. The standard error is that of a mean of so many
            pairs: below 0.005 for 2000.
        seed: of that draw.

    Returns:
        float in [0, 1].

    Raises:
        InputError: fewer than two images, labels that are not one for each image, no class with
            two, ``max_pairs`` below the number of classes, values that do not fit ``data_range``.

    What it cannot see: realism, and with labels the variety between classes.
    """
    return mean_of_pairs(images, data_range, labels, max_pairs, seed)[0]


def mean_of_pairs(images, data_range, labels=None, max_pairs=2000, seed=0):
    """``pairwise_diversity``, and the standard error that the draw of pairs gives it.

    Args, raises: as ``pairwise_diversity``.

    Returns:
        (mean, error): floats. The error is 0 where all pairs were taken. It says nothing about
        other images.
    """
    images = _check.images("images", images, ndims=(4,))
    _check.data_range(data_range, images=images)
    if len(images) < 2:
        raise InputError("images holds 1 image: pairs need at least 2")
    groups = _groups(labels, len(images))
    _check.count("max_pairs", max_pairs, len(groups), why=", one for each class")
    rng = np.random.default_rng(seed)
    means, variances = [], []
    for group in groups:
        first, second = group[_pairs(len(group), max_pairs // len(groups), rng)]
        values = np.concatenate(
            [
                ms_ssim(images[first[i : i + _PAIRS]], images[second[i : i + _PAIRS]], data_range)
                for i in range(0, len(first), _PAIRS)
            ]
        )
        means.append(values.mean())
        left_out = 1 - len(values) / (len(group) * (len(group) - 1) // 2)
        variances.append(left_out * values.var() / len(values))
    return float(np.mean(means)), float(np.sqrt(np.sum(variances)) / len(groups))


def _groups(labels, n):
    """Indices of the images of each class that has at least two."""
    if labels is None:
        return [np.arange(n)]
    try:
        labels = np.asarray(labels)
    except ValueError:
        raise InputError("labels is not an array: its parts have different shapes") from None
    if labels.shape != (n,):
        raise InputError(f"labels have shape {labels.shape}: expected one for each of {n} images")
    if labels.dtype.kind not in "biufUS" or (labels.dtype.kind == "f" and np.isnan(labels).any()):
        raise InputError(f"labels of type {labels.dtype}: expected class numbers or names, no NaN")
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    groups = [group for group in groups if len(group) > 1]
    if not groups:
        raise InputError("labels: no class has two images, so there is no pair within a class")
    return groups


def _pairs(n, at_most, rng):
    """Pairs i > j of range(n), all or ``at_most`` drawn without repetition: [2, pairs]."""
    total = n * (n - 1) // 2
    if total <= at_most:
        number = np.arange(total)
    else:
        number = rng.choice(total, at_most, replace=False, shuffle=False)
    # Pair (i, j) has the number i (i - 1) / 2 + j.
    i = ((1 + np.sqrt(1 + 8 * number)) / 2).astype(int)
    return np.stack([i, number - i * (i - 1) // 2])


def duplicate_rate(images, tolerance=0.0):
    """Share of images equal, or nearly equal, to an earlier one: 0 if all differ.

    Args:
        images: [n, h, w, c].
        tolerance: largest root-mean-square difference, in units of the pixels, that still counts
            as equal; 0 for exact copies only. On uint8 a JPEG copy is about 2 to 5 away.

    Returns:
        float in [0, 1): n copies of one image give (n - 1) / n.

    Raises:
        InputError: not a batch of images, a tolerance that is not a number >= 0.

    What it cannot see: shifted or mirrored copies, and copies of the training images
    (``memorisation``).
    """
    images = _check.images("images", images, ndims=(4,))
    tolerance = _check.number("tolerance", tolerance, 0, _check.LARGEST, "0 or a positive number")
    flat = images.reshape(len(images), -1)
    if tolerance == 0:
        return 1 - len(np.unique(flat, axis=0)) / len(flat)
    (flat,) = _neighbours.centred(flat.astype(np.float64))
    # The product's rounding counts as equal, so that exact copies are found at any tolerance.
    limit = tolerance**2 * flat.shape[1] + _neighbours.rounding(flat.shape[1]) * (flat**2).sum(1)
    seen = 0
    for rows, distances in _neighbours.square_distances(flat, flat):
        earlier = np.arange(len(flat)) < np.arange(rows.start, rows.stop)[:, None]
        seen += ((distances <= limit) & earlier).any(1).sum()
    return float(seen / len(flat))


def nearest_distances(x, reference):
    """Euclidean distance of each row of x to its nearest row of ``reference``: [n].

    Args:
        x: features, or flattened images, [n, d]; reference: [m, d].

    Returns:
        float64 [n]; exactly 0 for a row that is in ``reference``.

    Raises:
        InputError: wrong shapes, NaN.

    What it cannot see: copies that the features do not place nearby; on pixels, a shift by one.
    """
    return _neighbours.nearest(*_check.feature_pair(("x", "reference"), (x, reference), minimum=1))


def memorisation(fake, train, test):
    """Chance that a generated sample is nearer to the training set than a held-out one is.

    The data-copying statistic of Meehan et al. (2020) in one cell, as a probability: the
    Mann-Whitney comparison of the nearest-training-neighbour distances of ``fake`` and ``test``,
    ties counted half. 0.5: no nearer than new real samples. Towards 1: copies. Towards 0: samples
    far from all real ones.

    Args:
        fake, train, test: features, or flattened images, [n, d], [m, d], [t, d]; ``test`` drawn as
            ``train`` was, and never trained on.

    Returns:
        float in [0, 1]; its standard error without copying is about
        sqrt((n + t + 1) / (12 n t)): 0.004 at n = t = 10,000.

    Raises:
        InputError: wrong shapes, NaN, fewer than two samples.

    What it cannot see: copying of a few samples among many new ones, and far samples that hide
    copies in the average: look at the nearest pairs too.
    """
    fake, train = _check.feature_pair(("fake", "train"), (fake, train))
    test, _ = _check.feature_pair(("test", "train"), (test, train))
    return chance_nearer(_neighbours.nearest(fake, train), _neighbours.nearest(test, train))


def chance_nearer(near, usual):
    """Chance that a value of ``near`` is below one of ``usual``, ties counted half (Mann-Whitney).

    Args:
        near, usual: distances [n] and [t].

    Returns:
        float in [0, 1].
    """
    # ``scipy.stats.mannwhitneyu`` has the same statistic and p-values that no one needs here; its
    # import takes longer than that of all the metrics together.
    usual = np.sort(usual)
    low, high = (np.searchsorted(usual, near, side) for side in ("left", "right"))
    return float((len(usual) - (low + high) / 2).mean() / len(usual))


def memorised_share(fake, train, ratio=1 / 3):
    """Share of generated samples that are one training sample again.

    Such a sample is nearer to its nearest training sample than ``ratio`` of its distance to the
    next one (Yoon et al. 2023, with the same third, on pixels). New samples have several
    neighbours at about the same distance; a copy has one that stands out.

    Args:
        fake, train: features, or flattened images, [n, d] and [m, d].
        ratio: in (0, 1).

    Returns:
        float in [0, 1]. Put the share of held-out samples beside it.

    Raises:
        InputError: wrong shapes, NaN, fewer than two samples, a ratio outside (0, 1).

    What it cannot see: copies of what the training set holds twice, nearly but not exactly: the
    twin is as near. And copies that the features do not place nearby.
    """
    fake, train = _check.feature_pair(("fake", "train"), (fake, train))
    ratio = _check.number("ratio", ratio, 0, 1, "a number between 0 and 1", ends=False)
    first, second = _neighbours.two_nearest(fake, train).T
    if np.isinf(second).all():  # one training sample: nothing tells a copy from a likeness
        return float((first == 0).mean())
    return float((first < ratio**2 * second).mean())
