"""B31: a Fréchet distance that falls with n."""

import numpy as np

ENTRY = "score"

N = 200  # images of each side in every comparison


def buggy(real, fake):
    return frechet(real, fake)


def fixed(real, fake):
    rng = np.random.default_rng(0)
    real, fake = (a[rng.permutation(len(a))[:N]] for a in (real, fake))
    return frechet(real, fake)


def variant_mean_of_parts(real, fake):
    fakes = np.array_split(fake, len(fake) // N)
    return float(np.mean([frechet(real[:N], part[:N]) for part in fakes]))


def variant_extrapolated(real, fake):
    few, many = (frechet(real[:n], fake[:n]) for n in (len(real) // 2, len(real)))
    return 2 * many - few  # the bias falls as 1 / n


def variant_kernel_distance(real, fake):
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    inside = [kernel(a, a)[~np.eye(len(a), dtype=bool)].mean() for a in (real, fake)]
    return float(sum(inside) - 2 * kernel(real, fake).mean())


def wrong_repeated(real, fake):
    n = max(len(real), len(fake))
    return frechet(np.resize(real, (n, real.shape[1])), np.resize(fake, (n, fake.shape[1])))


def frechet(a, b):
    """Fréchet distance of two sets of features [n, d]."""
    gap = ((a.mean(0) - b.mean(0)) ** 2).sum()
    covs = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(covs[0] @ covs[1]).real.clip(min=0))
    return float(gap + np.trace(covs[0] + covs[1]) - 2 * roots.sum())


def symptom(score, seed):
    """A perfect generator scored with 200 and with 2,000 images: by how much of a real fault?

    The fault to compare with: every feature shifted by 0.3 of its standard deviation.
    """
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(2, 2000, 16))
    few, many = score(real[:200], fake[:200]), score(real, fake)
    fault = score(real, fake + 0.3) - many
    facts = {"with 200 images": few, "with 2,000 images": many, "a real fault adds": fault}
    return not abs(few - many) < 0.2 * fault, facts


def checks(c):
    real, fake = c.rng.normal(size=(2, 600, 4))
    near = c.call(real, fake)
    c.shape("number", near, ())
    near = float(near)
    shifts = [float(c.call(real, fake + shift)) - near for shift in (0.5, 1.0)]
    c.true("sees-a-shift", 0 < 2 * shifts[0] < shifts[1], got=shifts)
    spreads = [float(c.call(real, scale * fake)) - near for scale in (0.5, 2.0)]
    c.true("sees-the-spread", min(spreads) > 0.2 * shifts[0], got=spreads)
    few, many = (float(c.call(real[:n], fake[:n])) for n in (200, 600))
    c.true("comparable", abs(few - many) < shifts[0], got=[few, many])
