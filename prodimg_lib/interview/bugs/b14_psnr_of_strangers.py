"""B14: PSNR of images that are no pairs."""

import numpy as np

ENTRY = "score"


def buggy(generated, photographs):
    error = np.mean((generated - photographs) ** 2, axis=1)
    return float(np.mean(10 * np.log10(1.0 / error)))


def fixed(generated, photographs):
    means = [a.mean(0) for a in (generated, photographs)]
    covs = [np.cov(a, rowvar=False) for a in (generated, photographs)]
    eigenvalues = np.linalg.eigvals(covs[0] @ covs[1]).real.clip(min=0)  # of the root: their roots
    distance = np.sum((means[0] - means[1]) ** 2) + np.trace(covs[0] + covs[1])
    return -float(distance - 2 * np.sqrt(eigenvalues).sum())


def variant_energy_distance(generated, photographs):
    def mean_distance(a, b):
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1)).mean()

    within = mean_distance(generated, generated) + mean_distance(photographs, photographs)
    return within - 2 * mean_distance(generated, photographs)


def wrong_nearest_photograph(generated, photographs):
    error = ((generated[:, None] - photographs[None]) ** 2).mean(-1).min(1)
    return float(np.mean(10 * np.log10(1.0 / np.maximum(error, 1e-12))))


def wrong_shuffled_partners(generated, photographs):
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(20):
        error = np.mean((generated - rng.permutation(photographs)) ** 2, axis=1)
        scores.append(np.mean(10 * np.log10(1.0 / np.maximum(error, 1e-12))))
    return float(np.mean(scores))


def wrong_spread_only(generated, photographs):
    return -float(np.abs(generated.std(axis=0) - photographs.std(axis=0)).mean())


def symptom(score, seed):
    """Higher is better: fresh photographs against a constant mean image."""
    rng = np.random.default_rng(seed)
    photographs, fresh = 0.5 + 0.2 * rng.normal(size=(2, 300, 8))
    mean_image = np.repeat(photographs.mean(0, keepdims=True), 300, axis=0)
    real, constant = score(fresh, photographs), score(mean_image, photographs)
    return not real > constant, {"fresh photographs": real, "the mean image": constant}


def checks(c):
    real = 0.5 + 0.2 * c.normal(200, 6)
    fresh = 0.5 + 0.2 * c.normal(200, 6)
    dull = 0.5 + 0.6 * (fresh - 0.5)
    scores = [c.call(a, real) for a in (fresh, dull, np.repeat(real[:1], 200, 0))]
    c.shape("number", scores[0], ())
    c.finite("finite", scores[2])
    c.true("dull-is-worse", float(scores[0]) > float(scores[1]), got=scores[1])
    for shift in (0.4, -0.4):
        shifted = float(c.call(fresh + shift, real))
        c.true("shifted-is-worse", float(scores[0]) > shifted + 1e-3, got=shifted)
    loud = float(c.call(0.5 + 1.8 * (fresh - 0.5), real))
    c.true("loud-is-worse", float(scores[0]) > loud, got=loud)
    c.true("one-image-is-worst", float(scores[1]) > float(scores[2]), got=scores[2])
