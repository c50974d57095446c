"""Windows of every kind are read; what is none is refused on one line."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError
from prodimg_lib.monitor.window import read_window
from prodimg_lib.runs.archive import write_archive
from prodimg_lib.runs.outputs import write_images
from prodimg_lib.serve.log import Line, Log
from tests.samples import contents, tiny_images

NAMES = ("left", "right")


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photographs"
    images, labels = tiny_images(20)
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = folder / NAMES[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(place / f"{i}.png")
    return folder


def test_photographs_of_a_folder_and_of_a_zip_file(photographs, tmp_path):
    packed = tmp_path / "week.zip"
    with zipfile.ZipFile(packed, "w") as parts:
        for path in photographs.rglob("*.png"):
            parts.write(path, path.relative_to(photographs))
    for path in (photographs, packed):
        found = read_window(path, 28, 1)
        assert contents(found.images) == contents(tiny_images(20)[0])
        assert found.counts == {"left": 10, "right": 10}
        assert not found.generated
        # Each image has its own class, whatever the order.
        left = found.images[[name == "left" for name in found.classes]]
        assert contents(left) == contents(tiny_images(20)[0][::2])


@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_generated_images_with_how_often_they_were_drawn(tmp_path, suffix):
    images, labels = tiny_images(12)
    out = tmp_path / f"made{suffix}"
    per_image = {"attempt": np.array([0] * 9 + [1, 4, 0]), "class": np.full(12, 0.9)}
    grid = images[0]
    if suffix:
        write_archive(out, images, labels, NAMES, 0, per_image, grid=grid)
    else:
        out.mkdir()
        write_images(out, images, labels, NAMES, 0, per_image, grid=grid)
    found = read_window(out, 28, 1)
    assert np.array_equal(found.images, images)
    assert (found.generated, found.accepted) == (True, True)
    assert found.counts == {"left": 6, "right": 6}
    assert (found.refused, found.drawn) == ({"any": 2}, 12)


def line(**values):
    return Line("2026-01-31T09:30:00.125Z", "0" * 16, "/generate", **values)


def test_a_log_is_counted_and_failed_requests_are_not(tmp_path):
    path = tmp_path / "log.jsonl"
    log = Log(path)
    log.write(
        line(status=200, duration=1, labels={"left": 3}, images=3, drawn=5, rejected={"fill": 2})
    )
    log.write(
        line(status=200, duration=1, labels={"left": 1}, images=1, drawn=1, rejected={"fill": 0})
    )
    log.write(line(status=200, duration=1, labels={"right": 4}, images=4, drawn=4))
    log.write(line(status=422, duration=1))
    path.open("a").write('{"torn')
    found = read_window(path, 28, 1)
    assert found.counts == {"left": 4, "right": 4}
    assert found.refused == {"fill": 2, "any": 2}
    assert found.drawn == 6  # of the requests with gates
    assert found.images is None
    assert found.notes == ("1 lines of the log are damaged and left out",)


def test_what_a_gate_refused_counts_also_where_the_request_failed_for_it(tmp_path):
    """Else a gate that refuses nearly all looks calm: those that were answered are the lucky."""
    log = Log(tmp_path / "log.jsonl")
    of = {"duration": 1, "labels": {}}
    log.write(line(**of, status=200, images=1, drawn=2, rejected={"fill": 1}, accepted=1))
    log.write(line(**of, status=422, drawn=40, rejected={"fill": 39}, accepted=1))
    found = read_window(log.path, 28, 1)
    assert (found.refused, found.drawn) == ({"fill": 40, "any": 40}, 42)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "holds no images"),
        (lambda path: path.write_text(json.dumps({"a": 1})), "no line of an answered request"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "holds no images"),
    ],
)
def test_what_is_no_window_is_one_line(tmp_path, make, says):
    make(tmp_path / "week")
    with pytest.raises(InputError, match=says) as error:
        read_window(tmp_path / "week", 28, 1)
    assert "\n" not in str(error.value)
    assert str(tmp_path / "week") in str(error.value)  # not where a zip file was unpacked


def test_images_of_another_form_and_names_that_lead_out(tmp_path):
    images, labels = tiny_images(4)
    write_images(tmp_path, images, labels, NAMES, 0)
    with pytest.raises(InputError, match=r"images/0.png has shape \(28, 28, 1\)"):
        read_window(tmp_path, 32, 3)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("images/0.png", "../secret.png"))
    with pytest.raises(InputError, match="leads out of it"):
        read_window(tmp_path, 28, 1)


def test_a_zip_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch):
    from prodimg_lib.monitor import window

    monkeypatch.setattr(window, "_MOST_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("a.png", bytes(2000))
    with pytest.raises(InputError, match="unpacks to 2,000 bytes"):
        read_window(tmp_path / "bomb.zip", 28, 1)
