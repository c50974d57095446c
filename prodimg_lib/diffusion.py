"""Diffusion and flow: paths from data to noise, training targets, guidance, samplers, likelihood.

One axis of time for all: t = 0 is data, t = 1 is noise, x_t = signal(t) x0 + noise(t) eps with eps
standard normal. (Liu et al. 2023 and Lipman et al. 2023 count the other way: their velocity is
minus ours, of the same field.) A model sees x_t and t and predicts a target, a fixed mixture of
``x0`` and ``eps``, by squared error. From x_t and any one target the others follow, so they are one
task in other units; what differs is how much an error of x0 weighs at each t (``x0_weight``), with
SNR = (signal / noise)^2:

    target                path       mixture               weight of the error of x0
    x0                    any        x0                    1
    eps  Ho 2020          any        eps                   SNR
    v    Salimans 2022    cosine     signal eps - noise x0 SNR + 1
    flow Liu 2023         straight   eps - x0              (sqrt(SNR) + 1)^2 = 1 / t^2

Pure functions, in float32 at least. ``x``, ``x0``, ``eps`` are float [n, ...] of one shape; ``t``
is a number or [n], in 0..1.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from prodimg_lib.errors import InputError
from prodimg_lib.likelihoods import gaussian
from prodimg_lib.seeds import step_seed
from prodimg_lib.tensors import alike, precise


@dataclass(frozen=True)
class Path:
    """How data become noise: t -> (signal, noise), and t -> their derivatives by t."""

    levels: Callable[[Any], tuple]
    rates: Callable[[Any], tuple]


def _cosine(t):
    angle = 0.5 * math.pi * t
    return tf.cos(angle), tf.sin(angle)


def _cosine_rates(t):
    signal, noise = _cosine(t)
    return -0.5 * math.pi * noise, 0.5 * math.pi * signal


# The straight line of the rectified flow (Liu et al. 2023; Lipman et al. 2023).
STRAIGHT = Path(lambda t: (1.0 - t, t), lambda t: (-tf.ones_like(t), tf.ones_like(t)))
# Variance preserving, signal^2 + noise^2 = 1, at constant speed along the circle (Nichol & Dhariwal
# 2021, without their offset, as in Salimans & Ho 2022): d x_t / dt is pi / 2 times the target v.
COSINE = Path(_cosine, _cosine_rates)

# Target -> what it is of (x0, eps), from (signal, noise).
_MIXTURES = {
    "flow": lambda signal, noise: (-tf.ones_like(signal), tf.ones_like(signal)),
    "eps": lambda signal, noise: (tf.zeros_like(signal), tf.ones_like(signal)),
    "x0": lambda signal, noise: (tf.ones_like(signal), tf.zeros_like(signal)),
    "v": lambda signal, noise: (-noise, signal),
}
TARGETS = tuple(_MIXTURES)


def _mixture(name, signal, noise):
    if name not in _MIXTURES:
        raise InputError(f"target = {name!r}: choose one of {', '.join(TARGETS)}")
    return _MIXTURES[name](signal, noise)


def _times(t, x):
    """``t`` in the dtype of ``x``, [n] as [n, 1, ...]."""
    t = tf.cast(t, x.dtype)
    return tf.reshape(t, [-1] + [1] * (x.shape.rank - 1)) if t.shape.rank else t


def add_noise(x0, eps, t, path=STRAIGHT):
    """x_t, a draw of q(x_t | x0) = N(signal x0, noise^2) where eps is standard normal.

    Raises:
        InputError: shapes that differ.
    """
    x0, eps = precise(x0, eps)
    alike(x0=x0, eps=eps)
    signal, noise = path.levels(_times(t, x0))
    return signal * x0 + noise * eps


def target(name, x0, eps, t, path=STRAIGHT):
    """What a model is to predict: "flow", "eps", "x0" or "v", of the shape of ``x0``.

    Raises:
        InputError: unknown target, or shapes that differ.
    """
    x0, eps = precise(x0, eps)
    alike(x0=x0, eps=eps)
    of_x0, of_eps = _mixture(name, *path.levels(_times(t, x0)))
    return of_x0 * x0 + of_eps * eps


def split(name, prediction, x, t, path=STRAIGHT):
    """(x0, eps) that a prediction of target ``name`` at x_t = ``x`` amounts to.

    Two linear equations in two unknowns. Their determinant is 1 for "v" on the cosine path and for
    "flow" on the straight one, so nothing is divided; "eps" divides by the signal, which is 0 at
    t = 1, and "x0" by the noise, 0 at t = 0: there they leave the other undetermined.

    Raises:
        InputError: unknown target, or shapes that differ.
    """
    prediction, x = precise(prediction, x)
    alike(prediction=prediction, x=x)
    signal, noise = path.levels(_times(t, x))
    of_x0, of_eps = _mixture(name, signal, noise)
    determinant = signal * of_eps - noise * of_x0
    x0 = (of_eps * x - noise * prediction) / determinant
    return x0, (signal * prediction - of_x0 * x) / determinant


def x0_weight(name, t, path=STRAIGHT):
    """What the squared error of a target is in units of that of the x0 it amounts to.

    Training on the squared error of ``name`` is training on that of x0 with this weight, of the
    shape of ``t``; infinite at t = 0 but for "x0".

    Raises:
        InputError: unknown target.
    """
    (t,) = precise(t)
    signal, noise = path.levels(t)
    of_x0, of_eps = _mixture(name, signal, noise)
    return tf.square(of_x0 - of_eps * signal / noise) if name != "x0" else tf.ones_like(t)


def velocity(x0, eps, t, path=STRAIGHT):
    """d x_t / dt along the path from x0 to eps; eps - x0 on the straight one.

    With E[x0 | x_t] and E[eps | x_t] in their place it is the velocity of the probability-flow
    ODE, which carries the density of the data to that of the noise and back (Song et al. 2021b).

    Raises:
        InputError: shapes that differ.
    """
    x0, eps = precise(x0, eps)
    alike(x0=x0, eps=eps)
    signal, noise = path.rates(_times(t, x0))
    return signal * x0 + noise * eps


def guided(conditional, unconditional, scale):
    """Classifier-free guidance (Ho & Salimans 2022): away from what holds without the label.

    ``scale`` 1 is the conditional prediction, 0 the unconditional, above 1 beyond both. (The w
    of the paper is ``scale`` - 1.)
    """
    return conditional + (scale - 1.0) * (conditional - unconditional)


def times(steps, start=1.0):
    """The ``steps`` + 1 moments from ``start`` down to 0 that a sampler stops at, evenly spaced."""
    return np.linspace(start, 0.0, steps + 1)


def _stops(moments, x):
    """Pairs of neighbouring moments, as scalars in the dtype of ``x``."""
    moments = moments if tf.is_tensor(moments) else tf.constant(np.asarray(moments), x.dtype)
    return itertools.pairwise(tf.unstack(moments))


def euler(field, x, moments):
    """Follow dx/dt = ``field(x, t)`` through ``moments`` by Euler's method: error O(1 / steps).

    Args:
        field: (x [n, ...], t scalar) -> velocity [n, ...].
        x: float [n, ...], at the first moment; from ``times``, noise.

    Returns:
        x at the last moment.
    """
    (x,) = precise(x)
    for t, after in _stops(moments, x):
        x += (after - t) * field(x, t)
    return x


def heun(field, x, moments):
    """As ``euler``, by Heun's method: error O(1 / steps^2) for twice the calls of ``field``.

    The last step is Euler's, so nothing is asked at the last moment: at t = 0 some targets leave
    the velocity undetermined (Karras et al. 2022, algorithm 1). The order stays, as that is one
    step of error O(1 / steps^2).
    """
    (x,) = precise(x)
    pairs = list(_stops(moments, x))
    for t, after in pairs[:-1]:
        x = heun_step(field, x, t, after)
    for t, after in pairs[-1:]:
        x += (after - t) * field(x, t)
    return x


def heun_step(field, x, t, after):
    """One step of Heun's method from the moment ``t`` to ``after``, scalars of the dtype of x."""
    here = field(x, t)
    there = field(x + (after - t) * here, after)
    return x + (after - t) * (0.5 * (here + there))


def ddim(guess, x, moments, path=COSINE, eta=0.0, seed=0):
    """The sampler of Song et al. (2021a), on any path.

    Each step mixes the guessed x0 and eps anew, at the levels of the next moment. With ``eta`` = 0
    nothing is drawn and the result is a function of ``x``; on the straight path that is
    ``euler``. With ``eta`` = 1 each step is a draw of the posterior q(x_after | x_t, x0), the
    ancestral sampler of Ho et al. (2020).

    Args:
        guess: (x [n, ...], t scalar) -> (x0, eps), as ``split`` gives.
        x, moments: as in ``euler``.
        eta: 0 to 1, how much of the posterior's standard deviation is drawn.
        seed: int, of the draws.
    """
    (x,) = precise(x)
    for i, (t, after) in enumerate(_stops(moments, x)):
        x0, eps = guess(x, t)
        (signal, noise), (new_signal, new_noise) = path.levels(t), path.levels(after)
        kept = tf.square(noise) - tf.square(signal * new_noise / new_signal)
        fresh = eta * (new_noise / noise) * tf.sqrt(tf.maximum(kept, 0.0))
        x = new_signal * x0 + tf.sqrt(tf.square(new_noise) - tf.square(fresh)) * eps
        if eta:
            draw_seed = step_seed(seed, i, "noise of the sampler")
            x += fresh * tf.random.stateless_normal(tf.shape(x), draw_seed, dtype=x.dtype)
    return x


def log_likelihood(field, x, steps=100):
    """log p(x) of the flow that carries ``x`` at t = 0 to standard normal noise at t = 1.

    The change of variables in continuous time (Chen et al. 2018): log p(x) is the noise's log
    density where x ends plus the integral of the divergence on the way there, both by Heun's
    method. The divergence takes one backward pass for each dimension: for low dimensions.

    Args:
        field: (x [n, d], t scalar) -> velocity [n, d], differentiable by x, defined on 0..1.
        x: float [n, d].

    Returns:
        [n], in nats.
    """
    (x,) = precise(x)

    def rates(x, t):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            columns = tf.unstack(field(x, t), axis=1)
        own = [tape.gradient(column, x)[:, i] for i, column in enumerate(columns)]
        return tf.stack(columns, axis=1), tf.add_n(own)

    total = tf.zeros(tf.shape(x)[:1], x.dtype)
    for t, after in _stops(np.linspace(0.0, 1.0, steps + 1), x):
        here, spread = rates(x, t)
        there, spread_there = rates(x + (after - t) * here, after)
        x += 0.5 * (after - t) * (here + there)
        total += 0.5 * (after - t) * (spread + spread_there)
    return total - gaussian(x, tf.zeros_like(x))
