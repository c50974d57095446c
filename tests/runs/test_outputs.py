"""What is written for a person: whole, reproducible, and never in place of what is theirs."""

import csv
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError, provenance
from prodimg_lib.runs import outputs
from tests.samples import GUARD, product_images, tiny_images

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


def everything(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_what_was_there_stays_whole_until_all_of_the_new_is_written(tmp_path, monkeypatch, error):
    write(tmp_path, 6)
    before = everything(tmp_path)
    made = []

    def png(image, chunks):
        if len(made) == 4:
            raise error
        made.append(image)
        return b"x"

    wanted, words = KeyboardInterrupt, None
    if isinstance(error, OSError):
        wanted, words = InputError, "no space left on device; make room"
    with monkeypatch.context() as patch, pytest.raises(wanted, match=words):  # noqa: PT012
        patch.setattr(outputs, "png", png)
        write(tmp_path, 12)
    assert everything(tmp_path) == before


KILLED = """
import os, signal, sys
from prodimg_lib.runs import outputs
from tests.samples import tiny_images

calls, moment = 0, sys.argv[3]
place, name = (outputs, "png") if sys.argv[2] == "png" else (os, sys.argv[2])
true = getattr(place, name)

def counted(*arguments, **options):
    global calls
    calls += 1
    if str(calls) == moment or str(arguments[0]).endswith(moment):
        os.kill(os.getpid(), signal.SIGKILL)
    return true(*arguments, **options)

setattr(place, name, counted)
images, labels = tiny_images(12)
outputs.write_images(sys.argv[1], images, labels, ("left", "right"), 5)
"""


@pytest.mark.parametrize(
    ("where", "moment", "state"),
    [
        ("png", "8", "old"),
        ("replace", "1", "old"),  # before the journal has its name
        ("unlink", "/manifest.csv", "old"),
        ("unlink", "/3.png", "none"),  # among the images of before
        ("replace", "2", "none"),
        ("replace", "6", "none"),  # among the new ones
        ("replace", "14", "none"),  # before the manifest
        ("unlink", "/.partial-manifest.csv", "new"),
    ],
)
def test_killed_at_any_moment_a_manifest_means_a_whole_set_and_the_next_call_goes_on(
    tmp_path, where, moment, state
):
    write(tmp_path, 6)
    before = everything(tmp_path)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path, where, moment], check=False, timeout=GUARD
    )
    assert killed.returncode == -signal.SIGKILL
    if state == "none":
        assert not (tmp_path / "manifest.csv").exists()
    else:
        rows = manifest(tmp_path)
        assert [row["seed"] for row in rows] == (["3"] * 6 if state == "old" else ["5"] * 12)
        for row in rows:
            Image.open(tmp_path / row["file"]).load()
    if state == "old":
        assert before.items() <= everything(tmp_path).items()
    write(tmp_path, 4)
    assert sorted(os.listdir(tmp_path / "images")) == ["0.png", "1.png", "2.png", "3.png"]
    assert len(manifest(tmp_path)) == 4
    assert not (tmp_path / ".partial-manifest.csv").exists()


def test_what_an_old_kill_left_is_cleared_away(tmp_path):
    for name, age in ((".partial-old", 7200), (".partial-new", 0)):
        (tmp_path / name / "images").mkdir(parents=True)
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    write(tmp_path, 2)
    assert sorted(p.name for p in tmp_path.glob(".partial-*")) == [".partial-new"]


def test_each_file_says_that_it_is_generated_and_how_to_draw_it_again(tmp_path):
    images, labels = tiny_images(3)
    more = {"per_image": {"attempt": np.array([0, 1, 0]), "score": np.zeros(3)}}
    seeds, index = np.array([3, 2**31 + 7, 3], object), np.array([0, 1, 4])
    origin = {"model": "GAN", "weights": "ab", "run": "shop"}
    outputs.write_images(
        tmp_path, images, labels, NAMES, seeds, index=index, origin=origin, grid=images[0], **more
    )
    told = provenance.read(tmp_path / "images" / "1.png")
    wanted = origin | {"class": "right", "seed": 2**31 + 7, "index": 1, "attempt": 1}
    assert told == wanted | {
        "generated": True,
        "software": provenance.software(),
        "digital_source_type": provenance.SOURCE_TYPE,
    }
    row = manifest(tmp_path)[1]
    assert {key: row[key] for key in ("class", "seed", "index", "attempt")} == {
        "class": "right", "seed": str(2**31 + 7), "index": "1", "attempt": "1",
    }  # fmt: skip
    assert provenance.read(tmp_path / "grid.png")["generated"]


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
