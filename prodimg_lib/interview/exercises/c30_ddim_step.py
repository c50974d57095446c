"""C30: one step of a DDIM sampler, from deterministic to ancestral."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "ddim_step"


def starter(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    """One step from a noise level to a lower one, for a batch of which each image has its own.

    Args:
        x: float32 [batch, height, width, channels], the noisy images.
        eps: float32, the shape of x; the noise that the network sees in them.
        alpha_bar: float32 [batch], share of the signal's variance in x, between 0 and 1.
        alpha_bar_next: float32 [batch], that share after the step; larger, at most 1.
        eta: float from 0 (deterministic) to 1 (the variance of DDPM's posterior).
        noise: float32, the shape of x; standard normal, already drawn for you.

    Returns:
        Float, the shape of x: the images at the next level.
    """
    raise NotImplementedError


def reference(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    now = np.reshape(alpha_bar, (-1, 1, 1, 1))
    then = np.reshape(alpha_bar_next, (-1, 1, 1, 1))
    clean = (x - np.sqrt(1 - now) * eps) / np.sqrt(now)
    variance = eta**2 * (1 - then) / (1 - now) * (1 - now / then)
    direction = np.sqrt(np.maximum(1 - then - variance, 0)) * eps
    return np.sqrt(then) * clean + direction + np.sqrt(variance) * noise


def torch_reference(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    import torch

    now, then = (a.reshape(-1, 1, 1, 1) for a in (alpha_bar, alpha_bar_next))
    clean = (x - torch.sqrt(1 - now) * eps) / torch.sqrt(now)
    variance = eta**2 * (1 - then) / (1 - now) * (1 - now / then)
    direction = torch.sqrt(torch.clamp(1 - then - variance, min=0)) * eps
    return torch.sqrt(then) * clean + direction + torch.sqrt(variance) * noise


def variant_tensorflow(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    now = tf.cast(tf.reshape(alpha_bar, (-1, 1, 1, 1)), tf.float64)
    then = tf.cast(tf.reshape(alpha_bar_next, (-1, 1, 1, 1)), tf.float64)
    x, eps, noise = (tf.cast(part, tf.float64) for part in (x, eps, noise))
    sigma = eta * tf.sqrt((1 - then) / (1 - now)) * tf.sqrt(1 - now / then)
    clean = (x - tf.sqrt(1 - now) * eps) / tf.sqrt(now)
    return tf.sqrt(then) * clean + tf.sqrt(1 - then - sigma**2) * eps + sigma * noise


def variant_by_weights_and_image(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    """The step as one weighted sum, image by image, as in code that keeps tables of weights."""
    out = np.empty_like(x)
    for i, (a, b) in enumerate(zip(alpha_bar, alpha_bar_next, strict=True)):
        scale = (b / a) ** 0.5
        sigma2 = eta * eta * (1 - b) / (1 - a) * (1 - a / b)
        of_eps = max(1 - b - sigma2, 0) ** 0.5 - scale * (1 - a) ** 0.5
        out[i] = scale * x[i] + of_eps * eps[i] + sigma2**0.5 * noise[i]
    return out


def variant_keras_ops(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    ops = keras.ops
    now, then = (
        ops.expand_dims(ops.convert_to_tensor(a), (1, 2, 3)) for a in (alpha_bar, alpha_bar_next)
    )
    sigma = eta * ops.sqrt((1 - then) / (1 - now) * (1 - now / then))
    clean = (x - ops.sqrt(1 - now) * eps) * ops.rsqrt(now)
    left = ops.sqrt(ops.relu(1 - then - ops.square(sigma)))
    return ops.sqrt(then) * clean + left * eps + sigma * noise


def wrong_clean_image_not_rescaled(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    now, sigma, then = _levels(alpha_bar, alpha_bar_next, eta)
    clean = x - np.sqrt(1 - now) * eps
    return np.sqrt(then) * clean + np.sqrt(1 - then - sigma**2) * eps + sigma * noise


def wrong_roots_missing(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    now, sigma, then = _levels(alpha_bar, alpha_bar_next, eta)
    clean = (x - (1 - now) * eps) / now
    return then * clean + (1 - then - sigma**2) * eps + sigma * noise


def wrong_levels_swapped(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    now, sigma, then = _levels(alpha_bar, alpha_bar_next, eta)
    clean = (x - np.sqrt(1 - then) * eps) / np.sqrt(then)
    return np.sqrt(now) * clean + np.sqrt(np.abs(1 - now - sigma**2)) * eps + sigma * noise


def wrong_fresh_noise_on_top(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    now, sigma, then = _levels(alpha_bar, alpha_bar_next, eta)
    clean = (x - np.sqrt(1 - now) * eps) / np.sqrt(now)
    return np.sqrt(then) * clean + np.sqrt(1 - then) * eps + sigma * noise


def wrong_variance_as_sigma(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    now, sigma, then = _levels(alpha_bar, alpha_bar_next, eta)
    clean = (x - np.sqrt(1 - now) * eps) / np.sqrt(now)
    return np.sqrt(then) * clean + np.sqrt(1 - then - sigma**2) * eps + sigma**2 * noise


def wrong_eta_ignored(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    return reference(x, eps, alpha_bar, alpha_bar_next, 0.0, noise)


def wrong_larger_variance(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    # beta_t itself, DDPM's other choice, not the variance of the posterior.
    now, _, then = _levels(alpha_bar, alpha_bar_next, eta)
    sigma = eta * np.sqrt(1 - now / then)
    clean = (x - np.sqrt(1 - now) * eps) / np.sqrt(now)
    left = np.sqrt(np.maximum(1 - then - sigma**2, 0))
    return np.sqrt(then) * clean + left * eps + sigma * noise


def wrong_own_noise(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    fresh = np.random.default_rng().normal(size=noise.shape)
    return reference(x, eps, alpha_bar, alpha_bar_next, eta, fresh)


def wrong_level_along_channels(x, eps, alpha_bar, alpha_bar_next, eta, noise):
    # [batch] against [batch, height, width, channels]: paired with the last axis, if it fits.
    now, then = np.asarray(alpha_bar), np.asarray(alpha_bar_next)
    sigma = eta * np.sqrt((1 - then) / (1 - now) * (1 - now / then))
    clean = (x - np.sqrt(1 - now) * eps) / np.sqrt(now)
    return np.sqrt(then) * clean + np.sqrt(1 - then - sigma**2) * eps + sigma * noise


def _levels(alpha_bar, alpha_bar_next, eta):
    now, then = (np.reshape(a, (-1, 1, 1, 1)) for a in (alpha_bar, alpha_bar_next))
    return now, eta * np.sqrt((1 - then) / (1 - now) * (1 - now / then)), then


def checks(c):
    # As many channels as images, so that a level along the wrong axis raises nothing.
    shape = (3, 4, 5, 3)
    clean, eps, noise = c.normal(*shape), c.normal(*shape), c.normal(*shape)
    far = c.rng.uniform(0.1, 0.4, 3).astype("float32")
    near = c.rng.uniform(0.5, 0.9, 3).astype("float32")
    one = np.ones(3, "float32")

    def at(level):
        """The noisy images whose true noise is eps."""
        level = level.astype(float).reshape(-1, 1, 1, 1)
        return (np.sqrt(level) * clean + np.sqrt(1 - level) * eps).astype("float32")

    x = at(far)
    found = c.call(x, eps, far, near, 0.0, noise)
    c.shape("shape", found, shape)
    c.close("same-noise", c.call(x, eps, far, near, 0.7, noise),
            c.call(x, eps, far, near, 0.7, noise), mistake="own-noise")  # fmt: skip
    # With the true noise the deterministic step stays on the line of that image and that noise.
    c.close("on-the-path", found, at(near), 1e-4, 1e-4)
    # At no noise left there is nothing but the clean image, whatever eta.
    c.close("last-step", c.call(x, eps, far, one, 0.7, noise), clean, 1e-3, 1e-3)
    # eta = 1: mean and variance of q(x_s | x_t, x_0), with weights of x_0 and x_t.
    guess = c.normal(*shape)  # not the true noise
    a, b = (level.astype(float).reshape(-1, 1, 1, 1) for level in (far, near))
    x0 = (x - np.sqrt(1 - a) * guess) / np.sqrt(a)
    step = a / b
    mean = np.sqrt(b) * (1 - step) / (1 - a) * x0 + np.sqrt(step) * (1 - b) / (1 - a) * x
    spread = np.sqrt((1 - b) / (1 - a) * (1 - step))
    got = c.call(x, guess, far, near, 1.0, noise)
    c.close("posterior", got, mean + spread * noise, 1e-3, 1e-3)
    half = c.call(x, guess, far, near, 0.5, noise)
    left = np.sqrt(1 - b - (spread / 2) ** 2)
    c.close("half-way", half, np.sqrt(b) * x0 + left * guess + spread / 2 * noise, 1e-3, 1e-3)
