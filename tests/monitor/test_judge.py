"""The verdict: false alarms at the stated rate, known shifts found, and "cannot say"."""

import numpy as np
import pytest
from scipy.stats import binom

from prodimg_lib.monitor.judge import CANNOT_SAY, DRIFT, NO_DRIFT, judge
from prodimg_lib.monitor.window import Window
from tests.samples import tiny_images

RATE = 0.1
NAMES = ("left", "right")


def window(rng, n, *, share=0.5, refused=0.05, change=lambda images: images):
    """n images of two classes, and what a gate would have refused of them."""
    images, _ = tiny_images(2)
    labels = (rng.random(n) < share).astype(int)
    # One picture of each class, each time under light of its own.
    light = rng.uniform(0.6, 1.0, (n, 1, 1, 1))
    made = change(np.rint(images[labels] * light).astype(np.uint8))
    classes = [NAMES[i] for i in labels]
    counts = {name: classes.count(name) for name in NAMES}
    return Window(made, classes, counts=counts, refused={"fill": rng.binomial(n, refused)}, drawn=n)


def alarms(cases, n, seed, **changed):
    rng, found, which = np.random.default_rng(seed), 0, set()
    for i in range(cases):
        result = judge(window(rng, n, **changed), window(rng, 120), false_alarms=RATE, seed=i)
        found += result["verdict"] == DRIFT
        which |= {row["test"] for row in result["tests"] if row["drift"]}
    return found, which


def test_false_alarms_of_all_tests_together_are_at_most_the_stated_rate():
    cases = 200
    found, _ = alarms(cases, 60, seed=0)
    # A right simulation exceeds this once in 10,000 times; Holm is on the safe side, but three
    # tests cannot be so by more than a factor of three.
    assert found <= binom.ppf(1 - 1e-4, cases, RATE)
    assert found >= binom.ppf(1e-4, cases, RATE / 3)


@pytest.mark.parametrize(
    ("test", "changed"),
    [
        ("plain", {"change": lambda images: (images * 0.7).astype(np.uint8)}),
        ("classes", {"share": 0.9}),
        ("gate fill", {"refused": 0.5}),
    ],
)
def test_known_shifts_are_found_by_their_test(test, changed):
    found, which = alarms(10, 80, seed=1, **changed)
    assert found == 10
    assert test in which


def test_an_interval_is_shown_from_0_where_the_unbiased_estimate_reaches_below():
    rng = np.random.default_rng(3)
    same = judge(window(rng, 60), window(rng, 120))["tests"][0]
    assert same["interval"][0] < 0 < same["interval"][1]
    assert "(95 %: 0 to " in same["says"]
    dark = window(rng, 60, change=lambda images: images // 2)
    far = judge(dark, window(rng, 120))["tests"][0]
    assert far["interval"][0] > 0
    assert "(95 %: 0 to " not in far["says"]


def test_few_images_cannot_say_but_a_plain_drift_is_still_one():
    rng = np.random.default_rng(2)
    few = judge(window(rng, 20), window(rng, 200), false_alarms=0.01)
    assert few["verdict"] == CANNOT_SAY
    assert "20 images are too few" in few["says"]
    dark = judge(window(rng, 20, change=lambda images: images // 4), window(rng, 200))
    assert dark["verdict"] == DRIFT


def test_what_matters_is_judged_by_the_interval():
    rng = np.random.default_rng(3)
    pair = window(rng, 100), window(rng, 400)
    assert judge(*pair)["verdict"] == NO_DRIFT
    high = max(row["interval"][1] for row in judge(*pair)["tests"] if "interval" in row)
    assert judge(*pair, matters=high * 1.01)["verdict"] == NO_DRIFT
    unsure = judge(*pair, matters=high * 0.99)
    assert unsure["verdict"] == CANNOT_SAY
    assert "give more images" in unsure["says"]


def test_nothing_in_common_cannot_say():
    result = judge(Window(counts={"left": 90}), Window(refused={"fill": 3}, drawn=50))
    assert result["verdict"] == CANNOT_SAY
    assert result["tests"] == []


def test_rows_say_what_was_seen():
    rows = {
        row["test"]: row
        for row in judge(
            Window(counts={"left": 90, "new": 10}, refused={"any": 30}, drawn=100),
            Window(counts={"left": 500, "right": 500}, refused={"any": 100}, drawn=1000),
        )["tests"]
    }
    assert rows["classes"]["counts"] == {"left": [90, 500], "new": [10, 0], "right": [0, 500]}
    assert "new: 10.0% of 100, where 0.0% are usual" in rows["classes"]["says"]
    assert rows["gate any"]["says"] == "30.0% of 100, where 10.0% are usual (of 1,000)."
    assert all(row["drift"] and row["adjusted"] >= row["p"] for row in rows.values())
