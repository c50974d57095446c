"""Capacity of a design answer: cases computed by hand, properties, and a simulated queue."""

import dataclasses
import heapq
import inspect
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodimg_lib.errors import InputError
from prodimg_lib.interview.capacity import LIMITS, Plan, plan, queue_wait

FREE = {"review_share": 0, "accelerator_price": 0}

loads = st.fixed_dictionaries(
    {
        "images_per_day": st.floats(1, 1e7),
        "seconds_per_image": st.floats(1e-3, 20),
        "peak_factor": st.floats(1, 10),
        "utilisation": st.floats(0.05, 1),
        "acceptance": st.floats(0.01, 1),
        "review_share": st.floats(0, 1, allow_subnormal=False),
        "review_seconds": st.floats(0, 300, allow_subnormal=False),
        "review_hours": st.floats(0.5, 24),
        "kilobytes_per_image": st.floats(0, 1e5),
        "accelerator_price": st.floats(0, 100),
        "reviewer_price": st.floats(0, 100),
        "autoscaling": st.floats(0, 1),
    }
).filter(lambda a: a["images_per_day"] * a["seconds_per_image"] < 3e7)  # keeps the fleets small


# By hand


def test_a_million_images_a_day_at_two_seconds():
    p = plan(1e6, 2)
    assert p.mean_rate == pytest.approx(11.574, abs=5e-4)  # 1e6 / 86400
    assert p.peak_rate == pytest.approx(34.722, abs=5e-4)
    assert p.busy == pytest.approx(69.444, abs=5e-4)
    assert p.accelerators == 100  # 69.44 / 0.7 = 99.2
    assert p.load == pytest.approx(0.69444, abs=5e-6)
    assert p.storage_per_month == pytest.approx(6000)  # 200 kB each: 200 GB a day
    assert p.reviewers == 463  # 1e7 seconds / (6 * 3600) = 462.96
    assert p.accepted_per_day == 1e6
    assert p.compute_per_image == pytest.approx(100 * 24 * 2 / 1e6)
    assert p.review_per_image == pytest.approx(200 / 3600)


def test_a_million_images_a_day_at_25_milliseconds():
    assert plan(1e6, 0.025).accelerators == 2  # 0.868 / 0.7 = 1.24
    one = plan(1e6, 0.025, utilisation=1)
    assert one.accelerators == 1
    assert one.wait_mean == pytest.approx(0.1645, abs=5e-5)  # s rho / (1 - rho)


def test_cost_of_busy_time_alone():
    # 2 s at 2 an hour is 0.00111, 10 s of a person at 20 an hour 0.0556; six in ten pass.
    busy_only = {"peak_factor": 1, "utilisation": 1, "autoscaling": 1}
    p = plan(1e6, 2, acceptance=0.6, **busy_only)
    assert p.compute_per_image == pytest.approx(2 * 2 / 3600)
    assert p.cost_per_accepted == pytest.approx((2 * 2 / 3600 + 20 * 10 / 3600) / 0.6)
    assert round(p.cost_per_accepted, 4) == 0.0944
    # A filter passes 65 in 100 on to review, of which 88 in 100 are accepted.
    filtered = plan(1e6, 2, acceptance=0.65 * 0.88, review_share=0.65, **busy_only)
    assert round(filtered.cost_per_accepted, 4) == 0.0651


def test_night_batch():
    # 6000 images within two of 24 hours: twelve times the mean rate.
    p = plan(6000, 4, peak_factor=12, utilisation=0.9)
    assert p.peak_rate == pytest.approx(6000 / 7200)
    assert p.accelerators == 4  # 3.33 / 0.9 = 3.70


def test_autoscaling_pays_for_the_mean():
    fixed, follows = plan(1e6, 2), plan(1e6, 2, autoscaling=1)
    assert follows.accelerators == fixed.accelerators == 100
    assert follows.compute_per_image == pytest.approx(2 * 2 / 3600 / 0.7)
    half = plan(1e6, 2, autoscaling=0.5).compute_per_image
    assert half == pytest.approx((fixed.compute_per_image + follows.compute_per_image) / 2)


@pytest.mark.parametrize(
    ("images", "seconds", "peak", "utilisation", "accelerators"),
    [
        (86_400, 0.1, 3, 0.3, 1),  # 0.1 * 3 / 0.3 is 1.0000000000000002
        (86_400, 0.7, 1, 0.7, 1),
        (86_400, 1.0, 1, 1.0, 1),
        (86_400, 1.01, 1, 1.0, 2),
        (1, 1e-3, 1, 1.0, 1),
    ],
)
def test_rounding_up(images, seconds, peak, utilisation, accelerators):
    assert plan(images, seconds, peak, utilisation).accelerators == accelerators


def test_no_review_no_reviewers():
    p = plan(1e6, 1, review_share=0)
    assert p.reviewers == 0
    assert p.review_per_image == 0


def test_full_load_has_no_steady_state():
    p = plan(86_400, 1, peak_factor=1, utilisation=1)
    assert p.load == 1
    assert p.wait_mean == p.wait_most == math.inf
    assert "grows without limit" in str(p)


# Waiting


def test_two_servers_one_busy():
    # C(2, 1) = 1/3, so the mean wait is a third of a service time.
    mean, most = queue_wait(1, 2, 6.0)
    assert mean == pytest.approx(2.0)
    assert most == pytest.approx(6 * math.log(1 / 3 / 0.05))


@given(st.integers(1, 60), st.floats(0.01, 0.99), st.floats(0.001, 100))
def test_waiting_equals_erlangs_sum(servers, load, seconds):
    a = servers * load
    terms = [a**k / math.factorial(k) for k in range(servers)]
    last = a**servers / math.factorial(servers) / (1 - load)
    waits = last / (sum(terms) + last)
    mean, most = queue_wait(a, servers, seconds)
    assert mean == pytest.approx(waits * seconds / (servers - a), rel=1e-9)
    rest = waits * math.exp(-(servers - a) * most / seconds)  # P(wait > most)
    assert rest == pytest.approx(min(waits, 0.05), rel=1e-9)


def test_waiting_agrees_with_a_simulated_queue():
    servers, busy, batches, length = 3, 2.1, 100, 2000
    draw = random.Random(0)
    free, now, waits = [0.0] * servers, 0.0, []
    for _ in range(batches * length):
        now += draw.expovariate(busy)
        start = max(now, free[0])
        heapq.heapreplace(free, start + draw.expovariate(1.0))
        waits.append(start - now)
    means = [sum(waits[i : i + length]) / length for i in range(0, len(waits), length)]
    mean = sum(means) / batches
    error = math.sqrt(sum((m - mean) ** 2 for m in means) / (batches - 1) / batches)
    expected, most = queue_wait(busy, servers, 1.0)
    assert abs(mean - expected) < 4 * error
    assert error < 0.03 * expected  # the test can tell
    assert sum(w <= most for w in waits) / len(waits) == pytest.approx(0.95, abs=0.005)


@given(st.integers(1, 200), st.floats(0.01, 0.999))
def test_one_more_server_shortens_the_wait(servers, load):
    wait = queue_wait(servers * load, servers, 1.0)
    fewer = queue_wait(servers * load, servers + 1, 1.0)
    assert fewer[0] < wait[0]
    assert fewer[1] <= wait[1]


# Properties


@given(loads)
@settings(deadline=None)
def test_doubling_the_demand(arguments):
    p, double = plan(**arguments), plan(**{**arguments, "images_per_day": 2 * _n(arguments)})
    assert p.accelerators <= double.accelerators <= 2 * p.accelerators
    assert p.reviewers <= double.reviewers <= 2 * p.reviewers
    assert double.peak_rate == pytest.approx(2 * p.peak_rate)
    assert double.storage_per_month == pytest.approx(2 * p.storage_per_month)
    # A larger fleet wastes no larger share of itself.
    assert double.compute_per_image <= p.compute_per_image * (1 + 1e-9)


def _n(arguments):
    return arguments["images_per_day"]


@given(loads, st.floats(0.01, 1))
@settings(deadline=None)
def test_cost_is_inverse_to_acceptance(arguments, acceptance):
    p, q = plan(**arguments), plan(**{**arguments, "acceptance": acceptance})
    assert q.cost_per_accepted * acceptance == pytest.approx(
        p.cost_per_accepted * arguments["acceptance"]
    )
    assert q.accelerators == p.accelerators  # the images are generated, accepted or not


@given(loads)
@settings(deadline=None)
def test_the_fleet_is_large_enough_and_no_larger(arguments):
    p, u = plan(**arguments), arguments["utilisation"]
    assert p.load <= u * (1 + 1e-8)
    assert p.accelerators == 1 or p.busy / (p.accelerators - 1) > u * (1 - 1e-8)
    seconds_of_review = _n(arguments) * arguments["review_share"] * arguments["review_seconds"]
    assert p.reviewers * arguments["review_hours"] * 3600 >= seconds_of_review * (1 - 1e-9)


@given(loads)
@settings(deadline=None)
def test_money_adds_up(arguments):
    p = plan(**arguments)
    assert p.cost_per_month == pytest.approx(p.cost_per_accepted * p.accepted_per_day * 30)
    busy_only = arguments["seconds_per_image"] * arguments["accelerator_price"] / 3600
    assert p.compute_per_image >= busy_only * (1 - 1e-9)  # idle time is never paid back


@given(loads)
@settings(deadline=None)
def test_littles_law(arguments):
    p = plan(**arguments)
    assert p.busy == pytest.approx(p.peak_rate * arguments["seconds_per_image"])
    assert p.wait_mean >= 0
    assert p.wait_most >= 0
    assert p.mean_rate <= p.peak_rate * (1 + 1e-12)


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("seconds_per_image", 1, 2),
        ("peak_factor", 1, 4),
        ("review_share", 0.1, 0.2),
        ("review_seconds", 5, 10),
        ("accelerator_price", 1, 2),
        ("reviewer_price", 10, 20),
    ],
)
def test_what_raises_the_cost(name, less, more):
    cost = [plan(**{"images_per_day": 1e6, "seconds_per_image": 1, name: x}) for x in (less, more)]
    assert cost[0].cost_per_accepted < cost[1].cost_per_accepted


@pytest.mark.parametrize(
    ("name", "less", "more"), [("utilisation", 0.5, 0.9), ("autoscaling", 0, 1)]
)
def test_what_lowers_the_cost(name, less, more):
    assert (
        plan(1e6, 1, **{name: less}).cost_per_accepted
        > plan(1e6, 1, **{name: more}).cost_per_accepted
    )


# What a person sees


def test_a_plan_prints_its_arithmetic():
    assert str(plan(1e6, 2, acceptance=0.5)).splitlines() == [
        "rate         11.6 images/s on average, 34.7 at the peak",
        "accelerators 100 (69.4 busy at the peak, load 0.69)",
        "waiting      0.0232 ms on average at the peak, 95 % within 0 ms",
        "storage      6,000 GB more each month",
        "review       463 people on duty each day",
        "cost         0.121 per accepted image = (0.0048 compute + 0.0556 review) / 0.5 accepted",
        "             1,810,667 a month",
    ]


def test_a_plan_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan(1, 1).accelerators = 5


def test_every_field_and_argument_is_described():
    assert all(field.name in Plan.__doc__ for field in dataclasses.fields(Plan))
    assert list(inspect.signature(plan).parameters) == list(LIMITS)
    assert all(f"\n        {name}:" in plan.__doc__ for name in LIMITS)


GOOD = {"images_per_day": 1000, "seconds_per_image": 1}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [-1, math.nan, math.inf, 1e13, "3", None, True, [1], 1j])
def test_bad_values_are_named(name, value):
    with pytest.raises(InputError) as caught:
        plan(**{**GOOD, name: value})
    said = str(caught.value)
    assert said.startswith(f"{name} = {value!r}: expected ")
    assert said.endswith(LIMITS[name][3])


@pytest.mark.parametrize(("name", "limits"), LIMITS.items())
def test_limits_are_where_the_message_says(name, limits):
    low, high, low_allowed, _ = limits
    # 0.001 s an image keeps the highest demand below a million accelerators where it can
    arguments = {"images_per_day": 1, "seconds_per_image": 1e-3, **FREE}
    for value in [high, *([low] if low_allowed else [])]:
        plan(**{**arguments, name: value})
    for value in [math.nextafter(high, math.inf), *([] if low_allowed else [low])]:
        with pytest.raises(InputError, match=name):
            plan(**{**arguments, name: value})


def test_slips_in_the_units():
    with pytest.raises(
        InputError, match=r"accelerators; expected at most 1000000: check the units"
    ):
        plan(1e9, 2000)


def test_integers_and_numpy_numbers_will_do():
    np = pytest.importorskip("numpy")
    assert plan(np.int64(1000), np.float32(1)).accelerators == plan(1000, 1).accelerators == 1
