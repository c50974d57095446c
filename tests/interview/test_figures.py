"""Figures in answers: the functions behind them, the rule that each has a ground, and a proof."""

import copy
import math

import numpy as np
import pytest
from scipy import stats

from prodimg_lib.interview import bank, capacity, figures, validate

CASES = [q for q in bank.values() if q.kind == "design"]


def test_the_functions_of_the_expressions_agree_with_scipy():
    for x in (-2.5, 0.0, 1.3):
        assert figures.normal_below(x) == pytest.approx(stats.norm.cdf(x))
        assert figures.normal_quantile(stats.norm.cdf(x)) == pytest.approx(x)
    for k in (0, 3, 12):
        assert figures.poisson_at_least(k, 5.0) == pytest.approx(stats.poisson.sf(k - 1, 5.0))
        assert figures.binomial(k, 40, 0.2) == pytest.approx(stats.binom.pmf(k, 40, 0.2))


def test_wilson_lower_end_solves_its_equation():
    lower = figures.wilson_lower(194, 200, z=2.0)  # (p̂ - p)² = z² p (1 - p) / n
    assert (0.97 - lower) ** 2 == pytest.approx(4.0 * lower * (1 - lower) / 200)
    assert lower < 0.97
    assert figures.wilson_lower(0, 50) == pytest.approx(0.0, abs=1e-12)


def test_chance_that_a_floor_is_cleared():
    draws = np.random.default_rng(0).binomial(200, 0.97, 20_000)
    cleared = np.mean([figures.wilson_lower(k, 200) >= 0.93 for k in draws])
    assert figures.floor_passes(0.93, 200, 0.97) == pytest.approx(cleared, abs=0.012)


@pytest.mark.parametrize("new", [0.02, 0.06])
def test_chances_of_a_gate_against_simulation(new):
    n, z, rng = 300, 1.645, np.random.default_rng(1)
    old, fresh = rng.binomial(n, 0.02, 40_000) / n, rng.binomial(n, new, 40_000) / n
    error = np.sqrt((old * (1 - old) + fresh * (1 - fresh)) / n)
    excluded = np.mean(fresh - old + z * error < 0.02)
    proven = np.mean(fresh - old - z * error > 0)
    assert figures.harm_excluded(n, 0.02, new, 0.02, z) == pytest.approx(excluded, abs=0.01)
    assert figures.harm_proven(n, 0.02, new, z) == pytest.approx(proven, abs=0.01)


def test_light_of_srgb_codes():
    assert figures.light(0) == 0
    assert figures.light(255) == pytest.approx(1)
    assert figures.light(188) == pytest.approx(0.5, abs=0.005)  # the known middle of the scale
    for code in (3, 40, 200):  # on both sides of the straight part
        assert figures.code_of(figures.light(code)) == pytest.approx(code)


def test_expressions_reach_nothing_else():
    assert figures.compute("plan(86400, 1, peak_factor=1).mean_rate") == 1
    assert figures.compute("np.array([1.0, 2.0]).sum()") == 3
    for wrong, error in (
        ("98.76", ValueError),
        ("open('/etc/hostname')", NameError),
        ("__import__('os')", ValueError),
        ("np.__version__", ValueError),
    ):
        with pytest.raises(error):
            figures.compute(wrong)


def test_figures_are_read_as_people_write_them():
    text = r"From 1,234 to 5{,}678, 40\,000 or 50 000; 12.5 %, $10^{38}$, x2 and `code 99`. In 2 s."
    found = [(value, per_cent) for value, per_cent, _ in figures.figures(text)]
    assert found == [
        *((1234.0, False), (5678.0, False), (40000.0, False), (50000.0, False)),
        *((12.5, True), (10.0, False), (2.0, False)),
    ]


def with_answer(text, **more):
    data = copy.deepcopy(bank["E05"].data)
    data["answer"]["full"]["en"] += f" {text}"
    return data | more


def test_a_figure_without_a_ground_is_found():
    assert figures.unexplained(bank["E05"].data) == []
    found = figures.unexplained(with_answer("It gains 37.2 points."))
    assert len(found) == 1
    assert "37.2" in found[0]
    computed = {"quoted": "37.2", "compute": "36.2 + 1"}
    for ground in (
        {"chosen": ["37.2 points"]},
        {"cite": [*bank["E05"].data["cite"], {"key": "kynkaanniemi2023", "figures": ["37.2"]}]},
        {"numbers": [*bank["E05"].data["numbers"], computed]},
    ):
        assert figures.unexplained(with_answer("It gains 37.2 points.", **ground)) == []
    data = with_answer("", chosen=["37.2 points"])
    assert figures.stale(data) == ["37.2 points"]


def test_a_share_may_be_written_in_per_cent():
    data = with_answer("A share of 0.372 is 37.2 %.", chosen=["share of 0.372"])
    assert figures.unexplained(data) == []
    data = with_answer("A share of 0.372 is 37.2 points.", chosen=["share of 0.372"])
    assert len(figures.unexplained(data)) == 1


@pytest.mark.parametrize("q", CASES, ids=lambda q: q.id)
def test_the_capacity_of_a_case_is_what_its_answer_says(q):
    plan = capacity.plan(**q.data["design"]["capacity"])
    said = " ".join([q.text("answer", depth) for depth in ("short", "full", "whiteboard")])
    assert str(plan.accelerators) in said


def test_prices_that_no_one_named_are_found():
    data = copy.deepcopy(bank["P06"].data)
    data["design"]["capacity"]["reviewer_price"] = 31
    assert any("reviewer_price = 31" in line for line in validate._prices(data))
    del data["design"]["capacity"]["accelerator_price"]
    assert any("accelerator_price" in line for line in validate._prices(data))


def test_many_nats_do_not_prove_a_hole_in_the_prior():
    """The linear VAE of V11: 24.95 nats, and codes of unseen data that pass for N(0, I)."""
    d, ratio, n = 24, 8.0, 4000
    rng = np.random.default_rng(3)
    weights = math.sqrt(ratio - 1)  # x = weights z + noise of variance 1: variance 8
    x = weights * rng.normal(size=(n, d)) + rng.normal(size=(n, d))
    mean, variance = x * weights / ratio, 1 / ratio  # the exact posterior
    kl = 0.5 * (variance + mean**2 - 1 - math.log(variance)).sum(1)
    assert kl.mean() == pytest.approx(24.95, abs=4 * kl.std() / math.sqrt(n))
    codes = mean + math.sqrt(variance) * rng.normal(size=(n, d))
    prior = rng.normal(size=(n, d))
    assert abs(accuracy(codes, prior) - 0.5) < 4 * 0.5 / math.sqrt(n)
    assert accuracy(0.8 * codes, prior) > 0.6  # the same classifier does see a mismatch


def accuracy(a, b):
    """Of a quadratic discriminant, fitted on one half of each set and tested on the other."""
    half = len(a) // 2
    fitted = [(s[:half].mean(0), np.cov(s[:half].T)) for s in (a, b)]

    def score(s):
        return np.subtract(
            *(stats.multivariate_normal(mean, cov).logpdf(s[half:]) for mean, cov in fitted)
        )

    return float(np.concatenate([score(a) > 0, score(b) < 0]).mean())


def test_shared_neighbours_make_the_copy_score_less_sure_than_a_coin():
    """C28: 0.04, not the 0.016 of a thousand independent images."""
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(40):
        fake, train, held_out = (rng.standard_normal((n, 64)) for n in (1000, 300, 300))
        near = [((fake**2).sum(1)[:, None] + (p**2).sum(1) - 2 * fake @ p.T).min(1)
                for p in (train, held_out)]  # fmt: skip
        scores.append((near[0] < near[1]).mean())
    assert "0.04 with 300 photographs" in " ".join(bank["C28"].text("answer", "full").split())
    assert np.std(scores) == pytest.approx(0.041, rel=4 / np.sqrt(2 * 40))  # of a deviation of 40
