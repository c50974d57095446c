"""One gate: every door of every family refuses the same inputs, on one line with the remedy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import GAN, VAE, VQVAE, Flow, InputError, LatentFlow, to_model
from tests.samples import tiny, tiny_images

FAMILIES = (GAN, VAE, VQVAE, Flow, LatentFlow)
IMAGES, LABELS = tiny_images(16)


def made(kind, **settings):
    model = kind(**tiny(kind), **settings)
    model.compile()
    return model


@pytest.fixture(scope="module")
def conditional():
    return {kind: made(kind, num_classes=2) for kind in FAMILIES}


@pytest.fixture(scope="module")
def plain():
    return {kind: made(kind) for kind in FAMILIES}


def refused(call, *words):
    with pytest.raises(InputError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def with_nan(images):
    images = to_model(images)
    images[3, 2, 2, 0] = np.nan
    return images


BATCHES = {
    "uint8": (IMAGES, LABELS, ["images are uint8", "to_model"]),
    "0..255": (IMAGES.astype("float32"), LABELS, ["outside -1..1", "to_model"]),
    "NaN": (with_nan(IMAGES), LABELS, ["outside -1..1"]),
    "another size": (
        to_model(IMAGES[:, :20, :20]),
        LABELS,
        ["images have another shape", "28 x 28 pixels x 1"],
    ),
    "no channel axis": (to_model(IMAGES)[..., 0], LABELS, ["28 x 28 pixels x 1"]),
    "labels from 1": (to_model(IMAGES), LABELS + 1, ["labels lie outside 0..1"]),
    "negative labels": (to_model(IMAGES), LABELS - 1, ["labels lie outside 0..1"]),
    "labels of floats": (to_model(IMAGES), LABELS + 0.5, ["labels are float", "0 to 1"]),
    "one-hot labels": (
        to_model(IMAGES),
        np.eye(2, dtype=int)[LABELS],
        ["one whole number for each"],
    ),
    "no labels": (to_model(IMAGES), None, ["conditional on 2 classes"]),
}


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("case", BATCHES)
def test_fit_and_evaluate_refuse(conditional, kind, case):
    images, labels, words = BATCHES[case]
    model = conditional[kind]
    before = [np.array(v) for v in model.trainable_variables]
    refused(lambda: model.fit(images, labels, batch_size=8, verbose=0), *words)
    assert all(map(np.array_equal, before, map(np.array, model.trainable_variables)))
    if kind is not GAN:  # which has no loss of its own to report on held-out images
        refused(lambda: model.evaluate(images, labels, batch_size=8, verbose=0), *words)


def test_a_stream_is_checked_as_arrays_are(conditional):
    stream = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(8)
    for model in conditional.values():
        refused(lambda model=model: model.fit(stream, verbose=0), "images are uint8")


GENERATED = {
    "labels of NaN": ({"labels": [np.nan, 0, 1]}, ["labels are float64", "0 to 1"]),
    "labels between": ({"labels": 0.7}, ["labels are float64"]),
    "names": ({"labels": ["left", "right", "left"]}, ["labels are <U5"]),
    "no such class": ({"labels": 2}, ["0..1", "2..2"]),
    "too few": ({"labels": [0, 1]}, ["expected one label or 3 of them"]),
    "no images": ({"n": 0}, ["n = 0", "at least 1"]),
    "half an image": ({"n": 2.5}, ["n = 2.5", "whole number"]),
    "truncation 0": ({"truncation": 0}, ["truncation = 0", "positive"]),
    "truncation NaN": ({"truncation": np.nan}, ["truncation = nan"]),
    "seed": ({"seed": -1}, ["seed = -1"]),
    "batches of 0": ({"batch_size": 0}, ["batch_size = 0"]),
}


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("case", GENERATED)
def test_generate_refuses(conditional, kind, case):
    options, words = GENERATED[case]
    refused(lambda: conditional[kind].generate(**{"n": 3, **options}), *words)


@pytest.mark.parametrize("kind", FAMILIES)
def test_labels_of_an_unconditional_model_are_refused(plain, kind):
    refused(lambda: plain[kind].generate(3, labels=0), "not conditional")


ENCODED = {
    "floats": (to_model(IMAGES), LABELS, ["float32", "uint8"]),
    "another size": (IMAGES[:, :20, :20], LABELS, ["[n, 28, 28, 1]"]),
    "one image": (IMAGES[0], LABELS[:1], ["[n, 28, 28, 1]"]),
    "nothing": (IMAGES[:0], LABELS[:0], ["empty"]),
}


@pytest.mark.parametrize("door", ["encode", "reconstruct", "latent_use", "importance_bound"])
@pytest.mark.parametrize("case", ENCODED)
def test_every_door_for_photographs_refuses(conditional, door, case):
    images, labels, words = ENCODED[case]
    for kind in (VAE, VQVAE):
        if hasattr(kind, door):
            refused(lambda kind=kind: getattr(conditional[kind], door)(images, labels), *words)


@pytest.mark.parametrize("door", ["encode", "reconstruct", "importance_bound", "fit_prior"])
@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (None, ["labels are missing", "conditional on 2 classes"]),
        (np.full(16, 11), ["0..1", "11..11"]),
        (LABELS[:4], ["16 of them"]),
    ],
)
def test_labels_of_photographs_are_checked(conditional, door, labels, words):
    refused(lambda: getattr(conditional[VAE], door)(IMAGES, labels), *words)


def test_bound_needs_a_sample(plain):
    refused(lambda: plain[VAE].importance_bound(IMAGES, samples=0), "samples = 0", "at least 1")


def test_latents_are_checked(plain):
    for model in (plain[GAN], plain[VAE]):
        d = model.noise_dim
        wrong, missing = np.zeros((2, d - 1)), np.full((2, d), np.nan)
        refused(lambda m=model, x=wrong: m.decode(x), f"(2, {d - 1})", f"[n, {d}]")
        refused(lambda m=model, x=missing: m.decode(x), "NaN")
    refused(lambda: plain[VQVAE].decode(np.full((2, 49), 8)), "0..7", "8..8")
    refused(lambda: plain[VQVAE].decode(np.zeros((2, 49))), "codes")


def test_binary_pixels_where_the_likelihood_asks_for_them():
    model = made(VAE, likelihood="bernoulli")
    refused(lambda: model.fit(to_model(IMAGES), batch_size=8, verbose=0), "binarise")
    black_and_white = np.where(to_model(IMAGES) > 0, 1.0, -1.0).astype("float32")
    model.fit(black_and_white, batch_size=8, verbose=0)


@pytest.mark.parametrize("kind", FAMILIES)
def test_what_is_right_goes_through(kind):
    model = made(kind, num_classes=2)
    model.fit(to_model(IMAGES), LABELS.astype("uint8"), batch_size=8, verbose=0)
    assert int(model.step.value) == 2
    assert model.generate(np.int64(3), labels=np.uint8(1)).shape == (3, 28, 28, 1)


class Batches(keras.utils.PyDataset):
    """The images in four batches, in the order of their classes."""

    def __len__(self):
        return 4

    def __getitem__(self, i):
        rows = np.argsort(LABELS, kind="stable")[4 * i : 4 * i + 4]
        return to_model(IMAGES[rows]), LABELS[rows]


def a_stream():
    return tf.data.Dataset.from_tensor_slices((to_model(IMAGES), LABELS)).batch(4)


@pytest.mark.parametrize(
    "given",
    [
        lambda: (to_model(IMAGES), LABELS),
        lambda: (a_stream(),),
        lambda: (a_stream().repeat(),),
        lambda: (Batches(),),
    ],
    ids=["arrays", "dataset", "endless dataset", "PyDataset"],
)
def test_plain_fit_leaves_a_vae_with_its_fitted_prior(given):
    """Without the command line, and whatever ``fit`` was given."""
    model = made(VAE, num_classes=2, prior_components=1)
    model.fit(*given(), batch_size=None, steps_per_epoch=3, verbose=0)
    mean, log_var = model.encode(IMAGES, LABELS)
    for label in (0, 1):
        own = mean[label == LABELS]
        # One component is exact: the moments of the aggregate posterior.
        wanted = np.cov(own.T) + np.diag(np.exp(log_var[label == LABELS]).mean(0))
        scale = model.prior_scale.numpy()[label, 0]
        np.testing.assert_allclose(model.prior_mean.numpy()[label, 0], own.mean(0), atol=2e-4)
        np.testing.assert_allclose(scale @ scale.T, wanted, rtol=1e-2, atol=1e-4)


def test_what_cannot_be_read_twice_is_said():
    model = made(VAE)

    def generator():
        while True:
            yield (to_model(IMAGES[:8]),)

    with pytest.warns(UserWarning, match="still draws from N"):
        model.fit(generator(), steps_per_epoch=2, verbose=0)
    np.testing.assert_array_equal(model.prior_mean.numpy(), 0)
