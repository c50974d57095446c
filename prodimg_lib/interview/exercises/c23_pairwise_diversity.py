"""C23: diversity of generated images."""

import numpy as np
from scipy.spatial.distance import pdist

ENTRY = "diversity"


def starter(features):
    """Mean Euclidean distance of all pairs of different images.

    Args:
        features: float [n, d], n at least 2.

    Returns:
        A float, 0 if all rows are equal.
    """
    raise NotImplementedError


def reference(features):
    n = len(features)
    distances = np.linalg.norm(features[:, None] - features[None], axis=2)
    return float(distances.sum() / (n * (n - 1)))


def torch_reference(features):
    import torch

    return torch.pdist(features).mean()


def variant_upper_triangle(features):
    return float(pdist(features).mean())


def variant_loop(features):
    total, pairs = 0.0, 0
    for i in range(len(features)):
        for j in range(i):
            total += float(np.sqrt(np.sum((features[i] - features[j]) ** 2)))
            pairs += 1
    return total / pairs


def wrong_diagonal_counted(features):
    return float(np.linalg.norm(features[:, None] - features[None], axis=2).mean())


def wrong_squared(features):
    return float((pdist(features) ** 2).mean())


def wrong_neighbours_only(features):
    return float(np.linalg.norm(np.diff(features, axis=0), axis=1).mean())


def wrong_to_the_mean(features):
    return float(np.linalg.norm(features - features.mean(0), axis=1).mean())


def wrong_absolute_differences(features):
    return float(
        np.abs(features[:, None] - features[None]).mean(2).sum()
        / (len(features) ** 2 - len(features))
    )


def checks(c):
    features = c.rng.normal(size=(7, 3))
    found = c.call(features)
    c.shape("number", found, ())
    pairs = [np.sqrt(((a - b) ** 2).sum()) for i, a in enumerate(features) for b in features[:i]]
    c.close("value", found, np.mean(pairs))
    twins = np.concatenate([features[:1], features[:2]])
    c.close("value", c.call(twins), np.linalg.norm(features[0] - features[1]) * 2 / 3)
    c.close("order", c.call(c.rng.permutation(features)), np.mean(pairs))
    c.close("two", c.call(features[:2]), np.linalg.norm(features[0] - features[1]))
    c.close("equal", c.call(np.repeat(features[:1], 5, axis=0)), 0.0)
