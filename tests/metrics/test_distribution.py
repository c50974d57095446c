"""Metrics of sets of features: oracles, closed forms, SciPy, explicit loops, invariances."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from prodimg_lib import InputError, metrics
from prodimg_lib.metrics import _neighbours

SEEDS = st.integers(0, 2**32 - 1)


def two_sets(seed, n=120, m=150, d=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)), rng.normal(size=(m, d)) + 0.3


# Inception Score


def test_inception_score_bounds():
    assert metrics.inception_score(np.eye(10).repeat(3, 0))[0] == pytest.approx(10, abs=1e-9)
    assert metrics.inception_score(np.full((6, 4), 0.25))[0] == pytest.approx(1, abs=1e-9)
    assert metrics.inception_score(np.eye(5)[[2] * 7])[0] == pytest.approx(1, abs=1e-9)


@settings(max_examples=50)
@given(st.integers(2, 60), st.integers(2, 12), SEEDS)
def test_inception_score_lies_between_1_and_the_classes(n, classes, seed):
    probs = np.random.default_rng(seed).dirichlet(np.full(classes, 0.2), n)
    probs[probs < 1e-12] = 0  # zeros must not become NaN
    probs /= probs.sum(1, keepdims=True)
    score, spread = metrics.inception_score(probs)
    assert 1 - 1e-9 <= score <= min(n, classes) + 1e-9
    assert spread == 0
    entropy = -np.sum(probs * np.log(np.where(probs > 0, probs, 1)), 1).mean()
    mean = probs.mean(0)
    marginal = -np.sum(mean * np.log(np.where(mean > 0, mean, 1)))
    assert score == pytest.approx(np.exp(marginal - entropy), rel=1e-9)


def test_splits_are_shuffled_first():
    sorted_probs = np.eye(10).repeat(100, 0)  # unshuffled, each of 10 splits holds one class
    mean, _ = metrics.inception_score(sorted_probs, splits=10)
    assert mean > 9


# Fréchet distance


def test_frechet_oracles():
    a, b = np.diag([1.0, 4, 9]), np.diag([4.0, 1, 0])
    mean = np.zeros(3)
    # Commuting: sum (sqrt a - sqrt b)^2 = 1 + 1 + 9, plus |dm|^2 = 3.
    assert metrics.frechet_from_moments(mean, a, mean + 1, b) == pytest.approx(14, abs=1e-9)
    value = metrics.frechet_from_moments(
        np.zeros(2), np.array([[2.0, 1], [1, 2]]), np.array([1.0, -1]), np.diag([1.0, 3])
    )
    assert value == pytest.approx(2.5166852265, abs=1e-9)
    real = np.array([[2, 1]] * 50 + [[1, 1]] * 50)
    fake = np.array([[9, 9]] * 50 + [[2, 9]] * 50)
    assert metrics.frechet_distance(real, fake) == pytest.approx(89.0909091, abs=1e-6)


@settings(max_examples=25)
@given(SEEDS)
def test_frechet_against_sqrtm_and_its_invariances(seed):
    x, y = two_sets(seed)
    s1, s2 = np.cov(x.T), np.cov(y.T)
    gap = x.mean(0) - y.mean(0)
    expected = gap @ gap + np.trace(s1 + s2 - 2 * np.real(sqrtm(s1 @ s2)))
    value = metrics.frechet_distance(x, y)
    assert value == pytest.approx(expected, rel=1e-7)
    assert metrics.frechet_distance(y, x) == pytest.approx(value, rel=1e-9)
    assert metrics.frechet_distance(3 * x, 3 * y) == pytest.approx(9 * value, rel=1e-9)
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    assert metrics.frechet_distance(x @ turn + 7, y @ turn + 7) == pytest.approx(value, rel=1e-9)
    assert metrics.frechet_distance(rng.permutation(x), y) == pytest.approx(value, rel=1e-9)
    scale = np.trace(s1)
    assert metrics.frechet_distance(x, x) == pytest.approx(0, abs=1e-12 * scale)


def test_frechet_of_fewer_rows_than_features():
    """Singular covariances: for two samples in orthogonal subspaces the cross term is 0."""
    rng = np.random.default_rng(0)
    x, y = np.zeros((2, 10, 60))
    x[:, :30], y[:, 30:] = rng.normal(size=(2, 10, 30))
    gap = x.mean(0) - y.mean(0)
    expected = gap @ gap + x.var(0, ddof=1).sum() + y.var(0, ddof=1).sum()
    assert metrics.frechet_distance(x, y) == pytest.approx(expected, rel=1e-12)


def test_frechet_of_singular_covariances_by_their_rows():
    """With S = X^T X / (n - 1) the cross term is the nuclear norm of X Y^T / (n - 1), n by n."""
    x, y = np.random.default_rng(1).normal(size=(2, 10, 60)) @ np.diag(np.arange(60))
    a, b = x - x.mean(0), y - y.mean(0)
    gap = x.mean(0) - y.mean(0)
    cross = np.linalg.norm(a @ b.T, "nuc")
    expected = gap @ gap + ((a**2).sum() + (b**2).sum() - 2 * cross) / 9
    assert metrics.frechet_distance(x, y) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "d"), [(500, 16), (300, 4)])
def test_frechet_bias(n, d):
    rng = np.random.default_rng(0)
    draws = [metrics.frechet_distance(*rng.normal(size=(2, n, d))) for _ in range(40)]
    error = np.std(draws) / np.sqrt(len(draws))
    # Three standard errors, and what the next order of 1/n may be.
    assert np.mean(draws) == pytest.approx(metrics.frechet_bias(n, d), abs=3 * error, rel=d / n)
    exact = [
        metrics.frechet_from_moments(x.mean(0), np.cov(x.T), np.zeros(d), np.eye(d))
        for x in rng.normal(size=(40, n, d))
    ]
    expected = metrics.frechet_bias(n, d, exact_reference=True)
    assert np.mean(exact) == pytest.approx(expected, abs=3 * np.std(exact) / 40**0.5, rel=d / n)


# Kernel distance


def test_kernel_distance_by_explicit_loops():
    x, y = np.array([[0, 0], [1, 0]]), np.array([[0, 1], [1, 1]])
    assert metrics.kernel_distance(x, y, subsets=1)[0] == pytest.approx(1.1875, abs=1e-12)
    x, y = two_sets(0, 20, 20, 3)

    def kernel(a, b):
        return (a @ b / 3 + 1) ** 3

    within = sum(
        kernel(v[i], v[j]) for v in (x, y) for i in range(20) for j in range(20) if i != j
    ) / (20 * 19)
    across = sum(kernel(a, b) for a in x for b in y) / 400
    value, spread = metrics.kernel_distance(x, y)
    assert value == pytest.approx(within - 2 * across, rel=1e-10)
    assert spread == 0


def test_kernel_distance_is_unbiased():
    rng = np.random.default_rng(0)
    draws = np.array([metrics.kernel_distance(*rng.normal(size=(2, 60, 8)))[0] for _ in range(300)])
    assert abs(draws.mean()) < 3 * draws.std() / np.sqrt(len(draws))
    assert (draws < 0).any()


@pytest.mark.parametrize("offset", [0, 1, 1e4, 1e8])
def test_kernel_distance_far_from_the_origin(offset):
    """In exact arithmetic: the cubic kernel is 1e48 there, and its differences are what counts."""
    rng = np.random.default_rng(0)
    x, y = np.rint(8 * rng.normal(size=(2, 9, 3))) / 8 + offset
    a, b = ([[Fraction(v) for v in row] for row in side.tolist()] for side in (x, y))

    def kernel(u, v):
        return (sum(i * j for i, j in zip(u, v, strict=True)) / Fraction(3) + 1) ** 3

    within = sum(kernel(v[i], v[j]) for v in (a, b) for i in range(9) for j in range(9) if i != j)
    exact = within / 72 - 2 * sum(kernel(u, v) for u in a for v in b) / 81
    assert metrics.kernel_distance(x, y)[0] == pytest.approx(float(exact), rel=1e-12)


def test_kernel_distance_does_not_depend_on_blocks(monkeypatch):
    x, y = two_sets(1)
    whole = metrics.kernel_distance(x, y, 1, len(y))[0]
    monkeypatch.setattr(_neighbours, "BLOCK", 1000)
    assert metrics.kernel_distance(x, y, 1, len(y))[0] == pytest.approx(whole, rel=1e-12)


def test_subsets_have_no_trailing_zeros():
    """With fewer rows than a subset wants the mean must not sink towards 0."""
    x, y = two_sets(2, 50, 50)
    assert metrics.kernel_distance(x, y, 100, 1000)[0] == metrics.kernel_distance(x, y, 1, 50)[0]


# Precision, recall, density, coverage


@settings(max_examples=15)
@given(SEEDS, st.integers(1, 5))
def test_neighbour_metrics_by_explicit_loops(seed, k):
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(40, 3)), 0.7 * rng.normal(size=(30, 3)) + 0.3

    def distances(a, b):
        return np.linalg.norm(a[:, None] - b[None], axis=2)

    def inside(points, centres):
        radius = np.sort(distances(centres, centres), 1)[:, k]
        return distances(points, centres) <= radius

    expected = inside(fake, real).any(1).mean(), inside(real, fake).any(1).mean()
    assert metrics.precision_recall(real, fake, k) == pytest.approx(expected)
    held = inside(fake, real)
    expected = held.sum() / (k * len(fake)), held.any(0).mean()
    assert metrics.density_coverage(real, fake, k) == pytest.approx(expected)


def test_narrow_generator_is_precise_and_forgets():
    rng = np.random.default_rng(0)
    real, fake = 3 * rng.normal(size=(200, 16)), 0.1 * rng.normal(size=(200, 16))
    precision, recall = metrics.precision_recall(real, fake)
    assert precision > 0.8
    assert recall < 0.3
    assert metrics.precision_recall(fake, real) == (recall, precision)


def test_collapsed_samples_lie_in_balls_of_radius_0():
    same = np.full((20, 3), 1e5)  # far from the origin, where the product formula rounds most
    assert metrics.precision_recall(same, same) == (1.0, 1.0)
    assert metrics.density_coverage(same, same, 5) == (pytest.approx(20 / 5), 1.0)


def test_density_and_coverage_of_equal_distributions():
    rng = np.random.default_rng(0)
    n, k = 300, 5
    values = np.array([metrics.density_coverage(*rng.normal(size=(2, n, 4)), k) for _ in range(30)])
    i = np.arange(1, k + 1)
    expected = 1 - np.prod((n - i) / (2 * n - i))
    errors = values.std(0) / np.sqrt(len(values))
    assert abs(values[:, 0].mean() - 1) < 4 * errors[0]
    assert abs(values[:, 1].mean() - expected) < 4 * errors[1]


@settings(max_examples=10)
@given(SEEDS)
def test_neighbours_do_not_depend_on_order_rotation_scale_or_blocks(seed):
    x, y = two_sets(seed)
    rng = np.random.default_rng(seed)
    turn = 40 * np.linalg.qr(rng.normal(size=(5, 5)))[0]
    for metric in (metrics.precision_recall, metrics.density_coverage):
        value = metric(x, y)
        assert metric(rng.permutation(x), rng.permutation(y)) == pytest.approx(value)
        assert metric(x @ turn - 9, y @ turn - 9) == pytest.approx(value)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_neighbours, "BLOCK", 700)
            assert metric(x, y) == pytest.approx(value)


@pytest.mark.parametrize("offset", [1e4, -1e8])
def test_distances_and_neighbours_do_not_depend_on_the_origin(offset):
    rng = np.random.default_rng(0)
    x, y = np.rint(8 * rng.normal(size=(2, 150, 6))) / 8  # the shift itself loses nothing
    for metric in (metrics.precision_recall, metrics.density_coverage):
        assert metric(x + offset, y + offset) == metric(x, y)
    known = metrics.frechet_distance(x, y)
    assert metrics.frechet_distance(x + offset, y + offset) == pytest.approx(known, rel=1e-6)


def test_stored_covariances_may_be_rounded():
    """What float32 does to a singular covariance is no reason to refuse it."""
    x, y = np.random.default_rng(0).normal(size=(2, 20, 60))
    moments = [v for z in (x, y) for v in (z.mean(0), np.cov(z.T))]
    assert np.linalg.eigvalsh(moments[1].astype(np.float32).astype(float)).min() < 0
    rounded = metrics.frechet_from_moments(*(v.astype(np.float32) for v in moments))
    # The root of a relative rounding of 1e-7.
    assert rounded == pytest.approx(metrics.frechet_distance(x, y), rel=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.frechet_distance(np.zeros((1, 3)), np.zeros((5, 3))), "x has 1 rows"),
        (lambda: metrics.frechet_distance(np.zeros((5, 3)), np.zeros((5, 4))), "one extractor"),
        (lambda: metrics.frechet_distance(np.zeros(5), np.zeros((5, 4))), r"\[n, d\]"),
        (lambda: metrics.kernel_distance(np.full((5, 3), np.inf), np.zeros((5, 3))), "infinity"),
        (lambda: metrics.inception_score(np.full((3, 3), 0.9)), "sum to 1"),
        (lambda: metrics.inception_score(np.full((3, 2), 0.5), splits=4), "splits = 4"),
        (lambda: metrics.precision_recall(np.zeros((3, 2)), np.zeros((3, 2)), k=3), "k = 3"),
        (lambda: metrics.density_coverage(np.zeros((3, 2)), np.zeros((0, 2))), "fake is empty"),
        (
            lambda: metrics.frechet_from_moments(
                np.zeros(2), np.array([[1.0, 2], [0, 1]]), np.zeros(2), np.eye(2)
            ),
            "cov1 is not symmetric",
        ),
        (
            lambda: metrics.frechet_from_moments(
                np.zeros(2), np.eye(2), np.zeros(2), np.array([[1.0, 2], [2, 1]])
            ),
            "cov2 has the eigenvalue -1",
        ),
        (lambda: metrics.frechet_distance(*np.full((2, 5, 3), 1e160)), "x reaches .*too large"),
        (lambda: metrics.kernel_distance(*np.full((2, 5, 3), -1e160)), "x reaches .*too large"),
        (lambda: metrics.frechet_bias(10, 3, variance=-1), "variance = -1"),
        (lambda: metrics.frechet_bias(1, 3), "n = 1"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
