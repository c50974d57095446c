"""Killed or out of room: generated images at each moment, whole stages at random ones.

``PRODIMG_ALL_FAULTS=1`` kills a stage ten times in place of once, ``python -m tests.kills`` too.
"""

import csv

import pytest
from PIL import Image

from prodimg_lib.models.families import MODELS
from prodimg_lib.runs import outputs
from prodimg_lib.runs.archive import write_archive
from prodimg_lib.runs.search import SPACES
from tests import kills
from tests.faults import ALL, count, killed, moments, out_of_room
from tests.samples import register_toy, tiny_images


def images_of(folder):
    """Seeds and pixels of a folder with a manifest; None without one. Every image is whole."""
    path = folder / "manifest.csv"
    if not path.exists():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sorted(p.name for p in (folder / "images").iterdir()) == sorted(
        row["file"].removeprefix("images/") for row in rows
    )
    return [(row["seed"], Image.open(folder / row["file"]).tobytes()) for row in rows]


@pytest.mark.parametrize("full", [False, True], ids=["killed", "full"])
def test_generated_images_are_the_old_or_the_new_ones(tmp_path, full):
    def write(folder, n, seed):
        folder.mkdir(exist_ok=True)
        images, labels = tiny_images(n, seed=seed)
        outputs.write_images(folder, images, labels, ("left", "right"), seed)

    def new(folder):
        write(folder, 5, 7)

    states = []
    for name, before in (("fresh", None), ("again", 3)):
        whole = tmp_path / f"{name}-whole"
        if before:
            write(whole, before, 1)
        old = images_of(whole)
        number = count(lambda whole=whole: new(whole), whole, full)
        for at in range(number - 1 if full else number):  # writable_folder is there by then
            folder = tmp_path / f"{name}{at}"
            if before:
                write(folder, before, 1)
            if full:
                folder.mkdir(exist_ok=True)
                out_of_room(lambda folder=folder: new(folder), folder, at)
                assert images_of(folder) == old
            elif killed(lambda folder=folder: new(folder), folder, at):
                states.append(images_of(folder) or [])
                assert states[-1] in (old or [], [], images_of(whole))
            new(folder)
            assert images_of(folder) == images_of(whole)
    if not full:
        assert {len(state) for state in states} == {0, 3, 5}  # none, the old and the new were seen


@pytest.mark.parametrize("full", [False, True], ids=["killed", "full"])
def test_an_archive_is_the_old_or_the_new_one(tmp_path, full):
    def write(folder, seed):
        images, labels = tiny_images(5, seed=seed)
        write_archive(folder / "shop.zip", images, labels, ("left", "right"), seed)

    def content(folder):
        return (folder / "shop.zip").read_bytes()

    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    write(tmp_path / "old", 1)
    old = content(tmp_path / "old")
    number = count(lambda: write(tmp_path / "new", 7), tmp_path / "new", full)
    for at in range(number):
        folder = tmp_path / f"at{at}"
        folder.mkdir()
        write(folder, 1)
        if full:
            out_of_room(lambda folder=folder: write(folder, 7), folder, at)
            assert content(folder) == old
        else:
            assert killed(lambda folder=folder: write(folder, 7), folder, at)
            assert content(folder) in (old, content(tmp_path / "new"))
        write(folder, 7)
        assert content(folder) == content(tmp_path / "new")


@pytest.mark.parametrize("stage", list(kills.STAGES))
def test_killed_at_random_moments_the_result_is_that_of_an_undisturbed_one(stage, tmp_path):
    number = 10 if ALL else 1
    assert kills.check(stage, tmp_path, number)[0] == number


@pytest.mark.parametrize("stage", ["run", "tune"])
def test_out_of_room_nothing_is_lost_and_it_goes_on(stage, tmp_path, monkeypatch):
    for families in (MODELS, SPACES):
        monkeypatch.setitem(families, "toy", None)
    register_toy()
    out = tmp_path / "out"

    def work():
        kills.STAGES[stage](out)

    number, expected = count(work, out, full=True), kills.result(out)
    for at in moments(number, 3)[1:-1]:
        out.rename(tmp_path / str(at))
        out.mkdir()
        out_of_room(work, out, at)
        work()
        assert kills.result(out) == expected
