"""B37: latents of another distribution than in training."""

import numpy as np
import tensorflow as tf

ENTRY = "latents"


def buggy(n, dim, seed):
    return np.random.default_rng(seed).uniform(size=(n, dim)).astype("float32")


def fixed(n, dim, seed):
    return np.random.default_rng(seed).normal(size=(n, dim)).astype("float32")


def variant_tensorflow(n, dim, seed):
    return tf.random.stateless_normal((n, dim), (seed, 0))


def wrong_scaled_to_variance_one(n, dim, seed):
    return (np.sqrt(12) * (buggy(n, dim, seed) - 0.5)).astype("float32")


def wrong_symmetric_cube(n, dim, seed):
    return 2 * buggy(n, dim, seed) - 1


def wrong_same_every_time(n, dim, seed):
    return np.random.default_rng(0).normal(size=(n, dim)).astype("float32")


def symptom(latents, seed):
    """Mean and direction of the latents that images are made from."""
    z = np.asarray(latents(200, 64, seed), float)
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    cosines = (unit @ unit.T)[~np.eye(len(z), dtype=bool)]
    facts = {"mean of the latents": float(z.mean()), "mean cosine": float(cosines.mean())}
    return abs(z.mean()) > 0.1 or cosines.mean() > 0.1, facts


def checks(c):
    z = c.call(2000, 8, c.seed)
    c.shape("shape", z, (2000, 8))
    c.kind("floats", z, "f")
    again, other = c.call(2000, 8, c.seed), c.call(2000, 8, c.seed + 1)
    c.close("same-seed", again, z)
    apart = not np.allclose(np.asarray(other), np.asarray(z))
    c.true("another-seed", apart, mistake="same-every-time")
    x = np.asarray(z, float).ravel()
    n = len(x)
    c.statistic("mean", x.mean(), 0.0, 1 / np.sqrt(n))
    c.statistic("variance", x.var(), 1.0, np.sqrt(2 / n), mistake="symmetric-cube")
    tails = (x**4).mean()
    c.statistic("tails", tails, 3.0, np.sqrt(96 / n), mistake="scaled-to-variance-one")
