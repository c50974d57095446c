"""Likelihoods of pixels: pure functions, summed over pixels, in nats.

Each gives -log p(x | z) for a batch, ``[batch]``, from what the decoder put out. The two Bernoulli
families live on [0, 1] and take logits; each function refuses pixels that its distribution cannot
produce. ``mean`` turns the decoder's output into the image to show. All is computed in float32 at
least, whatever comes in.
"""

import math

import numpy as np
import tensorflow as tf

from prodimg_lib.errors import InputError
from prodimg_lib.tensors import alike, precise

LIKELIHOODS = ("gaussian", "sigma", "bernoulli", "continuous_bernoulli")
LOG_2PI = math.log(2.0 * math.pi)

_NOT_UNIT = "pixels lie outside 0..1, where the continuous Bernoulli distribution lives"
NOT_BINARY = (
    "pixels are not all black or white, which is all that a Bernoulli distribution can produce: "
    "use likelihood continuous_bernoulli for grey, or likelihoods.binarise first"
)


def uses_logits(likelihood):
    """Whether the decoder gives logits (the Bernoulli families) instead of an image."""
    return likelihood in ("bernoulli", "continuous_bernoulli")


def gaussian(x, mean, log_sigma=0.0):
    """Independent normal pixels: half the squared error over sigma^2, and its constant.

    Args:
        x, mean: float [batch, ...], of one shape.
        log_sigma: log standard deviation, broadcastable to ``mean``.

    Raises:
        InputError: shapes that differ.
    """
    x, mean, log_sigma = precise(x, mean, log_sigma)
    alike(x=x, mean=mean)
    log_sigma += tf.zeros_like(mean)
    alike(mean=mean, log_sigma=log_sigma)
    # The error in units of sigma, and 1 / sigma kept finite: where x is the mean 0 * inf is NaN.
    most = 0.99 * math.log(mean.dtype.max)
    error = (x - mean) * tf.exp(tf.minimum(-log_sigma, most))
    return _sum(0.5 * (LOG_2PI + tf.square(error)) + log_sigma)


def bernoulli(x, logits):
    """Black or white pixels: ``x`` is 0 or 1, and a logit is log p(1) - log p(0).

    Raises:
        InputError: grey pixels. Cross-entropy takes them, but what comes out is no likelihood
            (Loaiza-Ganem & Cunningham 2019), or shapes that differ.
    """
    x, logits = _pixels_and_logits(x, logits)
    x = require(x, tf.reduce_all(tf.equal(x * (1.0 - x), 0.0)), NOT_BINARY)
    return _cross_entropy(x, logits)


def continuous_bernoulli(x, logits):
    """Pixels in [0, 1] with density C exp(logit x): the Bernoulli formula with the normaliser that
    grey pixels need (Loaiza-Ganem & Cunningham 2019).

    Raises:
        InputError: pixels outside [0, 1], or shapes that differ.
    """
    x, logits = _pixels_and_logits(x, logits)
    x = require(x, within(x, 0.0, 1.0), _NOT_UNIT)
    return _cross_entropy(x, logits) - _sum(log_normaliser(logits))


def log_normaliser(logits):
    """log C of the continuous Bernoulli with natural parameter ``logits``, one value each.

    C = logits / tanh(logits / 2), which is 0/0 at 0; there the series 2 (1 + l^2/12) takes over.
    """
    (logits,) = precise(logits)
    small, near, far = _around_zero(logits, 0.1)
    exact = tf.math.log(tf.abs(far)) - tf.math.log(tf.abs(tf.tanh(0.5 * far)))
    square = tf.square(near)
    series = math.log(2.0) + square / 12.0 - 7.0 * tf.square(square) / 1440.0
    return tf.where(small, series, exact)


def mean(output, likelihood):
    """What the decoder put out -> the mean of p(x | z), an image in [-1, 1].

    The mean of a continuous Bernoulli is not the sigmoid of its logit l, but
    1 / (1 - exp(-l)) - 1 / l: greyer, as the density has no peak inside (0, 1).
    """
    (output,) = precise(output)
    if likelihood == "bernoulli":
        return tf.tanh(0.5 * output)
    if likelihood == "continuous_bernoulli":
        small, near, far = _around_zero(output, 0.5)
        series = near / 6.0 - near**3 / 360.0 + near**5 / 15120.0
        return tf.where(small, series, 1.0 / tf.tanh(0.5 * far) - 2.0 / far)
    return output


def binarise(images, seed=None):
    """uint8 images -> black (0) and white (255) only, for the ``bernoulli`` likelihood.

    Without a seed a pixel is white from 128 on. With one it is white with probability pixel / 255,
    drawn once (the static binarisation of Salakhutdinov & Murray 2008).
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise InputError(f"images are {images.dtype}: expected uint8 in 0..255")
    level = 127.5 if seed is None else 255.0 * np.random.default_rng(seed).random(images.shape)
    return np.where(images > level, 255, 0).astype(np.uint8)


def _sum(x):
    return tf.reduce_sum(x, axis=tuple(range(1, len(x.shape))))


def _cross_entropy(x, logits):
    return _sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits))


def _pixels_and_logits(x, logits):
    x, logits = precise(x, logits)
    alike(x=x, logits=logits)
    return x, logits


def _around_zero(x, radius):
    """Where the series holds, and ``x`` twice: for the series, and for the formula elsewhere.

    Each has the other's places moved to where it is safe: what ``tf.where`` leaves out still has a
    gradient, and 0 times an infinite one is NaN.
    """
    small = tf.abs(x) < radius
    return small, tf.where(small, x, tf.zeros_like(x)), tf.where(small, tf.ones_like(x), x)


def within(x, low, high):
    """Whether all values lie in [low, high], a scalar bool tensor; NaN does not."""
    # Value by value, not by the extremes: a NaN among numbers is outside too.
    return tf.reduce_all(tf.logical_and(x >= low, x <= high))


def require(x, good, reason):
    """``x`` if ``good`` (a scalar bool tensor) holds; in a graph the step fails where it does not.

    Raises:
        InputError: ``reason``, outside a graph.
    """
    if tf.executing_eagerly():
        if not bool(good):
            raise InputError(reason)
        return x
    # Nothing that is computed from x may happen before the check: no weight moves.
    with tf.control_dependencies([tf.debugging.Assert(good, [reason])]):
        return tf.identity(x)
