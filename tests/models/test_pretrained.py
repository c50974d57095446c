"""The models that ship: what their cards say is true, and a damaged file is noticed."""

import json

import numpy as np
import pytest

from prodimg_lib import InputError, load, metrics, weights
from prodimg_lib.data import fashion_mnist
from prodimg_lib.models import pretrained

NAMES = [
    "catalogue",
    "catalogue-64",
    "catalogue-64-vae",
    "catalogue-flow",
    "catalogue-vae",
    "fashion-mnist",
    "fashion-mnist-flow",
    "fashion-mnist-straight-flow",
    "fashion-mnist-vae",
]


def test_names():
    assert pretrained.available() == NAMES


def source_of(name):
    return pretrained.source(name)


def test_the_source_is_what_the_name_begins_with():
    for name in NAMES:
        assert name.startswith(source_of(name))
        assert source_of(name) in ("catalogue", "fashion-mnist")


@pytest.mark.parametrize("name", NAMES)
def test_shipped_model_draws_what_is_asked(name):
    """Requests met on a small sample agree with the card, within four standard errors."""
    facts = pretrained.card(name)
    model = pretrained.load(name)
    images = model.generate(500, seed=11)
    assert images.shape == (500, facts["config"]["size"], *images.shape[2:])
    extractor = metrics.FeatureExtractor(source_of(name))
    assert extractor.class_names == tuple(facts["class_names"])
    met = extractor.probabilities(images).argmax(1) == model.labels_for(500)
    share = facts["scores"]["class_accuracy"]
    assert abs(met.mean() - share) < 4 * np.sqrt(share * (1 - share) / 500) + 0.002
    assert facts["bytes"] < 4e6
    assert source_of(name) in facts["command"]


HERE = pytest.mark.skipif(not fashion_mnist.DEBIAN.is_dir(), reason="Fashion-MNIST is not here")


@pytest.mark.parametrize(
    "name",
    [
        "catalogue",
        "catalogue-64",
        "catalogue-64-vae",
        "catalogue-flow",
        "catalogue-vae",
        pytest.param("fashion-mnist-straight-flow", marks=HERE),
    ],
)
def test_card_states_the_distance_that_the_images_have(name):
    """The catalogue is there on every machine."""
    facts = pretrained.card(name)
    data = load(source_of(name), size=facts["config"]["size"])
    extractor = metrics.FeatureExtractor(source_of(name))
    n = facts["images"]
    fake = pretrained.load(name).generate(n, seed=facts["seed"])
    distance = metrics.frechet_distance(
        extractor.features(data.test_images[:n]), extractor.features(fake)
    )
    assert distance == pytest.approx(facts["scores"]["fd_product"], rel=0.02)


@HERE
def test_the_flow_of_photographs_is_as_far_from_them_as_its_card_says():
    """A fifth of the card's images, as 10,000 take minutes: the distance is theirs within 1.5.

    Measured: 3.40, where the card has 3.13. The shipped GAN's first 2,000 are 0.6 further than all
    of its 10,000, as a distance of fewer images is biased upwards.
    """
    facts, data = pretrained.card("fashion-mnist-flow"), load("fashion-mnist")
    extractor = metrics.FeatureExtractor("fashion-mnist")
    fake = pretrained.load("fashion-mnist-flow").generate(2000, seed=facts["seed"])
    distance = metrics.frechet_distance(
        extractor.features(data.test_images[:2000]), extractor.features(fake)
    )
    assert distance == pytest.approx(facts["scores"]["fd_product"], abs=1.5)


@pytest.mark.parametrize(("name", "latents"), [("catalogue-vae", 8), ("catalogue-64-vae", 16)])
def test_shipped_vae_encodes_too(name, latents):
    facts = pretrained.card(name)
    data = load("catalogue", size=facts["config"]["size"])
    images, labels = data.test_images[:500], data.test_labels[:500]
    rebuilt = pretrained.load(name).reconstruct(images, labels)
    psnr = metrics.psnr(images, rebuilt, 255)
    error = 4 * psnr.std() / np.sqrt(len(psnr))
    assert abs(psnr.mean() - facts["scores"]["psnr"]) < error
    assert facts["config"]["latent_dim"] == latents


@pytest.mark.parametrize(
    ("name", "least"),
    [("catalogue-64-vae", 0.5), ("catalogue-vae", 0.85), ("fashion-mnist-vae", 0.85)],
)
def test_shipped_vae_draws_the_class_that_it_is_asked_for(name, least):
    """Where the code says nothing of the class, or another: as often as the card says."""
    facts, n = pretrained.card(name), 2000
    model, source = pretrained.load(name), source_of(name)
    wanted = {"class_accuracy_standard": model.labels_for(n)}
    latents = {"class_accuracy_standard": model.latents(n, seed=21)}
    if source == "catalogue" or fashion_mnist.DEBIAN.is_dir():
        data, k = load(source, size=facts["config"]["size"]), facts["config"]["num_classes"]
        labels = data.test_labels[:n]
        others = (labels + np.random.default_rng(5).integers(1, k, len(labels))) % k
        wanted["class_accuracy_swapped"] = others
        latents["class_accuracy_swapped"] = model.encode(data.test_images[:n], labels)[0]
    extractor = metrics.FeatureExtractor(source)
    for score, asked in wanted.items():
        seen = extractor.probabilities(model.decode(latents[score], asked)).argmax(1)
        met, card = (seen == asked).mean(), facts["scores"][score]
        error = np.sqrt(card * (1 - card) / len(asked))
        assert abs(met - card) < 4 * error + 0.002
        assert met - 3 * error > least


def test_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(
        InputError, match="choose one of catalogue, catalogue-64, catalogue-64-vae, "
    ):
        pretrained.load("shoes")


def test_damaged_weights_are_refused(monkeypatch):
    facts = pretrained.card("catalogue") | {"sha256": "0" * 64}
    monkeypatch.setattr(weights, "card", lambda kind, name: json.loads(json.dumps(facts)))
    with pytest.raises(InputError, match=r"SHA-256.*reinstall"):
        pretrained.load("catalogue")
