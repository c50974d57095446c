"""Folders of photographs: classes, splits, duplicates, broken files, real photographs."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from prodimg_lib.data import folder, load, parallel
from prodimg_lib.errors import InputError
from tests.samples import GUARD

SAMPLE = Path(
    os.environ.get("PRODIMG_SAMPLE")
    or Path(__file__).parents[3] / "shared" / "data" / "clothing-sample"
)


def photo(path, seed, size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def shop(tmp_path):
    """12 mugs, 7 hats, 3 bags (one of them deeper)."""
    folder = tmp_path / "shop"
    for i in range(12):
        photo(folder / "mugs" / f"{i}.png", i, (30 + i, 40))
    for i in range(7):
        photo(folder / "hats" / f"{i}.png", 100 + i)
    photo(folder / "bags" / "0.png", 200)
    photo(folder / "bags" / "old" / "1.png", 201)
    photo(folder / "bags" / "old" / "older" / "2.PNG", 202)
    return folder


def rows(images):
    return {image.tobytes() for image in images}


def counts(labels, n):
    return np.bincount(labels, minlength=n).tolist()


def test_class_folders(shop):
    data = load(shop)
    assert data.class_names == ("bags", "hats", "mugs")
    assert (data.size, data.channels, data.num_classes) == (64, 3, 3)
    assert data.images.dtype == data.test_images.dtype == np.uint8
    assert data.labels.dtype == data.test_labels.dtype == np.int64
    assert counts(data.labels, 3) == [3, 6, 10]
    assert counts(data.test_labels, 3) == [0, 1, 2]  # 15 % of each, none of a class below five
    assert data.source == "folder"
    assert "shop" in data.origin
    assert data.skipped == ()
    assert len(rows(data.images)) == 19
    assert not rows(data.images) & rows(data.test_images)


@pytest.mark.parametrize("size", [28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes(shop, size, channels):
    data = load(str(shop), size, channels, fit="crop")
    assert data.images.shape == (19, size, size, channels)
    assert data.test_images.shape == (3, size, size, channels)


def test_flat_folder_is_one_class(shop):
    data = load(shop / "mugs")
    assert data.class_names == ("mugs",)
    assert (len(data.images), len(data.test_images)) == (10, 2)


def test_relative_names(shop, monkeypatch):
    monkeypatch.chdir(shop)
    assert load("mugs").class_names == load("./mugs").class_names == ("mugs",)
    monkeypatch.chdir(shop / "mugs")
    assert load(".").class_names == ("mugs",)
    monkeypatch.setenv("HOME", str(shop))
    assert load("~/hats").class_names == ("hats",)


def test_split_is_a_function_of_seed_and_content(shop, tmp_path):
    one, two = load(shop), load(shop)
    np.testing.assert_array_equal(one.images, two.images)
    np.testing.assert_array_equal(one.test_images, two.test_images)
    assert any(rows(load(shop, seed=s).test_images) != rows(one.test_images) for s in (1, 2, 3))
    renamed = tmp_path / "renamed"
    for path in shop.rglob("*.*"):
        target = renamed / path.relative_to(shop).parts[0] / f"x{path.stem[::-1]}{path.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    assert rows(load(renamed).test_images) == rows(one.test_images)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_split_never_overlaps(shop, seed):
    data = load(shop, 28, 1, seed=seed)
    assert not rows(data.images) & rows(data.test_images)
    assert len(data.images) + len(data.test_images) == 22


def test_duplicates_are_dropped_and_named(shop):
    shutil.copy(shop / "hats" / "0.png", shop / "hats" / "copy.png")
    Image.open(shop / "hats" / "1.png").save(
        shop / "mugs" / "same.bmp"
    )  # another file, same pixels
    data = load(shop)
    assert {(s.file, s.reason) for s in data.skipped} == {
        ("hats/copy.png", "duplicate of hats/0.png"),
        ("mugs/same.bmp", "duplicate of hats/1.png"),
    }
    assert len(data.images) + len(data.test_images) == 22


def test_broken_files_are_skipped_and_named(shop):
    good = (shop / "mugs" / "0.png").read_bytes()
    (shop / "mugs" / "cut.png").write_bytes(good[: len(good) // 2])
    (shop / "mugs" / "empty.jpg").touch()
    (shop / "hats" / "page.jpg").write_text("<html>")
    (shop / "hats" / "phone.HEIC").write_bytes(b"....ftypheic")
    (shop / "hats" / "gone.jpg").symlink_to(shop / "nowhere.jpg")
    (shop / "LICENSE").write_text("free")
    photo(shop / ".hidden" / "0.png", 300)
    (shop / "mugs" / "._0.png").write_bytes(b"finder")
    (shop / "ruins").mkdir()
    (shop / "ruins" / "only.jpg").write_bytes(b"\xff\xd8\xff")
    clean, data = {}, load(shop)
    for skipped in data.skipped:
        clean[skipped.file] = skipped.reason
    assert clean.pop("mugs/cut.png").startswith("broken: ")
    assert clean == {
        "mugs/empty.jpg": "empty file",
        "hats/page.jpg": "not a readable image",
        "hats/phone.HEIC": "HEIC is not supported: convert it to JPEG or PNG",
        "hats/gone.jpg": "cannot be opened",
        "ruins/only.jpg": "not a readable image",
        "LICENSE": "not an image file",
    }
    assert data.class_names == ("bags", "hats", "mugs")  # no class without an image
    assert len(data.images) + len(data.test_images) == 22


def test_cut_off_jpeg(shop):
    photo(shop / "mugs" / "cut.jpg", 9, (400, 300))
    content = (shop / "mugs" / "cut.jpg").read_bytes()
    (shop / "mugs" / "cut.jpg").write_bytes(content[: len(content) // 2])
    (skipped,) = load(shop).skipped
    assert skipped.file == "mugs/cut.jpg"
    assert skipped.reason.startswith("broken: ")


def test_names_in_any_script(tmp_path):
    """Also those whose bytes are no UTF-8: every one can be written to a report."""
    names = {"Schürzen": "Schürzen", "靴　白": "靴　白", "🧢": "🧢", "a\nb": "a\ufffdb"}
    names[os.fsdecode(b"caf\xe9")] = "café"  # Latin-1
    for i, name in enumerate(names):
        try:
            photo(tmp_path / "shop" / name / f"{name}.png", i)
        except OSError:
            pytest.skip(f"this file system has no file {name!r}")
        (tmp_path / "shop" / name / f"broken {name}.png").write_bytes(b"no")
    data = load(tmp_path / "shop", 28)
    assert data.class_names == tuple(sorted(names.values()))
    assert {s.file for s in data.skipped} == {f"{n}/broken {n}.png" for n in names.values()}
    flat = load(tmp_path / "shop" / os.fsdecode(b"caf\xe9"), 28)
    assert flat.class_names == ("café",)
    assert flat.origin == "photographs in café"


def test_images_beside_the_class_folders(shop):
    photo(shop / "alone.png", 400)
    data = load(shop)
    assert data.class_names == ("bags", "hats", "mugs", "shop")
    assert counts(data.labels, 4)[3] == 1


@pytest.fixture
def closed(monkeypatch):
    """closed(path): to see what is in there is refused, also to the superuser."""
    refused = []

    def guard(function):
        def guarded(path=".", *args, **options):
            inside = isinstance(path, str | os.PathLike) and any(
                Path(path).is_relative_to(where) and (Path(path) != where or function is scandir)
                for where in refused
            )
            if inside:
                raise PermissionError(13, "Permission denied", str(path))
            return function(path, *args, **options)

        return guarded

    stat, scandir = os.stat, os.scandir
    monkeypatch.setattr(os, "stat", guard(stat))
    monkeypatch.setattr(os, "scandir", guard(scandir))
    return refused.append


def test_closed_folders(shop, closed):
    closed(shop / "bags")
    data = load(shop, 28)
    assert data.class_names == ("hats", "mugs")
    assert [(s.file, s.reason) for s in data.skipped] == [("bags", "folder cannot be read")]
    for place in (shop / "bags", shop / "bags" / "old"):
        with pytest.raises(InputError, match=rf"{place} cannot be opened \(no permission\): give"):
            load(place)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_forbidden_files(shop):
    (shop / "mugs" / "0.png").chmod(0)
    (shop / "bags").chmod(0o400)  # names can be listed, nothing opened
    (shop / "hats").chmod(0)
    try:
        data = load(shop)
    finally:
        (shop / "bags").chmod(0o700)
        (shop / "hats").chmod(0o700)
    assert {(s.file, s.reason) for s in data.skipped} >= {
        ("mugs/0.png", "no permission to read it"),
        ("bags/0.png", "cannot be opened"),
        ("hats", "folder cannot be read"),
    }


def test_decompression_bombs_are_skipped_quietly(shop, monkeypatch, recwarn):
    photo(shop / "mugs" / "bomb.png", 5, (100, 100))
    photo(shop / "mugs" / "large.png", 6, (80, 80))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4000)  # refused from twice that, warned before
    data = load(shop)
    assert [(s.file, s.reason) for s in data.skipped] == [
        ("mugs/bomb.png", "more pixels than is safe to decode")
    ]
    assert not recwarn.list


def test_links_within_the_folder_are_harmless(shop):
    (shop / "mugs" / "round").symlink_to(shop)
    (shop / "hats" / "again.png").symlink_to(shop / "mugs" / "0.png")
    data = load(shop)
    assert [(s.file, s.reason) for s in data.skipped] == [
        ("mugs/0.png", "duplicate of hats/again.png")
    ]
    assert len(data.images) + len(data.test_images) == 22


def test_links_out_of_the_folder_are_refused_by_name(shop, tmp_path):
    photo(tmp_path / "secret" / "letter.png", 7)
    (shop / "letters").symlink_to(tmp_path / "secret")
    (shop / "mugs" / "letter.png").symlink_to(tmp_path / "secret" / "letter.png")
    (shop / "mugs" / "up.png").symlink_to("../../secret/letter.png")
    beside = tmp_path / "shop2"  # a name that begins as the folder's does
    photo(beside / "0.png", 8)
    (shop / "mugs" / "beside.png").symlink_to(beside / "0.png")
    data = load(shop)
    reason = "a link out of the folder: put the file itself there"
    assert [(s.file, s.reason) for s in data.skipped] == [
        (name, reason) for name in ("letters", "mugs/beside.png", "mugs/letter.png", "mugs/up.png")
    ]
    assert len(data.images) + len(data.test_images) == 22


def recompressed(path, target, scale=0.5, quality=60):
    with Image.open(path) as image:
        small = image.convert("RGB").resize((int(image.width * scale), int(image.height * scale)))
    small.save(target, quality=quality)


def scene(path, seed, size=(400, 300)):
    """A photograph, as near as random numbers come: large soft shapes and some grain."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    soft = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).resize(size)
    grain = rng.normal(0, 6, (*size[::-1], 3))
    pixels = np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=92)
    return path


def test_near_duplicates_stay_on_one_side_of_the_split(tmp_path):
    """40 photographs, each with a copy of half its size: none is held out without its twin."""
    said = []
    for i in range(40):
        path = scene(tmp_path / "shop" / "mugs" / f"{i}.jpg", i)
        recompressed(path, path.with_name(f"{i}-small.jpg"))
    data = load(tmp_path / "shop", on_message=said.append)
    train, test = data.images.astype(float), data.test_images.astype(float)
    assert (len(train), len(test)) == (68, 12)
    apart = np.abs(test[:, None] - train[None]).mean((2, 3, 4)).min(1)
    twins = np.abs(test[:, None] - test[None]).mean((2, 3, 4)) + 255 * np.eye(12)
    assert twins.min(1).max() < 8 < apart.min()
    assert any("80 photographs are near duplicates" in line for line in said)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("train", "val", "test"), (8, 8, 8)),
        (("Training", "validation"), (8, 0, 8)),
        (("train", "testing"), (8, 0, 8)),
    ],
)
def test_a_folder_that_is_split_already(tmp_path, names, expected):
    said = []
    for k, split in enumerate(names):
        for c, kind in enumerate(("hat", "shoe")):
            for i in range(4):
                scene(tmp_path / "shop" / split / kind / f"{i}.jpg", 100 * k + 10 * c + i)
    data = load(tmp_path / "shop", 28, on_message=said.append)
    assert data.class_names == ("hat", "shoe")
    assert (len(data.images), len(data.val_images), len(data.test_images)) == expected
    assert counts(data.labels, 2) == counts(data.test_labels, 2) == [4, 4]
    assert "split already" in said[0]
    alone = load(tmp_path / "shop" / names[0], 28)
    assert rows(data.images) == rows(alone.images) | rows(alone.test_images)


def test_a_twin_across_ready_made_splits_is_said(tmp_path):
    """A copy to the pixel is dropped from training; the split is otherwise left as it was made."""
    said = []
    for i in range(6):
        scene(tmp_path / "train" / "hat" / f"{i}.jpg", i)
        scene(tmp_path / "test" / "hat" / f"{i}.jpg", 50 + i)
    shutil.copy(tmp_path / "test" / "hat" / "0.jpg", tmp_path / "train" / "hat" / "a.jpg")
    recompressed(tmp_path / "test" / "hat" / "1.jpg", tmp_path / "train" / "hat" / "b.jpg")
    data = load(tmp_path, 32, on_message=said.append)
    assert [(s.file, s.reason) for s in data.skipped] == [
        ("train/hat/a.jpg", "duplicate of test/hat/0.jpg")
    ]
    assert (len(data.images), len(data.test_images)) == (7, 6)
    assert said[1].startswith("1 held-out photographs have a near duplicate in training")


def test_classes_called_test_beside_others_are_classes(tmp_path):
    for i, name in enumerate(("test", "train", "hats")):
        photo(tmp_path / name / "0.png", i)
    assert load(tmp_path, 28).class_names == ("hats", "test", "train")


@pytest.mark.parametrize(
    ("one", "two"),
    [("a\nb", "a\tb"), ("\u00e9t\u00e9", "e\u0301te\u0301"), ("x\u202ey", "x\u200fy")],
)
def test_classes_that_read_alike_are_refused_by_name(tmp_path, one, two):
    for i, name in enumerate((one, two)):
        photo(tmp_path / name / "0.png", i)
    if len(os.listdir(tmp_path)) == 1:
        pytest.skip("this file system takes them for one name")
    with pytest.raises(InputError, match=r"class folders '.*' and '.*' both read .*: rename one"):
        load(tmp_path, 28)


def test_classes_that_differ_in_case_are_kept_apart(tmp_path):
    for i, name in enumerate(("Shoes", "shoes")):
        photo(tmp_path / name / "0.png", i)
    if len(os.listdir(tmp_path)) == 1:
        pytest.skip("this file system takes them for one name")
    assert load(tmp_path, 28).class_names == ("Shoes", "shoes")


def test_the_bytes_decide_what_a_file_is(shop):
    """A JPEG is a JPEG whatever it is called; HEIC is named as such."""
    for i, name in enumerate(("phone.heic", "no_suffix", "saved.jpg_large", "table.csv")):
        photo(shop / "a.jpg", 300 + i).rename(shop / "mugs" / name)
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    (shop / "mugs" / "real.jpg").write_bytes(heic)
    (shop / "mugs" / "plain").write_bytes(b"plain text, no image")
    (shop / "mugs" / "raw.dng").write_bytes(b"II*\0" + bytes(40))
    data = load(shop)
    assert {(s.file, s.reason) for s in data.skipped} == {
        ("mugs/real.jpg", "HEIC is not supported: convert it to JPEG or PNG"),
        ("mugs/plain", "not an image file"),
        ("mugs/raw.dng", "DNG is not supported: convert it to JPEG or PNG"),
    }
    assert len(data.images) + len(data.test_images) == 26


def test_memory_is_that_of_one_copy(tmp_path, monkeypatch):
    """Beside the array that is returned, only what is held out is copied."""
    import tracemalloc

    monkeypatch.setattr(
        folder, "prepare_image", lambda path, size, *rest: photo_of(int(path.stem), size)
    )
    for i in range(600):
        (tmp_path / f"{i}.png").touch()
    load(tmp_path, 64)  # what is imported on the way is not counted
    tracemalloc.start()
    data = load(tmp_path, 64)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    whole = 600 * 64 * 64 * 3
    assert len(data.images) == 510
    assert peak < 1.6 * whole  # thumbnails are 1/16; results that wait are few


def photo_of(seed, size):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)


def test_tiny_folders(tmp_path):
    photo(tmp_path / "a" / "0.png", 0)
    one = load(tmp_path)
    assert (len(one.images), len(one.test_images)) == (1, 0)
    assert one.test_images.shape == (0, 64, 64, 3)
    photo(tmp_path / "b" / "1.png", 1)
    two = load(tmp_path)
    assert (len(two.images), len(two.test_images)) == (1, 1)


def test_limit_takes_classes_in_proportion(shop):
    data = load(shop, limit=10)
    assert len(data.images) == 10
    np.testing.assert_allclose(counts(data.labels, 3), np.array([3, 6, 10]) * 10 / 19, atol=1)
    assert len(data.test_images) == 3
    assert len(load(shop, limit=1).test_images) == 1
    assert rows(data.images) <= rows(load(shop).images)


@pytest.mark.parametrize("limit", [19, 20, 10**9])
def test_limit_beyond_what_is_there(shop, limit):
    data = load(shop, limit=limit)
    np.testing.assert_array_equal(data.images, load(shop).images)
    assert len(data.test_images) == 3


def test_the_order_of_the_files_does_not_matter(shop, monkeypatch):
    one, walk = load(shop), folder.walk
    monkeypatch.setattr(folder, "walk", lambda place: reversed(list(walk(place))))
    np.testing.assert_array_equal(load(shop).images, one.images)
    np.testing.assert_array_equal(load(shop).test_images, one.test_images)


def test_progress_and_order(shop):
    calls = []
    load(shop, on_progress=lambda done, total: calls.append((done, total)))
    assert calls == [(i, 22) for i in range(1, 23)]


def test_stopping_stops_now(shop, monkeypatch):
    """What has not begun is dropped: the pool is left while its threads are still at work."""
    begun, left = [], threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, *args, **options):
            left.set()
            super().shutdown(*args, **options)

    def prepare(path, *args):
        begun.append(path)
        if len(begun) > 2:
            left.wait(GUARD)
        return np.zeros((64, 64, 3), np.uint8)

    def stop(done, total):
        raise KeyboardInterrupt

    monkeypatch.setattr(parallel, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(folder, "prepare_image", prepare)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pytest.raises(KeyboardInterrupt):
        load(shop, on_progress=stop)
    assert len(begun) <= 4  # of 22: two that were let through, two at work


def test_folders_that_hold_nothing(tmp_path):
    with pytest.raises(InputError, match=r"nowhere does not exist: give the folder"):
        load(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty holds no images: put JPEG or PNG"):
        load(tmp_path / "empty")
    with pytest.raises(InputError, match=r"a.png is a file, not a folder"):
        load(photo(tmp_path / "one" / "a.png", 0))
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "b.heic").write_text("x")
    with pytest.raises(InputError, match=r"text holds no images \(b.heic: HEIC is not supported"):
        load(tmp_path / "text")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "NOTES").write_text("x")
    for name in ("a.jpg", "b.png"):
        (tmp_path / "bad" / name).write_bytes(b"no")
    message = r"none of the 2 images in .*bad can be read \(first: a.jpg, not a readable image\): "
    with pytest.raises(InputError, match=message) as caught:
        load(str(tmp_path / "bad"))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample of real photographs is not here")
def test_real_photographs():
    data = load(SAMPLE)
    assert data.num_classes == 10
    assert len(data.images) + len(data.test_images) == 240
    assert not rows(data.images) & rows(data.test_images)
    # Each class rounds its 15 % to a whole number, so is at most half an image off.
    total = np.bincount(np.concatenate([data.labels, data.test_labels]))
    assert np.abs(np.bincount(data.test_labels) - 0.15 * total).max() <= 0.5
    assert len(data.test_images) == pytest.approx(0.15 * 240, abs=5)
    assert {s.file for s in data.skipped} <= {"LICENSE"}
    assert data.images.std(axis=(1, 2, 3)).min() > 5  # no photograph came out blank
