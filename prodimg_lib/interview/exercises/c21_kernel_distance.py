"""C21: the kernel distance, without bias."""

import numpy as np

ENTRY = "kid"


def starter(x, y):
    """Unbiased squared maximum mean discrepancy with the kernel (a . b / d + 1)^3.

    Args:
        x: float [m, d]; y: float [n, d]; m and n at least 2.

    Returns:
        A float, which may be negative.
    """
    raise NotImplementedError


def reference(x, y):
    d = x.shape[1]
    xx, yy, xy = ((a @ b.T / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    m, n = len(x), len(y)
    within = (xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1))
    return float(within - 2 * xy.mean())


def torch_reference(x, y):
    import torch

    d, m, n = x.shape[1], len(x), len(y)
    xx, yy, xy = ((a @ b.T / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within_x = (xx.sum() - torch.trace(xx)) / (m * (m - 1))
    within_y = (yy.sum() - torch.trace(yy)) / (n * (n - 1))
    return within_x + within_y - 2 * xy.mean()


def variant_masks(x, y):
    def kernel(a, b):
        return (np.einsum("id,jd->ij", a, b) / a.shape[1] + 1) ** 3

    inside = [kernel(a, a)[~np.eye(len(a), dtype=bool)].mean() for a in (x, y)]
    return float(sum(inside) - 2 * kernel(x, y).mean())


def wrong_diagonal_kept(x, y):
    d = x.shape[1]
    xx, yy, xy = ((a @ b.T / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    return float(xx.mean() + yy.mean() - 2 * xy.mean())


def wrong_clipped_at_zero(x, y):
    return max(reference(x, y), 0.0)


def wrong_not_divided_by_d(x, y):
    d = x.shape[1]
    return reference(x * np.sqrt(d), y * np.sqrt(d))


def wrong_cross_term_once(x, y):
    d = x.shape[1]
    return reference(x, y) + float(((x @ y.T / d + 1) ** 3).mean())


def checks(c):
    x, y = c.rng.normal(size=(6, 4)), c.rng.normal(0.3, 1.2, size=(9, 4))
    found = c.call(x, y)
    c.shape("number", found, ())

    def mean(a, b, skip):
        pairs = [(p, q) for i, p in enumerate(a) for j, q in enumerate(b) if not (skip and i == j)]
        return np.mean([(p @ q / 4 + 1) ** 3 for p, q in pairs])

    c.close("value", found, mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False))
    draws = c.rng.normal(size=(300, 2, 20, 3))
    values = np.array([float(c.call(a, b)) for a, b in draws])
    c.true("may-be-negative", (values < 0).any(), got=values.min())
    c.statistic("unbiased", values.mean(), 0.0, values.std() / np.sqrt(300))
