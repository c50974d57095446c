"""The benchmarks measure what they say: designs learn, the clock counts training only."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import gan_designs, race, vae_designs, vae_time_to_quality
from prodimg_lib import VAE, to_model

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28, 1)).astype(np.uint8)


@pytest.mark.parametrize("design", [*gan_designs.PUBLISHED.values(), gan_designs.PlainDCGAN])
def test_gan_designs_learn_and_sample(design):
    network = design()
    low, high = network.scale
    networks = [part for part in vars(network).values() if isinstance(part, keras.Model)]
    assert len(networks) == 2
    before = [w.numpy() for n in networks for w in n.trainable_variables]
    network.step(low + (high - low) * IMAGES.astype("float32") / 255)
    after = [w.numpy() for n in networks for w in n.trainable_variables]
    assert all(np.isfinite(w).all() for w in after)
    assert sum(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)) > 4
    images = network.sample(3, seed=1)
    assert images.shape == (3, 28, 28, 1)
    assert images.dtype == np.uint8
    assert np.array_equal(images, network.sample(3, seed=1))


@pytest.mark.parametrize("design", vae_designs.PUBLISHED.values())
def test_vae_designs_descend_their_loss(design):
    keras.utils.set_random_seed(0)
    network = design()
    adapted = vae_time_to_quality.Published(network)
    labels = np.zeros(16, int)

    def error():
        mean, _ = adapted.encode(IMAGES // 2, labels)
        return np.mean((IMAGES // 2 / 255 - adapted.decode(mean, labels)) ** 2)

    first = error()
    for _ in range(20):
        network.step(IMAGES // 2)
    assert error() < first
    assert vae_time_to_quality.samples(adapted, 5).shape == (5, 28, 28, 1)


def test_bound_is_the_librarys_in_other_units():
    """Pixels in [0, 1] are half as far apart as in [-1, 1]: log 2 more density for each of them."""
    model = VAE(width=8, latent_dim=4, likelihood="gaussian", sigma=0.6, seed=3)
    network, labels = vae_time_to_quality.Ours(model), np.zeros(16, int)
    found = np.mean([vae_time_to_quality.bound(network, IMAGES, labels, 0.3, s) for s in range(40)])
    x = to_model(IMAGES)
    own = [
        np.mean(sum(model.terms(x, None, tf.random.stateless_normal((16, 4), (s, 0)))))
        for s in range(40)
    ]
    error = 4 * np.std(own) * np.sqrt(2 / 40)
    assert abs(found + 784 * np.log(2) - np.mean(own)) < error


def test_best_sigma_is_where_the_bound_is_least():
    network, labels = vae_time_to_quality.Ours(VAE(width=8, latent_dim=4)), np.zeros(16, int)
    best = vae_time_to_quality.best_sigma(network, IMAGES, labels, seed=5)
    costs = [
        vae_time_to_quality.bound(network, IMAGES, labels, best * k, seed=5)
        for k in (0.98, 1, 1.02)
    ]
    assert costs[1] == min(costs)


def test_curve_counts_training_and_not_scoring(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(race.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(race, "note", lambda text: None)

    def make(seed):
        def step(images, labels):
            now[0] += 0.25

        return step, 4, None

    def score(network):
        now[0] += 1000
        return now[0]

    scores, speed = race.curve(make, IMAGES, np.zeros(16, np.int32), [1, 2], 0, score)
    assert list(scores) == [1, 2]
    assert scores[2] - scores[1] == 1001
    assert speed == 16  # four images in a quarter of a second


def test_stored_runs_have_numbers_as_marks(tmp_path, monkeypatch):
    monkeypatch.setattr(race, "RESULTS", tmp_path)
    assert race.stored_runs("nothing") == {}
    runs = {"ours": [{"fd": {"60": 9.5}, "images_per_second": 3.0}]}
    (tmp_path / "some.json").write_text(json.dumps({"runs": runs}))
    assert race.stored_runs("some")["ours"][0]["fd"] == {60: 9.5}
