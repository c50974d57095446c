"""B23: the variance taken for the standard deviation."""

import numpy as np
import tensorflow as tf

ENTRY = "draw_latent"


def buggy(mu, logvar, seed):
    noise = tf.random.stateless_normal(tf.shape(mu), seed)
    return mu + tf.exp(logvar) * noise


def fixed(mu, logvar, seed):
    noise = tf.random.stateless_normal(tf.shape(mu), seed)
    return mu + tf.exp(0.5 * logvar) * noise


def variant_normal_with_std(mu, logvar, seed):
    std = tf.sqrt(tf.exp(logvar))
    return tf.random.stateless_normal(tf.shape(mu), seed, mean=mu, stddev=std)


def wrong_logvar_as_std(mu, logvar, seed):
    noise = tf.random.stateless_normal(tf.shape(mu), seed)
    return mu + logvar * noise


def wrong_half_the_variance(mu, logvar, seed):
    noise = tf.random.stateless_normal(tf.shape(mu), seed)
    return mu + 0.5 * tf.exp(logvar) * noise


def wrong_root_of_the_log(mu, logvar, seed):
    noise = tf.random.stateless_normal(tf.shape(mu), seed)
    return mu + tf.sqrt(tf.abs(logvar)) * noise


def symptom(draw_latent, seed):
    """The encoder says "variance 4"; the draws spread with a standard deviation other than 2."""
    n = 20_000
    draws = draw_latent(tf.zeros((n, 1)), tf.fill((n, 1), float(np.log(4))), (seed, 1))
    std = float(np.std(np.asarray(draws)))
    return abs(std - 2) > 0.2, {"standard deviation at variance 4": std}


def checks(c):
    mu, logvar, n = 1.5, float(c.rng.uniform(-3, -1)), 40_000
    draws = c.call(tf.fill((n, 1), mu), tf.fill((n, 1), logvar), (c.seed, 2))
    c.shape("shape", draws, (n, 1))
    c.finite("finite", draws)
    few = c.normal(5, 2), c.normal(5, 2)
    c.gradient("gradient", (*few, (c.seed, 3)), 0, np.ones((5, 2)))
    std = float(np.exp(logvar / 2))
    c.statistic("mean", np.mean(draws), mu, std / np.sqrt(n))
    c.statistic("std", np.std(draws), std, std / np.sqrt(2 * n))
