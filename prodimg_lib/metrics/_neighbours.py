"""Distances between two sets of features, a block of rows at a time."""

import numpy as np

BLOCK = 2**22  # distances held at a time (32 MB): 10,000 x 10,000 at once would take 800 MB


def square_distances(x, y):
    """Yield (rows, squared distances of x[rows] to all of y), rows being a slice of x.

    |x|^2 - 2 x.y + |y|^2 is one matrix product, but leaves rounding of the size of
    ``rounding(y)`` where the true distance is 0.
    """
    y_square = np.einsum("ij,ij->i", y, y)
    step = max(1, BLOCK // len(y))
    for start in range(0, len(x), step):
        rows = slice(start, min(start + step, len(x)))
        block = x[rows]
        distances = block @ y.T
        distances *= -2
        distances += y_square
        distances += np.einsum("ij,ij->i", block, block)[:, None]
        yield rows, np.maximum(distances, 0, out=distances)


def radii(x, k):
    """Squared radius of the ball of each row: to its k-th neighbour, itself not counted, [n].

    A margin for rounding is added, so that ``<=`` holds for equal points (a radius of 0: collapsed
    or duplicated samples) whatever the scale of the features.
    """
    result = np.empty(len(x))
    for rows, distances in square_distances(x, x):
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = 0  # itself
        distances.partition(k, axis=1)
        result[rows] = distances[:, k]
    # A dot product of d terms rounds by at most d eps |x||y|; near its centre |y| is about |x|.
    margin = 4 * x.shape[1] * np.finfo(float).eps
    return result + margin * (result + np.einsum("ij,ij->i", x, x))


def nearest(x, y):
    """Distance of each row of x to its nearest row of y, exactly 0 for equal rows: [n]."""
    result = np.empty(len(x))
    for rows, distances in square_distances(x, y):
        # The product finds the neighbour; the difference then measures it without cancellation.
        gap = x[rows] - y[distances.argmin(1)]
        result[rows] = np.sqrt(np.einsum("ij,ij->i", gap, gap))
    return result
