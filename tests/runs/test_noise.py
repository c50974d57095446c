"""Noise is told from bad images, and nothing about its details is said."""

import numpy as np
import pytest

from prodimg_lib import metrics
from prodimg_lib.metrics.extractors import FunctionExtractor
from prodimg_lib.runs.noise import compare_with_noise, independent_pixels, noise_share
from tests.samples import tiny_images

PIXELS = FunctionExtractor(lambda images: images[:, ::4, ::4].reshape(len(images), -1) / 64, "px")


def test_independent_pixels_have_the_values_of_their_place_and_nothing_in_common():
    real, _ = tiny_images(400)
    noise = independent_pixels(real, 4000)
    for place in ((0, 0), (10, 6), (20, 20)):
        assert set(noise[:, *place, 0]) <= set(real[:, *place, 0])
        theirs, mine = (v[:, *place, 0].astype(float) for v in (real, noise))
        assert mine.mean() == pytest.approx(theirs.mean(), abs=4 * theirs.std() / np.sqrt(4000))
    inside = [(12, 6), (12, 18)]  # in photographs either left or right is bright
    for images, correlation in ((real, -1), (noise, 0)):
        pair = np.array([images[:, *place, 0] for place in inside], float)
        assert np.corrcoef(pair)[0, 1] == pytest.approx(correlation, abs=0.07)


def compared(fake, real):
    scores = metrics.evaluate(real, fake, extractor=PIXELS)
    compare_with_noise(scores, real, PIXELS)
    return scores


@pytest.mark.parametrize("share", [0.0, 0.25, 0.75, 1.0])
def test_of_a_mixture_the_share_of_noise_is_found(share):
    """The distance of a mixture is the square of the share times that of noise alone."""
    (real, _), (fake, _) = tiny_images(600), tiny_images(600, seed=1)
    bad = round(share * 600)
    fake[:bad] = independent_pixels(tiny_images(600, seed=2)[0], bad, seed=3)
    facts = compared(fake, real)["kernel_distance"]
    assert facts["noise_share"] == pytest.approx(share, abs=0.08)
    assert facts["noise_share"] == noise_share(facts["value"], facts["noise"])


def test_the_share_of_noise_has_ends():
    assert noise_share(-0.01, 0.4) == 0
    assert noise_share(0.1, 0.4) == 0.5
    assert noise_share(0.5, 0.4) == 1
    assert noise_share(0.001, -0.001) == 1  # a network to which noise looks like photographs


def test_noise_is_withheld_and_near_images_are_not():
    real, _ = tiny_images(200)
    good = compared(tiny_images(200, seed=1)[0], real)
    assert not any("withheld" in facts for facts in good.values())
    noise = np.random.default_rng(0).integers(0, 256, real.shape, dtype=np.uint8)
    bad = compared(noise, real)
    withheld = {name for name, facts in bad.items() if facts.get("withheld")}
    assert withheld == {"precision", "recall", "density"}
    assert sum("withheld: the images" in note for note in bad.notes) == 1
    shown = {row[0]: row[1] for row in bad.rows()}
    assert shown["Precision"] == shown["Recall"] == "withheld"
    assert shown["Coverage"] != "withheld"


def test_without_a_kernel_distance_nothing_is_said():
    real, _ = tiny_images(20)
    scores = metrics.evaluate_pixels(real, real)
    before = dict(scores)
    compare_with_noise(scores, real, PIXELS)
    assert scores == before
    assert scores.notes == []
