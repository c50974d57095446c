"""Differentiable augmentation: what it may change, what not, and that gradients pass."""

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import InputError
from prodimg_lib.models.augment import AUGMENTATIONS, augment, colour, cutout, flip, translation

SEED = (3, 5)


def images(n=200, size=16, channels=3):
    rng = np.random.default_rng(0)
    return tf.constant(rng.uniform(-1, 1, (n, size, size, channels)), tf.float32)


def test_flip_mirrors_about_half():
    x = images()
    out = flip(x, SEED).numpy()
    same = [np.array_equal(a, b) for a, b in zip(out, x, strict=True)]
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(out, x, strict=True)]
    assert all(a != b for a, b in zip(same, mirrored, strict=True))
    assert np.mean(mirrored) == pytest.approx(0.5, abs=4 * 0.5 / 200**0.5)


def test_translation_moves_whole_images_onto_white():
    x = images()
    out = translation(x, SEED).numpy()
    seen = set()
    for image, moved in zip(x.numpy(), out, strict=True):
        padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), constant_values=1.0)
        places = [
            (i, j)
            for i in range(5)
            for j in range(5)
            if np.array_equal(padded[i : i + 16, j : j + 16], moved)
        ]
        assert len(places) == 1
        seen.update(places)
    assert len(seen) == 25  # each of 5 x 5 shifts: missed by 200 draws once in 140 seeds


def test_cutout_greys_one_square():
    x = images() + 3
    out = cutout(x, SEED).numpy()
    gone = (out == 0).all(-1)
    for mask, image, changed in zip(gone, x.numpy(), out, strict=True):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert mask.sum() == len(rows) * len(columns)  # a rectangle, cut off at the border
        assert 4 <= len(rows) <= 8
        assert np.array_equal(changed[~mask], image[~mask])


def test_colour_is_the_same_for_all_pixels_of_an_image():
    grey = tf.ones((50, 4, 4, 3)) * 0.2
    out = colour(grey, SEED).numpy()
    assert out.std((1, 2, 3)) == pytest.approx(np.zeros(50), abs=1e-6)
    assert out.mean((1, 2, 3)).std() > 0.1
    assert np.abs(out - 0.2).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_seeded_per_image_and_differentiable(name):
    x = images(32)
    function = AUGMENTATIONS[name]
    assert np.array_equal(function(x, SEED), function(x, SEED))
    assert not np.array_equal(function(x, SEED), function(x, (4, 5)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(tf.square(function(x, SEED)))
    gradient = tape.gradient(value, x).numpy()
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).sum((1, 2, 3)) > 0).all()
    # Every image gets a draw of its own.
    twins = function(tf.repeat(x[:1], 32, 0), SEED).numpy()
    assert len(np.unique(twins.reshape(32, -1), axis=0)) > 1


def test_names_apply_in_order_with_draws_of_their_own():
    x = images(8)
    assert np.array_equal(augment(x, (), SEED), x)
    once, twice = augment(x, ("flip",), SEED), augment(x, ("flip", "flip"), SEED)
    assert not np.array_equal(once, twice)
    assert augment(x, ("flip", "translation", "cutout", "colour"), SEED).shape == x.shape


@pytest.mark.parametrize("side", [28, 5])
def test_cutout_covers_left_as_often_as_right(side):
    """Each column as often as the paper's range of centres says, so the same from both ends."""
    n, length = 20_000, int(side / 2 + 0.5)
    out = cutout(tf.ones((n, side, side, 1)), SEED).numpy()[..., 0]
    centres = np.arange(side + 1 - length % 2)
    column = np.arange(side)[:, None]
    expected = (np.abs(column - centres + length // 2 - (length - 1) / 2) < length / 2).mean(1)
    np.testing.assert_allclose(expected, expected[::-1])
    for axis in (1, 2):
        covered = (out == 0).any(axis).mean(0)
        error = np.sqrt(expected * (1 - expected) / n)
        assert (np.abs(covered - expected) < 4.5 * error).all()


@pytest.mark.parametrize(
    ("images", "names", "words"),
    [
        (np.zeros((1, 8, 8, 3), np.float32), ("rotate",), "'rotate' is not known: choose from"),
        (
            np.zeros((1, 8, 8, 3), np.float32),
            "flip",
            r"names = 'flip': expected a list.*\['flip'\]",
        ),
        (np.zeros((1, 8, 8, 3), np.uint8), ("flip",), "images are uint8 .*to_model"),
        (np.zeros((8, 8, 3), np.float32), ("flip",), r"\(8, 8, 3\): expected floats"),
    ],
)
def test_what_cannot_be_augmented_is_refused_on_one_line(images, names, words):
    with pytest.raises(InputError, match=words) as caught:
        augment(images, names, SEED)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_half_precision_stays_half_and_draws_the_same(name):
    x = images(16)
    half = augment(tf.cast(x, tf.float16), (name,), SEED)
    assert half.dtype == tf.float16
    np.testing.assert_allclose(half, augment(x, (name,), SEED), atol=0.01)
