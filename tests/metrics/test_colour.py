"""Colours covered and chroma: closed forms, what each known loss does, and real against real."""

import numpy as np
import pytest

from prodimg_lib import InputError, load, metrics
from prodimg_lib.metrics import colour
from prodimg_lib.metrics.uncertainty import binomial_error
from prodimg_lib.runs import doctor

N = 400


@pytest.fixture(scope="module")
def data():
    return load("catalogue", limit=3 * N)


@pytest.fixture(scope="module")
def halves(data):
    return data.test_images[:N], data.test_images[N : 2 * N]


def flat(*pixels):
    """Images of one colour each, uint8 [n, 6, 6, 3]."""
    return np.broadcast_to(np.array(pixels, np.uint8)[:, None, None], (len(pixels), 6, 6, 3))


def faded(images, share):
    """Images with so much of their chroma left."""
    grey = images.mean(-1, keepdims=True)
    return (grey + share * (images - grey)).round().clip(0, 255).astype(np.uint8)


def test_tints_of_plain_colours():
    red, green, blue, yellow = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
    plain = flat(red, green, blue, yellow, (90, 90, 90))
    expected = [(255, 127.5), (-255, 127.5), (0, -255), (0, 255), (0, 0)]
    np.testing.assert_allclose(metrics.tints(plain), expected, atol=1e-4)
    np.testing.assert_allclose(metrics.mean_chroma(plain), np.hypot(*np.transpose(expected)))


def test_a_white_ground_leaves_the_tint_and_dilutes_the_chroma():
    image = flat((200, 20, 20)).copy()
    image[:, 3:] = 255
    assert metrics.tints(image) == pytest.approx(metrics.tints(flat((200, 20, 20))))
    assert metrics.mean_chroma(image) == metrics.mean_chroma(flat((200, 20, 20))) / 2


def test_many_images_are_converted_in_blocks(halves):
    some = halves[0][:300]
    np.testing.assert_array_equal(
        metrics.tints(some), np.concatenate([metrics.tints(some[i : i + 1]) for i in range(300)])
    )


@pytest.mark.parametrize(("real", "fake"), [(400, 400), (500, 200), (40, 90)])
def test_what_equal_sets_cover_does_not_depend_on_the_colours(real, fake):
    """The mean of many draws, within four of its standard errors, for two kinds of colours."""
    for power in (1, 5):
        rng = np.random.default_rng(power)
        draws = [
            colour.coverage_of_tints(rng.random((real, 2)) ** power, rng.random((fake, 2)) ** power)
            for _ in range(60)
        ]
        error = np.std(draws, ddof=1) / np.sqrt(len(draws))
        expected = colour.expected_coverage(real, fake)
        assert np.mean(draws) == pytest.approx(expected, abs=4 * error)


def test_real_against_real_is_no_false_alarm(data, halves):
    """Catalogue images in forty draws: no colours are called lost, by the advice or the doctor."""
    pool = metrics.tints(np.concatenate([data.images, data.test_images]))
    rng = np.random.default_rng(0)
    for n in (50, 100, 200, 400):
        covered = []
        for _ in range(40):
            rows = rng.permutation(len(pool))
            covered.append(colour.coverage_of_tints(pool[rows[:n]], pool[rows[n : 2 * n]]))
        assert np.mean(covered) == pytest.approx(colour.expected_coverage(n, n), abs=0.02)
        usual = colour.expected_coverage(n, n)
        assert not any(colour.lost(entry(value, n, usual)) for value in covered)
        assert min(covered) > doctor.PALED * max(covered)


def test_grey_images_have_lost_every_colour(halves):
    real, other = halves
    assert metrics.colour_coverage(real, faded(other, 0)) < 0.05
    assert metrics.mean_chroma(faded(other, 0)).max() == 0


def test_one_colour_covers_one_place(halves):
    real, other = halves
    grey = other.mean(-1, keepdims=True)
    ink = (255 - (255 - grey) * np.array([0.2, 0.9, 0.9])).round().astype(np.uint8)
    assert metrics.colour_coverage(real, ink) < 0.3
    assert metrics.mean_chroma(ink).mean() > metrics.mean_chroma(real).mean()  # colourful it is


def test_the_paler_the_fewer(halves):
    real, other = halves
    shares = [metrics.colour_coverage(real, faded(other, s)) for s in (1, 0.7, 0.4, 0.1)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.9 > 0.7 > shares[2]


def test_a_missing_hue_is_missed(halves):
    real, other = halves
    red = metrics.tints(real)[:, 0] > 15
    reds = metrics.tints(other)[:, 0] > 15
    lost = metrics.colour_coverage(real, other[~reds])
    assert lost == pytest.approx(metrics.colour_coverage(real, other) - red.mean(), abs=0.08)


def test_swapped_channels_are_other_colours_and_the_order_of_images_and_pixels_is_none(halves):
    """Of clothes dyed from dark blue to light blue no one is orange."""
    real, other = halves
    blue = [v[metrics.tints(v)[:, 1] < -20] for v in (real, other)]
    assert metrics.colour_coverage(*blue) > 0.85
    assert metrics.colour_coverage(blue[0], blue[1][..., ::-1]) < 0.2
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(other).reshape(N, -1, 3)[:, rng.permutation(32 * 32)]
    again = metrics.colour_coverage(real, shuffled.reshape(other.shape))
    assert again == pytest.approx(metrics.colour_coverage(real, other), abs=1e-12)


def entry(value, n, floor):
    return {"value": value, "uncertainty": binomial_error(value, n), "floor": floor, "n": n}


def test_colours_are_lost_only_where_the_whole_interval_says_so():
    assert colour.lost(entry(0.6, 400, 0.97))
    assert not colour.lost(entry(0.6, 20, 0.97))  # so few images leave it open
    assert not colour.lost(entry(0.8, 400, 0.97))
    assert not colour.lost(entry(0.6, 400, 0.7))  # real ones cover no more
    assert not colour.lost(entry(0.1, 4, 0.97) | {"uncertainty": None})


def test_only_images_in_colour_have_entries(halves):
    real, other = halves
    grey = real.mean(-1, keepdims=True).astype(np.uint8)

    def entries(x, y):
        return colour.entries(x, y, x[:200], x[200:], lambda *_: 0.01)

    assert entries(grey, grey) == {}
    assert entries(grey.repeat(3, -1), grey.repeat(3, -1)) == {}
    found = entries(real, faded(other, 0.5))
    assert found["chroma"]["value"] == pytest.approx(found["chroma"]["floor"] / 2, rel=0.15)
    assert found["colour_coverage"]["value"] < 0.75 < found["colour_coverage"]["floor"]


def test_what_has_no_colours_is_refused():
    for bad in (np.zeros((4, 6, 6, 1), np.uint8), np.zeros((4, 6, 6, 3)), np.zeros((6, 6, 3))):
        with pytest.raises(InputError):
            metrics.tints(bad)
