"""The benchmarks measure what they say: designs learn, the clock counts training only."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import gan_designs, photo_designs, race, vae_designs, vae_time_to_quality
from prodimg_lib import VAE, to_model
from prodimg_lib.data.images import ProductImages

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28, 1)).astype(np.uint8)


LABELS = np.arange(16, dtype=np.int32) % 10
COLOUR = np.random.default_rng(1).integers(0, 256, (4, 64, 64, 3)).astype(np.uint8)


def learns_and_samples(network, images):
    low, high = network.scale
    before = [[w.numpy() for w in n.trainable_variables] for n in network.networks()]
    x = tf.constant(low + (high - low) * images.astype("float32") / 255)
    network.step(x, tf.constant(LABELS[: len(images)]))
    after = [[w.numpy() for w in n.trainable_variables] for n in network.networks()]
    assert all(np.isfinite(w).all() for part in after for w in part)
    for old, new in zip(before, after, strict=True):  # generator and discriminator, each
        assert sum(not np.array_equal(a, b) for a, b in zip(old, new, strict=True)) > 2
    drawn = network.sample(3, seed=1, part=2)
    assert drawn.shape == (3, *images.shape[1:])
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn, network.sample(3, seed=1, part=2))


GANS = [
    *gan_designs.PUBLISHED.values(),
    *gan_designs.CONDITIONAL.values(),
    gan_designs.PlainDCGAN,
]


@pytest.mark.parametrize("design", GANS)
def test_gan_designs_learn_and_sample(design):
    learns_and_samples(design(), IMAGES)


def test_photo_gans_learn_and_sample():
    learns_and_samples(photo_designs.KerasSmallDataGAN(), COLOUR)
    learns_and_samples(gan_designs.KerasConditionalGAN(64, 3, 5), COLOUR)


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

    run = race.curve(make, IMAGES, LABELS, [1, 2], 0, score, "fd", own_epochs=1.5)
    assert list(run["fd"]) == [1, 2]
    assert run["fd"][2] - run["fd"][1] == 2001  # two scores and a second of training
    assert run["epochs"] == {1: 1, 2: 2}  # four steps of four images a second, of sixteen
    assert run["after_own_epochs"] == {"epochs": 1.5, "seconds": 1.5, "fd": run["fd"][1] + 1000.5}
    assert run["images_per_second"] == 16  # four images in a quarter of a second


def test_training_counts_what_is_prepared(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(race.time, "process_time", lambda: now[0])

    def spend(seconds):
        now[0] += seconds

    def make(seed):
        return lambda images, labels: spend(1), 8, None, lambda images: spend(len(images))

    clock = race.time.process_time
    (reached,) = race.training(make, IMAGES, LABELS, [20], 0, clock=clock)
    assert (reached.seconds, reached.steps, reached.epochs) == (20, 4, 2)


def test_validation_keeps_the_test_images_out():
    data = ProductImages(IMAGES, LABELS, tuple("abcdefghij"), 255 - IMAGES, LABELS, "folder", "")
    part = race.with_validation(data, share=0.25)
    assert len(part.images) == 12
    together = np.concatenate([part.images, part.test_images])
    assert {x.tobytes() for x in together} == {x.tobytes() for x in IMAGES}
    for images, labels in ((part.images, part.labels), (part.test_images, part.test_labels)):
        for image, label in zip(images, labels, strict=True):
            assert label == LABELS[(image == IMAGES).all((1, 2, 3)).argmax()]


def test_stored_runs_have_numbers_as_marks(tmp_path, monkeypatch):
    monkeypatch.setattr(race, "RESULTS", tmp_path)
    assert race.stored_runs("nothing") == {}
    runs = {"ours": [{"fd": {"60": 9.5}, "images_per_second": 3.0}]}
    (tmp_path / "some.json").write_text(json.dumps({"runs": runs}))
    assert race.stored_runs("some")["ours"][0]["fd"] == {60: 9.5}
