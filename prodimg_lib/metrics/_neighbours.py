"""Distances between two sets of features, a block of rows at a time."""

import numpy as np

BLOCK = 2**22  # distances held at a time (32 MB): 10,000 x 10,000 at once would take 800 MB


def centred(x, *others):
    """The sets, moved so that the mean of the first is the origin.

    Distances do not depend on the origin; one amid the data keeps their rounding small.
    """
    centre = x.mean(0)
    return tuple(v - centre for v in (x, *others))


def square_distances(x, y):
    """Yield (rows, squared distances of x[rows] to all of y), rows being a slice of x.

    |x|^2 - 2 x.y + |y|^2 is one matrix product, but leaves rounding of up to ``rounding(d)`` times
    |x|^2 + |y|^2 where the true distance is 0: pass sets that are ``centred`` together.
    """
    y_square = _squares(y)
    step = max(1, BLOCK // len(y))
    for start in range(0, len(x), step):
        rows = slice(start, min(start + step, len(x)))
        block = x[rows]
        distances = block @ y.T
        distances *= -2
        distances += y_square
        distances += _squares(block)[:, None]
        yield rows, np.maximum(distances, 0, out=distances)


def rounding(d):
    """What a dot product of d terms rounds by, at most, relative to |x||y|; twice over."""
    return 4 * d * np.finfo(float).eps


def _squares(x):
    return np.einsum("ij,ij->i", x, x)


def radii(x, k):
    """Squared radius of the ball of each row: to its k-th neighbour, itself not counted, [n].

    A margin for rounding is added, so that ``<=`` holds for equal points (a radius of 0: collapsed
    or duplicated samples) whatever the scale of the features. In a set of clusters that lie some
    1e6 times their width apart the margin outgrows the radius: no centre is near all of them.
    """
    result = np.empty(len(x))
    for rows, distances in square_distances(x, x):
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = 0  # itself
        distances.partition(k, axis=1)
        result[rows] = distances[:, k]
    return result + rounding(x.shape[1]) * (result + _squares(x))  # near a centre |y| is about |x|


def nearest(x, y):
    """Distance of each row of x to its nearest row of y, exactly 0 for equal rows: [n].

    The product finds the candidates, all that rounding may have put in the wrong order, mostly one;
    their differences then measure them without cancellation.
    """
    y = np.stack(list({row.tobytes(): row for row in y}.values()))  # copies tie, and cost time
    near_y, near_x = centred(y, x)
    result = np.empty(len(x))
    y_square = _squares(near_y).max()
    for rows, distances in square_distances(near_x, near_y):
        best = distances.argmin(1)
        gap = x[rows] - y[best]
        result[rows] = _squares(gap)
        margin = 2 * rounding(x.shape[1]) * (_squares(near_x[rows]) + y_square)
        limit = distances[np.arange(len(best)), best] + margin
        for i in np.flatnonzero(np.count_nonzero(distances <= limit[:, None], axis=1) > 1):
            others = x[rows.start + i] - y[distances[i] <= limit[i]]
            result[rows.start + i] = _squares(others).min()
    return np.sqrt(result)


def two_nearest(x, y):
    """Squared distances of each row of x to the nearest and the next of the different rows of y.

    Returns:
        float64 [n, 2]; the second is infinite where y has only one row that is not a copy.
    """
    y = np.stack(list({row.tobytes(): row for row in y}.values()))
    near_y, near_x = centred(y, x)
    result = np.full((len(x), 2), np.inf)
    for rows, distances in square_distances(near_x, near_y):
        k = min(2, distances.shape[1])
        distances.partition(k - 1, axis=1)
        result[rows, :k] = distances[:, :k]
    return result
