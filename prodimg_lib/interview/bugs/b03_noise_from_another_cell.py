"""B03: noise from another cell."""

# What is shown has no comment that betrays it, so the name that is not there is allowed here.
# ruff: noqa: F821
# mypy: disable-error-code="name-defined"

import numpy as np
import tensorflow as tf

ENTRY = "fakes"


def buggy(generator, n, latent_dim, seed, step):
    return generator(z_fake)


def fixed(generator, n, latent_dim, seed, step):
    z = tf.random.stateless_normal((n, latent_dim), (seed, step))
    return generator(z)


def variant_numpy(generator, n, latent_dim, seed, step):
    rng = np.random.default_rng([seed, step])
    return generator(tf.constant(rng.normal(size=(n, latent_dim)), tf.float32))


def wrong_same_noise_each_step(generator, n, latent_dim, seed, step):
    z = tf.random.stateless_normal((n, latent_dim), (seed, 0))
    return generator(z)


def wrong_seed_ignored(generator, n, latent_dim, seed, step):
    return generator(tf.random.stateless_normal((n, latent_dim), (0, step)))


def wrong_uniform(generator, n, latent_dim, seed, step):
    return generator(tf.random.stateless_uniform((n, latent_dim), (seed, step)))


def symptom(fakes, seed):
    """In a fresh kernel: does it run, and is the noise of two steps different?"""
    try:
        first, second = (np.asarray(fakes(lambda z: z, 4, 3, seed, step)) for step in (0, 1))
    except NameError as error:
        return True, {"error": str(error)}
    same = float(np.abs(first - second).max())
    return same < 1e-6, {"error": "none", "noise of two steps differs by": same}


def checks(c):
    def same(z):
        return z

    z = np.asarray(c.call(same, 4000, 2, c.seed, 3))
    c.shape("shape", z, (4000, 2))
    again = c.call(same, 4000, 2, c.seed, 3)
    c.close("same-step", again, z)
    later = np.asarray(c.call(same, 4000, 2, c.seed, 4))
    c.true("new-noise", np.abs(later - z).max() > 1e-3, mistake="same-noise-each-step")
    other = np.asarray(c.call(same, 4000, 2, c.seed + 1, 3))
    c.true("another-seed", np.abs(other - z).max() > 1e-3, mistake="seed-ignored")

    def slope():
        scale = tf.Variable(2.0)
        with tf.GradientTape() as tape:
            made = c.ask(lambda z: scale * z, 6, 2, c.seed, 3)
        return made, tape.gradient(made, scale) if tf.is_tensor(made) else None

    made, found = c.observe(slope)
    c.true("gradient", found is not None, layer="gradient")
    c.close("gradient", 0 if found is None else found, np.sum(made) / 2, 1e-3, layer="gradient")
    c.statistic("mean", z.mean(), 0.0, 1 / np.sqrt(8000))
    c.statistic("std", z.std(), 1.0, 1 / np.sqrt(16000))
