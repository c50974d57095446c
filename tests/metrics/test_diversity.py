"""Diversity, duplicates and copying: closed forms and what collapse and memory do to them."""

import numpy as np
import pytest
from scipy import stats

from prodimg_lib import InputError, metrics
from prodimg_lib.metrics.diversity import chance_nearer, mean_of_pairs


def images(n, seed=0, size=16):
    return np.random.default_rng(seed).integers(0, 256, (n, size, size, 1), np.uint8)


def test_similarity_oracle():
    """Constant images: only the luminance term differs from 1; its closed form to the 0.1333."""
    flat = np.stack([np.full((176, 176, 1), v) for v in (10, 7, 0)])
    assert metrics.pairwise_diversity(flat, 2550) == pytest.approx(0.98998868, abs=1e-8)


def test_similarity_of_all_pairs_and_of_a_draw():
    x = images(12)
    every = [metrics.ms_ssim(x[i], x[j], 255) for i in range(12) for j in range(i)]
    assert metrics.pairwise_diversity(x, 255) == pytest.approx(np.mean(every), abs=1e-12)
    drawn = metrics.pairwise_diversity(images(200), 255, max_pairs=500)
    assert drawn == metrics.pairwise_diversity(images(200), 255, max_pairs=500)
    assert drawn == pytest.approx(np.mean(every), abs=0.02)


def test_error_of_the_drawn_pairs():
    """What it claims to be: the spread of the mean over draws of pairs, and 0 of all of them."""
    x, labels = images(60, size=12), np.arange(60) % 3
    draws = [mean_of_pairs(x, 255, labels, max_pairs=90, seed=i) for i in range(60)]
    means, errors = np.array(draws).T
    # The spread of 60 draws is known to 1 / sqrt(2 * 59) = 9 %; three of these.
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(means.std(ddof=1), rel=0.28)
    assert mean_of_pairs(x, 255, labels)[1] == 0


def test_similarity_within_classes_ignores_the_others():
    x = np.concatenate([images(1).repeat(6, 0), images(1, seed=1).repeat(6, 0)])
    assert metrics.pairwise_diversity(x, 255, labels=np.arange(12) // 6) == pytest.approx(1)
    assert metrics.pairwise_diversity(x, 255) < 0.7


def test_duplicates():
    x = images(5)
    assert metrics.duplicate_rate(x) == 0
    assert metrics.duplicate_rate(x[:1].repeat(8, 0)) == pytest.approx(7 / 8)
    near = x.copy()
    near[1] = np.clip(x[0].astype(int) + 2, 0, 255)
    assert metrics.duplicate_rate(near) == 0
    assert metrics.duplicate_rate(near, tolerance=2) == pytest.approx(1 / 5)


@pytest.mark.parametrize("offset", [0, 1e6])
def test_exact_copies_are_found_at_any_tolerance(offset):
    """The rounding of a product of pixels is no difference between them."""
    x = np.random.default_rng(0).random((20, 9, 9, 1)) + offset
    copied = np.concatenate([x, x])
    for tolerance in (0, 1e-12, 1e-3):
        assert metrics.duplicate_rate(copied, tolerance) == 0.5


def test_nearest_distances_by_explicit_loops():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(50, 4))
    expected = [min(np.linalg.norm(a - b) for b in y) for a in x]
    assert metrics.nearest_distances(x, y) == pytest.approx(expected)
    assert (metrics.nearest_distances(y[:7] * 1e3, y * 1e3) == 0).all()


FAR = [0, 1e4, -1e8]


@pytest.mark.parametrize("offset", FAR)
def test_a_row_of_the_reference_is_at_distance_0_wherever_it_lies(offset):
    x = np.random.default_rng(0).normal(size=(200, 64)) + offset
    assert (metrics.nearest_distances(x, x) == 0).all()
    two = np.concatenate([x, np.random.default_rng(1).normal(size=(200, 64)) - offset])
    assert (metrics.nearest_distances(two, two) == 0).all()  # no common centre helps here
    assert (metrics.nearest_distances(x, np.repeat(x[:1], 9, 0))[1:] > 0).all()


@pytest.mark.parametrize("offset", FAR)
def test_nearest_distances_far_from_the_origin_by_explicit_loops(offset):
    rng = np.random.default_rng(0)
    y = np.concatenate([rng.normal(size=(40, 4)) + offset, rng.normal(size=(40, 4)) - offset])
    x = y[::3] + 0.2 * rng.normal(size=(27, 4))
    expected = [min(np.linalg.norm(a - b) for b in y) for a in x]
    assert metrics.nearest_distances(x, y) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("offset", FAR)
def test_memorisation_does_not_depend_on_the_origin(offset):
    rng = np.random.default_rng(0)
    # Eighths near 1e8 are whole multiples of its rounding: the shift itself loses nothing.
    train, test, fake = np.rint(8 * rng.normal(size=(3, 200, 64))) / 8
    known = metrics.memorisation(fake, train, test)
    moved = [v + offset for v in (fake, train, test)]
    assert metrics.memorisation(*moved) == known
    assert metrics.memorisation(moved[1], moved[1], moved[2]) == 1


def test_chance_nearer_is_the_statistic_of_mann_and_whitney():
    rng = np.random.default_rng(0)
    near, usual = rng.integers(0, 9, 50), rng.integers(2, 12, 70)  # with ties
    expected = 1 - stats.mannwhitneyu(near, usual).statistic / (50 * 70)
    assert chance_nearer(near, usual) == pytest.approx(expected)


def test_memorisation():
    rng = np.random.default_rng(0)
    train, test, fresh = rng.normal(size=(3, 2000, 6))
    n = t = 2000
    error = np.sqrt((n + t + 1) / (12 * n * t))
    # The nearest neighbours are shared, so the values are not quite independent: five errors.
    assert metrics.memorisation(fresh, train, test) == pytest.approx(0.5, abs=5 * error)
    assert metrics.memorisation(train, train, test) == 1
    assert metrics.memorisation(test + 50, train, test) == 0
    half = np.concatenate([train[:1000], fresh[:1000]])
    assert metrics.memorisation(half, train, test) == pytest.approx(0.75, abs=5 * error)
    ties = np.zeros((4, 6))
    assert metrics.memorisation(ties, ties, ties) == 0.5


def test_memorised_share_by_explicit_loops():
    rng = np.random.default_rng(0)
    train, fresh = rng.normal(size=(60, 5)), rng.normal(size=(40, 5))
    fake = np.concatenate([fresh, train[:10], train[10:20] + 0.05 * rng.normal(size=(10, 5))])
    copies = 0
    for row in fake:
        first, second = sorted(np.linalg.norm(row - other) for other in train)[:2]
        copies += first < second / 3
    assert metrics.memorised_share(fake, train) == copies / len(fake)
    assert copies >= 20


@pytest.mark.parametrize("offset", FAR)
def test_memorised_share_of_copies_and_of_new_samples(offset):
    """On a line of spacing 1, a new sample at t has neighbours at t and 1 - t: t < 1 / 4."""
    train = np.arange(100.0)[:, None] + offset
    assert metrics.memorised_share(train, train) == 1
    assert metrics.memorised_share(np.repeat(train, 2, 0), np.repeat(train, 3, 0)) == 1
    assert metrics.memorised_share(train[:-1] + 0.5, train) == 0
    grid = (np.arange(1000) + 0.5) / 1000 * 98 + 0.5 + offset
    assert metrics.memorised_share(grid[:, None], train) == pytest.approx(0.5, abs=0.01)
    assert metrics.memorised_share(train[:-1] + 0.3, train, ratio=0.5) == 1


def test_memorised_share_of_one_training_sample_counts_exact_copies():
    one = np.ones((5, 3))
    assert metrics.memorised_share(np.stack([one[0], one[0] + 0.1]), one) == 0.5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.memorised_share(np.ones((3, 2)), np.ones((3, 2)), 3), "ratio = 3"),
        (lambda: metrics.pairwise_diversity(images(1), 255), "pairs need at least 2"),
        (lambda: metrics.pairwise_diversity(images(3), 1), "data_range"),
        (lambda: metrics.pairwise_diversity(images(3), 255, labels=[0, 1]), "one for each of 3"),
        (lambda: metrics.pairwise_diversity(images(3), 255, labels=[0, 1, 2]), "no class has two"),
        (lambda: metrics.pairwise_diversity(images(3)[0], 255), "shape"),
        (lambda: metrics.pairwise_diversity(images(2), 255, labels=[0, None]), "type object"),
        (lambda: metrics.pairwise_diversity(images(2), 255, labels=[0, np.nan]), "no NaN"),
        (lambda: metrics.pairwise_diversity(images(2), 255, labels=[0, [1]]), "different shapes"),
        (lambda: metrics.pairwise_diversity(images(3) / 255, 255), "in fractions"),
        (lambda: metrics.duplicate_rate(images(3), tolerance=-1), "tolerance = -1"),
        (lambda: metrics.duplicate_rate(images(3), tolerance=None), "tolerance = None"),
        (lambda: metrics.nearest_distances(np.ones((3, 2)), np.full((3, 2), 1e160)), "too large"),
        (lambda: metrics.memorisation(*np.zeros((2, 3, 4)), np.zeros((3, 5))), "one extractor"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
