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
    """The same generator, here a perfect one, scored with 200 and with 2,000 images."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(2, 2000, 16))
    few, many = score(real[:200], fake[:200]), score(real, fake)
    return few > 1.6 * many, {"with 200 images": few, "with 2,000 images": many}


def checks(c):
    real, fake = c.rng.normal(size=(2, 600, 4))
    near = c.call(real, fake)
    c.shape("number", near, ())
    far = c.call(real, fake + 1.0)
    c.true("sees-a-shift", 3.0 < float(far) < 5.5, got=far)
    wide = c.call(real, 2 * fake)
    c.true("sees-the-spread", 3.0 < float(wide) < 5.5, got=wide)
