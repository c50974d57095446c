"""How different generated images are from each other, and whether they repeat."""

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check
from prodimg_lib.metrics.paired import ms_ssim


def pairwise_diversity(images, data_range, labels=None, max_pairs=4000, seed=0):
    """Mean MS-SSIM over pairs of different images (Odena et al. 2017). **Lower = more diverse.**

    Read it beside the same number on real images of the same classes: noise is dissimilar too.

    Args:
        images: [n, h, w, c], n >= 2.
        data_range: 255 for uint8.
        labels: int [n]; with them only pairs within one class count, each class in proportion to
            its pairs drawn.
        max_pairs: at most so many pairs, drawn at random; all of them if there are fewer.
        seed: of that draw.

    Returns:
        float in [0, 1].

    Raises:
        InputError: fewer than two images, or no class with two.

    What it cannot see: realism, and variety between classes when labels are given.
    """
    images = np.asarray(images)
    if images.ndim != 4 or len(images) < 2:
        raise InputError(f"images have shape {images.shape}: expected a batch [n >= 2, h, w, c]")
    first, second = _pairs(len(images), labels, max_pairs, np.random.default_rng(seed))
    return float(np.mean(ms_ssim(images[first], images[second], data_range)))


def _pairs(n, labels, max_pairs, rng):
    if labels is None:
        groups = [np.arange(n)]
    else:
        labels = np.asarray(labels)
        if labels.shape != (n,):
            raise InputError(
                f"labels have shape {labels.shape}: expected one for each of {n} images"
            )
        groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        groups = [group for group in groups if len(group) > 1]
        if not groups:
            raise InputError("no class has two images: pairs within a class need at least two")
    if sum(len(g) * (len(g) - 1) // 2 for g in groups) <= max_pairs:
        parts = [g[np.array(np.triu_indices(len(g), 1))] for g in groups]
        return np.concatenate(parts, axis=1)
    each = max(1, max_pairs // len(groups))  # classes weigh equally, however large they are
    parts = []
    for group in groups:
        first = rng.integers(len(group), size=each)
        second = (first + rng.integers(1, len(group), size=each)) % len(group)  # never itself
        parts.append(np.stack([group[first], group[second]]))
    return np.concatenate(parts, axis=1)


def duplicate_rate(images):
    """Share of images that are pixel for pixel equal to an earlier one; 0 for all different."""
    images = np.asarray(images)
    if len(images) == 0:
        raise InputError("no images: pass at least one")
    return 1 - len({image.tobytes() for image in images}) / len(images)


def nearest_distances(x, reference, block=1000):
    """Euclidean distance of each row of x to its nearest row of ``reference``: [n].

    Args:
        x: features [n, d]; reference: features [m, d].
    """
    x, reference = _check.feature_pair(("x", "reference"), (x, reference), minimum=1)
    square = (reference**2).sum(1)
    parts = [
        ((b**2).sum(1)[:, None] - 2 * b @ reference.T + square).min(1)
        for b in (x[i : i + block] for i in range(0, len(x), block))
    ]
    return np.sqrt(np.maximum(np.concatenate(parts), 0))
