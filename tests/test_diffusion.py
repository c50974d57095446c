"""Paths, targets, samplers and likelihood against data whose exact velocity is known."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from prodimg_lib import InputError, diffusion

PATHS = {"straight": diffusion.STRAIGHT, "cosine": diffusion.COSINE}
EVERY_PATH = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
inside = st.floats(0.02, 0.98)
number = st.floats(-5, 5, width=16)


def arrays(*values):
    return [tf.constant(np.reshape(v, (-1, 1)), tf.float64) for v in values]


class Normals:
    """A mixture of normals as data, with everything in closed form.

    x_t is a mixture, too: of normals with means signal m_k and covariances C_k = signal^2 S_k +
    noise^2 I; and in component k, E[x0 | x_t] and E[eps | x_t] are those of jointly normal
    variables. Nothing is divided by a level, so this also holds at t = 0 and t = 1.
    """

    def __init__(self, shares, means, covariances):
        values = (np.asarray(v, float) for v in (shares, means, covariances))
        self.shares, self.means, self.covariances = values

    def guess(self, x, t, path):
        signal, noise = path.levels(tf.cast(t, tf.float64))
        covariance = signal**2 * self.covariances + noise**2 * np.eye(self.means.shape[1])
        off = x[:, None] - signal * self.means  # [n, k, d]
        scaled = tf.einsum("kde,nke->nkd", tf.linalg.inv(covariance), off)
        fit = tf.math.log(self.shares) - 0.5 * (
            tf.reduce_sum(off * scaled, -1) + tf.linalg.logdet(covariance)
        )
        share = tf.nn.softmax(fit)[:, :, None]
        x0 = self.means + signal * tf.einsum("kde,nke->nkd", self.covariances, scaled)
        return tf.reduce_sum(share * x0, 1), tf.reduce_sum(share * noise * scaled, 1)

    def field(self, path):
        return lambda x, t: diffusion.velocity(*self.guess(x, t, path), t, path)

    def log_density(self, x):
        terms = [
            np.log(share) + multivariate_normal(mean, covariance).logpdf(x)
            for share, mean, covariance in zip(
                self.shares, self.means, self.covariances, strict=True
            )
        ]
        return np.logaddexp.reduce(terms)


GAUSSIAN = Normals([1.0], [[0.7]], [[[0.09]]])
TWO_POINTS = Normals([0.3, 0.7], [[-1.0], [1.0]], [[[0.0]], [[0.0]]])
PLANE = Normals(
    [0.4, 0.6],
    [[-1.0, 0.5], [0.8, -0.3]],
    [[[0.30, 0.10], [0.10, 0.20]], [[0.15, -0.05], [-0.05, 0.40]]],
)


@EVERY_PATH
def test_path_leads_from_data_to_noise(path):
    x0, eps = arrays([1.0, -2.0, 0.5], [0.3, 0.4, -1.0])
    np.testing.assert_allclose(diffusion.add_noise(x0, eps, 0.0, path), x0, atol=1e-15)
    np.testing.assert_allclose(diffusion.add_noise(x0, eps, 1.0, path), eps, atol=1e-15)


@EVERY_PATH
@pytest.mark.parametrize("t", [0.2, 0.5, 0.9])
def test_marginal_of_the_path(path, t):
    """Of data N(0.7, 0.3^2): mean signal 0.7, variance signal^2 0.09 + noise^2."""
    n = 100_000
    rng = np.random.default_rng(0)
    x0, eps = arrays(0.7 + 0.3 * rng.normal(size=n), rng.normal(size=n))
    x = diffusion.add_noise(x0, eps, np.full(n, t), path).numpy()
    angle = np.pi * t / 2
    signal, noise = (1 - t, t) if path is diffusion.STRAIGHT else (np.cos(angle), np.sin(angle))
    variance = (0.3 * signal) ** 2 + noise**2
    # Standard errors of a mean and of a variance of normal draws.
    assert x.mean() == pytest.approx(0.7 * signal, abs=4 * np.sqrt(variance / n))
    assert x.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / n))


@settings(max_examples=25)
@given(st.floats(0, 1))
def test_cosine_path_preserves_variance(t):
    signal, noise = diffusion.COSINE.levels(tf.constant(t, tf.float64))
    assert float(signal**2 + noise**2) == pytest.approx(1.0, abs=1e-12)


@EVERY_PATH
def test_velocity_is_the_derivative_of_the_path(path):
    x0, eps = arrays([1.0, -2.0, 0.5], [0.3, 0.4, -1.0])
    t = tf.constant([0.1, 0.5, 0.8], tf.float64)
    with tf.autodiff.ForwardAccumulator(t, tf.ones_like(t)) as forward:
        x = diffusion.add_noise(x0, eps, t, path)
    np.testing.assert_allclose(diffusion.velocity(x0, eps, t, path), forward.jvp(x), atol=1e-12)


def test_two_targets_are_velocities():
    """The flow's is that of its path, v that of the cosine path but for pi / 2."""
    x0, eps = arrays([1.0, -2.0], [0.3, 0.4])
    flow = diffusion.target("flow", x0, eps, 0.3)
    np.testing.assert_allclose(flow, diffusion.velocity(x0, eps, 0.3), atol=1e-15)
    v = diffusion.target("v", x0, eps, 0.3, diffusion.COSINE)
    speed = diffusion.velocity(x0, eps, 0.3, diffusion.COSINE)
    np.testing.assert_allclose(np.pi / 2 * v, speed, atol=1e-14)


def test_the_noise_of_a_time_belongs_to_its_row():
    x0, eps = tf.zeros([2, 3, 3, 1]), tf.ones([2, 3, 3, 1])
    x = diffusion.add_noise(x0, eps, tf.constant([0.25, 0.75]))
    np.testing.assert_array_equal(x[0], np.full((3, 3, 1), 0.25))
    np.testing.assert_array_equal(x[1], np.full((3, 3, 1), 0.75))


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", diffusion.TARGETS)
@settings(max_examples=25)
@given(t=inside, x0=number, eps=number)
def test_every_target_gives_back_data_and_noise(name, path, t, x0, eps):
    x0, eps = arrays(x0, eps)
    x = diffusion.add_noise(x0, eps, t, path)
    prediction = diffusion.target(name, x0, eps, t, path)
    # The determinant is at least 0.02, so rounding grows by 50 at most.
    for got, expected in zip(diffusion.split(name, prediction, x, t, path), (x0, eps), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-12)


@settings(max_examples=25)
@given(t=inside, wanted=st.sampled_from(["eps", "x0", "v"]), given=st.sampled_from(["eps", "x0"]))
def test_conversions_round_trip(t, wanted, given):
    """From a guess of any kind to another kind and back: also of a wrong guess."""
    x, guess = arrays([0.4, -1.0], [1.3, 0.2])
    path = diffusion.COSINE
    other = diffusion.target(wanted, *diffusion.split(given, guess, x, t, path), t, path)
    again = diffusion.target(given, *diffusion.split(wanted, other, x, t, path), t, path)
    # Two divisions by levels of at least 0.03.
    np.testing.assert_allclose(again, guess, atol=1e-11)


@EVERY_PATH
@pytest.mark.parametrize("name", diffusion.TARGETS)
def test_weight_is_that_of_the_error_of_x0(name, path):
    t = tf.constant([0.05, 0.3, 0.6, 0.95], tf.float64)
    x0, eps, error = arrays([1.0, -2.0, 0.5, 0.0], [0.3, 0.4, -1.0, 1.0], [0.1, -0.2, 0.3, 0.2])
    x = diffusion.add_noise(x0, eps, t, path)
    prediction = diffusion.target(name, x0, eps, t, path) + error
    off = diffusion.split(name, prediction, x, t, path)[0] - x0
    weight = diffusion.x0_weight(name, t, path)
    np.testing.assert_allclose(weight[:, None] * off**2, error**2, rtol=1e-10)


def test_weights_are_those_of_the_papers():
    t = tf.constant([0.1, 0.5, 0.8], tf.float64)
    snr = 1 / np.tan(np.pi * t / 2) ** 2
    cosine = {"x0": 1.0 + 0 * snr, "eps": snr, "v": snr + 1}
    for name, expected in cosine.items():
        np.testing.assert_allclose(diffusion.x0_weight(name, t, diffusion.COSINE), expected)
    np.testing.assert_allclose(diffusion.x0_weight("flow", t), 1 / t**2)


@settings(max_examples=25)
@given(conditional=number, unconditional=number)
def test_guidance(conditional, unconditional):
    c, u = arrays(conditional, unconditional)
    np.testing.assert_array_equal(diffusion.guided(c, u, 1.0), c)
    np.testing.assert_allclose(diffusion.guided(c, u, 0.0), u, atol=1e-14)
    np.testing.assert_allclose(diffusion.guided(c, u, 3.0), 3 * c - 2 * u, atol=1e-13)


def _error(sampler, path, steps):
    """Of the Gaussian's flow: noise z must become 0.7 + 0.3 z."""
    (z,) = arrays([-2.0, -0.5, 0.0, 1.0, 2.5])
    x = sampler(GAUSSIAN.field(path), z, diffusion.times(steps))
    return np.abs(x - (0.7 + 0.3 * z)).max()


@EVERY_PATH
@pytest.mark.parametrize(
    ("sampler", "order"), [(diffusion.euler, 1), (diffusion.heun, 2)], ids=["euler", "heun"]
)
def test_velocity_of_a_gaussian_leads_back_with_the_order_of_the_solver(sampler, order, path):
    """Twice the steps: half the error, or a quarter; the next order's share is below a tenth."""
    coarse, fine = _error(sampler, path, 30), _error(sampler, path, 60)
    assert fine < 0.1**order
    assert np.log2(coarse / fine) == pytest.approx(order, abs=0.1)


SAMPLERS = {
    "euler": lambda z, path: diffusion.euler(TWO_POINTS.field(path), z, diffusion.times(100)),
    "heun": lambda z, path: diffusion.heun(TWO_POINTS.field(path), z, diffusion.times(100)),
    "ddim": lambda z, path: diffusion.ddim(
        lambda x, t: TWO_POINTS.guess(x, t, path), z, diffusion.times(100), path
    ),
}


@EVERY_PATH
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_two_points_are_met_with_their_shares(sampler, path):
    """In one dimension the flow keeps the order: the lowest 30 % of the noise become -1."""
    quantile = (np.arange(2000) + 0.5) / 2000
    (z,) = arrays(ndtri(quantile))
    x = SAMPLERS[sampler](z, path).numpy()[:, 0]
    clear = np.abs(quantile - 0.3) > 0.02  # between the points the velocity is steep
    expected = np.where(quantile < 0.3, -1.0, 1.0)
    np.testing.assert_allclose(x[clear], expected[clear], atol=0.05)


def test_ancestral_sampler_meets_the_shares_too():
    n = 4000
    z = tf.random.stateless_normal([n, 1], [1, 2], dtype=tf.float64)
    x = diffusion.ddim(
        lambda x, t: TWO_POINTS.guess(x, t, diffusion.COSINE), z, diffusion.times(100), eta=1.0
    )
    share = np.mean(x > 0)
    assert share == pytest.approx(0.7, abs=4 * np.sqrt(0.7 * 0.3 / n) + 0.01)
    assert np.mean(np.abs(np.abs(x) - 1) < 0.1) > 0.99


def test_ddim_without_noise_is_a_function_of_where_it_starts():
    def guess(x, t):
        return PLANE.guess(x, t, diffusion.COSINE)

    z = tf.random.stateless_normal([5, 2], [1, 2], dtype=tf.float64)
    first, second, other = (
        diffusion.ddim(guess, z, diffusion.times(7), eta=eta, seed=seed).numpy()
        for eta, seed in ((0.0, 1), (0.0, 2), (0.5, 1))
    )
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, other)
    np.testing.assert_array_equal(
        other, diffusion.ddim(guess, z, diffusion.times(7), eta=0.5, seed=1)
    )


def test_ddim_on_the_straight_path_is_euler():
    z = tf.random.stateless_normal([5, 2], [1, 2], dtype=tf.float64)
    straight, moments = diffusion.STRAIGHT, diffusion.times(7)
    by_ddim = diffusion.ddim(lambda x, t: PLANE.guess(x, t, straight), z, moments, straight)
    by_euler = diffusion.euler(PLANE.field(straight), z, moments)
    np.testing.assert_allclose(by_ddim, by_euler, atol=1e-12)


@EVERY_PATH
@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_a_step_of_ddim_keeps_the_marginal_and_at_eta_1_is_the_posterior(eta, path):
    """Told the true x0, it goes from q(x_t | x0) to q(x_after | x0).

    At eta = 1 the two are jointly normal as if noise had been added to x_after: covariance
    (signal_t / signal_after) noise_after^2.
    """
    n, t, after = 100_000, 0.7, 0.4
    x0 = tf.fill([n, 1], tf.constant(0.5, tf.float64))
    eps = tf.random.stateless_normal([n, 1], [1, 2], dtype=tf.float64)
    x = diffusion.add_noise(x0, eps, t, path)
    end = diffusion.ddim(lambda x, t: (x0, eps), x, [t, after], path, eta, seed=3).numpy()
    (signal, noise), (new_signal, new_noise) = (
        [float(level) for level in path.levels(tf.constant(v, tf.float64))] for v in (t, after)
    )
    assert end.mean() == pytest.approx(0.5 * new_signal, abs=4 * new_noise / np.sqrt(n))
    assert end.std() == pytest.approx(new_noise, rel=4 / np.sqrt(2 * n))
    covariance = np.cov(x[:, 0], end[:, 0])[0, 1]
    error = 4 * noise * new_noise / np.sqrt(n) * 1.5
    if eta == 0:
        assert covariance == pytest.approx(noise * new_noise, abs=error)
    if eta == 1:
        assert covariance == pytest.approx(signal / new_signal * new_noise**2, abs=error)


def test_likelihood_in_the_plane_is_the_closed_form():
    x = tf.random.stateless_normal([20, 2], [5, 6], dtype=tf.float64)
    field, expected = PLANE.field(diffusion.STRAIGHT), PLANE.log_density(x)
    coarse, fine = (
        np.abs(diffusion.log_likelihood(field, x, steps) - expected).max() for steps in (25, 50)
    )
    assert fine < 0.02
    assert np.log2(coarse / fine) == pytest.approx(2, abs=0.2)


def test_samples_and_likelihood_are_of_one_density():
    """The entropy, by the sampler's draws and their log likelihood, against that of the data."""
    field = PLANE.field(diffusion.STRAIGHT)
    z = tf.random.stateless_normal([50, 2], [7, 8], dtype=tf.float64)
    x = diffusion.heun(field, z, diffusion.times(32))
    np.testing.assert_allclose(
        diffusion.log_likelihood(field, x, 32), PLANE.log_density(x), atol=0.05
    )


def test_single_precision_stays_single():
    x0, eps = tf.zeros([2, 3]), tf.ones([2, 3])
    assert diffusion.add_noise(x0, eps, np.float64(0.5)).dtype == tf.float32
    end = diffusion.heun(lambda x, t: -x * t, x0, diffusion.times(3))
    assert end.dtype == tf.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a, b: diffusion.target("noise", a, a, 0.5), "target = 'noise': choose one of flow"),
        (lambda a, b: diffusion.x0_weight("v0", 0.5), "target = 'v0'"),
        (lambda a, b: diffusion.add_noise(a, b, 0.5), r"x0 has shape \(2, 3\), eps \(2, 1\)"),
        (lambda a, b: diffusion.target("v", a, b, 0.5), "eps"),
        (lambda a, b: diffusion.split("v", b, a, 0.5), "prediction"),
        (lambda a, b: diffusion.velocity(a, b, 0.5), "eps"),
    ],
)
def test_what_would_broadcast_or_is_unknown_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(tf.zeros([2, 3]), tf.zeros([2, 1]))
