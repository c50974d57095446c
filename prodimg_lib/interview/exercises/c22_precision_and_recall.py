"""C22: precision and recall of a generator."""

import numpy as np
from scipy.spatial import cKDTree

ENTRY = "precision_recall"


def starter(real, fake, k):
    """Shares of each set that lie within the neighbourhoods of the other.

    Args:
        real: float [n, d]; fake: float [m, d], features.
        k: which neighbour's distance is the radius, 1 or more; an image is not its own neighbour.

    Returns:
        (precision, recall), two floats from 0 to 1.
    """
    raise NotImplementedError


def distances(a, b):
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))


def reference(real, fake, k):
    def share_inside(points, centres):
        own = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(-1))
        radius = np.sort(own, axis=1)[:, k]  # at index 0 is the centre itself
        between = np.sqrt(((points[:, None] - centres[None]) ** 2).sum(-1))
        return float((between <= radius).any(axis=1).mean())

    return share_inside(fake, real), share_inside(real, fake)


def torch_reference(real, fake, k):
    import torch

    def share_inside(points, centres):
        own = torch.linalg.norm(centres[:, None] - centres[None], dim=-1)
        radius = own.sort(dim=1).values[:, k]  # at index 0 is the centre itself
        between = torch.linalg.norm(points[:, None] - centres[None], dim=-1)
        return (between <= radius).any(dim=1).double().mean()

    return share_inside(fake, real), share_inside(real, fake)


def variant_trees(real, fake, k):
    shares = []
    for points, centres in ((fake, real), (real, fake)):
        radii = np.asarray(cKDTree(centres).query(centres, k=[k + 1])[0])[:, 0]
        inside = [
            any(
                np.linalg.norm(p - c) <= r * (1 + 1e-12)
                for c, r in zip(centres, radii, strict=True)
            )
            for p in points
        ]
        shares.append(float(np.mean(inside)))
    return tuple(shares)


def wrong_self_counted(real, fake, k):
    return reference(real, fake, k - 1)


def wrong_exchanged(real, fake, k):
    return reference(fake, real, k)


def wrong_own_radii(real, fake, k):
    def share(points, centres):
        radius = np.sort(distances(points, points), axis=1)[:, k]
        return float((distances(points, centres) <= radius[:, None]).any(axis=1).mean())

    return share(fake, real), share(real, fake)


def wrong_one_radius(real, fake, k):
    def share(points, centres):
        radius = np.sort(distances(centres, centres), axis=1)[:, k].mean()
        return float((distances(points, centres) <= radius).any(axis=1).mean())

    return share(fake, real), share(real, fake)


def wrong_nearest_ball_only(real, fake, k):
    def share(points, centres):
        radius = np.sort(distances(centres, centres), axis=1)[:, k]
        between = distances(points, centres)
        nearest = between.argmin(axis=1)
        return float((between.min(axis=1) <= radius[nearest]).mean())

    return share(fake, real), share(real, fake)


def checks(c):
    real, fake = c.rng.normal(size=(40, 2)), c.rng.normal(1.0, 0.5, size=(30, 2))
    precision, recall = c.parts(c.call(real, fake, 3), 2)
    c.shape("precision-number", precision, ())
    want = []
    for points, centres in ((fake, real), (real, fake)):
        balls = []
        for i, centre in enumerate(centres):
            others = [np.linalg.norm(centre - o) for j, o in enumerate(centres) if j != i]
            balls.append((centre, sorted(others)[2]))
        want.append(np.mean([any(np.linalg.norm(p - o) <= r for o, r in balls) for p in points]))
    c.close("precision", precision, want[0])
    c.close("recall", recall, want[1])
    # A crowd and an outlier: the outlier's ball reaches points whose nearest neighbour is another.
    crowd, outlier = 0.01 * c.rng.normal(size=(20, 2)), np.array([[8.0, 0.0]])
    between = np.array([[1.0, 0.5], [2.0, -0.5], [2.5, 0.1]])
    found = c.parts(c.call(np.concatenate([crowd, outlier]), between, 1), 2)
    c.close("precision", found[0], 1.0)
    c.close("far", c.call(real, fake + 100, 2), [0.0, 0.0])
    clones = np.repeat(real[:1], 10, axis=0)
    c.close("clones", c.call(real, clones, 2), [1.0, 1 / 40])
