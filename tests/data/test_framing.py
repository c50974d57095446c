"""How a product lies in its picture: against squares whose place and size are known."""

import numpy as np
import pytest

from prodimg_lib.data import framing, gates


def square(top=20, left=20, side=24, size=64, channels=3, ground=255, product=40):
    image = np.full((size, size, channels), ground, np.uint8)
    image[top : top + side, left : left + side] = product
    return image


def batch(*images):
    return np.stack(images)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("ground", "product"), [(255, 40), (0, 200), (120, 131)])
def test_a_square_in_the_middle(channels, ground, product):
    images = batch(square(channels=channels, ground=ground, product=product))
    assert framing.fill(images) == pytest.approx([(24 / 64) ** 2])
    assert framing.centring(images) == pytest.approx([0.0])
    assert framing.ground(images) == pytest.approx([ground] * channels)
    assert framing.border(images, framing.ground(images)) == pytest.approx([1.0])


@pytest.mark.parametrize(("down", "right"), [(8, 0), (0, -12), (6, 8)])
def test_centring_is_the_way_from_the_middle_in_shares_of_the_side(down, right):
    images = batch(square(20 + down, 20 + right))
    assert framing.centring(images) == pytest.approx([np.hypot(down, right) / 64])
    assert framing.fill(images) == framing.fill(batch(square()))


def test_measures_do_not_depend_on_the_other_images_nor_turn_with_the_picture():
    images = batch(square(10, 30), square(side=40, left=10), square(0, 0, 8))
    turned = np.rot90(images, axes=(1, 2))
    for measure in (framing.fill, framing.centring, framing.sharpness):
        together = measure(images)
        np.testing.assert_array_equal(together, [measure(images[i : i + 1])[0] for i in range(3)])
        np.testing.assert_allclose(measure(turned), together, rtol=1e-6)


def test_a_border_counts_what_has_the_colour_of_the_photographs():
    images = batch(square(), square(ground=250), square(ground=240), square(left=40))
    white = framing.ground(batch(square(), square(), square(ground=0)))
    edge = framing.rim((64, 64))
    assert white == pytest.approx([255] * 3)
    covered = edge[20:44, 40:64].sum() / edge.sum()
    assert covered > 0
    assert framing.border(images, white) == pytest.approx([1, 1, 0, 1 - covered])
    for image in images:  # the measure that the gates of photographs have
        assert framing.border(batch(image), white) == pytest.approx([gates.white_border(image)])


def test_no_product_has_no_middle():
    images = batch(np.full((32, 32, 1), 255, np.uint8))
    assert framing.fill(images) == [0]
    assert np.isnan(framing.centring(images)).all()
    assert framing.sharpness(images) == [0]


def test_blur_lowers_sharpness_and_noise_raises_it():
    import cv2

    sharp = square()
    blurred = [cv2.GaussianBlur(sharp, (0, 0), sigma) for sigma in (1, 2, 4)]
    noise = np.random.default_rng(0).integers(0, 256, sharp.shape, np.uint8)
    values = framing.sharpness(batch(noise, sharp, *blurred))
    assert (np.diff(values) < 0).all()
