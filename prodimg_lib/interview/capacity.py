"""The arithmetic of a system-design answer: accelerators, waiting, storage, reviewers and cost.

``plan`` answers the question "and what does that need?" on the back of an envelope. It leaves out
what an envelope has no room for: spare machines, failures, networks, training and development.
"""

import math
from dataclasses import dataclass
from numbers import Real

from prodimg_lib.errors import InputError

SECONDS_PER_DAY = 86_400
DAYS_PER_MONTH = 30
MOST_ACCELERATORS = 1_000_000  # more is a slip in the units
WAIT_SHARE = 0.95  # ``Plan.wait_most`` holds for this share of the images

# Limits of each argument of ``plan``: lowest, highest, may it equal the lowest, what is expected.
LIMITS = {
    "images_per_day": (0, 1e12, False, "more than 0 generated images a day, at most 1e12"),
    "seconds_per_image": (0, 86_400, False, "more than 0 seconds, at most 86400 (a day)"),
    "peak_factor": (1, 1000, True, "peak rate over mean rate, from 1 to 1000"),
    "utilisation": (0, 1, False, "a share above 0 and at most 1"),
    "acceptance": (0, 1, False, "a share above 0 and at most 1"),
    "review_share": (0, 1, True, "a share from 0 to 1"),
    "review_seconds": (0, 86_400, True, "seconds from 0 to 86400 (a day)"),
    "review_hours": (0, 24, False, "more than 0 hours a day, at most 24"),
    "kilobytes_per_image": (0, 1e9, True, "kilobytes (1000 bytes) from 0 to 1e9"),
    "accelerator_price": (0, 1e6, True, "money per hour from 0 to 1e6"),
    "reviewer_price": (0, 1e6, True, "money per hour from 0 to 1e6"),
    "autoscaling": (0, 1, True, "a share from 0 (peak fleet all day) to 1 (fleet follows demand)"),
}


@dataclass(frozen=True)
class Plan:
    """What ``plan`` found. ``print`` shows it; the fields are for further arithmetic.

    Attributes:
        mean_rate, peak_rate: generated images per second.
        busy: accelerators at work at the peak, on average; not whole.
        accelerators: accelerators needed at the peak; whole, at least 1, no spares.
        load: ``busy / accelerators``, the share of time each one works at the peak.
        wait_mean: mean seconds an image waits at the peak before its work starts; ``inf`` if work
            arrives as fast as it can be done.
        wait_most: seconds within which the work on 95 of 100 images starts at the peak.
        storage_per_month: gigabytes (1e9 bytes) added in 30 days.
        reviewers: people reviewing on every day of the week; whole.
        accepted_per_day: images that pass.
        compute_per_image, review_per_image: money per *generated* image.
        cost_per_accepted: money per accepted image.
        cost_per_month: money for accelerators and review in 30 days.
        acceptance: as given.
    """

    mean_rate: float
    peak_rate: float
    busy: float
    accelerators: int
    load: float
    wait_mean: float
    wait_most: float
    storage_per_month: float
    reviewers: int
    accepted_per_day: float
    compute_per_image: float
    review_per_image: float
    cost_per_accepted: float
    cost_per_month: float
    acceptance: float

    def __str__(self):
        wait = (
            f"{_seconds(self.wait_mean)} on average at the peak, "
            f"{100 * WAIT_SHARE:.0f} % within {_seconds(self.wait_most)}"
            if math.isfinite(self.wait_mean)
            else "grows without limit at the peak: full load leaves no reserve"
        )
        rows = {
            "rate": f"{_short(self.mean_rate)} images/s on average, "
            f"{_short(self.peak_rate)} at the peak",
            "accelerators": f"{self.accelerators:,} ({_short(self.busy)} busy at the peak, "
            f"load {self.load:.2f})",
            "waiting": wait,
            "storage": f"{_short(self.storage_per_month)} GB more each month",
            "review": f"{self.reviewers:,} people on duty each day",
            "cost": f"{_short(self.cost_per_accepted)} per accepted image = "
            f"({_short(self.compute_per_image)} compute + {_short(self.review_per_image)} review)"
            f" / {_short(self.acceptance)} accepted",
            "": f"{self.cost_per_month:,.0f} a month",
        }
        return "\n".join(f"{name:<13}{text}" for name, text in rows.items())


def plan(
    images_per_day,
    seconds_per_image,
    peak_factor=3,
    utilisation=0.7,
    *,
    acceptance=1,
    review_share=1,
    review_seconds=10,
    review_hours=6,
    kilobytes_per_image=200,
    accelerator_price=2,
    reviewer_price=20,
    autoscaling=0,
):
    """What a service that generates images needs, and what an accepted image costs.

    Busy accelerators are rate times service time (Little 1961), and

    - accelerators = busy at the peak / utilisation, rounded up;
    - cost per accepted image = (compute + review per generated image) / acceptance, because
      rejected images have been paid for as well;
    - waiting at the peak by Erlang's formula (``queue_wait``).

    Args:
        images_per_day: images *generated* per day, rejected ones included. For a goal of n accepted
            images, retried until accepted, pass n / acceptance.
        seconds_per_image: seconds one accelerator is busy for one image with all its checks; with
            batches, seconds per batch over images per batch. Measured, at the final resolution.
        peak_factor: peak rate over mean rate. 1 when the work may spread over the whole day, 24 / h
            when all of it is done within h hours at a steady rate.
        utilisation: highest share of time an accelerator may be busy at the peak, in (0, 1].
        acceptance: accepted images over generated images, in (0, 1].
        review_share: share of generated images that a person looks at. By default all: to publish
            unseen images is a decision.
        review_seconds: seconds a person takes per reviewed image.
        review_hours: hours one person reviews on a day, breaks taken off. Staff counts people on
            duty each day; at five working days a week employ 7/5 of them.
        kilobytes_per_image: kept per *generated* image on average, copies included (1000 bytes).
        accelerator_price: money per accelerator and hour.
        reviewer_price: money per reviewer and hour of reviewing.
        autoscaling: 0: the fleet for the peak is paid round the clock; 1: the fleet follows the
            demand exactly, at the same utilisation; between: that share of the difference is saved.

    Returns:
        Plan.

    Raises:
        InputError: an argument is no finite number or outside its range, or more than a million
            accelerators result.
    """
    for name, value in dict(locals()).items():
        _check(name, value)

    mean_rate = images_per_day / SECONDS_PER_DAY
    peak_rate = mean_rate * peak_factor
    busy = peak_rate * seconds_per_image
    if busy / utilisation > MOST_ACCELERATORS:
        raise InputError(
            f"images_per_day = {images_per_day} at seconds_per_image = {seconds_per_image}: "
            f"{busy / utilisation:.3g} accelerators; expected at most {MOST_ACCELERATORS}: "
            "check the units"
        )
    accelerators = max(1, _round_up(busy / utilisation))
    wait_mean, wait_most = queue_wait(busy, accelerators, seconds_per_image)

    following = busy / peak_factor / utilisation  # mean size of a fleet that follows the demand
    paid = accelerators - autoscaling * (accelerators - following)
    compute = paid * 24 * accelerator_price / images_per_day
    review = review_share * review_seconds * reviewer_price / 3600
    return Plan(
        mean_rate=mean_rate,
        peak_rate=peak_rate,
        busy=busy,
        accelerators=accelerators,
        load=busy / accelerators,
        wait_mean=wait_mean,
        wait_most=wait_most,
        storage_per_month=images_per_day * DAYS_PER_MONTH * kilobytes_per_image / 1e6,
        reviewers=_round_up(images_per_day * review_share * review_seconds / review_hours / 3600),
        accepted_per_day=images_per_day * acceptance,
        compute_per_image=compute,
        review_per_image=review,
        cost_per_accepted=(compute + review) / acceptance,
        cost_per_month=(compute + review) * images_per_day * DAYS_PER_MONTH,
        acceptance=acceptance,
    )


def queue_wait(busy, servers, service_seconds):
    """Waiting time when images arrive at random and queue for the first free accelerator.

    The model is M/M/c: independent arrivals (Poisson), exponential service times, one queue, c
    servers, a steady state. The share that must wait is C(c, a) of Erlang (1917) with a = busy;

        mean wait = C s / (c - a),        P(wait > t) = C exp(-(c - a) t / s).

    Constant service times about halve the mean (exactly so for one server). Bursts, batches that
    wait to fill, and failures add to it; no formula replaces a load test.

    Args:
        busy: arrival rate times mean service time, >= 0.
        servers: c, a whole number >= 1.
        service_seconds: mean service time s, > 0.

    Returns:
        (mean, most): mean wait in seconds, and the wait that 95 of 100 do not exceed; both ``inf``
        when ``busy`` reaches ``servers``.
    """
    if busy >= servers * (1 - 1e-9):
        return math.inf, math.inf
    blocked = 1.0  # Erlang's B for 0, 1, ..., c servers, by its recursion; never overflows
    for c in range(1, servers + 1):
        blocked = busy * blocked / (c + busy * blocked)
    waits = blocked / (1 - busy / servers * (1 - blocked))  # Erlang's C
    scale = service_seconds / (servers - busy)
    return waits * scale, scale * max(0.0, math.log(waits / (1 - WAIT_SHARE)) if waits else 0.0)


def _check(name, value):
    low, high, low_allowed, expected = LIMITS[name]
    number = isinstance(value, Real) and not isinstance(value, bool)
    # NaN and infinity fail the comparison
    if not number or not (low <= value <= high) or (value == low and not low_allowed):
        raise InputError(f"{name} = {value!r}: expected {expected}")


def _round_up(x):
    """``ceil`` that forgives rounding errors: 0.1 * 3 / 0.3 needs one accelerator, not two."""
    return math.ceil(x * (1 - 1e-12))


def _short(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def _seconds(x):
    return f"{_short(x)} s" if x >= 1 else f"{_short(1000 * x)} ms"
