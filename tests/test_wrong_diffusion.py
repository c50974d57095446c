"""The mistakes that paths, targets and samplers are known for: each must make a test fail."""

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import diffusion
from tests import test_diffusion as tests
from tests.mistakes import example, must_be_noticed

PLACES = (diffusion, diffusion._MIXTURES)
RIGHT = {name: getattr(diffusion, name) for name in ("add_noise", "split", "heun", "euler")}
STRAIGHT, COSINE = diffusion.STRAIGHT, diffusion.COSINE


def marginal():
    tests.test_marginal_of_the_path(COSINE, 0.2)


def order_of_heun():
    tests.test_velocity_of_a_gaussian_leads_back_with_the_order_of_the_solver(
        diffusion.heun, 2, STRAIGHT
    )


def step_of_ddim(eta):
    return lambda: tests.test_a_step_of_ddim_keeps_the_marginal_and_at_eta_1_is_the_posterior(
        eta, COSINE
    )


def exchanged(x0, eps, t, path=STRAIGHT):
    return RIGHT["add_noise"](eps, x0, t, path)


def squared_levels(x0, eps, t, path=STRAIGHT):
    """alpha-bar where its square root belongs."""
    signal, noise = path.levels(t)
    return signal[:, None] ** 2 * x0 + noise[:, None] ** 2 * eps


def explicit_only(field, x, moments):
    """Heun without its second look: Euler."""
    return RIGHT["euler"](field, x, moments)


def wrong_ddim(of_fresh, of_kept):
    """``ddim`` with another share of fresh and of kept noise."""

    def ddim(guess, x, moments, path=COSINE, eta=0.0, seed=0):
        for t, after in diffusion._stops(moments, x):
            x0, eps = guess(x, t)
            (signal, noise), (new_signal, new_noise) = path.levels(t), path.levels(after)
            kept = noise**2 - (signal * new_noise / new_signal) ** 2
            fresh = eta * of_fresh(new_noise / noise * tf.sqrt(kept), new_noise)
            x = new_signal * x0 + of_kept(new_noise, fresh) * eps
            x += fresh * tf.random.stateless_normal(tf.shape(x), [seed, 1], dtype=x.dtype)
        return x

    return ddim


def all_of_it(new_noise, fresh):
    return new_noise


def the_rest(new_noise, fresh):
    return tf.sqrt(new_noise**2 - fresh**2)


def backwards(name, prediction, x, t, path=STRAIGHT):
    x0, eps = RIGHT["split"](name, prediction, x, t, path)
    return -x0, -eps


MISTAKES = {
    "data and noise exchanged": (
        "add_noise",
        exchanged,
        lambda: tests.test_path_leads_from_data_to_noise(STRAIGHT),
    ),
    "a level squared where it is not": ("add_noise", squared_levels, marginal),
    "v of the other sign": (
        "v",
        lambda signal, noise: (noise, -signal),
        tests.test_two_targets_are_velocities,
    ),
    "flow of the other direction of time": (
        "flow",
        lambda signal, noise: (tf.ones_like(signal), -tf.ones_like(signal)),
        tests.test_two_targets_are_velocities,
    ),
    "a guess turned around": (
        "split",
        backwards,
        example(tests.test_every_target_gives_back_data_and_noise, *("v", COSINE, 0.3, 1.0, -0.5)),
    ),
    "guidance that is one too strong": (
        "guided",
        lambda c, u, scale: c + scale * (c - u),
        example(tests.test_guidance, 1.0, 0.5),
    ),
    "weight upside down": (
        "x0_weight",
        lambda name, t, path=STRAIGHT: (path.levels(t)[1] / path.levels(t)[0]) ** 2,
        lambda: tests.test_weight_is_that_of_the_error_of_x0("eps", COSINE),
    ),
    "Heun without its second look": ("heun", explicit_only, order_of_heun),
    "fresh noise on top of the old": (
        "ddim",
        wrong_ddim(lambda right, new_noise: right, all_of_it),
        step_of_ddim(1.0),
    ),
    "all noise fresh, whatever the posterior": (
        "ddim",
        wrong_ddim(lambda right, new_noise: new_noise, the_rest),
        step_of_ddim(1.0),
    ),
    "likelihood without the divergence": (
        "log_likelihood",
        lambda field, x, steps=100: (
            -diffusion.gaussian(
                RIGHT["heun"](field, x, np.linspace(0.0, 1.0, steps + 1)), tf.zeros_like(x)
            )
        ),
        tests.test_samples_and_likelihood_are_of_one_density,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    must_be_noticed(monkeypatch, PLACES, *MISTAKES[mistake])
