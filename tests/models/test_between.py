"""The way from one image to another: its ends are images of ``generate``, its middle is between."""

import numpy as np
import pytest

from prodimg_lib import GAN, VAE, VQVAE, Flow, InputError
from prodimg_lib.models.between import between, told_of_shares
from tests.samples import tiny, tiny_images

SHAPE = {"size": 28, "channels": 1}


def model_of(kind, classes, **more):
    """A model whose labels make a difference: a fresh one's hardly do."""
    model = kind(**tiny(kind), **SHAPE, num_classes=classes, **more)
    rng = np.random.default_rng(0)
    for variable in model.shipped().trainable_variables:
        variable.assign(variable + 0.3 * rng.normal(size=variable.shape))
    if kind is VAE:
        model.prior_mean.assign(rng.normal(size=model.prior_mean.shape))
    if kind is GAN and not classes:
        model.fit_clusters(tiny_images(60)[0])
    return model


CONDITIONAL = [
    (GAN, {}),
    (GAN, {"g_conditioning": "batch_normalisation"}),
    (VAE, {}),
    (VAE, {"conditioning": "film"}),
    (VAE, {"likelihood": "continuous_bernoulli"}),
]


@pytest.mark.parametrize("labels", [(1, 1), (0, 2)])
@pytest.mark.parametrize("truncation", [None, 0.7])
@pytest.mark.parametrize(("kind", "more"), CONDITIONAL)
def test_the_ends_are_the_images_of_generate(kind, more, labels, truncation):
    model = model_of(kind, 3, **more)
    latents = model.latents(6, 5, truncation)[[2, 5]]
    way = between(model, latents, labels, 5, truncation)
    assert way.shape == (5, 28, 28, 1)
    for i, label, image in ((2, labels[0], way[0]), (5, labels[1], way[-1])):
        wanted = model.generate(6, label, 5, truncation)[i]
        np.testing.assert_array_equal(image, wanted)
    assert (way[2] != way[0]).any()
    assert (way[2] != way[-1]).any()


@pytest.mark.parametrize(("kind", "classes"), [(VAE, 0), (GAN, 0), (Flow, 0), (Flow, 3)])
def test_without_classes_or_within_one_every_family_with_latents_walks(kind, classes):
    model = model_of(kind, classes)
    label = 1 if classes else None
    latents = model.latents(4, 5)[[0, 3]]
    way = between(model, latents, None if label is None else (label, label), 4)
    wanted = model.generate(4, label, 5)
    np.testing.assert_array_equal(way[[0, -1]], wanted[[0, 3]])


@pytest.mark.parametrize("labels", [None, (1, 1), (0, 2)])
def test_the_middle_is_on_the_sphere_where_draws_lie_and_goes_through_the_prior(labels):
    """Half of the turn by the angle of the ends: (a + b) / (2 cos(angle / 2))."""
    model = model_of(VAE, 3 if labels else 0)
    ends = model.latents(2, 8)
    a, b = ends.astype(float)
    angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    middle = ((a + b) / (2 * np.cos(angle / 2)))[None].astype("float32")
    if labels is None:
        wanted = model.decode(model.place(middle, None))
    else:
        placed = [model.place(middle, np.array([label])) for label in labels]
        shares = np.eye(3, dtype="float32")[list(labels)].mean(0)[None]
        wanted = model.decode_mixed(np.mean(placed, axis=0, dtype="float32"), shares)
    found = between(model, ends, labels, 3)[1]
    assert np.abs(found.astype(int) - wanted[0]).max() <= 1  # levels, of rounding


def test_a_model_with_clusters_of_its_own_goes_from_one_to_the_other_without_a_jump():
    model = model_of(GAN, 0)
    latents = model.latents(40, 1)
    chosen = model.own_classes(latents)[1]
    i = int(np.flatnonzero(chosen != chosen[0])[0])
    way = between(model, latents[[0, i]], None, 129).astype(float)
    steps = np.abs(np.diff(way, axis=0)).mean((1, 2, 3))
    assert steps.max() < 0.2 * np.abs(way[-1] - way[0]).mean()


@pytest.mark.parametrize("kind", [GAN, VAE])
def test_a_network_told_of_one_class_alone_is_the_network_itself(kind):
    model = model_of(kind, 3)
    network = model.shipped() if kind is GAN else model.decoder
    z = model.latents(3, 1)
    mixed = told_of_shares(network)
    for label in range(3):
        wanted = np.asarray(network([z, np.full(3, label)]))
        np.testing.assert_array_equal(mixed([z, np.eye(3, dtype="float32")[[label] * 3]]), wanted)
    thirds = np.asarray(mixed([z, np.full((3, 3), 1 / 3, "float32")]))
    assert all((thirds != np.asarray(network([z, np.full(3, i)]))).any() for i in range(3))


@pytest.mark.parametrize(
    ("kind", "labels", "words"),
    [
        (VQVAE, (0, 1), "VQVAE has no way from one image to another.*VAE or a GAN"),
        (Flow, (0, 1), "Flow knows nothing between two classes"),
        (VAE, None, "labels are missing"),
        (VAE, (0, 7), "labels must lie in 0..2"),
    ],
)
def test_what_cannot_be_walked_is_one_line(kind, labels, words):
    model = kind(**tiny(kind), **SHAPE, num_classes=3)
    with pytest.raises(InputError, match=words) as error:
        between(model, model.latents(2), labels)
    assert "\n" not in str(error.value)


def test_two_ends_and_two_steps_at_least():
    model = VAE(**tiny(VAE), **SHAPE)
    with pytest.raises(InputError, match="ends hold 3 latents"):
        between(model, model.latents(3))
    with pytest.raises(InputError, match="steps = 1: expected at least 2"):
        between(model, model.latents(2), steps=1)
