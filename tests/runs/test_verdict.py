"""Gates: what they accept, and that an interval decides, never a point."""

import numpy as np
import pytest

from prodimg_lib import InputError, metrics
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.verdict import Gate, decide, judge, parse_gate
from prodimg_lib.settings import parse


def table(**values):
    """A table of 2,000 images with a value for each name."""
    errors = {"kernel_distance": 0.005, "coverage": 0.02}
    scores = metrics.Scores()
    for name, value in values.items():
        error = errors.get(name, metrics.binomial_error(min(1, abs(value)), 2000))
        scores[name] = {"value": value, "uncertainty": error, "floor": None, "n": 2000}
    return scores


@pytest.mark.parametrize(
    ("line", "gate"),
    [
        ("kernel_distance <= 0.05", Gate("kernel_distance", "<=", 0.05)),
        (" coverage>=.4 ", Gate("coverage", ">=", 0.4)),
        ("bound_nats < -700", Gate("bound_nats", "<", -700)),
        ("recall@efficientnet-lite0 > 1e-1", Gate("recall@efficientnet-lite0", ">", 0.1)),
    ],
)
def test_a_gate_is_read_and_written_again(line, gate):
    assert parse_gate(line) == gate
    assert parse_gate(str(gate)) == gate


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("covrage >= 0.4", ["'covrage' is no metric of a run", "choose from", "coverage"]),
        ("fid <= 10", ["'fid'", "choose from"]),
        ("duplicates <= 0.1", ["is a count without an interval"]),
        ("coverage 0.4", ["expected a metric, one of <= < >= >, a number"]),
        ("coverage = 0.4", ["expected a metric"]),
        ("coverage >= high", ["'high' is no number"]),
        ("coverage >= nan", ["'nan' is no number"]),
        ("coverage >= 40", ["lies between 0 and 1; for 40 % write 0.4"]),
        (0.4, ["gate 0.4", "expected a metric"]),
    ],
)
def test_a_bad_gate_is_named_on_one_line(line, words):
    with pytest.raises(InputError) as error:
        parse_gate(line)
    for word in words:
        assert word in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("sign", "low", "high", "verdict"),
    [
        ("<=", 0.1, 0.5, "passes"),  # the end is part of both
        ("<", 0.1, 0.5, "not decided"),
        ("<=", 0.5, 0.9, "not decided"),
        ("<", 0.5, 0.9, "fails"),
        ("<=", 0.51, 0.9, "fails"),
        (">=", 0.5, 0.9, "passes"),
        (">", 0.5, 0.9, "not decided"),
        (">=", 0.1, 0.5, "not decided"),
        (">", 0.1, 0.5, "fails"),
        (">=", 0.1, 0.49, "fails"),
        (">=", 0.4, 0.6, "not decided"),
    ],
)
def test_all_of_the_interval_none_or_some(sign, low, high, verdict):
    assert judge(Gate("coverage", sign, 0.5), low, high) == verdict


def test_turned_round_a_gate_says_the_opposite():
    rng = np.random.default_rng(0)
    opposite = {"passes": "fails", "fails": "passes", "not decided": "not decided"}
    for _ in range(200):
        low, high = np.sort(rng.integers(0, 6, 2))
        for sign, other in (("<=", ">"), ("<", ">=")):
            known = judge(Gate("density", sign, 3), low, high)
            assert judge(Gate("density", other, 3), low, high) == opposite[known]


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"kernel_distance": 0.03, "coverage": 0.6}, "ship"),
        ({"kernel_distance": 0.03, "coverage": 0.3}, "do not ship"),
        ({"kernel_distance": 0.045, "coverage": 0.6}, "not decided"),
        ({"kernel_distance": 0.045, "coverage": 0.3}, "do not ship"),
        ({"kernel_distance": 0.03}, "not decided"),
    ],
)
def test_all_must_pass_and_one_that_fails_is_enough(values, verdict):
    found = decide(("kernel_distance <= 0.05", "coverage >= 0.4"), table(**values))
    assert found["verdict"] == verdict
    assert [row["gate"] for row in found["gates"]] == ["kernel_distance <= 0.05", "coverage >= 0.4"]


def test_a_point_below_the_limit_is_not_enough():
    (row,) = decide(("kernel_distance <= 0.05",), table(kernel_distance=0.045))["gates"]
    high = row["interval"][1]
    assert row["value"] < 0.05 < high
    assert "holds the limit" in row["says"]
    # 0.005 off with 2.23 errors of 0.005: 2.23^2 times as many images.
    assert f"About {int(np.ceil(2000 * ((high - 0.045) / 0.005) ** 2)):,} images" in row["says"]
    (row,) = decide(("kernel_distance <= 0.05",), table(kernel_distance=0.05))["gates"]
    assert "may never decide it" in row["says"]


def test_no_copy_among_few_images_is_not_decided_and_among_many_passes():
    def of(n):
        facts = {"value": 0.0, "uncertainty": metrics.binomial_error(0, n), "n": n}
        return decide(("memorised <= 0.02",), metrics.Scores(memorised=facts))["verdict"]

    assert (of(100), of(2000)) == ("not decided", "ship")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uncertainty": None, "n": 6}, "6 images are too few for an interval"),
        ({"withheld": True}, "too far from real ones"),
    ],
)
def test_what_has_no_interval_or_no_meaning_decides_nothing(change, words):
    scores = table(precision=1.0)
    scores["precision"] |= change
    found = decide(("precision >= 0.9",), scores)
    assert found["verdict"] == "not decided"
    assert found["gates"][0]["interval"] is None
    assert words in found["gates"][0]["says"]


def test_what_was_not_measured_is_said_with_what_was():
    (row,) = decide(("fd_product <= 5",), table(kernel_distance=0.01))["gates"]
    assert row["says"] == "Not measured in this run, which has kernel_distance."
    assert decide((), table(coverage=0.5)) is None


def test_gates_stand_in_the_settings_as_a_list_or_on_one_line():
    lines = ["coverage >= 0.4", "memorised <= 0.02"]
    for gates in (lines, "coverage>=.4, memorised <= 0.02"):
        config = parse(RunConfig, {"evaluate": {"gates": gates}}, "run.yaml")
        assert config.model_dump(mode="json")["evaluate"]["gates"] == lines
    with pytest.raises(InputError, match=r"run\.yaml: gate 'covrage >= 1'"):
        parse(RunConfig, {"evaluate": {"gates": ["covrage >= 1"]}}, "run.yaml")
    with pytest.raises(InputError, match=r"evaluate\.gates"):
        parse(RunConfig, {"evaluate": {"gates": {"coverage": 1}}}, "run.yaml")
