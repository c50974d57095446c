"""Statistics of the human study against published values, closed forms and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from prodimg_lib import InputError
from prodimg_lib.metrics import human


@settings(max_examples=60)
@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_scipy(n, share, confidence):
    k = round(share * n)
    expected = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert human.wilson_interval(k / n, n, confidence) == pytest.approx(tuple(expected), abs=1e-9)


def test_wilson_solves_its_equation():
    """Both ends are the shares p at which the observed one is exactly z standard errors away."""
    for end in human.wilson_interval(0.3, 50):
        z = abs(0.3 - end) / np.sqrt(end * (1 - end) / 50)
        assert z == pytest.approx(stats.norm.ppf(0.975))


def simulated(rng, raters, trials, spread):
    """Answers of raters whose own fooling rates scatter about 0.4."""
    rates = np.clip(0.4 + spread * rng.normal(size=raters), 0.02, 0.98)
    return rng.random((raters, trials)) < rates[:, None]


def test_interval_covers_the_rate_although_raters_differ():
    rng = np.random.default_rng(0)
    raters, trials = 8, 40
    who = np.arange(raters).repeat(trials)
    held = naive = 0
    runs = 400
    for _ in range(runs):
        fooled = simulated(rng, raters, trials, spread=0.15).ravel()
        result = human.fooling_rate(fooled, who)
        held += result["low"] <= 0.4 <= result["high"]
        low, high = human.wilson_interval(fooled.mean(), len(fooled))
        naive += low <= 0.4 <= high
    # 95 % within three standard errors of a count of 400, and what few raters cost.
    assert held / runs > 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs) - 0.01
    assert naive / runs < 0.85  # why the plain interval will not do


def test_design_effect_is_one_for_raters_alike_and_large_for_raters_apart():
    rng = np.random.default_rng(0)
    who = np.arange(10).repeat(50)
    alike = human.fooling_rate(simulated(rng, 10, 50, 0).ravel(), who)
    apart = human.fooling_rate(np.arange(500) < 250, who)
    assert 1 <= alike["design_effect"] < 3
    # Half of the raters always, half never fooled: the variance is m / (m - 1) p (1 - p) / m.
    assert apart["design_effect"] == pytest.approx(50 * 10 / 9)
    assert (apart["n"], apart["raters"]) == (500, 10)


def test_one_rater_gets_the_plain_interval():
    result = human.fooling_rate([True, False, False, False], ["me"] * 4)
    assert (result["low"], result["high"]) == human.wilson_interval(0.25, 4)


# Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), example C: nominal 0.743.
EXAMPLE = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def example():
    rows = [line.split() for line in EXAMPLE.strip().splitlines()]
    return np.array([[np.nan if v == "." else float(v) for v in row] for row in rows])


def test_alpha_of_the_published_example():
    assert human.krippendorff_alpha(example()) == pytest.approx(0.743, abs=5e-4)


def test_alpha_and_the_kappa_of_fleiss():
    """Fleiss (1971): kappa 0.210. With n answers in all, 1 - alpha = (1 - kappa) (n - 1) / n."""
    counts = np.array(
        [
            [0, 0, 0, 0, 14],
            [0, 2, 6, 4, 2],
            [0, 0, 3, 5, 6],
            [0, 3, 9, 2, 0],
            [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0],
            [2, 5, 3, 2, 2],
            [6, 5, 2, 1, 0],
            [0, 2, 2, 3, 7],
        ]
    )
    ratings = np.array([np.repeat(np.arange(5.0), row) for row in counts]).T
    n = counts.sum()
    kappa = 1 - (1 - human.krippendorff_alpha(ratings)) * n / (n - 1)
    assert kappa == pytest.approx(0.210, abs=5e-4)


def test_alpha_by_explicit_pairs():
    ratings = example()
    disagree, chance, every = 0.0, 0, ratings[:, (~np.isnan(ratings)).sum(0) > 1]
    for item in every.T:
        values = item[~np.isnan(item)]
        disagree += sum(a != b for a in values for b in values) / (len(values) - 1)
    values = every[~np.isnan(every)]
    chance = sum(a != b for a in values for b in values) / (len(values) - 1)
    assert human.krippendorff_alpha(ratings) == pytest.approx(1 - disagree / chance)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_alpha_does_not_depend_on_order_or_names(seed):
    rng = np.random.default_rng(seed)
    ratings = rng.integers(0, 2, (4, 30)).astype(float)
    ratings[rng.random(ratings.shape) < 0.2] = np.nan
    value = human.krippendorff_alpha(ratings)
    moved = rng.permutation(rng.permutation(ratings).T).T
    assert human.krippendorff_alpha(moved) == pytest.approx(value, nan_ok=True)
    assert human.krippendorff_alpha(7 - 3 * ratings) == pytest.approx(value, nan_ok=True)


def test_alpha_extremes():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 200).astype(float)
    assert human.krippendorff_alpha(np.stack([truth] * 3)) == 1
    chance = human.krippendorff_alpha(rng.integers(0, 2, (5, 4000)).astype(float))
    assert chance == pytest.approx(0, abs=0.02)
    assert np.isnan(human.krippendorff_alpha(np.ones((3, 5))))
    assert np.isnan(human.krippendorff_alpha([[1.0, np.nan], [np.nan, 0.0]]))


def test_sample_size():
    assert human.sample_size(0.05) == 385
    low, high = human.wilson_interval(0.5, human.sample_size(0.1))
    assert (high - low) / 2 == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: human.wilson_interval(1.2, 5), "share = 1.2"),
        (lambda: human.wilson_interval(0.2, 0), "n = 0"),
        (lambda: human.wilson_interval(0.2, 5, 95), "confidence = 95"),
        (lambda: human.fooling_rate([], []), "no answers"),
        (lambda: human.fooling_rate([True], ["a", "b"]), r"expected equal \[n\]"),
        (lambda: human.krippendorff_alpha([1.0, 2.0]), r"\[raters, items\]"),
        (lambda: human.sample_size(5), "margin = 5"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
