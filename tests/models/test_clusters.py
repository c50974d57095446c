"""Pseudo-classes: k-means, the layer that tells an image's cluster, and how clusters are drawn."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib.data import to_model
from prodimg_lib.models.clusters import Clusters, k_means
from tests.mistakes import must_be_noticed
from tests.samples import tiny_images

PLACES = np.array([[0.0, 0.0], [200.0, 0.0], [0.0, 200.0], [200.0, 200.0]])


def planted(counts, seed=0):
    """Points within 1 of places that lie 200 apart, and which place each is of."""
    rng = np.random.default_rng(seed)
    own = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    return PLACES[own] + rng.uniform(-1, 1, (len(own), 2)), own


def slow_k_means(x, centres):
    """Lloyd's algorithm as the textbook has it, to its end."""
    for _ in range(100):
        own = np.array([np.argmin([np.linalg.norm(row - c) for c in centres]) for row in x])
        centres = np.array([x[own == j].mean(0) for j in range(len(centres))])
    return centres


@pytest.mark.parametrize("seed", range(5))
def test_planted_clusters_are_found_with_their_shares(seed):
    counts = np.array([10, 20, 30, 40])
    x, own = planted(counts, seed)
    centres, share = k_means(x, 4, seed)
    found = np.linalg.norm(centres[:, None] - PLACES, axis=2).argmin(1)
    assert sorted(found) == [0, 1, 2, 3]
    np.testing.assert_allclose(share, counts[found] / 100)
    means = np.stack([x[own == j].mean(0) for j in found])
    np.testing.assert_allclose(centres, means, rtol=1e-5, atol=1e-5)


def test_centres_are_a_fixed_point_of_the_textbook():
    x = np.random.default_rng(3).normal(size=(60, 2))
    centres, share = k_means(x, 3, seed=1)
    np.testing.assert_allclose(slow_k_means(x, centres.astype(float)), centres, atol=1e-5)
    own = np.linalg.norm(x[:, None] - centres, axis=2).argmin(1)
    np.testing.assert_allclose(share, np.bincount(own) / 60)


def test_order_is_that_of_the_principal_component():
    rng = np.random.default_rng(0)
    x = np.outer(rng.permutation(np.arange(40) // 5), [3.0, 4.0]) + rng.uniform(0, 0.1, (40, 2))
    centres, _ = k_means(x, 8)
    along = centres @ [0.6, 0.8]
    assert np.all(np.diff(along) > 0) or np.all(np.diff(along) < 0)


@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 99))
def test_no_more_clusters_than_different_points_and_none_empty(different, k, seed):
    x = np.random.default_rng(seed).normal(size=(different, 3))[np.arange(30) % different]
    centres, share = k_means(x, k, seed)
    assert 1 <= len(centres) <= min(k, different)
    if k >= different:
        assert len(centres) == different
    assert np.all(share > 0)
    assert share.sum() == pytest.approx(1)


def test_a_function_of_its_seed():
    x = np.random.default_rng(0).normal(size=(100, 2))
    np.testing.assert_array_equal(k_means(x, 7, 1)[0], k_means(x, 7, 1)[0])
    assert not np.array_equal(k_means(x, 7, 1)[0], k_means(x, 7, 2)[0])


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (32, 3), (64, 3)])
def test_layer_tells_planted_clusters_of_images(size, channels):
    images, labels = tiny_images(60, size, channels)
    layer = Clusters(2, size, channels)
    layer.adapt(images)
    own = np.asarray(layer(to_model(images)))
    assert own.dtype == np.int32
    assert np.array_equal(own, labels) or np.array_equal(own, 1 - labels)
    np.testing.assert_allclose(layer.share, [0.5, 0.5])
    # An image that is new belongs to the cluster of its like.
    more, again = tiny_images(20, size, channels, seed=5)
    same = np.asarray(layer(to_model(more))) == again
    assert same.all() or not same.any()


def test_layer_measures_distance_to_the_nearest_centre():
    images = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), dtype=np.uint8)
    layer = Clusters(5, 32, 3)
    layer.adapt(images)
    x = to_model(images).reshape(200, 16, 2, 16, 2, 3).mean((2, 4)).reshape(200, -1)
    distance = np.linalg.norm(x[:, None] - np.asarray(layer.centres), axis=2)
    np.testing.assert_array_equal(layer(to_model(images)), distance.argmin(1))


def test_few_images_make_few_clusters_and_the_rest_never_occurs():
    images, _ = tiny_images(60)
    layer = Clusters(10, 28, 1)
    layer.adapt(images)  # 25 images for each: two clusters
    assert np.count_nonzero(layer.share) == 2
    # The spare centres are 0, as near to this grey picture as can be.
    assert np.asarray(layer(np.zeros((1, 28, 28, 1), np.float32))).max() < 2
    assert np.asarray(layer.draw([-9.0, 0.5, 9.0, 99.0])).max() < 2


def test_before_it_has_seen_images_all_is_one_cluster():
    layer = Clusters(3, 28, 1)
    assert not layer.adapted
    np.testing.assert_array_equal(layer(to_model(tiny_images(4)[0])), 0)
    np.testing.assert_array_equal(layer.draw([-3.0, 0.0, 3.0]), 0)


def test_clusters_are_drawn_by_their_share():
    layer = Clusters(4, 28, 1)
    layer.share.assign([0.1, 0.6, 0.3, 0.0])
    n = 40_000
    drawn = np.asarray(layer.draw(np.random.default_rng(0).normal(size=n)))
    share = np.bincount(drawn, minlength=4) / n
    # Four standard deviations of a share of 1/2, the widest.
    np.testing.assert_allclose(share, layer.share, atol=4 * 0.5 / np.sqrt(n))
    assert share[3] == 0


MISTAKES = {
    "the largest product in place of the least distance": (
        "call",
        lambda self, images: tf.argmax(
            self._pixels(images) @ tf.transpose(self.centres), 1, output_type=tf.int32
        ),
        test_layer_measures_distance_to_the_nearest_centre,
    ),
    "all clusters alike often": (
        "draw",
        lambda self, normal: tf.range(len(normal)) % 4,
        test_clusters_are_drawn_by_their_share,
    ),
    "the first cluster never": (
        "draw",
        lambda self, normal: RIGHT_DRAW(self, normal) % 3 + 1,
        test_clusters_are_drawn_by_their_share,
    ),
    "clusters of whatever size": (
        "adapt",
        lambda self, images, seed=0: self.share.assign(np.full(self.count, 1 / self.count)),
        test_few_images_make_few_clusters_and_the_rest_never_occurs,
    ),
}
RIGHT_DRAW = Clusters.draw


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    must_be_noticed(monkeypatch, (Clusters,), *MISTAKES[mistake])
