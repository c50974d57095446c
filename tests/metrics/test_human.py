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


def simulated(rng, raters, trials, rate, correlation):
    """Answers [raters, trials] of raters whose own rates follow a beta distribution."""
    rates = np.full(raters, rate)
    if correlation:
        others = 1 / correlation - 1
        rates = rng.beta(rate * others, (1 - rate) * others, raters)
    return rng.random((raters, trials)) < rates[:, None]


@pytest.mark.parametrize(
    ("raters", "trials", "rate", "correlation"),
    [
        (8, 40, 0.4, 0.1),
        (3, 20, 0.5, 1 / 3),
        (5, 20, 0.05, 1 / 6),
        (10, 40, 0.02, 1 / 6),
        (10, 40, 0.98, 1 / 6),
        (20, 20, 0.01, 0),
    ],
)
def test_interval_covers_the_rate_although_raters_differ(raters, trials, rate, correlation):
    rng = np.random.default_rng(0)
    who, runs = np.arange(raters).repeat(trials), 300
    held = alike = held_of_alike = 0
    for _ in range(runs):
        fooled = simulated(rng, raters, trials, rate, correlation).ravel()
        result = human.fooling_rate(fooled, who)
        covers = result["low"] <= rate <= result["high"]
        held += covers
        if fooled.all() or not fooled.any():
            alike, held_of_alike = alike + 1, held_of_alike + covers
    # 94 % as documented, within three standard errors of a count of 300.
    assert held / runs > 0.94 - 3 * np.sqrt(0.95 * 0.05 / runs)
    assert held_of_alike == alike  # no one fooled, or everyone, is where confidence is easiest lost


def test_plain_interval_does_not_cover():
    """Why answers may not be pooled: Wilson's interval under the same raters."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        low, high = human.wilson_interval(simulated(rng, 8, 40, 0.4, 0.1).mean(), 320)
        held += low <= 0.4 <= high
    assert held / 300 < 0.85


def test_one_answer_each_is_binomial():
    """Then the raters' spread does not enter, and the posterior of p is Jeffreys' beta."""
    for hits in (0, 1, 30, 60):
        result = human.fooling_rate(np.arange(60) < hits, np.arange(60))
        posterior = stats.beta(hits + 0.5, 60 - hits + 0.5)
        held = posterior.cdf(result["high"]) - posterior.cdf(result["low"])
        # Cells of the angle are pi / 2000 wide; its posterior has a spread of 1 / sqrt(4 n), and a
        # density below 2 / (2 pi spread^2)^0.5 even where it is cut off at 0.
        cell = np.pi / 2000 * 2 * np.sqrt(4 * 60 / (2 * np.pi))
        assert 0.95 <= held <= 0.95 + cell


def test_no_one_fooled_does_not_make_sure():
    """As many answers from fewer people are worth less, also where all are equal."""
    ends = [human.fooling_rate(np.zeros(60), np.arange(60) % m)["high"] for m in (60, 12, 3, 1)]
    assert ends == sorted(ends)
    assert ends[0] < 0.06 < 0.2 < ends[2] < 0.4
    one = human.fooling_rate(np.arange(60) < 1, np.arange(60) % 3)
    assert ends[2] < one["high"]
    assert human.fooling_rate(np.zeros(60), np.arange(60) % 3)["low"] == 0


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_interval_is_symmetric_and_does_not_depend_on_order_or_names(seed, raters):
    rng = np.random.default_rng(seed)
    fooled, who = rng.random(40) < rng.random(), rng.integers(0, raters, 40)
    result = human.fooling_rate(fooled, who)
    assert result["low"] <= result["value"] <= result["high"]
    other = human.fooling_rate(~fooled, who)
    assert (1 - other["high"], 1 - other["low"]) == pytest.approx((result["low"], result["high"]))
    order = rng.permutation(40)
    named = human.fooling_rate(fooled[order].astype(int), [("person", i) for i in who[order]])
    assert named == pytest.approx(result, nan_ok=True)


def test_design_effect_is_one_for_raters_alike_and_large_for_raters_apart():
    rng = np.random.default_rng(0)
    who = np.arange(10).repeat(50)
    alike = human.fooling_rate(simulated(rng, 10, 50, 0.4, 0).ravel(), who)
    apart = human.fooling_rate(np.arange(500) < 250, who)
    assert 1 <= alike["design_effect"] < 3
    # Half of the raters always, half never fooled: the variance is m / (m - 1) p (1 - p) / m.
    assert apart["design_effect"] == pytest.approx(50 * 10 / 9)
    assert (apart["n"], apart["raters"]) == (500, 10)
    assert apart["high"] - apart["low"] > 3 * (alike["high"] - alike["low"])
    assert np.isnan(human.fooling_rate(np.zeros(500), who)["design_effect"])


def test_one_rater_says_little_about_people():
    result = human.fooling_rate([True, False, False, False] * 10, ["me"] * 40)
    low, high = human.wilson_interval(0.25, 40)
    assert result["high"] - result["low"] > 2 * (high - low)


def test_mixed_names_are_kept_apart():
    assert human.fooling_rate([1, 0, 1, 0], ["1", 1, (1,), "1"])["raters"] == 3


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
        (lambda: human.wilson_interval(None, 5), "share = None"),
        (lambda: human.fooling_rate([True], ["a", "b"]), r"expected equal \[n\]"),
        (lambda: human.fooling_rate(["False", "True"], "ab"), "fooled holds 'False'"),
        (lambda: human.fooling_rate([0.0, np.nan], "ab"), "fooled holds nan"),
        (lambda: human.fooling_rate([None, True], "ab"), "fooled holds None"),
        (lambda: human.fooling_rate([0, 2], "ab"), "fooled holds 2"),
        (lambda: human.fooling_rate([0, 1], ["a", None]), r"rater\[1\] = None"),
        (lambda: human.fooling_rate([0, 1], [1.0, np.nan]), r"rater\[1\] = nan"),
        (lambda: human.fooling_rate([0, 1], [["a"], ["b"]]), r"rater\[0\] = \['a'\]"),
        (lambda: human.fooling_rate([0, 1], 5), "rater = 5"),
        (lambda: human.fooling_rate([0, 1], "ab", confidence=95), "confidence = 95"),
        (lambda: human.krippendorff_alpha([1.0, 2.0]), r"\[raters, items\]"),
        (lambda: human.krippendorff_alpha([["yes"], ["no"]]), "not numbers"),
        (lambda: human.sample_size(5), "margin = 5"),
        (lambda: human.sample_size(0.05, 2.0), "share = 2.0"),
        (lambda: human.sample_size(0.05, confidence=95), "confidence = 95"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
