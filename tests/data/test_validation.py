"""Photographs to validate with: never the test, and no near duplicate of what is trained on."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.data import load, prepared
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.data.validation import SHARE, hold_out
from tests.data.shop import scene
from tests.samples import contents, many_products, product_images, tiny_images


def test_a_part_of_training_is_taken_out_and_the_test_stays():
    data = many_products()
    held = hold_out(data, 0)
    assert len(held.val_images) == SHARE * 200
    assert contents(held.images) | contents(held.val_images) == contents(data.images)
    assert not contents(held.images) & contents(held.val_images)
    assert not contents(held.val_images) & contents(data.test_images)
    assert held.test_images is data.test_images
    assert np.bincount(held.val_labels).tolist() == [15, 15]
    where = {image.tobytes(): label for image, label in zip(data.images, data.labels, strict=True)}
    for image, label in zip(held.val_images, held.val_labels, strict=True):
        assert where[image.tobytes()] == label


def test_the_draw_is_of_the_seed_and_the_content_not_of_the_order():
    data = many_products()
    first = contents(hold_out(data, 0).val_images)
    turned = replace(data, images=data.images[::-1], labels=data.labels[::-1])
    assert contents(hold_out(turned, 0).val_images) == first
    assert contents(hold_out(data, 1).val_images) != first


def test_the_datas_own_part_is_taken_where_there_is_one():
    images, labels = tiny_images(12, seed=5)
    data = replace(product_images(), val_images=images, val_labels=labels)
    assert hold_out(data, 0) is data
    again = hold_out(many_products(), 0)
    assert hold_out(again, 0) is again


def test_near_duplicates_of_photographs_stay_on_one_side():
    rng = np.random.default_rng(0)
    # Coarse patterns, each twice with a little more light.
    coarse = rng.integers(0, 200, (60, 7, 7, 1), np.uint8)
    plain = coarse.repeat(4, 1).repeat(4, 2)
    lighter = plain + np.uint8(3)
    data = replace(
        product_images(),
        images=np.concatenate([plain, lighter]),
        labels=np.zeros(120, np.int64),
        class_names=("one",),
    )
    held = contents(hold_out(data, 0).val_images)
    assert len(held) == SHARE * 120
    for a, b in zip(plain, lighter, strict=True):
        assert (a.tobytes() in held) == (b.tobytes() in held)


def test_too_few_photographs_and_streamed_ones_are_refused():
    images, labels = tiny_images(6)
    with pytest.raises(InputError, match="1 photographs are left to validate with"):
        hold_out(replace(product_images(), images=images, labels=labels), 0)
    streamed = replace(many_products(), shards=SimpleNamespace(count=10**6))
    with pytest.raises(InputError, match=r"streamed and have no validation part: .*val=0\.1"):
        hold_out(streamed, 0)


@pytest.mark.parametrize("limit", [None, 60])
def test_what_the_preparation_kept_together_is_not_separated(tmp_path, limit):
    """Photographs of one item do not look alike: only the preparation knows what they show."""
    (tmp_path / "shop").mkdir()
    for i in range(80):
        scene(i).save(tmp_path / "shop" / f"sku{i % 20}_{i}.png")
    more = {"size": 28, "cutout": {"method": "none"}, "item": r"(sku[0-9]+)_", "val": 0}
    prepare_folder(tmp_path / "shop", tmp_path / "out", PrepareConfig(**more))
    data = load(tmp_path / "out", limit=limit)
    group = {i.tobytes(): g for i, g in zip(data.images, data.group_of(data.images), strict=True)}
    for seed in range(3):
        held = hold_out(data, seed)
        assert len(held.val_images) >= 4
        kept, out = ({group[i.tobytes()] for i in x} for x in (held.images, held.val_images))
        assert not kept & out
        assert [group[i.tobytes()] for i in held.images] == held.group_of(held.images).tolist()


def test_only_who_draws_a_validation_part_reads_what_belongs_together(tmp_path, monkeypatch):
    """It costs a digest of each training image and the whole table."""
    (tmp_path / "shop").mkdir()
    for i in range(40):
        scene(i).save(tmp_path / "shop" / f"{i}.png")
    config = PrepareConfig(size=28, cutout={"method": "none"}, val=0)
    prepare_folder(tmp_path / "shop", tmp_path / "out", config)
    asked, real = [], prepared._groups
    monkeypatch.setattr(prepared, "_groups", lambda *of: asked.append(of) or real(*of))
    data = load(tmp_path / "out")
    assert not asked
    assert len(hold_out(data, 0).val_images) >= 4
    assert len(asked) == 1
