"""Latent tools against geometry, a linear world with known directions, and a trained model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib import VAE, InputError
from prodimg_lib.data.batches import batches
from prodimg_lib.models import latent
from tests.samples import TINY, tiny_images


def test_straight_walk():
    walk = latent.interpolate([0.0, 2.0], [4.0, 0.0], 5)
    np.testing.assert_allclose(walk, [[0, 2], [1, 1.5], [2, 1], [3, 0.5], [4, 0]])


@given(st.floats(0.01, 3.13), st.floats(0.5, 4.0), st.integers(2, 9))
def test_spherical_walk_turns_evenly_and_keeps_the_length(angle, length, steps):
    a = length * np.array([1.0, 0.0, 0.0])
    b = length * np.array([np.cos(angle), np.sin(angle), 0.0])
    walk = latent.interpolate(a, b, steps, spherical=True)
    np.testing.assert_allclose(np.linalg.norm(walk, axis=1), length, rtol=1e-9)
    turned = np.arctan2(walk[:, 1], walk[:, 0])
    np.testing.assert_allclose(turned, np.linspace(0, angle, steps), atol=1e-9)


def test_spherical_walk_of_normal_draws_stays_where_they_lie():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 200, 64)).astype("float32")
    length = np.linalg.norm(a, axis=1).mean()
    straight = latent.interpolate(a, b, 3)[:, 1]
    turned = latent.interpolate(a, b, 3, spherical=True)[:, 1]
    assert turned.dtype == np.float32
    assert np.linalg.norm(turned, axis=1).mean() == pytest.approx(length, rel=0.02)
    assert np.linalg.norm(straight, axis=1).mean() == pytest.approx(length / np.sqrt(2), rel=0.02)
    for walk in (straight, turned):
        assert walk.shape == (200, 64)


def test_spherical_walk_between_almost_opposite_latents_keeps_the_length():
    angle = np.pi - 2e-3
    ends = np.float32([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
    walk = latent.interpolate(*ends, 9, spherical=True)
    assert walk.dtype == np.float32
    # An end is known to 6e-8 of its length, so an angle of 2e-3 between them to 3e-5 of itself.
    np.testing.assert_allclose(np.linalg.norm(walk, axis=1), np.ones(9), atol=1e-4)


def test_nearly_parallel_latents_are_joined_straight():
    a = np.array([[1.0, 0.0], [1.0, 1.0]])
    walk = latent.interpolate(a, 2 * a, 3, spherical=True)
    np.testing.assert_allclose(walk[:, 1], 1.5 * a, rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: latent.interpolate([1.0], [1.0, 2.0]), "two alike"),
        (lambda: latent.interpolate([1.0], [2.0], 1), "steps = 1"),
        (lambda: latent.interpolate([0.0, 0.0], [1.0, 0.0], spherical=True), "length 0"),
        (lambda: latent.interpolate([1.0, 0.0], [-2.0, 0.0], spherical=True), "opposite"),
        (lambda: latent.traverse(np.zeros((2, 3)), [0], [1.0]), "one latent"),
        (lambda: latent.traverse(np.zeros(3), [3], [1.0]), "0..2"),
        (lambda: latent.move(np.zeros((2, 3)), np.eye(3)[:2], [1.0, 2.0]), "one at a time"),
        (lambda: latent.move(np.zeros((2, 3)), np.eye(3)[:2], 1.0), "one at a time"),
        (lambda: latent.move(np.zeros((2, 3)), np.ones(1), [1.0]), r"direction \(1,\)"),
        (lambda: latent.attribute_directions(np.zeros((3, 2)), [1, 2]), "3 latents, 2 rows"),
        (lambda: latent.attribute_directions(np.eye(3), [1, 1, 1]), "never vary"),
        (
            lambda: latent.attribute_directions(
                np.eye(14), np.repeat([1e9 / 3, 1e9 / 7], 7), np.repeat([0, 1], 7)
            ),
            "never vary",
        ),
        (lambda: latent.attribute_directions(np.eye(3), [1, 2, np.nan]), "attributes hold NaN"),
        (
            lambda: latent.attribute_directions(np.full((3, 2), np.inf), [1, 2, 3]),
            "latents hold NaN or infinity",
        ),
        (
            lambda: latent.attribute_directions(np.eye(4), np.outer([1, 2, 4, 5], [1, 2])),
            "only together",
        ),
        (
            lambda: latent.attribute_directions(np.eye(4), [0, 0, 1, 1], groups=[0, 0, 1, 1]),
            "within a group",
        ),
    ],
)
def test_bad_requests_are_named(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_units_of_an_attribute_do_not_matter():
    rng = np.random.default_rng(0)
    latents, attribute = rng.normal(size=(50, 4)), rng.normal(size=50)
    found = latent.attribute_directions(latents, attribute)
    tiny = latent.attribute_directions(latents, 1e-12 * attribute)
    np.testing.assert_allclose(1e-12 * tiny, found, rtol=1e-5)


def test_traversal_of_whole_numbers_takes_the_values_as_they_are():
    walk = latent.traverse([0, 0], [1], [-0.5, 0.5])
    np.testing.assert_array_equal(walk, [[[0, -0.5], [0, 0.5]]])


def test_traversal_changes_one_dimension_at_a_time():
    z = np.arange(4.0)
    walk = latent.traverse(z, [2, 0], [-1.0, 5.0, 7.0])
    assert walk.shape == (2, 3, 4)
    for row, dimension in zip(walk, [2, 0], strict=True):
        np.testing.assert_array_equal(row[:, dimension], [-1, 5, 7])
        rest = np.delete(np.arange(4), dimension)
        np.testing.assert_array_equal(row[:, rest], np.tile(z[rest], (3, 1)))
    np.testing.assert_array_equal(z, np.arange(4.0))


def linear_world(n=4000, seed=0):
    """Latents that two related attributes and the class move along known directions."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 3, n)
    dark = rng.normal(size=n) + groups  # some classes are darker
    sleeves = 0.8 * dark + 0.6 * rng.normal(size=n)  # and dark ones have longer sleeves
    attributes = np.stack([dark, sleeves], axis=1)
    directions = rng.normal(size=(2, 6))
    centres = 5 * rng.normal(size=(3, 6))
    noise = 0.3 * rng.normal(size=(n, 6))
    return attributes @ directions + centres[groups] + noise, attributes, groups, directions


def test_directions_are_recovered_although_attributes_go_together():
    latents, attributes, groups, truth = linear_world()
    found = latent.attribute_directions(latents, attributes, groups)
    # Standard error: 0.3 / (0.6 sqrt(4000)) = 0.008; four of them.
    np.testing.assert_allclose(found, truth, atol=0.032)
    # One attribute by itself carries the other along: 0.8 of it.
    alone = latent.attribute_directions(latents, attributes[:, 0], groups)
    np.testing.assert_allclose(alone, truth[0] + 0.8 * truth[1], atol=0.1)
    # And without the classes, their differences too.
    mixed = latent.attribute_directions(latents, attributes)
    assert np.abs(mixed - truth).max() > 0.3


def test_direction_of_a_yes_or_no_attribute_is_the_difference_of_means():
    rng = np.random.default_rng(1)
    latents, yes = rng.normal(size=(50, 4)), rng.random(50) < 0.3
    expected = latents[yes].mean(0) - latents[~yes].mean(0)
    np.testing.assert_allclose(latent.attribute_directions(latents, yes), expected, rtol=1e-5)


def test_moving_by_an_amount_changes_the_fitted_attribute_by_it():
    latents, attributes, groups, _ = linear_world()
    dark, sleeves = latent.attribute_directions(latents, attributes, groups)
    readout, *_ = np.linalg.lstsq(np.stack([dark, sleeves]).T, np.eye(6), rcond=None)
    moved = latent.move(latents[:5], dark, [0.0, 2.0])
    assert moved.shape == (5, 2, 6)
    np.testing.assert_allclose(moved[:, 1] - moved[:, 0], np.tile(2 * dark, (5, 1)), rtol=1e-4)
    change = (moved[:, 1] - moved[:, 0]) @ readout.T
    np.testing.assert_allclose(change, np.tile([2.0, 0.0], (5, 1)), atol=1e-4)
    np.testing.assert_allclose(latent.move(latents[:5], dark, 2.0), moved[:, 1])


def test_active_units_are_those_whose_mean_varies():
    rng = np.random.default_rng(2)
    mean = rng.normal(size=(1000, 4)) * [1.0, 0.0, 0.05, 0.2] + [0, 3, 0, 0]
    np.testing.assert_array_equal(latent.active_units(mean), [True, False, False, True])


def test_a_learned_direction_edits_photographs():
    """Brightness, learned from labels, moves the brightness of photographs it has not seen."""
    images, labels = tiny_images(300)
    rng = np.random.default_rng(3)
    images = (images * rng.uniform(0.3, 1.0, (300, 1, 1, 1))).astype(np.uint8)
    model = VAE(width=8, latent_dim=4, num_classes=2)
    model.compile()
    stream = batches(images[:250], labels[:250], batch_size=25)
    model.fit(stream, steps_per_epoch=150, verbose=0, shuffle=False)
    bright = images.mean((1, 2, 3)) / 10
    mean, _ = model.encode(images[:250], labels[:250])
    direction = latent.attribute_directions(mean, bright[:250], labels[:250])
    edited = latent.edit(model, images[250:], direction, [-2.0, 0.0, 2.0], labels[250:])
    assert edited.shape == (50, 3, 28, 28, 1)
    again = model.reconstruct(images[250:], labels[250:]).astype(int)
    assert np.abs(edited[:, 1] - again).max() <= 1
    shown = edited.mean((2, 3, 4)) / 10
    steps = np.diff(shown, axis=1)
    assert (steps > 0).mean() > 0.95
    assert steps.mean() == pytest.approx(2.0, rel=0.35)


def test_tools_serve_a_gan_as_well():
    from prodimg_lib import GAN

    model = GAN(**TINY)
    walk = latent.interpolate(*model.latents(2), 4, spherical=True)
    assert model.decode(walk).shape == (4, 28, 28, 1)
