"""Intervals against closed forms, and how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from prodimg_lib import InputError, metrics
from prodimg_lib.metrics import intervals
from prodimg_lib.text import text


@pytest.mark.parametrize(("hits", "n"), [(0, 7), (3, 7), (7, 7), (12, 2000), (1990, 2000)])
def test_a_share_of_independent_outcomes_is_that_of_clopper_and_pearson(hits, n):
    known = stats.binomtest(hits, n).proportion_ci(0.95, "exact")
    assert metrics.share_interval(hits / n, n) == pytest.approx(known, abs=1e-9)
    error = metrics.binomial_error(hits / n, n)
    assert metrics.share_interval(hits / n, n, error) == pytest.approx(known, abs=1e-9)


def test_none_of_n_is_the_rule_of_three():
    low, high = metrics.share_interval(0, 2000)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 2000))


def test_a_larger_error_by_resampling_widens_it():
    times, error = stats.t.ppf(0.975, 10), 2 * metrics.binomial_error(0.5, 2000)
    found = metrics.share_interval(0.5, 2000, error)
    assert found == pytest.approx((0.5 - times * error, 0.5 + times * error))
    exact = metrics.share_interval(0, 120)
    assert metrics.share_interval(0, 120, 0.026) == (0, pytest.approx(0.026 * times))
    assert metrics.share_interval(0, 120, 0.006) == exact  # which is wider there


@pytest.mark.parametrize("p", [0.02, 0.5, 0.97])
def test_it_holds_the_truth_as_often_as_it_says(p):
    """Outcomes in pairs that are alike: n counts them twice, the error from halves does not."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        twins = np.repeat(rng.random(300) < p, 2)
        error = np.sqrt(2) * metrics.binomial_error(twins.mean(), 600)
        low, high = metrics.share_interval(twins.mean(), 600, error)
        held += low <= p <= high
    # 95 % or more: three standard deviations of 300 draws below it.
    assert held / 300 > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)


def test_of_a_distance_it_is_students_with_the_draws_of_the_halves():
    facts = {"value": 0.03, "uncertainty": 0.01, "n": 400}
    half = stats.t.ppf(0.975, 10) * 0.01
    low, high = metrics.interval("kernel_distance@efficientnet-lite0", facts)
    assert (low, high) == pytest.approx((0.03 - half, 0.03 + half))
    assert metrics.interval("fd_product", facts | {"value": 0.001})[0] == 0
    wide, narrow = (metrics.interval("kernel_distance", facts, level) for level in (0.99, 0.5))
    assert wide[0] < low < narrow[0] < narrow[1] < high < wide[1]


def test_of_a_mean_over_images_it_is_students_of_the_images():
    facts = {"value": 20.0, "uncertainty": 0.5, "n": 9}
    known = stats.t.interval(0.95, 8, 20, 0.5)
    assert metrics.interval("reconstruction_psnr", facts) == pytest.approx(known)


def test_what_has_no_error_has_no_interval():
    facts = {"value": 0.5, "uncertainty": None, "n": 6}
    assert metrics.interval("precision", facts) is None
    assert metrics.interval("duplicates", facts | {"uncertainty": 0.1}) is None


def test_of_the_kernel_distance_it_holds_the_truth():
    """0 for equal distributions, where the distance is least like a mean."""
    rng = np.random.default_rng(1)

    def kernel(x, y):
        return metrics.kernel_distance(x, y, 1, len(x))[0]

    held = 0
    for i in range(60):
        x, y = rng.normal(size=(2, 100, 8))
        error = metrics.half_sample_error(kernel, x, y, smooth=True, seed=i)
        facts = {"value": kernel(x, y), "uncertainty": error, "n": 100}
        low, high = metrics.interval("kernel_distance", facts)
        held += low <= 0 <= high
    assert held / 60 > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 60)


def test_every_metric_with_an_interval_has_words():
    assert set(intervals.METRICS) <= set(text()["metrics"])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.share_interval(1.2, 9), "share = 1.2"),
        (lambda: metrics.share_interval(0.5, 0), "n = 0"),
        (lambda: metrics.share_interval(0.5, 9, level=95), "level = 95"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
