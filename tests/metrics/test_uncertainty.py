"""Standard errors against closed forms and against repeated draws."""

import numpy as np
import pytest
from scipy import stats

from prodimg_lib import InputError, metrics


def test_error_of_a_mean():
    x = np.random.default_rng(0).normal(size=1000)
    for smooth in (False, True):
        error = metrics.half_sample_error(np.mean, x, halves=400, smooth=smooth)
        # 400 halves know it to 1 / sqrt(400) = 5 %; three of these.
        assert error == pytest.approx(x.std() / np.sqrt(1000), rel=0.15)


@pytest.mark.parametrize("n", [5, 9, 10])
def test_error_of_a_mean_of_few_or_of_an_odd_number(n):
    x = np.random.default_rng(n).normal(size=n)
    error = metrics.half_sample_error(np.mean, x, halves=20_000)
    # Halves of n // 2 and the rest: the difference has n^2 / (4 (n // 2) (n - n // 2)) too much
    # variance. 20,000 halves know the rest to 0.7 %; three of these.
    known = x.std(ddof=1) / np.sqrt(n) * n / np.sqrt(4 * (n // 2) * (n - n // 2))
    assert error == pytest.approx(known, rel=0.021)


def test_error_of_a_vector_and_of_rows_that_belong_together():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(400, 2)), np.arange(400) % 2
    errors = metrics.half_sample_error(lambda v: v.mean(0), x, halves=200)
    assert errors.shape == (2,)

    def paired(sample):
        values, classes = sample
        assert len(values) == len(classes) == 200
        assert ((classes == 0) == (values < 0)).all()
        return values.mean()

    metrics.half_sample_error(paired, (np.where(labels, 1.0, -1.0), labels), halves=4)


def frechet(x, y):
    return metrics.frechet_distance(x, y)


def kernel(x, y):
    return metrics.kernel_distance(x, y, 1, len(x))[0]


def precision(x, y):
    return metrics.precision_recall(x, y)[0]


def claimed_and_true(statistic, smooth, draw, draws, errors):
    """Mean of the errors over the spread of repeated draws, and three times what it is known to."""
    spread = np.std([statistic(*draw()) for _ in range(draws)], ddof=1)
    claims = [
        metrics.half_sample_error(statistic, *draw(), smooth=smooth, seed=i) for i in range(errors)
    ]
    known = np.hypot(1 / np.sqrt(2 * draws), np.std(claims) / np.mean(claims) / np.sqrt(errors))
    return np.mean(claims) / spread, 3 * known


@pytest.mark.parametrize(
    ("statistic", "smooth"), [(frechet, True), (kernel, True), (precision, False)]
)
def test_error_is_the_spread_of_repeated_draws(statistic, smooth):
    """What the error claims to be: how much the number changes with new images."""
    rng = np.random.default_rng(1)

    def draw():
        return rng.normal(size=(400, 4)), 1.2 * rng.normal(size=(400, 4)) + 0.7

    ratio, tolerance = claimed_and_true(statistic, smooth, draw, draws=100, errors=12)
    assert ratio == pytest.approx(1, abs=tolerance + 0.15)


@pytest.mark.parametrize(("statistic", "n"), [(frechet, 250), (frechet, 251), (kernel, 121)])
def test_error_of_a_distance_between_equal_distributions(statistic, n):
    """Halves scatter by the square root of 3 times too much there: the linear part vanishes."""
    rng = np.random.default_rng(n)

    def draw():
        return rng.normal(size=(2, n, 12))

    ratio, tolerance = claimed_and_true(statistic, True, draw, draws=250, errors=40)
    assert 1 - tolerance < ratio < 1.25 + tolerance
    assert 1.25 + tolerance < np.sqrt(3)


def test_binomial_error():
    assert metrics.binomial_error(0.5, 100) == pytest.approx(0.05, rel=1 / 100)
    assert metrics.binomial_error(1, 200) == pytest.approx(0.0035, abs=5e-5)
    assert metrics.binomial_error(0.9, 10_000) == pytest.approx(0.003, rel=1e-3)
    for hits in (0, 3, 7):
        posterior = stats.beta(hits + 0.5, 7 - hits + 0.5)
        assert metrics.binomial_error(hits / 7, 7) == pytest.approx(posterior.std())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.half_sample_error(np.mean, np.zeros(3)), "sample 0 has 3 rows"),
        (lambda: metrics.half_sample_error(np.mean, np.zeros(9), halves=2), "halves = 2"),
        (lambda: metrics.half_sample_error(np.mean, np.zeros(9), halves=7), "an even number"),
        (lambda: metrics.binomial_error(1.2, 9), "share = 1.2"),
        (lambda: metrics.binomial_error(0.5, 0), "n = 0"),
        (lambda: metrics.half_sample_error(len, (np.zeros(9), np.zeros(8))), "equally many"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
