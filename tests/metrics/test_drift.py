"""Tests of drift: exact by enumeration, at their stated rate by simulation, and not blind."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from prodimg_lib import InputError, metrics
from prodimg_lib.metrics import drift

LEVEL = 0.05
# What a right simulation of 400 cases exceeds, on either side, once in 10,000 times.
LOW, HIGH = binom.ppf([1e-4, 1 - 1e-4], 400, LEVEL)


def exact(p):
    """An unbiased estimate of the exact p-value from a sequential one that stopped early."""
    draws = round(drift._EXCEEDED / p)
    return (drift._EXCEEDED - 1) / (draws - 1)


def agrees(estimates, truth):
    error = np.std(estimates, ddof=1) / math.sqrt(len(estimates))
    return abs(np.mean(estimates) - truth) < 4 * error


def test_the_distance_is_that_of_the_table_and_far_from_the_origin_too():
    rng = np.random.default_rng(0)
    for offset in (0, 30):
        y, x = rng.normal(offset, 1, (20, 6)), rng.normal(offset, 1, (20, 6))
        found, _ = metrics.kernel_test(y, x, LEVEL)
        assert np.isclose(found, metrics.kernel_distance(y, x)[0], rtol=1e-7)


def test_p_of_the_kernel_is_the_share_of_all_divisions():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(8, 2))
    rows[:3] += 0.7
    distances = {
        chosen: metrics.kernel_test(rows[list(chosen)], np.delete(rows, chosen, axis=0), LEVEL)[0]
        for chosen in itertools.combinations(range(8), 3)
    }
    truth = np.mean([v >= distances[0, 1, 2] - 1e-9 for v in distances.values()])
    assert 0.02 < truth < 0.5
    found = [exact(metrics.kernel_test(rows[:3], rows[3:], 1e-3, seed)[1]) for seed in range(200)]
    assert agrees(found, truth)


def test_equal_ones_have_distance_zero_on_average_within_classes_too():
    rng = np.random.default_rng(11)
    classes = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2])  # two of 0 and one of 1 to the window
    rows = rng.normal(size=(9, 2)) + 3 * classes[:, None]
    found = []
    for pair in itertools.combinations(range(4), 2):
        for one in range(4, 7):
            window = [*pair, one]
            others = np.setdiff1d(np.arange(9), window)
            sides = rows[window], rows[others]
            groups = classes[window], classes[others]
            found.append(metrics.kernel_test(*sides, LEVEL, 0, groups)[0])
    assert len(found) == 18
    assert abs(np.mean(found)) < 1e-12 * np.abs(found).max()
    assert np.std(found) > 0
    whole = metrics.kernel_test(rows[:3], rows[3:], LEVEL, 0, [[0] * 3, [0] * 6])[0]
    assert np.isclose(whole, metrics.kernel_test(rows[:3], rows[3:], LEVEL)[0])


def test_false_alarms_of_the_kernel_are_at_the_stated_rate():
    rng = np.random.default_rng(2)
    alarms = sum(
        metrics.kernel_test(rng.normal(size=(20, 4)) ** 3, rng.normal(size=(40, 4)) ** 3, LEVEL, i)[
            1
        ]
        <= LEVEL
        for i in range(400)
    )
    assert LOW <= alarms <= HIGH


def test_a_known_shift_is_found():
    rng = np.random.default_rng(3)
    found = 0
    for i in range(50):
        window, reference = rng.normal(0.6, 1, (40, 4)), rng.normal(size=(160, 4))
        found += metrics.kernel_test(window, reference, LEVEL, i)[1] <= LEVEL
    # Each coordinate is off by 0.6, four and more of its standard errors.
    assert found >= binom.ppf(1e-4, 50, 0.95)


def test_within_classes_the_rate_holds_and_a_small_shift_is_not_lost_in_their_gap():
    rng, classes = np.random.default_rng(8), [np.arange(20) % 2, np.arange(80) % 2]
    gap = np.array([6.0, 0, 0])  # between the classes

    def alarms(cases, shift):
        found = [0, 0]
        for i in range(cases):
            y, x = (rng.normal(size=(len(c), 3)) + c[:, None] * gap for c in classes)
            for k, groups in enumerate((classes, None)):
                found[k] += metrics.kernel_test(y + shift, x, LEVEL, i, groups)[1] <= LEVEL
        return found

    within, across = alarms(200, 0.0)
    low, high = binom.ppf([1e-4, 1 - 1e-4], 200, LEVEL)
    assert low <= within <= high
    assert across <= within
    within, across = alarms(40, np.array([0, 0.8, 0.8]))
    assert within > 2 * across


def test_p_of_two_classes_is_that_of_the_hypergeometric_distribution():
    window, reference = np.array([6, 2]), np.array([9, 15])
    total, n = window + reference, window.sum()
    k = np.arange(n + 1)
    weights = hypergeom.pmf(k, total.sum(), total[0], n)
    off = np.abs(k - n * total[0] / total.sum())
    truth = weights[off >= off[6] - 1e-9].sum()
    found = [exact(metrics.counts_test(window, reference, 1e-3, seed)[1]) for seed in range(400)]
    assert agrees(found, truth)


def test_chi_squared_is_that_of_the_two_rows():
    from scipy.stats import chi2_contingency

    window, reference = np.array([6, 2, 5, 0]), np.array([9, 15, 3, 0])
    want = chi2_contingency([window[:3], reference[:3]], correction=False).statistic
    assert np.isclose(metrics.counts_test(window, reference, LEVEL)[0], want)
    assert metrics.counts_test(np.array([4, 0]), np.array([9, 0]), LEVEL) == (0.0, 1.0)


def test_false_alarms_of_small_counts_are_at_most_the_stated_rate():
    rng, shares = np.random.default_rng(4), [0.6, 0.3, 0.06, 0.03, 0.01]
    alarms = shift = 0
    for i in range(400):
        window, reference = rng.multinomial(25, shares), rng.multinomial(100, shares)
        alarms += metrics.counts_test(window, reference, LEVEL, i)[1] <= LEVEL
        other = rng.multinomial(25, shares[::-1])
        shift += metrics.counts_test(other, reference, LEVEL, i)[1] <= LEVEL
    assert LOW / 2 <= alarms <= HIGH  # counts are coarse: the rate is not reached
    assert shift == 400


def test_p_of_shares_is_the_sum_over_tables_no_more_probable():
    k, n, reference_k, reference_n = 5, 40, 6, 200
    weights = hypergeom.pmf(np.arange(12), n + reference_n, k + reference_k, n)
    want = weights[weights <= weights[k] * (1 + 1e-9)].sum()
    assert np.isclose(metrics.shares_test(k, n, reference_k, reference_n), want)
    assert metrics.shares_test(10, 100, 20, 200) == 1.0


def test_holm_by_hand_and_between_bonferroni_and_none():
    assert metrics.holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx(
        {"a": 0.03, "b": 0.06, "c": 0.06}
    )
    rng = np.random.default_rng(5)
    for _ in range(50):
        p = {i: float(v) for i, v in enumerate(rng.random(6) ** 3)}
        found = metrics.holm(p)
        assert list(found) == list(p)
        assert all(p[i] <= found[i] <= min(1, 6 * p[i]) for i in p)


def test_holm_keeps_the_rate_of_several_tests():
    rng = np.random.default_rng(6)
    # Three of five hypotheses are true; the p-values of the others are nearly 0.
    false = 0
    for _ in range(400):
        p = dict(enumerate(np.concatenate([rng.random(3), rng.random(2) * 1e-6])))
        found = metrics.holm(p)
        false += min(found[i] for i in range(3)) <= LEVEL
    # Holm spends the whole level on the three that are left; Bonferroni would reach 3/5 of it.
    assert LOW <= false <= HIGH
    assert binom.sf(false - 1, 400, 0.6 * LEVEL) < 0.3


def test_plain_numbers_of_known_images():
    flat = np.full((2, 8, 8, 1), 51, np.uint8)
    assert np.allclose(metrics.plain_numbers(flat), [[0.2] * 16 + [0, 0]] * 2)
    rows, columns = np.zeros((2, 1, 32, 32, 3), np.uint8)
    rows[:, ::2], columns[:, :, ::2] = 255, 255
    for image, edges in ((rows, 1.0), (columns, 0.0)):
        assert np.allclose(metrics.plain_numbers(image), [[0.5] * 17 + [edges]])
    corner = np.zeros((1, 28, 28, 1), np.uint8)
    corner[:, :7, 7:14] = 255
    assert metrics.plain_numbers(corner)[0].argmax() == 1


def test_plain_numbers_do_not_see_the_last_rows_in_their_fields():
    image = np.zeros((1, 30, 30, 1), np.uint8)
    image[:, 28:] = 255
    found = metrics.plain_numbers(image)[0]
    assert not found[:16].any()
    assert found[16] > 0


def test_the_alarm_is_the_kernel_distance_of_standardised_features():
    rng = np.random.default_rng(7)
    scale = np.array([1, 50, 1e-3, 0.0])
    x, y = rng.normal(size=(60, 4)) * scale, 0.3 + rng.normal(size=(60, 4)) * scale
    alarm = metrics.KernelAlarm(x)
    z = drift.standardiser(x)
    assert np.allclose(z(x).std(0), 1)
    assert z(x).shape[1] == 2  # what hardly varies is left out
    assert np.isclose(alarm.distance(y), metrics.kernel_distance(z(y), z(x))[0])
    assert alarm.distance(rng.normal(size=(60, 4)) * scale) < alarm.distance(y)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: metrics.kernel_test(np.ones((1, 2)), np.ones((5, 2)), 0.1), "window has 1 rows"),
        (lambda: metrics.kernel_test(np.ones((3, 2)), np.ones((5, 3)), 0.1), "one extractor"),
        (lambda: metrics.kernel_test(np.eye(3), np.eye(3), 1.0), "level"),
        (lambda: metrics.kernel_test(np.eye(3), np.eye(3), 0.1, 0, [[0], [1]]), "3 classes for"),
        (lambda: metrics.counts_test(np.array([0, 0]), np.array([1, 2]), 0.1), "window = "),
        (lambda: metrics.counts_test(np.array([1]), np.array([1, 2]), 0.1), "2: expected the same"),
        (lambda: metrics.shares_test(3, 2, 1, 5), "hits = 3"),
        (lambda: metrics.shares_test(0, 0, 1, 5), "outcomes behind hits"),
        (lambda: metrics.plain_numbers(np.zeros((2, 8, 8, 1))), "uint8"),
        (lambda: metrics.plain_numbers(np.zeros((2, 3, 8, 1), np.uint8)), "4 x 4"),
    ],
)
def test_bad_input_says_what_was_expected(call, says):
    with pytest.raises(InputError, match=says):
        call()
