"""ELBO terms against closed forms, Monte Carlo and a model whose likelihood is known."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from prodimg_lib import InputError, elbo


def f32(x):
    return tf.constant(np.asarray(x), tf.float32)


def test_kl_oracle():
    # mean 1, variance 1: one half nat for each dimension.
    np.testing.assert_allclose(
        elbo.kl_standard_normal(tf.ones((3, 7)), tf.zeros((3, 7))), [3.5] * 3, rtol=1e-6
    )


def test_kl_of_the_prior_is_zero_and_nothing_is_below():
    assert float(elbo.kl_standard_normal(tf.zeros((1, 5)), tf.zeros((1, 5)))[0]) == 0.0
    rng = np.random.default_rng(0)
    kl = elbo.kl_standard_normal(f32(rng.normal(size=(500, 5))), f32(rng.normal(size=(500, 5))))
    assert (kl.numpy() > 0).all()


@given(st.floats(-1, 1, width=32), st.floats(-6, 0))
def test_kl_is_never_below_zero_and_keeps_its_digits(value, power):
    log_var = float(np.float32(value * 10**power))
    with tf.GradientTape() as tape:
        x = f32([[log_var]])
        tape.watch(x)
        kl = elbo.kl_standard_normal(tf.zeros((1, 1)), x)
    exact = 0.5 * (np.expm1(log_var) - log_var)
    # expm1 is good to 1.2e-7 of itself, which is about log_var; half of that, and a reserve of 2.
    assert 0 <= float(kl[0]) == pytest.approx(exact, abs=1.2e-7 * abs(log_var) + 1e-45)
    # The slope is expm1(log_var) / 2; TensorFlow adds exp(log_var) and -1, good to 1.2e-7.
    slope = float(tape.gradient(kl, x)[0, 0])
    assert slope == pytest.approx(0.5 * np.expm1(log_var), abs=1.2e-7)


@pytest.mark.parametrize("log_var", [-1e4, -200.0, -177.0, -90.0, 0.0, 90.0, 1e4])
def test_density_at_the_mean_is_finite_however_narrow(log_var):
    x, narrow = tf.ones((1, 3)), tf.fill([1, 3], log_var)
    with tf.GradientTape() as tape:
        tape.watch([x, narrow])
        value = elbo.normal_log_prob(x, tf.ones((1, 3)), narrow)
    assert float(value[0]) == pytest.approx(-1.5 * (math.log(2 * math.pi) + log_var), rel=1e-6)
    slopes = tape.gradient(value, [x, narrow])
    np.testing.assert_allclose(slopes[0], np.zeros((1, 3)))
    np.testing.assert_allclose(slopes[1], np.full((1, 3), -0.5))


@given(st.floats(-60, 60), st.floats(-3, 3))
def test_density_off_the_mean_is_scipys(log_var, error):
    x = np.float32(error * math.exp(log_var / 2))
    value = float(elbo.normal_log_prob(f32([[x]]), tf.zeros((1, 1)), f32([[log_var]]))[0])
    expected = stats.norm.logpdf(float(x), scale=math.exp(np.float32(log_var) / 2))
    # The exponential of an argument of 30 is good to 30 * 6e-8, its square to twice that.
    assert value == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: elbo.kl_standard_normal(tf.zeros((4, 3)), tf.zeros((4, 1))),
            r"mean has shape \(4, 3\), log_var \(4, 1\)",
        ),
        (
            lambda: elbo.reconstruction(tf.zeros((2, 4, 4)), tf.zeros((2, 4, 4, 1)), "gaussian"),
            r"x has shape \(2, 4, 4\), mean \(2, 4, 4, 1\)",
        ),
        (
            lambda: elbo.reconstruction(tf.zeros((2, 4)), tf.zeros((2, 1)), "bernoulli"),
            r"x has shape \(2, 4\), logits \(2, 1\)",
        ),
        (
            lambda: elbo.reconstruction(
                tf.zeros((1, 4)), (tf.zeros((1, 4)), tf.zeros((3, 4))), "sigma"
            ),
            r"mean has shape \(1, 4\), log_sigma \(3, 4\)",
        ),
    ],
)
def test_shapes_that_would_broadcast_are_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_terms_in_half_precision_are_those_of_the_same_numbers_in_single():
    rng = np.random.default_rng(7)
    halves = [tf.cast(rng.normal(size=(4, 300)), tf.float16) for _ in range(3)]
    singles = [tf.cast(v, tf.float32) for v in halves]
    for term in (
        lambda x, m, s: elbo.kl_standard_normal(m, s),
        elbo.normal_log_prob,
        lambda x, m, s: elbo.importance_bound(40 * x),
        lambda x, m, s: elbo.free_bits(x**2, 0.5),
        lambda x, m, s: elbo.reconstruction(x, (m, s), "sigma"),
        lambda x, m, s: elbo.reconstruction(tf.cast(x > 0, x.dtype), 10 * m, "bernoulli"),
        lambda x, m, s: elbo.reconstruction(
            tf.cast(x > 0, x.dtype), 10 * m, "continuous_bernoulli"
        ),
    ):
        # Products of the test's own, such as 40 x, are rounded to half precision first.
        np.testing.assert_allclose(term(*halves), term(*singles), rtol=2e-3)


def test_kl_against_monte_carlo():
    rng = np.random.default_rng(0)
    mean, log_var = rng.normal(size=(1, 4)), rng.normal(size=(1, 4))
    n = 200_000
    z = mean + np.exp(0.5 * log_var) * rng.normal(size=(n, 4))
    log_ratio = (stats.norm.logpdf(z, mean, np.exp(0.5 * log_var)) - stats.norm.logpdf(z)).sum(1)
    error = log_ratio.std() / math.sqrt(n)
    closed = float(elbo.kl_standard_normal(f32(mean), f32(log_var))[0])
    assert abs(closed - log_ratio.mean()) < 4 * error


def test_gaussian_terms_are_scipy_densities():
    rng = np.random.default_rng(1)
    x, m = rng.normal(size=(2, 3, 4, 4, 1))
    expected = -stats.norm.logpdf(x, m, 1.0).sum((1, 2, 3))
    np.testing.assert_allclose(elbo.reconstruction(f32(x), f32(m), "gaussian"), expected, rtol=1e-5)
    # Constant part: half the squared error plus D/2 log 2 pi.
    sse = ((x - m) ** 2).sum((1, 2, 3))
    np.testing.assert_allclose(expected, 0.5 * sse + 8 * math.log(2 * math.pi), rtol=1e-12)
    expected = -stats.norm.logpdf(x, m, 0.3).sum((1, 2, 3))
    got = elbo.reconstruction(f32(x), (f32(m), f32(math.log(0.3))), "sigma")
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_best_sigma_is_the_root_mean_square_error():
    rng = np.random.default_rng(2)
    x, m = rng.normal(size=(2, 16, 5, 5, 1))
    log_sigma = tf.Variable(math.log(math.sqrt(((x - m) ** 2).mean())), dtype=tf.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(elbo.reconstruction(f32(x), (f32(m), log_sigma), "sigma"))
    assert abs(float(tape.gradient(loss, log_sigma))) < 1e-3  # 25 dimensions of slope +-1 cancel


def test_bernoulli_of_a_bit():
    got = elbo.reconstruction(f32([[1.0, 0.0]]), f32([[2.0, 2.0]]), "bernoulli")
    p = 1 / (1 + math.exp(-2))
    assert float(got[0]) == pytest.approx(-math.log(p) - math.log(1 - p), rel=1e-6)


@given(st.floats(-12, 12))
def test_continuous_bernoulli_integrates_to_one(logit):
    def density(x):
        nll = elbo.reconstruction(f32([[x]]), f32([[logit]]), "continuous_bernoulli")
        return math.exp(-float(nll[0]))

    # Gauss-Legendre with 24 nodes is exact to float32 for exp(12 x) on [0, 1].
    nodes, weights = np.polynomial.legendre.leggauss(24)
    total = sum(0.5 * w * density(0.5 + 0.5 * t) for t, w in zip(nodes, weights, strict=True))
    assert total == pytest.approx(1.0, rel=2e-5)


def test_continuous_bernoulli_normaliser_at_one_half():
    # log C -> log 2 at lambda = 1/2, with slope 0: value and gradient stay finite.
    logit = tf.constant([[0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logit)
        nll = elbo.reconstruction(f32([[0.5]]), logit, "continuous_bernoulli")
    assert float(nll[0]) == pytest.approx(0.0, abs=1e-6)  # log 2 (cross-entropy) - log 2
    assert float(tape.gradient(nll, logit)[0, 0]) == pytest.approx(0.0, abs=1e-6)


def test_unknown_likelihood_names_the_known_ones():
    with pytest.raises(InputError, match="likelihood = 'gauss': choose one of gaussian, sigma"):
        elbo.reconstruction(tf.zeros((1, 1)), tf.zeros((1, 1)), "gauss")


class LinearGaussian:
    """z ~ N(0, 1), x | z ~ N(w z, s^2 I): everything has a closed form."""

    w, s = np.array([1.0, -0.5, 2.0]), 0.7

    @classmethod
    def log_likelihood(cls, x):
        covariance = np.outer(cls.w, cls.w) + cls.s**2 * np.eye(3)
        return stats.multivariate_normal(np.zeros(3), covariance).logpdf(x)

    @classmethod
    def posterior(cls, x):
        variance = 1 / (1 + cls.w @ cls.w / cls.s**2)
        return x @ cls.w / cls.s**2 * variance, np.full(len(x), math.log(variance))

    @classmethod
    def log_weights(cls, x, mean, log_var, noise):
        """log p(x, z) - log q(z | x) for z = mean + sigma noise: [n, k]."""
        z = mean[:, None] + np.exp(0.5 * log_var)[:, None] * noise
        n, k = z.shape
        flat, images = f32(z.reshape(-1, 1)), f32(np.repeat(x, k, 0))
        decoded = flat * f32(cls.w)
        total = -elbo.reconstruction(images, (decoded, math.log(cls.s)), "sigma")
        total += elbo.normal_log_prob(flat, tf.zeros_like(flat), tf.zeros_like(flat))
        total -= elbo.normal_log_prob(
            flat, f32(np.repeat(mean, k)[:, None]), f32(np.repeat(log_var, k)[:, None])
        )
        return tf.reshape(total, (n, k))


def linear_gaussian_data():
    rng = np.random.default_rng(3)
    return rng.normal(size=(40, 3)), rng.normal(size=(40, 4000))


def test_exact_posterior_makes_every_bound_the_likelihood():
    x, noise = linear_gaussian_data()
    weights = LinearGaussian.log_weights(x, *LinearGaussian.posterior(x), noise[:, :8])
    exact = LinearGaussian.log_likelihood(x)
    np.testing.assert_allclose(elbo.importance_bound(weights), exact, atol=2e-4)
    np.testing.assert_allclose(elbo.importance_bound(weights[:, :1]), exact, atol=2e-4)


def test_wrong_posterior_stays_below_and_k_climbs_towards_the_likelihood():
    x, noise = linear_gaussian_data()
    mean, log_var = LinearGaussian.posterior(x)
    weights = LinearGaussian.log_weights(x, mean + 0.3, log_var + 0.8, noise)
    exact = LinearGaussian.log_likelihood(x).mean()
    bounds = [
        float(tf.reduce_mean(elbo.importance_bound(tf.reshape(weights, (-1, k)))))
        for k in (1, 5, 50, 4000)
    ]
    assert bounds == sorted(bounds)
    assert bounds[0] < exact - 0.1
    # The last bound's bias is about Var(w) / 2k < 1e-3 nats; its noise over 40 images less still.
    assert bounds[-1] == pytest.approx(exact, abs=5e-3)
    # And the first is the ELBO: exact minus KL(q || posterior), both normal.
    ratio = math.exp(0.8)
    kl = 0.5 * (ratio - 1 - 0.8 + 0.09 / math.exp(log_var[0]))
    within = weights.numpy().std(axis=1)  # the images are fixed, only the draws are random
    spread = float(np.sqrt((within**2).sum() / weights.shape[1]) / len(x))
    assert bounds[0] == pytest.approx(exact - kl, abs=5 * spread)


def test_bits_per_dimension_of_uniform_noise_is_eight():
    # The uniform density 1/2 on [-1, 1] is log 2 nats; 255 steps of it are log2(255) bits.
    bits = elbo.bits_per_dimension(10 * math.log(2.0), 10)
    assert bits == pytest.approx(math.log2(255))


def test_terms_do_not_depend_on_the_batch():
    rng = np.random.default_rng(4)
    mean, log_var = f32(rng.normal(size=(6, 3))), f32(rng.normal(size=(6, 3)))
    whole = elbo.kl_standard_normal(mean, log_var).numpy()
    single = np.concatenate(
        [elbo.kl_standard_normal(mean[i : i + 1], log_var[i : i + 1]) for i in range(6)]
    )
    np.testing.assert_allclose(whole, single, rtol=1e-6)


def test_kl_per_dimension_sums_to_the_kl():
    rng = np.random.default_rng(5)
    mean, log_var = f32(rng.normal(size=(6, 3))), f32(rng.normal(size=(6, 3)))
    parts = elbo.kl_per_dimension(mean, log_var)
    assert parts.shape == (6, 3)
    assert (parts.numpy() >= 0).all()
    np.testing.assert_allclose(
        tf.reduce_sum(parts, 1), elbo.kl_standard_normal(mean, log_var), rtol=1e-6
    )


def test_free_bits_charge_the_larger_of_the_average_and_the_allowance():
    rng = np.random.default_rng(6)
    scale = np.array([0.05, 0.4, 3.0])  # average KL below, near and above the allowance
    kl = tf.Variable(f32(scale * rng.exponential(size=(50, 3))))
    with tf.GradientTape() as tape:
        charged = tf.reduce_mean(elbo.free_bits(kl.value(), 0.5))
    expected = np.maximum(0.5, kl.numpy().mean(0)).sum()
    assert float(charged) == pytest.approx(expected, rel=1e-5)
    slope = tape.gradient(charged, kl).numpy()
    above = kl.numpy().mean(0) > 0.5
    assert 0 < above.sum() < 3
    np.testing.assert_allclose(slope, np.tile(above / 50, (50, 1)), rtol=1e-5)
    np.testing.assert_allclose(
        elbo.free_bits(kl.value(), 0.0), kl.numpy().sum(1), rtol=1e-5
    )  # nothing free: the plain KL
