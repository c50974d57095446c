"""Scores of a run, and the advice that follows from them."""

import numpy as np
import pytest

from prodimg_lib import VAE, VQVAE, likelihoods
from prodimg_lib.runs import evaluation
from tests.samples import TINY, product_images, tiny_images


def test_scores_of_products_the_classifier_does_not_know():
    fake, labels = tiny_images(24, seed=2)
    scores, columns = evaluation.score_samples(fake, labels, product_images())
    assert scores["fd_product"]["in_domain"] is False
    assert scores["fd_product"]["reference"] == "held-out"
    assert scores["fd_product"]["n"] == 20
    assert not {"inception_score", "class_accuracy"} & scores.keys()
    assert set(columns["predicted"]) == {""}
    assert np.isnan(columns["confidence"]).all()
    assert columns["nearest_train_distance"].shape == (24,)


def test_with_almost_nothing_held_out_the_training_images_are_the_reference():
    fake, labels = tiny_images(24, seed=2)
    scores, _ = evaluation.score_samples(fake, labels, product_images(n_test=1))
    assert scores["fd_product"]["reference"] == "training"
    assert "memorisation" not in scores


def test_scores_by_class_where_the_classifier_knows_them():
    fake, labels = tiny_images(24, seed=2)
    scores, columns = evaluation.score_samples(fake, labels, product_images(source="catalogue"))
    accuracy = scores["class_accuracy"]
    assert accuracy["per_class"].keys() == {"left", "right"}
    shares = [accuracy["per_class"][name]["value"] for name in ("left", "right")]
    predicted = np.array(columns["predicted"])
    extractor = evaluation.FeatureExtractor("catalogue")
    wanted = np.array(extractor.class_names)[labels]
    assert np.mean(shares) == pytest.approx((predicted == wanted).mean())


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
