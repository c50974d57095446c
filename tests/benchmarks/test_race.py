"""The races measure what they say: the clock counts training only, results are of a commit."""

import json

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import gan_time_to_quality, race, record, tables, vae_time_to_quality
from prodimg_lib import VAE, to_model
from prodimg_lib.data.images import ProductImages
from prodimg_lib.errors import InputError

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28, 1)).astype(np.uint8)


LABELS = np.arange(16, dtype=np.int32) % 10


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
        return {"now": now[0]}

    run = race.curve(make, IMAGES, LABELS, [1, 2], 0, score, own_epochs=1.5)
    assert list(run["scores"]) == [1, 2]
    first, second = (scores["now"] for scores in run["scores"].values())
    assert second - first == 2001  # two scores and a second of training
    assert run["epochs"] == {1: 1, 2: 2}  # four steps of four images a second, of sixteen
    own = {"epochs": 1.5, "seconds": 1.5, "scores": {"now": first + 1000.5}}
    assert run["after_own_epochs"] == own
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
    runs = {"ours": [{"scores": {"60": {"fd": 9.5}}, "images_per_second": 3.0}]}
    (tmp_path / "some.json").write_text(json.dumps({"runs": runs}))
    assert race.stored_runs("some")["ours"][0]["scores"] == {60: {"fd": 9.5}}


def test_ratios_are_of_designs_that_know_as_much():
    def run(fd):
        return [{"scores": {60: {"fd": fd}}}, {"scores": {60: {"fd": fd + 2}}}]

    runs = {
        "keras-wgan-gp": run(99),
        "keras-dcgan": run(49),
        "tensorflow-dcgan": run(79),
        "plain-dcgan": run(39),
        "keras-conditional-gan": run(29),
        "ours": run(2),
        "ours-without-labels": run(9),
    }
    assert gan_time_to_quality.summary(runs)["ratio"] == {
        "with labels, to the published": {60: 3 / 30},
        "without labels, to the best published": {60: 10 / 50},
        "without labels, to the plain": {60: 10 / 40},
    }
    del runs["keras-conditional-gan"]
    assert "with labels, to the published" not in gan_time_to_quality.summary(runs)["ratio"]


def test_one_prior_on_both_sides():
    def run(standard, fitted):
        scores = {"fd_standard": standard, "fd_fitted": fitted, "psnr": 20.0, "nats": -100.0}
        return [{"scores": {60: scores}}]

    runs = {"keras-vae": run(100.0, 50.0), "other": run(80.0, 60.0)}
    runs |= {"ours": run(1.0, 1.0), "ours-without-labels": run(90.0, 10.0)}
    found = vae_time_to_quality.summary(runs)["against_best"][60]
    assert found["fd_ratio_standard"] == 90 / 80  # where ours loses, it says so
    assert found["fd_ratio_fitted"] == 10 / 50


def test_results_are_of_a_commit(monkeypatch):
    monkeypatch.setattr(record, "environment", lambda: {"commit": "abc-dirty"})
    monkeypatch.setattr(record, "_changed", lambda: ["a.py"])
    with pytest.raises(InputError, match=r"a\.py has uncommitted changes.*--uncommitted"):
        record.start()
    assert record.start(uncommitted=True)["environment"]["commit"] == "abc-dirty"
    monkeypatch.setattr(record, "_changed", list)  # the results alone have changed
    assert record.start()["environment"]["commit"] == "abc"


def test_readme_has_the_tables_of_the_results():
    text = (record.RESULTS.parent / "README.md").read_text(encoding="utf-8")
    found = tables.all_tables()
    assert {"gan_time_to_quality", "vae_time_to_quality"} <= set(found)
    for lines in (line for part in found.values() for line in part):
        assert "\n".join(lines) in text


def test_readme_says_the_ratios_of_the_results():
    text = (record.RESULTS.parent / "README.md").read_text(encoding="utf-8")
    said = " ".join(text.partition("## What they say")[2].partition("## ")[0].split())
    gan, vae = (tables.stored(f"{name}_time_to_quality") for name in ("gan", "vae"))
    for pair in ("to the best published", "to the plain"):
        a, b, c = gan["ratio"][f"without labels, {pair}"].values()
        assert f"{a:.2f}, {b:.2f} and {c:.2f} of" in said
    a, b = (found["fd_ratio_fitted"] for found in vae["against_best"].values())
    assert f"at {a:.2f} and {b:.2f} of the best" in said
    for mine in ("ours", "ours-without-labels"):
        pairs = [
            f"{vae['mean'][mine][mark]['fd_standard']:.0f} against "
            f"{vae['mean']['generative-deep-learning-vae'][mark]['fd_standard']:.0f}"
            for mark in ("60", "180")
        ]
        assert pairs[0] in said
        assert pairs[1] in said
