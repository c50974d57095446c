"""C28: does the generator repeat its training images?"""

import numpy as np
from scipy.spatial import cKDTree

ENTRY = "copy_score"


def starter(fake, train, held_out):
    """Share of generated images that are nearer to a training image than to any held-out one.

    Args:
        fake: float [n, d], features of generated images.
        train: float [m, d], features of training images.
        held_out: float [m, d], features of as many photographs the model never saw.

    Returns:
        A float from 0 to 1; ties count as one half.
    """
    raise NotImplementedError


def reference(fake, train, held_out):
    def nearest(points):
        return np.min(np.linalg.norm(fake[:, None] - points[None], axis=2), axis=1)

    to_train, to_held_out = nearest(train), nearest(held_out)
    return float(np.mean((to_train < to_held_out) + 0.5 * (to_train == to_held_out)))


def torch_reference(fake, train, held_out):
    import torch

    def nearest(points):
        return torch.linalg.norm(fake[:, None] - points[None], dim=2).min(dim=1).values

    to_train, to_held_out = nearest(train), nearest(held_out)
    return ((to_train < to_held_out) + 0.5 * (to_train == to_held_out)).mean()


def variant_tree(fake, train, held_out):
    seen, unseen = (cKDTree(points).query(fake)[0] for points in (train, held_out))
    return (1 + np.sign(unseen - seen).mean()) / 2


def wrong_mean_distance(fake, train, held_out):
    def mean(points):
        return np.mean(np.linalg.norm(fake[:, None] - points[None], axis=2), axis=1)

    return float(np.mean(mean(train) < mean(held_out)))


def wrong_sides_swapped(fake, train, held_out):
    return reference(fake, held_out, train)


def wrong_each_photograph_asked(fake, train, held_out):
    def nearest(points):
        return np.min(np.linalg.norm(points[:, None] - fake[None], axis=2), axis=1)

    to_train, to_held_out = nearest(train), nearest(held_out)
    return float(np.mean((to_train < to_held_out) + 0.5 * (to_train == to_held_out)))


def wrong_ties_count_fully(fake, train, held_out):
    def nearest(points):
        return np.min(np.linalg.norm(fake[:, None] - points[None], axis=2), axis=1)

    return float(np.mean(nearest(train) <= nearest(held_out)))


def wrong_held_out_among_itself(fake, train, held_out):
    # Compares with the distance of held-out photographs to the training set, a threshold for all.
    usual = np.linalg.norm(held_out[:, None] - train[None], axis=2).min(axis=1)
    found = np.linalg.norm(fake[:, None] - train[None], axis=2).min(axis=1)
    return float(np.mean(found < np.median(usual)))


def checks(c):
    train, held_out, fresh = c.normal(3, 200, 5)
    some = fresh[:60]
    found = c.call(some, train, held_out)
    c.shape("number", found, ())
    c.true("share", 0 <= float(found) <= 1, got=found)
    c.close("value", found, _by_hand(some, train, held_out))
    clones = train[:50] + 0.01 * c.normal(50, 5)
    c.close("copies", c.call(clones, train, held_out), _by_hand(clones, train, held_out))
    both = c.rng.integers(-9, 10, (20, 5)).astype("float32")  # exact, however one computes
    tied = np.concatenate([both[:5], c.rng.integers(-9, 10, (3, 5)).astype("float32")])
    c.close("ties", c.call(tied, both, both[::-1].copy()), 0.5)
    # No copies: one half on average. A share of n = 200 pairs has at most this standard error,
    # enlarged since all share the same photographs.
    c.statistic("fresh", c.call(fresh, train, held_out), 0.5, 2 * 0.5 / np.sqrt(200))


def _by_hand(fake, train, held_out):
    a, b = (
        ((fake[:, None].astype(float) - points) ** 2).sum(axis=2).min(axis=1)
        for points in (train, held_out)
    )
    return np.where(a < b, 1.0, np.where(a == b, 0.5, 0.0)).mean()
