"""When two numbers differ: by their intervals, in the direction in which the metric is better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib.runs.intervals import REACH, apart, interval, leader, shortfall
from prodimg_lib.text import text


def entry(value, uncertainty=1.0, floor=None):
    return {"value": value, "uncertainty": uncertainty, "floor": floor}


def test_every_metric_of_the_table_has_an_aim_but_the_one_that_has_none():
    without = {m for m in text()["metrics"] if shortfall(m, entry(1.0, floor=0.5)) is None}
    assert without == {"active_units"}


@pytest.mark.parametrize("metric", text()["metrics"])
def test_aims_are_those_that_the_table_prints(metric):
    """Of 0.2 and 0.9 beside a floor of 0.5 the one is better that the words call better."""
    low, high = (shortfall(metric, entry(v, floor=0.5)) for v in (0.2, 0.9))
    better = text()["metrics"][metric]["better"]
    expected = {"lower": low, "higher": high, "close to real": low, "near 0.5": low}.get(better)
    assert expected is None or expected == min(low, high)


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 9), st.floats(0, 9))
def test_two_numbers_differ_exactly_where_their_intervals_do_not_meet(a, b, s, t):
    one, other = entry(a, s), entry(b, t)
    (low, high), (low2, high2) = interval(one), interval(other)
    gap = max(low2 - high, low - high2)
    if abs(gap) > 1e-6:
        assert apart("precision", one, other) == (gap > 0)
    assert apart("precision", one, other) == apart("precision", other, one)


def test_the_limit_is_two_half_intervals():
    assert not apart("fd_product", entry(0), entry(2 * REACH - 1e-9))
    assert apart("fd_product", entry(0), entry(2 * REACH + 1e-9))


def test_where_an_uncertainty_is_unknown_nothing_differs():
    assert not apart("fd_product", entry(0), entry(1e9, None))
    assert interval(entry(3, None)) is None


def test_the_interval_that_a_run_states_counts_before_the_error():
    wide = entry(0, 1e-9) | {"interval": [-3.0, 3.0]}
    assert interval(wide) == (-3, 3)
    assert not apart("fd_product", wide, entry(2.0, 1e-9))
    assert apart("fd_product", entry(0, 1e-9), entry(2.0, 1e-9))


def test_around_a_floor_it_is_the_distance_to_it_that_differs():
    at, beside = entry(0.5, 0.01, 0.5), entry(0.6, 0.01, 0.5)
    assert apart("memorisation", at, beside)
    assert not apart("memorisation", beside, entry(0.4, 0.01, 0.5))
    assert not apart("memorisation", entry(0.5, 0.1, 0.5), entry(0.6, 0.01, 0.5))


def test_leader_those_behind_and_ties():
    entries = {"a": entry(9.0), "b": entry(2.0), "c": entry(5.5)}
    assert leader("fd_product", entries) == ("b", ["a"], ["c"])
    assert leader("precision", entries) == ("a", ["b"], ["c"])
    assert leader("active_units", entries) is None
    # Both are as far from what photographs score: one above, one below.
    close = {"a": entry(0.9, 0.01, 0.5), "b": entry(0.1, 0.01, 0.5), "c": entry(0.6, 0.01, 0.5)}
    assert leader("memorisation", close) == ("c", ["a", "b"], [])
    assert leader("memorisation@efficientnet-lite0", close)[0] == "c"
