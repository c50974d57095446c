"""Standard errors against closed forms and against repeated draws."""

import numpy as np
import pytest

from prodimg_lib import InputError, metrics


def test_error_of_a_mean():
    x = np.random.default_rng(0).normal(size=1000)
    error = metrics.half_sample_error(np.mean, x, halves=400)
    # 400 draws know it to 1 / sqrt(2 * 399) = 3.5 %; four of these.
    assert error == pytest.approx(x.std() / np.sqrt(1000), rel=0.15)


def test_error_of_a_vector_and_of_rows_that_belong_together():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(400, 2)), np.arange(400) % 2
    errors = metrics.half_sample_error(lambda v: v.mean(0), x, halves=200)
    assert errors.shape == (2,)

    def paired(sample):
        values, classes = sample
        assert len(values) == len(classes) == 200
        assert ((classes == 0) == (values < 0)).all()
        return values.mean()

    metrics.half_sample_error(paired, (np.where(labels, 1.0, -1.0), labels), halves=3)


@pytest.mark.parametrize(
    "statistic",
    [
        metrics.frechet_distance,
        lambda x, y: metrics.precision_recall(x, y)[0],
        lambda x, y: metrics.kernel_distance(x, y)[0],
    ],
    ids=["frechet", "precision", "kernel"],
)
def test_error_is_the_spread_of_repeated_draws(statistic):
    """What the error claims to be: how much the number changes with new images."""
    rng = np.random.default_rng(1)

    def draw():
        return rng.normal(size=(400, 4)), 1.2 * rng.normal(size=(400, 4)) + 0.7

    spread = np.std([statistic(*draw()) for _ in range(80)], ddof=1)
    errors = [metrics.half_sample_error(statistic, *draw(), seed=i) for i in range(8)]
    # The spread is known to 8 %, the mean of eight errors to 6 %: three times both together.
    assert np.mean(errors) == pytest.approx(spread, rel=0.3)


def test_binomial_error():
    assert metrics.binomial_error(0.5, 100) == pytest.approx(0.05)
    assert metrics.binomial_error(1.0, 7) == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.half_sample_error(np.mean, np.zeros(3)), "sample 0 has 3 rows"),
        (lambda: metrics.half_sample_error(np.mean, np.zeros(9), halves=1), "halves = 1"),
        (lambda: metrics.half_sample_error(len, (np.zeros(9), np.zeros(8))), "equally many"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
