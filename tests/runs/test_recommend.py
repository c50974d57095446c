"""The rule of ``prodimg choose`` on tables that were made up: what follows from them, and why."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib import InputError
from prodimg_lib.runs.recommend import NEEDS, recommend
from tests.runs.made import facts


def row(name, conditional=True, failed=None, **metrics):
    """A candidate without a weakness, but for ``metrics``: (value, error[, floor])."""
    usual = {
        "fd_product": (10.0, 0.5, 2.0),
        "precision": (0.8, 0.02, 0.9),
        "recall": (0.6, 0.02, 0.9),
        "coverage": (0.7, 0.02, 0.9),
        "similarity": (0.5, 0.01, 0.5),
        "class_accuracy": (0.8, 0.01, 0.9),
        "memorised": (0.0, 0.002, 0.0),
        "seconds_per_image": (0.010, 0.0005),
        "megabytes": (5.0, 0.0),
    }
    entries = {k: facts(*v) for k, v in (usual | metrics).items() if v is not None}
    return {"name": name, "conditional": conditional, "failed": failed, "metrics": entries}


def names(verdict):
    return [list(group) for group in verdict.ranking]


@pytest.mark.parametrize(
    ("need", "metric", "best", "worse"),
    [
        ("fidelity", "fd_product", (3.0, 0.5, 2.0), (30.0, 2.0, 2.0)),
        ("variety", "coverage", (0.9, 0.01, 0.9), (0.2, 0.02, 0.9)),
        ("control", "class_accuracy", (0.95, 0.01, 0.9), (0.4, 0.02, 0.9)),
        ("latency", "seconds_per_image", (0.001, 1e-5), (0.2, 0.001)),
    ],
)
def test_each_need_is_decided_by_its_own_measure(need, metric, best, worse):
    table = [row("plain"), row("worse", **{metric: worse}), row("best", **{metric: best})]
    for order in itertools.permutations(table):
        verdict = recommend(list(order), need)
        assert verdict.recommended == "best"
        assert names(verdict) == [["best"], ["plain"], ["worse"]]
        assert "best (" in verdict.reasons[0]
        assert "worse (" in verdict.reasons[0]
    for other in set(NEEDS) - {need}:  # for which this measure does not come first
        first = recommend(table, other).reasons[0]
        assert "overlap" in first


@pytest.mark.parametrize("need", NEEDS)
def test_speed_is_not_passed_off_as_what_is_needed_where_no_network_looked(need):
    """Without the weights of a network only time, size and likeness are there."""
    unseen = dict.fromkeys(("fd_product", "precision", "recall", "coverage", "class_accuracy"))
    table = [
        row("slow", **unseen, memorised=None),
        row("fast", **unseen, memorised=None, seconds_per_image=(0.001, 1e-5)),
    ]
    reasons = recommend(table, need).reasons
    blind = f"Nothing that {need} rests on was measured"
    assert reasons[0].startswith(blind) == (need != "latency")
    seen = [*table, row("seen")]
    assert not any(r.startswith("Nothing that") for r in recommend(seen, need).reasons)


def test_where_intervals_overlap_it_is_a_tie_and_is_called_one():
    table = [
        row("a", fd_product=(3.0, 0.5, 2.0)),
        row("b", fd_product=(4.0, 0.5, 2.0)),
        row("c", fd_product=(9.0, 0.5, 2.0)),
    ]
    verdict = recommend(table, "fidelity")
    assert names(verdict) == [["a", "b"], ["c"]]
    assert verdict.reasons[0] == (
        "FD-product: a (3.00 ± 0.50) and b (4.00 ± 0.50) ahead of c (9.00 ± 0.50)."
    )
    assert verdict.reasons[1] == (
        "Precision does not tell a (0.800 ± 0.020) and b (0.800 ± 0.020) apart: their 95 % "
        "intervals, about two such errors to each side, overlap."
    )
    assert "a and b are a tie" in verdict.reasons[-1]


def test_a_tie_is_decided_by_the_next_measure():
    table = [
        row("a", fd_product=(3.0, 0.5, 2.0), precision=(0.5, 0.02, 0.9)),
        row("b", fd_product=(3.5, 0.5, 2.0), precision=(0.9, 0.02, 0.9)),
    ]
    verdict = recommend(table, "fidelity")
    assert names(verdict) == [["b"], ["a"]]
    assert "does not tell a (3.00 ± 0.50) and b (3.50 ± 0.50) apart" in verdict.reasons[0]
    assert verdict.reasons[1] == "Precision: b (0.900 ± 0.020) ahead of a (0.500 ± 0.020)."


def test_what_has_no_uncertainty_decides_nothing():
    table = [row("a", fd_product=(3.0, None, 2.0)), row("b", fd_product=(300.0, None, 2.0))]
    assert names(recommend(table, "fidelity")) == [["a", "b"]]


def test_a_candidate_that_copies_is_ruled_out_however_good_its_numbers():
    best = {"fd_product": (0.1, 0.01, 2.0), "precision": (1.0, 0.001, 0.9)}
    table = [row("honest"), row("copier", memorised=(0.6, 0.02, 0.01), **best)]
    for need in NEEDS:
        verdict = recommend(table, need)
        assert verdict.recommended == "honest"
        assert "copies its training photographs: 0.600 ± 0.020" in verdict.ruled_out["copier"]
        assert "1.0%" in verdict.ruled_out["copier"]
    # As many as among held-out photographs, or too few to be sure: not ruled out.
    for memorised in ((0.3, 0.02, 0.28), (0.07, 0.02, 0.0)):
        assert not recommend([row("a", memorised=memorised)], "fidelity").ruled_out


def test_noise_is_ruled_out_however_fast_it_is():
    nothing = dict.fromkeys(("precision", "recall", "coverage"), (0.0, 0.4, 0.9))
    fast = {"seconds_per_image": (1e-6, 1e-8)}
    table = [row("noise", **nothing, **fast), row("slow", seconds_per_image=(1.0, 0.01))]
    verdict = recommend(table, "latency")
    assert verdict.recommended == "slow"
    assert "only noise" in verdict.ruled_out["noise"]
    # So far from photographs a run withholds precision and recall: then coverage alone tells.
    far = row("far", precision=(1.0, 0.1, 0.9), coverage=(0.01, 0.01, 0.9))
    for name in ("precision", "recall"):
        far["metrics"][name]["withheld"] = True
    assert "only noise" in recommend([far, row("a")], "fidelity").ruled_out["far"]
    # One that is nothing but faithful is no noise: its precision is high.
    narrow = nothing | {"precision": (0.9, 0.1, 0.9)}
    assert not recommend([row("narrow", **narrow)], "fidelity").ruled_out


def test_what_is_withheld_decides_nothing_and_an_early_choice_is_called_so():
    """Images far from photographs, which cover some of them all the same."""
    table = [row("a", precision=(0.2, 0.01, 0.9)), row("b", precision=(1.0, 0.01, 0.9))]
    for candidate in table:
        candidate["metrics"]["precision"]["withheld"] = True
        candidate["metrics"]["kernel_distance"] = facts(9.0, 0.1, 0.0, noise_share=0.83)
    verdict = recommend(table, "fidelity")
    assert names(verdict) == [["a", "b"]]
    assert not any("Precision" in reason for reason in verdict.reasons)
    assert "the images of a are still as far" in verdict.reasons[-1]
    assert "83% is noise" in verdict.reasons[-1]


def test_without_a_network_noise_shows_in_the_likeness_of_its_images():
    blind = dict.fromkeys(("fd_product", "precision", "recall", "coverage", "class_accuracy"))
    noise = row("noise", **blind, similarity=(0.02, 0.01, 0.5))
    other = row("other", **blind, similarity=(0.4, 0.01, 0.5))
    verdict = recommend([noise, other], "fidelity")
    assert verdict.ruled_out.keys() == {"noise"}
    assert "alike by 0.020 ± 0.010, two photographs by 0.50" in verdict.ruled_out["noise"]


def test_control_needs_classes():
    table = [row("free", conditional=False, class_accuracy=None), row("asked")]
    verdict = recommend(table, "control")
    assert verdict.ruled_out == {"free": "it knows no classes, so nothing can be asked of it"}
    assert verdict.reasons[0] == "asked is the only candidate that is left."
    assert not recommend(table, "fidelity").ruled_out


def test_control_without_any_classes_is_not_a_matter_of_time():
    verdict = recommend([row("a", conditional=False), row("b", conditional=False)], "control")
    assert verdict.recommended is None
    assert "one folder per class" in verdict.reasons[0]


def test_control_by_neighbours_where_no_classifier_knows_the_products():
    table = [
        row(n, class_accuracy=None, requests=(v, 0.01, 0.9)) for n, v in (("a", 0.3), ("b", 0.8))
    ]
    assert names(recommend(table, "control")) == [["b"], ["a"]]


def test_a_candidate_that_failed_is_ruled_out_with_its_reason():
    table = [row("a"), {"name": "b", "conditional": True, "failed": "a NaN", "metrics": {}}]
    assert recommend(table, "fidelity").ruled_out == {"b": "it could not be trained: a NaN"}


def test_where_all_are_ruled_out_nothing_is_recommended():
    verdict = recommend([row("a", failed="x"), row("b", failed="y")], "fidelity")
    assert verdict.recommended is None
    assert names(verdict) == []
    assert "Give each more time" in verdict.reasons[0]


def test_one_that_was_not_measured_comes_after_those_that_were():
    table = [row("a", fd_product=None), row("b", fd_product=(90.0, 1.0, 2.0)), row("c")]
    verdict = recommend(table, "fidelity")
    assert names(verdict) == [["c"], ["b"], ["a"]]
    assert "FD-product was not measured of a, or is withheld." in verdict.reasons


def test_the_price_of_the_winner_is_said():
    table = [
        row("sharp", fd_product=(3.0, 0.2, 2.0), coverage=(0.3, 0.01, 0.9)),
        row("broad", fd_product=(9.0, 0.2, 2.0), coverage=(0.9, 0.01, 0.9)),
    ]
    verdict = recommend(table, "fidelity")
    assert verdict.reasons[-1] == ("Its price, Coverage: sharp 0.300 ± 0.010, broad 0.900 ± 0.010.")
    assert not any("price" in line for line in recommend([row("a")], "fidelity").reasons)


@pytest.mark.parametrize(
    ("table", "need", "words"),
    [
        ([row("a")], "beauty", "need = 'beauty'"),
        ([], "fidelity", "at least one row"),
        ([row("a"), row("a")], "fidelity", "a name for each"),
    ],
)
def test_bad_input(table, need, words):
    with pytest.raises(InputError, match=words):
        recommend(table, need)


measured = st.tuples(st.floats(0, 100), st.none() | st.floats(0, 5), st.just(2.0))


@given(
    st.lists(st.tuples(measured, measured, measured), min_size=1, max_size=5),
    st.sampled_from(sorted(NEEDS)),
)
def test_every_candidate_has_one_place_and_the_order_of_the_table_does_not_matter(rows, need):
    table = [
        row(str(i), fd_product=a, coverage=b, seconds_per_image=c)
        for i, (a, b, c) in enumerate(rows)
    ]
    verdict = recommend(table, need)
    placed = [name for group in verdict.ranking for name in group]
    assert sorted([*placed, *verdict.ruled_out]) == sorted(r["name"] for r in table)
    assert verdict.recommended == verdict.ranking[0][0]
    again = recommend(table[::-1], need)
    assert [set(group) for group in again.ranking] == [set(group) for group in verdict.ranking]
