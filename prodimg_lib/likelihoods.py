"""Likelihoods of pixels: pure functions, summed over pixels, in nats.

Each gives -log p(x | z) for a batch, ``[batch]``, from what the decoder put out. The two Bernoulli
families live on [0, 1] and take logits; each function refuses pixels that its distribution cannot
produce. ``mean`` turns the decoder's output into the image to show.
"""

import math
import re
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from prodimg_lib.errors import InputError

LIKELIHOODS = ("gaussian", "sigma", "bernoulli", "continuous_bernoulli")
LOG_2PI = math.log(2.0 * math.pi)

_NOT_SCALED = "pixels lie outside -1..1: scale uint8 images with prodimg_lib.to_model"
_NOT_UNIT = "pixels lie outside 0..1, where the continuous Bernoulli distribution lives"
_NOT_BINARY = (
    "pixels are not all black or white, which is all that a Bernoulli distribution can produce: "
    "use likelihood continuous_bernoulli for grey, or likelihoods.binarise first"
)


def uses_logits(likelihood):
    """Whether the decoder gives logits (the Bernoulli families) instead of an image."""
    return likelihood in ("bernoulli", "continuous_bernoulli")


def gaussian(x, mean, log_sigma=0.0):
    """Independent normal pixels: half the squared error over sigma^2, and its constant.

    Args:
        x, mean: float [batch, ...].
        log_sigma: log standard deviation, broadcastable to ``mean``.
    """
    log_var = 2.0 * log_sigma + tf.zeros_like(mean)
    return 0.5 * _sum(LOG_2PI + log_var + tf.square(x - mean) * tf.exp(-log_var))


def bernoulli(x, logits):
    """Black or white pixels: ``x`` is 0 or 1, and a logit is log p(1) - log p(0).

    Raises:
        InputError: grey pixels. Cross-entropy takes them, but what comes out is no likelihood
            (Loaiza-Ganem & Cunningham 2019).
    """
    x = _only(x, tf.reduce_all(tf.equal(x * (1.0 - x), 0.0)), _NOT_BINARY)
    return _cross_entropy(x, logits)


def continuous_bernoulli(x, logits):
    """Pixels in [0, 1] with density C exp(logit x): the Bernoulli formula with the normaliser that
    grey pixels need (Loaiza-Ganem & Cunningham 2019).

    Raises:
        InputError: pixels outside [0, 1].
    """
    x = _only(x, _within(x, 0.0, 1.0), _NOT_UNIT)
    return _cross_entropy(x, logits) - _sum(log_normaliser(logits))


def log_normaliser(logits):
    """log C of the continuous Bernoulli with natural parameter ``logits``, one value each.

    C = logits / tanh(logits / 2), which is 0/0 at 0; there the series 2 (1 + l^2/12) takes over.
    """
    small, safe = _around_zero(logits, 0.1)
    exact = tf.math.log(tf.abs(safe)) - tf.math.log(tf.abs(tf.tanh(0.5 * safe)))
    square = tf.square(logits)
    series = math.log(2.0) + square / 12.0 - 7.0 * tf.square(square) / 1440.0
    return tf.where(small, series, exact)


def mean(output, likelihood):
    """What the decoder put out -> the mean of p(x | z), an image in [-1, 1].

    The mean of a continuous Bernoulli is not the sigmoid of its logit l, but
    1 / (1 - exp(-l)) - 1 / l: greyer, as the density has no peak inside (0, 1).
    """
    if likelihood == "bernoulli":
        return tf.tanh(0.5 * output)
    if likelihood == "continuous_bernoulli":
        small, safe = _around_zero(output, 0.5)
        series = output / 6.0 - output**3 / 360.0 + output**5 / 15120.0
        return tf.where(small, series, 1.0 / tf.tanh(0.5 * safe) - 2.0 / safe)
    return output


def require_pixels(images, likelihood):
    """The images [batch, ...], if they lie in [-1, 1] and are binary where all must be.

    Raises:
        InputError: outside a graph; inside one the step fails, and ``refusals`` says the same.
    """
    images = _only(images, _within(images, -1.0, 1.0), _NOT_SCALED)
    if likelihood == "bernoulli":
        images = _only(images, tf.reduce_all(tf.equal(tf.abs(images), 1.0)), _NOT_BINARY)
    return images


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


@contextmanager
def refusals():
    """Turns a refusal from inside a compiled step into the ``InputError`` that it means."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        found = re.search(r"assertion failed: \[(pixels [^\]]*)\]", error.message)
        if found is None:
            raise
        raise InputError(found[1]) from None


def _sum(x):
    return tf.reduce_sum(x, axis=tuple(range(1, len(x.shape))))


def _cross_entropy(x, logits):
    return _sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits))


def _around_zero(x, radius):
    """Where the series holds, and ``x`` with those places moved to where its formula is safe."""
    small = tf.abs(x) < radius
    return small, tf.where(small, tf.ones_like(x), x)


def _within(x, low, high):
    # Value by value, not by the extremes: a NaN among numbers is outside too.
    return tf.reduce_all(tf.logical_and(x >= low, x <= high))


def _only(x, good, reason):
    """``x`` if it is good."""
    if tf.executing_eagerly():
        if not bool(good):
            raise InputError(reason)
        return x
    # Nothing that is computed from x may happen before the check: no weight moves.
    with tf.control_dependencies([tf.debugging.Assert(good, [reason])]):
        return tf.identity(x)
