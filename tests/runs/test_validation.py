"""Photographs to choose by: never the test, and no near duplicate of what is trained on."""

from dataclasses import replace

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.data.validation import SHARE
from prodimg_lib.runs.validation import for_choosing
from tests.samples import contents, many_products, product_images, tiny_images


def test_without_a_validation_part_one_is_drawn_from_training_and_the_test_is_left_out():
    data = many_products()
    judged, sentence = for_choosing(data, 0)
    assert len(judged.test_images) == SHARE * 200
    assert contents(judged.images) | contents(judged.test_images) == contents(data.images)
    assert not contents(judged.images) & contents(judged.test_images)
    assert not contents(judged.test_images) & contents(data.test_images)
    assert np.bincount(judged.test_labels).tolist() == [15, 15]
    where = {image.tobytes(): label for image, label in zip(data.images, data.labels, strict=True)}
    for image, label in zip(judged.test_images, judged.test_labels, strict=True):
        assert where[image.tobytes()] == label
    assert "30 of the training photographs" in sentence
    assert "other 170" in sentence


def test_the_draw_is_of_the_seed_and_the_content_not_of_the_order():
    data = many_products()
    first = contents(for_choosing(data, 0)[0].test_images)
    turned = replace(data, images=data.images[::-1], labels=data.labels[::-1])
    assert contents(for_choosing(turned, 0)[0].test_images) == first
    assert contents(for_choosing(data, 1)[0].test_images) != first


def test_the_datas_own_validation_part_is_taken_where_there_is_one():
    images, labels = tiny_images(12, seed=5)
    data = replace(product_images(), val_images=images, val_labels=labels)
    judged, sentence = for_choosing(data, 0)
    assert judged.images is data.images
    assert judged.test_images is images
    assert judged.digest != data.digest
    assert "12 photographs of the validation part" in sentence


def test_near_duplicates_of_photographs_stay_on_one_side():
    rng = np.random.default_rng(0)
    # Coarse patterns, each twice with a little more light.
    coarse = rng.integers(0, 200, (60, 7, 7, 1), np.uint8)
    plain = coarse.repeat(4, 1).repeat(4, 2)
    images = np.concatenate([plain, plain + np.uint8(3)])
    labels = np.zeros(120, np.int64)
    data = replace(product_images(), images=images, labels=labels, class_names=("one",))
    judged, sentence = for_choosing(data, 0)
    held = contents(judged.test_images)
    assert len(held) == SHARE * 120
    for a, b in zip(plain, plain + np.uint8(3), strict=True):
        assert (a.tobytes() in held) == (b.tobytes() in held)
    assert "Near duplicates are on one side." in sentence


def test_too_few_photographs_are_refused():
    data = replace(product_images(), images=tiny_images(6)[0], labels=tiny_images(6)[1])
    with pytest.raises(InputError, match="1 photographs are left to validate with"):
        for_choosing(data, 0)
