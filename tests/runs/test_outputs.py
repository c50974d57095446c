"""What is written for a person: whole, reproducible, and never in place of what is theirs."""

import csv
import os

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError
from prodimg_lib.runs import outputs
from tests.samples import product_images, tiny_images

NAMES = ("left", "right")


def write(folder, n, **more):
    images, labels = tiny_images(n)
    outputs.write_images(folder, images, labels, NAMES, 3, **more)
    return images


def manifest(folder):
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_images_and_manifest_agree(tmp_path):
    images = write(tmp_path, 12, per_image={"score": np.arange(12) / 2, "kind": ["a"] * 12})
    rows = manifest(tmp_path)
    assert rows[11] == {
        "file": "images/11.png", "class": "right", "seed": "3", "index": "11", "score": "5.5000",
        "kind": "a",
    }  # fmt: skip
    for row, image in zip(rows, images, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / row["file"])), image[..., 0])


def test_again_with_fewer_images_leaves_no_old_ones(tmp_path):
    write(tmp_path, 12)
    write(tmp_path, 3)
    assert sorted(os.listdir(tmp_path / "images")) == ["0.png", "1.png", "2.png"]
    assert len(manifest(tmp_path)) == 3


@pytest.mark.parametrize("theirs", ["images/holiday.jpg", "images/0.png", "images/sub/0.png"])
def test_a_persons_own_images_are_not_deleted(tmp_path, theirs):
    path = tmp_path / theirs
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(InputError, match=r"images/.* is there already .*another --out"):
        write(tmp_path, 4)
    assert path.read_text() == "mine"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


@pytest.mark.parametrize("name", ["manifest.csv", "grid.png"])
def test_a_persons_own_table_or_grid_is_not_replaced(tmp_path, name):
    (tmp_path / name).write_text("name,price\nshoe,30\n")
    with pytest.raises(InputError, match=f"{name} is there already"):
        write(tmp_path, 4)
    assert (tmp_path / name).read_text() == "name,price\nshoe,30\n"


def test_own_image_put_beside_generated_ones_is_not_deleted(tmp_path):
    write(tmp_path, 4)
    (tmp_path / "images" / "edited.png").write_text("mine")
    before = manifest(tmp_path)
    with pytest.raises(InputError, match=r"edited\.png is there already"):
        write(tmp_path, 2)
    assert len(os.listdir(tmp_path / "images")) == 5
    assert manifest(tmp_path) == before


def test_stopped_half_way_the_next_call_knows_its_own(tmp_path, monkeypatch):
    write(tmp_path, 6)
    made = []

    def png(image):
        if len(made) == 4:
            raise KeyboardInterrupt
        made.append(image)
        return b"x"

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr(outputs, "png", png)
        write(tmp_path, 12)
    assert len(os.listdir(tmp_path / "images")) == 4
    write(tmp_path, 3)
    assert sorted(os.listdir(tmp_path / "images")) == ["0.png", "1.png", "2.png"]


def test_a_run_folder_without_a_whole_manifest_is_evaluated_again(tmp_path):
    """As a kill of an earlier version left it."""
    (tmp_path / "config.yaml").write_text("model: vae\n")
    place = tmp_path / "samples" / "images"
    place.mkdir(parents=True)
    (tmp_path / "manifest.csv").write_text("")
    (place / "007.png").write_text("half")
    (place.parent / "step-00000001.png").write_text("preview")
    write(tmp_path, 4, subfolder="samples/images")
    assert sorted(os.listdir(place)) == ["0.png", "1.png", "2.png", "3.png"]
    assert (place.parent / "step-00000001.png").exists()


@pytest.mark.parametrize(("name", "word"), [("sheet.xyz", "sheet.png"), ("", "is a folder")])
def test_a_contact_sheet_is_a_png(tmp_path, name, word):
    with pytest.raises(InputError, match=word):
        outputs.write_contact_sheet(product_images(), tmp_path / name)
