"""A zip of generated images: whole, the same bytes each time, never in place of another's."""

import csv
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError
from prodimg_lib.runs import outputs
from prodimg_lib.runs.archive import is_archive, write_archive
from tests.samples import tiny_images

NAMES = ("left", "right")


def write(path, n=3, **more):
    images, labels = tiny_images(n)
    write_archive(path, images, labels, NAMES, 3, grid=images[0], **more)
    return images


def test_it_holds_what_the_folder_holds(tmp_path):
    images = write(tmp_path / "a.zip", 12)
    folder = tmp_path / "folder"
    folder.mkdir()
    outputs.write_images(folder, images, tiny_images(12)[1], NAMES, 3, grid=images[0])
    with zipfile.ZipFile(tmp_path / "a.zip") as parts:
        assert parts.testzip() is None
        held = {name: parts.read(name) for name in parts.namelist()}
    assert held == {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
    rows = list(csv.DictReader(io.StringIO(held["manifest.csv"].decode(), newline="")))
    for row, image in zip(rows, images, strict=True):
        found = np.asarray(Image.open(io.BytesIO(held[row["file"]])))
        np.testing.assert_array_equal(found, image[..., 0])


def test_equal_images_give_equal_bytes_and_replace_their_own(tmp_path, monkeypatch):
    write(tmp_path / "a.zip")
    before = (tmp_path / "a.zip").read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    write(tmp_path / "new" / "b.ZIP")
    assert (tmp_path / "new" / "b.ZIP").read_bytes() == before
    write(tmp_path / "a.zip", 4)
    write(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "new"]


def holiday(path):
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("holiday.jpg", b"mine")


def leads_out(path):
    """All that its manifest says is there, and whoever unpacks it writes beside the folder."""
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("manifest.csv", "file,class,seed,index\r\n../../0.png,,3,0\r\n")
        parts.writestr("../../0.png", b"mine")


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("manifest.csv", "file,class,seed,index\r\n" + "\n" * 2**21)


def own_with_more(path):
    write(path)
    with zipfile.ZipFile(path, "a") as parts:
        parts.writestr("images/edited.png", b"mine")


def text(path):
    path.write_text("no zip file")


def folder(path):
    path.mkdir()


@pytest.mark.parametrize("make", [holiday, own_with_more, leads_out, bomb, text, folder])
def test_what_is_not_ours_is_not_replaced(tmp_path, monkeypatch, make):
    monkeypatch.setattr("prodimg_lib.runs.archive._MOST", 2**20)
    path = tmp_path / "a.zip"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(InputError, match=r"a\.zip is there already .*another --out"):
        write(path)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_failure_leaves_the_zip_of_before_and_nothing_else(tmp_path, monkeypatch):
    write(tmp_path / "a.zip")
    before = (tmp_path / "a.zip").read_bytes()
    made = []

    def png(image, chunks):
        made.append(image)
        if len(made) == 3:
            raise OSError(28, "No space left on device")
        return b"x"

    monkeypatch.setattr(outputs, "png", png)
    with pytest.raises(InputError, match=r"a\.zip: no space left on device; make room"):
        write(tmp_path / "a.zip", 5)
    assert (tmp_path / "a.zip").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "wanted"), [("a.zip", True), ("A.ZIP", True), ("zip", False), ("a.zip.d", False)]
)
def test_the_suffix_decides(name, wanted):
    assert is_archive(name) == wanted
