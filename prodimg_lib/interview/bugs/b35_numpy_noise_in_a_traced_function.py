"""B35: NumPy's noise in a traced function."""

# What is shown has no comment that betrays it, so NumPy's global generator is allowed here.
# ruff: noqa: NPY002

import numpy as np
import tensorflow as tf

ENTRY = "make_step"


def buggy(n, latent_dim):
    @tf.function(autograph=False)
    def step():
        return tf.constant(np.random.normal(size=(n, latent_dim)), tf.float32)

    return step


def fixed(n, latent_dim):
    @tf.function(autograph=False)
    def step():
        return tf.random.normal((n, latent_dim))

    return step


def variant_generator(n, latent_dim):
    source = tf.random.Generator.from_seed(1)

    @tf.function(autograph=False)
    def step():
        return source.normal((n, latent_dim))

    return step


def wrong_one_constant_shifted(n, latent_dim):
    count = tf.Variable(0.0)

    @tf.function(autograph=False)
    def step():
        count.assign_add(0.001)
        return count + tf.constant(np.random.normal(size=(n, latent_dim)), tf.float32)

    return step


def symptom(make_step, seed):
    """The noise of two steps."""
    step = make_step(16 + seed, 4)
    first, second = step().numpy(), step().numpy()
    correlation = float(np.corrcoef(first.ravel(), second.ravel())[0, 1])
    return correlation > 0.7, {"correlation of the noise of two steps": correlation}


def checks(c):
    def look():
        step = c.ask(2000, 3)
        return [step() for _ in range(3)]

    draws = c.observe(look)
    c.shape("shape", draws[0], (2000, 3))
    draws = np.stack(draws)
    c.statistic("mean", draws.mean(), 0.0, 1 / np.sqrt(draws.size))
    c.statistic("std", draws.std(), 1.0, 1 / np.sqrt(2 * draws.size))
    for one, two in ((0, 1), (0, 2), (1, 2)):
        pair = np.mean(draws[one] * draws[two])
        c.statistic("independent", pair, 0.0, 1 / np.sqrt(6000))
