"""C20: the Fréchet distance."""

import numpy as np

ENTRY = "frechet_distance"


def starter(mu1, sigma1, mu2, sigma2):
    """Squared 2-Wasserstein distance of two normal distributions.

    Args:
        mu1, mu2: float [d], means.
        sigma1, sigma2: float [d, d], covariances, positive semi-definite.

    Returns:
        A real float, 0 for equal distributions.
    """
    raise NotImplementedError


def reference(mu1, sigma1, mu2, sigma2):
    eigenvalues = np.linalg.eigvals(sigma1 @ sigma2).real.clip(min=0)
    gap = np.sum((mu1 - mu2) ** 2)
    return float(gap + np.trace(sigma1) + np.trace(sigma2) - 2 * np.sqrt(eigenvalues).sum())


def torch_reference(mu1, sigma1, mu2, sigma2):
    import torch

    eigenvalues = torch.linalg.eigvals(sigma1 @ sigma2).real.clamp(min=0)
    gap = torch.sum((mu1 - mu2) ** 2)
    return gap + sigma1.trace() + sigma2.trace() - 2 * eigenvalues.sqrt().sum()


def variant_singular_values(mu1, sigma1, mu2, sigma2):
    factors = []
    for sigma in (sigma1, sigma2):
        values, vectors = np.linalg.eigh(sigma)
        factors.append(vectors * np.sqrt(np.maximum(values, 0)))
    root = np.linalg.svd(factors[0].T @ factors[1], compute_uv=False).sum()
    return float((mu1 - mu2) @ (mu1 - mu2) + np.trace(sigma1 + sigma2) - 2 * root)


def wrong_mean_gap_not_squared(mu1, sigma1, mu2, sigma2):
    gap = np.linalg.norm(mu1 - mu2)
    return float(reference(mu1, sigma1, mu1, sigma2) + gap)


def wrong_root_of_entries(mu1, sigma1, mu2, sigma2):
    root = np.sqrt(np.abs(sigma1 @ sigma2))
    return float(np.sum((mu1 - mu2) ** 2) + np.trace(sigma1 + sigma2 - 2 * root))


def wrong_roots_multiplied(mu1, sigma1, mu2, sigma2):
    values, vectors = zip(*map(np.linalg.eigh, (sigma1, sigma2)), strict=True)
    one, two = (v * np.sqrt(e.clip(min=0)) @ v.T for e, v in zip(values, vectors, strict=True))
    root = one @ two
    return float(np.sum((mu1 - mu2) ** 2) + np.trace(sigma1 + sigma2 - 2 * root))


def wrong_factor_two_lost(mu1, sigma1, mu2, sigma2):
    eigenvalues = np.linalg.eigvals(sigma1 @ sigma2).real.clip(min=0)
    gap = np.sum((mu1 - mu2) ** 2)
    return float(gap + np.trace(sigma1) + np.trace(sigma2) - np.sqrt(eigenvalues).sum())


def checks(c):
    a, b = c.rng.normal(size=(2, 4, 4))
    s1, s2 = a @ a.T + 0.1 * np.eye(4), b @ b.T + 0.1 * np.eye(4)
    m1, m2 = c.rng.normal(size=(2, 4))
    found = c.call(m1, s1, m2, s2)
    c.shape("number", found, ())
    c.kind("real", found, "f")
    flat = np.diag([1.0, 2.0, 0.0])
    c.finite("singular", c.call(np.zeros(3), flat, np.zeros(3), flat))
    # Fewer features than dimensions: the product's eigenvalues of 0 come out on both sides of it.
    few = c.rng.normal(size=(2, 8, 3))
    thin = c.call(np.zeros(8), few[0] @ few[0].T, np.zeros(8), few[1] @ few[1].T)
    c.finite("singular", thin)
    root = np.linalg.svd(few[0].T @ few[1], compute_uv=False).sum()
    c.close("singular", thin, np.sum(few**2) - 2 * root, rtol=1e-3)
    d1, d2 = c.rng.uniform(0.5, 3, (2, 4))
    want = np.sum((m1 - m2) ** 2) + np.sum((d1 - d2) ** 2)
    c.close("diagonal", c.call(m1, np.diag(d1**2), m2, np.diag(d2**2)), want, rtol=1e-6)
    values, vectors = np.linalg.eigh(s1)
    half = vectors * np.sqrt(values) @ vectors.T
    root = np.sqrt(np.linalg.eigvalsh(half @ s2 @ half)).sum()
    c.close("value", found, np.sum((m1 - m2) ** 2) + np.trace(s1 + s2) - 2 * root, rtol=1e-6)
    c.close("equal", c.call(m1, s1, m1.copy(), s1.copy()), 0.0, atol=1e-8)
