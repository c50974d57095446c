"""Could these images be a sample of the same kind as those? Tests with a known false-alarm rate.

Each test gives a p-value that is exact or on the safe side at any number of images: if window and
reference are independent draws from one distribution, it is at most L in at most a share L of the
cases. ``holm`` keeps that for several tests together.

What none of them can see: images that hang together, such as four photographs of one article, make
false alarms more frequent; give one of each. And the rate holds over windows *and* references. Of
windows that are all held against one reference more or fewer are above it, by that one's luck: in a
simulation of normal features, cubed, 15 % at a stated 5 % with a reference as large as the window,
and 6.5 % with one four times as large. So take the reference large.
"""

import math

import numpy as np

from prodimg_lib.data.images import luma
from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check
from prodimg_lib.metrics.distribution import pooled_kernel

_FIELDS = 4  # on each side
_EXCEEDED = 10  # draws above what was seen, after which a test is over
_BATCH = 200  # draws at a time
_ALIVE = 0.1  # of the median spread: a column that varies less would be blown up


def plain_numbers(images):
    """What anyone can compute of an image: a network need not have learned to mind it.

    The mean of each of 4 x 4 fields, the contrast (standard deviation) and how sharply one row
    follows another (mean absolute difference), of the grey image in 0..1.

    Args:
        images: uint8 [n, h, w, c], c 1 or 3, at least 4 pixels each way; of other sizes than
            multiples of 4 the last rows and columns count for contrast and edges only.

    Returns:
        float64 [n, 18].

    Raises:
        InputError: something else.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.dtype != np.uint8 or images.shape[-1] not in (1, 3):
        raise InputError(
            f"images are {images.dtype} of shape {images.shape}: expected uint8 [n, h, w, c]"
        )
    if min(images.shape[1:3]) < _FIELDS:
        raise InputError(f"images of {images.shape[1]} x {images.shape[2]} pixels: expected 4 x 4")
    x = (luma(images) if images.shape[-1] == 3 else images)[..., 0] / 255.0
    n, h, w = x.shape
    high, wide = h // _FIELDS, w // _FIELDS
    whole = x[:, : _FIELDS * high, : _FIELDS * wide]
    fields = whole.reshape(n, _FIELDS, high, _FIELDS, wide).mean((2, 4)).reshape(n, -1)
    edges = np.abs(np.diff(x, axis=1)).mean((1, 2))
    return np.column_stack([fields, x.std((1, 2)), edges])


def standardiser(rows):
    """A function that gives features [m, d] the mean 0 and spread 1 that ``rows`` [n, d] get by it.

    Columns that hardly vary among ``rows`` (less than a tenth of the median spread) are left out:
    divided by next to nothing they would drown the others.
    """
    rows = _check.features("rows", rows)
    mean, spread = rows.mean(0), rows.std(0)
    alive = spread > _ALIVE * np.median(spread)

    def standardised(features):
        return ((features - mean) / np.where(alive, spread, 1))[:, alive]

    return standardised


class KernelAlarm:
    """The kernel distance of windows from one reference, which is looked at once.

    Args:
        reference: features [n, d]; ``standardiser`` of them is applied to all.

    Raises:
        InputError: fewer than two rows, NaN.
    """

    def __init__(self, reference):
        self._standardised = standardiser(reference)
        self._reference = self._standardised(np.asarray(reference, float))
        self._within = _within(self._reference)

    def distance(self, window):
        """``metrics.kernel_distance`` of standardised features [m, d] and all of the reference."""
        y = self._standardised(np.asarray(window, float))
        return _within(y) + self._within - 2 * float(_cubic(self._reference, y).mean())


def _cubic(x, y):
    k = x @ y.T / x.shape[1] + 1
    return k * k * k


def _within(x):
    k = _cubic(x, x)
    return float((k.sum() - np.trace(k)) / (len(x) * (len(x) - 1)))


def kernel_test(window, reference, level, seed=0, groups=None):
    """Permutation test on the unbiased kernel distance (``metrics.kernel_distance``, all rows).

    If both sides are draws from one distribution, every division of the rows into two parts of
    these sizes is equally likely, and so is every place of the measured distance among theirs
    (Gretton et al. 2012). Divisions are drawn until 10 exceed it, 10 / level at most (Besag and
    Clifford 1991): calm windows take few.

    Args:
        window, reference: features [n, d], [m, d], at least 2 rows each.
        level: in (0, 1), at which the p-value will be read; a smaller p is told less finely.
        seed: of the divisions.
        groups: the class of each row, a pair of sequences of the lengths of window and reference.
            Rows then change sides within their class alone, so that what is tested is how the
            images of each class look. How many there are of each is ``counts_test``'s matter.

    Returns:
        (distance, p): floats. The distance is what is measured, less its mean over the divisions.
        That mean is 0 without ``groups``. With them it is below 0 where the window has about as
        many of each class as the reference: numbers that are no chance are more alike than chance
        would have them.

    Raises:
        InputError: wrong shapes, fewer than two rows, NaN, a level outside (0, 1).

    What it cannot see: more than three moments of these features.
    """
    y, x = _check.feature_pair(("window", "reference"), (window, reference))
    k = pooled_kernel(np.concatenate([y, x]))
    np.fill_diagonal(k, 0.0)
    n, total = len(y), len(k)
    classes = _classes(groups, n, total)
    # Rows of a class and how many are the window's; a class that it lacks stays where it is.
    blocks = [(rows, int((rows < n).sum())) for rows in map(np.flatnonzero, classes)]
    blocks = [(rows, own) for rows, own in blocks if own]
    own, everything = k.sum(1), k.sum()

    def distance(inside, across):
        """Of the sums of k over pairs within the window, and between the two."""
        m, rest = total - n, everything - inside - 2 * across
        return inside / (n * (n - 1)) + rest / (m * (m - 1)) - 2 * across / (n * m)

    def distances(parts):
        """Of divisions, bool [total, draws]: which rows are the window's."""
        z = parts.astype(float)
        inside = np.einsum("ij,ij->j", z, k @ z)
        return distance(inside, own @ z - inside)

    seen = float(distances((np.arange(total) < n)[:, None])[0])
    margin = 1e-9 * np.abs(k).max()  # rounding, of rows that are equal

    def draw(rng, count):
        parts = np.zeros((total, count), bool)
        for rows, own in blocks:
            chosen = np.argpartition(rng.random((len(rows), count)), own - 1, axis=0)[:own]
            np.put_along_axis(parts, rows[chosen], True, axis=0)
        return distances(parts) >= seen - margin

    usual = float(distance(*_mean_sums(k, classes, n)))
    return seen - usual, _sequential(draw, level, seed)


def _mean_sums(k, classes, n):
    """Mean over all divisions of the sums of ``k`` within the window, and from it to the others."""
    sums = classes @ k @ classes.T
    all_, window = classes.sum(1), classes[:, :n].sum(1)
    others = all_ - window
    # How likely two rows are to lie so: of two classes, and of one, where no row is drawn twice.
    within = np.outer(window / all_, window / all_)
    between = np.outer(window / all_, others / all_)
    pairs = np.maximum(all_ * (all_ - 1), 1)
    np.fill_diagonal(within, window * (window - 1) / pairs)
    np.fill_diagonal(between, window * others / pairs)
    return (sums * within).sum(), (sums * between).sum()


def _classes(groups, n, total):
    """Which rows are of a class, 0.0 or 1.0 [classes, total]; all of one without ``groups``."""
    if groups is None:
        return np.ones((1, total))
    if [len(part) for part in groups] != [n, total - n]:
        raise InputError(f"groups: expected {n} classes for the window, {total - n} beside them")
    _, classes = np.unique(
        np.concatenate([np.asarray(part) for part in groups]), return_inverse=True
    )
    return (classes == np.arange(classes.max() + 1)[:, None]).astype(float)


def counts_test(window, reference, level, seed=0):
    """Test that two rows of counts come from the same shares: chi-squared, exact by simulation.

    Given the sums of rows and columns, every way to deal the objects to the two rows is equally
    likely (the multivariate hypergeometric distribution); p is the share of them whose chi-squared
    is at least that seen. So it holds for counts of 0 and 1 as well, where tables of chi-squared do
    not.

    Args:
        window, reference: whole numbers >= 0 [classes], each with at least one object.
        level, seed: as of ``kernel_test``.

    Returns:
        (chi_squared, p): floats; (0.0, 1.0) where all objects are of one class.

    Raises:
        InputError: something else.
    """
    a, b = (_counts(*pair) for pair in (("window", window), ("reference", reference)))
    if len(a) != len(b):
        raise InputError(f"window has {len(a)} classes, reference {len(b)}: expected the same")
    pooled = a + b
    keep = pooled > 0
    a, pooled = a[keep], pooled[keep]
    n, total = int(a.sum()), int(pooled.sum())
    expected = n * pooled / total
    # With fixed margins the second row's part is the same sum with another constant.
    scale = (1 / expected) * (1 + n / (total - n))

    def statistic(rows):
        return ((rows - expected) ** 2 * scale).sum(-1)

    seen = float(statistic(a))

    def draw(rng, count):
        rows = rng.multivariate_hypergeometric(pooled, n, count)
        return statistic(rows) >= seen * (1 - 1e-9)

    return (seen, 1.0) if len(a) == 1 else (seen, _sequential(draw, level, seed))


def _counts(name, value):
    value = np.asarray(value)
    if value.ndim != 1 or value.dtype.kind not in "iu" or (value < 0).any() or not value.sum():
        raise InputError(f"{name} = {value.tolist()}: expected counts >= 0, at least one object")
    return value.astype(np.int64)


def _sequential(draw, level, seed):
    """p of a Monte Carlo test that stops at ``_EXCEEDED`` exceedances (Besag and Clifford 1991)."""
    level = _check.number("level", level, 0, 1, "a number between 0 and 1", ends=False)
    most, rng = math.ceil(_EXCEEDED / level) - 1, np.random.default_rng(seed)
    drawn = exceeded = 0
    while drawn < most:
        above = draw(rng, min(_BATCH, most - drawn))
        if exceeded + above.sum() >= _EXCEEDED:
            last = np.flatnonzero(above)[_EXCEEDED - exceeded - 1]
            return _EXCEEDED / (drawn + int(last) + 1)
        exceeded += int(above.sum())
        drawn += len(above)
    return (exceeded + 1) / (most + 1)


def shares_test(hits, n, reference_hits, reference_n):
    """Fisher's exact test, two-sided, that two shares are of one probability.

    Args:
        hits, n: outcomes of the window that were so, of how many; the same of the reference.

    Returns:
        p, float.

    Raises:
        InputError: no outcomes, or more hits than outcomes.
    """
    from scipy.stats import fisher_exact

    table = []
    for name, k, of in (("hits", hits, n), ("reference_hits", reference_hits, reference_n)):
        of = _check.count(f"outcomes behind {name}", of, 1)
        k = _check.count(name, k, 0, of, f", the number of outcomes ({of})")
        table.append([k, of - k])
    return float(fisher_exact(table).pvalue)


def holm(values):
    """Adjusted p-values (Holm 1979): reject those at most L, and the chance of any false one is L.

    Args:
        values: p-values, dict by name.

    Returns:
        dict in the same order; each at least its own p, at most 1.
    """
    order = sorted(values, key=lambda name: values[name])
    adjusted, highest = {}, 0.0
    for i, name in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - i) * values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in values}
