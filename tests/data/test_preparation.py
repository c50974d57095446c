"""``prodimg data prepare``: what is kept and why, again and again, killed, full, hostile."""

import csv
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError
from prodimg_lib.data import duplicates, load, photograph, preparation, prepare_image
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.index import NAME as INDEX
from prodimg_lib.data.index import open_index
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.data.prepared import load_prepared
from tests.data.shop import faults, scene, shop
from tests.samples import GUARD

SMALL = {"size": 28, "cutout": {"method": "none"}}


def config(**more):
    return PrepareConfig(**SMALL | more)


def table(out):
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def files(out):
    """Content and time of every file but the index, which is no result."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in out.iterdir()
        if not path.name.startswith(INDEX)
    }


def contents(out):
    return {name: content for name, (content, _) in files(out).items()}


def test_each_fault_is_found_and_nothing_else(tmp_path):
    folder, out = shop(tmp_path / "shop"), tmp_path / "out"
    expected = faults(folder)
    manifest = prepare_folder(folder, out, config())
    rows = table(out)
    assert set(rows) == {p.relative_to(folder).as_posix() for p in folder.rglob("*.*")}
    found = {name: row["reason"] for name, row in rows.items() if row["status"] == "dropped"}
    assert set(found) == set(expected)
    for name, reason in expected.items():
        assert found[name].startswith(reason)
    assert rows["hats/z-copy.jpg"]["duplicate_of"] == "hats/01.png"  # the larger one is kept
    assert rows["hats/dark.png"]["value"] == rows["hats/dark.png"]["brightness"]
    for name, row in rows.items():
        if row["sha256"]:
            assert row["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert manifest["counts"] == {
        "train": {"hats": 9, "mugs": 9},
        "val": {"hats": 1, "mugs": 1},
        "test": {"hats": 2, "mugs": 2},
    }


def test_the_pixels_are_those_of_prepare_image_and_the_labels_the_folders(tmp_path):
    folder, out = shop(tmp_path / "shop"), tmp_path / "out"
    prepare_folder(folder, out, config())
    data = load(out)
    rows = {row["image_sha256"]: row for row in table(out).values()}
    parts = {
        "train": (data.images, data.labels),
        "val": (data.val_images, data.val_labels),
        "test": (data.test_images, data.test_labels),
    }
    seen = 0
    for split, (images, labels) in parts.items():
        for image, label in zip(images, labels, strict=True):
            row = rows[hashlib.sha256(image.tobytes()).hexdigest()]
            assert (row["split"], row["class"]) == (split, data.class_names[label])
            np.testing.assert_array_equal(image, prepare_image(folder / row["file"], 28))
            seen += 1
    assert seen == 24
    assert data.source == "folder"
    assert (data.size, data.channels) == (28, 3)


def test_the_second_time_only_what_changed_is_read(tmp_path, monkeypatch):
    folder, out = shop(tmp_path / "shop"), tmp_path / "out"
    read, said = [], []
    examine = photograph.examine

    def counted(path, *rest):
        read.append(path.relative_to(folder).as_posix())
        return examine(path, *rest)

    monkeypatch.setattr(preparation, "examine", counted)
    prepare_folder(folder, out, config())
    assert len(read) == 24
    before = files(out)
    read.clear()
    prepare_folder(folder, out, config(), on_message=said.append)
    assert read == []
    assert files(out) == before  # to the nanosecond
    assert said == ["24 files are as before, 0 new or changed, 0 gone"]
    scene(500).save(folder / "mugs" / "new.png")
    scene(501).save(folder / "mugs" / "03.png")
    (folder / "hats" / "05.png").unlink()
    prepare_folder(folder, out, config(), on_message=said.append)
    assert read == ["mugs/03.png", "mugs/new.png"]
    assert said[1] == "22 files are as before, 2 new or changed, 1 gone"
    fresh = tmp_path / "fresh"
    prepare_folder(folder, fresh, config())
    assert contents(out) == contents(fresh)
    with sqlite3.connect(out / INDEX) as index:  # what is gone takes no room
        assert index.execute("select count(*) from images").fetchone() == (24,)
        assert index.execute("select count(*) from photos").fetchone() == (24,)
    index.close()
    read.clear()
    prepare_folder(folder, out, config(gates={"dark": 100.0}))  # thresholds need no new reading
    assert read == []
    prepare_folder(folder, out, config(fit="crop"))
    assert len(read) == 24


def test_shards_change_only_where_a_photograph_did(tmp_path):
    folder, out = shop(tmp_path / "shop", 40), tmp_path / "out"
    sharded = config(shard_above_mb=0, shard_mb=28 * 28 * 3 * 10 / 2**20)
    manifest = prepare_folder(folder, out, sharded)
    assert manifest["storage"] == "tfrecord"
    assert len(manifest["files"]["train"]) == 8
    assert sum(part["images"] for part in manifest["files"]["train"]) == 60
    before = files(out)
    (folder / "mugs" / "07.png").unlink()
    prepare_folder(folder, out, sharded)
    after = files(out)
    shards = {name for name in before if name.endswith(".tfrecord")}
    assert len(shards - set(after)) <= 4  # its shard, and where the borders of the splits moved
    assert all(after[name] == before[name] for name in shards & set(after))


def test_shards_hold_what_the_arrays_hold(tmp_path):
    folder = shop(tmp_path / "shop", 20)
    prepare_folder(folder, tmp_path / "a", config())
    prepare_folder(folder, tmp_path / "b", config(shard_above_mb=0, shard_mb=0.02))
    a, b = load_prepared(tmp_path / "a"), load_prepared(tmp_path / "b")

    def pairs(images, labels):
        return {(i.tobytes(), int(k)) for i, k in zip(images, labels, strict=True)}

    for part in ("", "val_", "test_"):
        one, two = (pairs(getattr(x, f"{part}images"), getattr(x, f"{part}labels")) for x in (a, b))
        assert one == two
        assert one


@pytest.mark.parametrize("named", [True, False])
def test_one_item_by_its_name_is_never_in_two_splits(tmp_path, named):
    """Ten items of three photographs each, which do not look alike."""
    folder = tmp_path / "shop"
    (folder / "mugs").mkdir(parents=True)
    for i in range(30):
        scene(i).save(folder / "mugs" / f"sku{i % 10}_{i // 10}.png")
    pattern = r"(sku[0-9]+)_[0-9]+\.png$" if named else None
    for seed in range(3):
        prepare_folder(folder, tmp_path / "out", config(item=pattern, seed=seed, test=0.2))
        splits = {}
        for file, row in table(tmp_path / "out").items():
            splits.setdefault(file.split("_")[0], set()).add(row["split"])
        apart = sum(len(of) > 1 for of in splits.values())
        assert (apart == 0) == bool(pattern)
        assert len(load(tmp_path / "out").test_images) == 6


def test_a_photograph_filed_under_two_items_joins_them(tmp_path):
    """The twin is dropped, but what it says of the items is not."""
    (tmp_path / "shop").mkdir()
    for i in range(20):
        scene(i).save(tmp_path / "shop" / f"sku{i}_1.png")
    for i in range(0, 20, 2):
        twin = tmp_path / "shop" / f"sku{i + 1}_2.png"
        twin.write_bytes((tmp_path / "shop" / f"sku{i}_1.png").read_bytes())
    prepare_folder(tmp_path / "shop", tmp_path / "out", config(item=r"(sku[0-9]+)_", test=0.3))
    rows = table(tmp_path / "out")
    for i in range(0, 20, 2):
        assert rows[f"sku{i + 1}_2.png"]["reason"] == "equal"
        one, other = rows[f"sku{i}_1.png"], rows[f"sku{i + 1}_1.png"]
        assert (one["group"], one["split"]) == (other["group"], other["split"])


def test_a_folder_split_in_two_has_its_test_there(tmp_path):
    for split, start in (("train", 0), ("val", 50)):
        (tmp_path / "shop" / split / "hats").mkdir(parents=True)
        for i in range(8):
            scene(start + i).save(tmp_path / "shop" / split / "hats" / f"{i}.png")
    manifest = prepare_folder(tmp_path / "shop", tmp_path / "out", config())
    counts = {split: of["hats"] for split, of in manifest["counts"].items()}
    assert counts == {"train": 8, "val": 0, "test": 8}  # as of a folder that is not prepared


def test_near_duplicates_are_together_and_twins_over_ready_made_splits_are_dropped(tmp_path):
    for split, start in (("train", 0), ("test", 50)):
        for kind in ("hats", "mugs"):
            (tmp_path / "shop" / split / kind).mkdir(parents=True)
            for i in range(6):
                image = scene(start + 10 * len(kind) * (kind == "hats") + i)
                image.save(tmp_path / "shop" / split / kind / f"{i}.png")
    scene(50).resize((240, 180)).save(tmp_path / "shop" / "train" / "mugs" / "twin.jpg")
    bright = scene(51).point(lambda v: min(255, round(v * 0.88)))
    bright.save(tmp_path / "shop" / "train" / "mugs" / "darker.png")
    manifest = prepare_folder(tmp_path / "shop", tmp_path / "out", config())
    rows = table(tmp_path / "out")
    assert manifest["class_names"] == ["hats", "mugs"]
    assert rows["train/mugs/twin.jpg"]["reason"] == "copy"  # though it is larger
    assert rows["train/mugs/twin.jpg"]["duplicate_of"] == "test/mugs/0.png"
    assert rows["train/mugs/darker.png"]["split"] == "test"
    assert rows["train/mugs/darker.png"]["group"] == rows["test/mugs/1.png"]["group"]
    assert manifest["counts"]["val"] == {"hats": 0, "mugs": 0}


def test_of_many_copies_of_one_photograph_few_pairs_are_looked_at(tmp_path, monkeypatch):
    """What is joined already needs no look, and the result is as if every pair had had one."""
    folder = shop(tmp_path / "shop", 6)
    for i in range(60):  # one photograph, each time a pixel of another shade
        image = scene(300)
        image.putpixel((50 + i % 10, 50 + i // 10), (4 * i, 0, 0))
        image.save(folder / "mugs" / f"copy{i:02d}.png")
    looked_at, differences = [], duplicates.differences

    def counted(a, b):
        looked_at.append(len(a))
        return differences(a, b)

    monkeypatch.setattr(duplicates, "differences", counted)
    monkeypatch.setattr(duplicates, "_BLOCK", 8)  # pairs come in blocks of 8 x 8
    monkeypatch.setattr("prodimg_lib.data.decide._LOT", 64)
    prepare_folder(folder, tmp_path / "all", config())
    assert sum(looked_at) >= 60 * 59 / 2
    looked_at.clear()
    monkeypatch.setattr("prodimg_lib.data.decide._EDGES", 100)
    prepare_folder(folder, tmp_path / "few", config())
    assert sum(looked_at) < 60 * 59 / 4
    assert contents(tmp_path / "few") == contents(tmp_path / "all")
    dropped = [name for name, row in table(tmp_path / "few").items() if row["reason"] == "copy"]
    assert len(dropped) == 59


def test_a_copy_in_a_table_of_a_name_that_a_spreadsheet_would_run(tmp_path):
    folder = tmp_path / "shop"
    (folder / "=cmd|'x'!A1").mkdir(parents=True)
    for i in range(2):
        scene(i).save(folder / "=cmd|'x'!A1" / f"{i}<script>.png")
    prepare_folder(folder, tmp_path / "out", config())
    (first, _) = table(tmp_path / "out").values()
    assert first["file"].startswith("./=cmd")
    assert first["class"].startswith("./=cmd")
    assert "<script>" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_split_is_written_without_a_look_at_every_row(tmp_path, monkeypatch):
    """Or the time of a preparation grows with the square of the photographs."""
    plans, write = [], preparation._write

    def look(index, *rest):
        plan = index.rows("explain query plan update decided set split = 0 where place = 1")
        plans.extend(row[-1] for row in plan)
        return write(index, *rest)

    monkeypatch.setattr(preparation, "_write", look)
    prepare_folder(shop(tmp_path / "shop"), tmp_path / "out", config())
    assert "INDEX by_place (place=?)" in plans[0]


def program(folder, out, threads=2):
    return [
        *(sys.executable, "-c"),
        "import sys\n"
        "from prodimg_lib.data import index\n"
        "from prodimg_lib.data.config import PrepareConfig\n"
        "from prodimg_lib.data.preparation import prepare_folder\n"
        "index._BATCH = 4\n"
        "config = PrepareConfig(size=28, cutout={'method': 'none'})\n"
        "prepare_folder(sys.argv[1], sys.argv[2], config)",
        *(str(folder), str(out)),
    ]


def test_killed_again_and_again_the_result_is_that_of_an_undisturbed_run(tmp_path):
    folder, out = shop(tmp_path / "shop", 30), tmp_path / "out"
    prepare_folder(folder, tmp_path / "whole", config())
    stopped = 0
    for wanted in (1, 20, 40):  # photographs that are known when it is killed
        process = subprocess.Popen(program(folder, out))
        end = time.monotonic() + GUARD
        while process.poll() is None and time.monotonic() < end and _known(out) < wanted:
            pass
        process.send_signal(signal.SIGKILL)
        stopped += process.wait(GUARD) == -signal.SIGKILL
        if not (out / "manifest.json").is_file():
            with pytest.raises(InputError):
                load_prepared(out)
    assert stopped
    subprocess.run(program(folder, out), check=True, timeout=GUARD)
    assert contents(out) == contents(tmp_path / "whole")


def _known(out):
    """As seen from outside: the size of the log says how much was committed."""
    log = out / f"{INDEX}-wal"
    try:
        return log.stat().st_size // 5000
    except OSError:
        return 0


@pytest.mark.parametrize("step", ["shards.replacing", "replacing", "write_atomically"])
def test_stopped_while_it_writes_the_old_result_is_still_whole(tmp_path, monkeypatch, step):
    """At the images, the table and the manifest: what was there can be loaded, and is the old."""
    folder, out = shop(tmp_path / "shop"), tmp_path / "out"
    prepare_folder(folder, out, config())
    old = load_prepared(out)
    scene(500).save(folder / "mugs" / "new.png")

    def stop(path, *rest):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"prodimg_lib.data.preparation.{step}", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare_folder(folder, out, config())
    assert load_prepared(out).digest == old.digest
    prepare_folder(folder, out, config())
    assert load_prepared(out).digest != old.digest
    assert len([name for name in contents(out) if name.endswith(".npz")]) == 1


def test_a_full_disk_is_one_line_and_the_next_time_goes_on(tmp_path, monkeypatch):
    folder, out = shop(tmp_path / "shop"), tmp_path / "out"

    def full(*rest):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("prodimg_lib.data.shards._write_array", full)
        with pytest.raises(InputError, match=r"cannot write .*npz: no space left on device"):
            prepare_folder(folder, out, config())
    assert not (out / "manifest.json").exists()
    assert not [path for path in out.iterdir() if path.suffix == ".npz"]

    def no_room(*rest):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("prodimg_lib.data.index.Index.keep", no_room)
        with pytest.raises(InputError, match=r"disk is full; make room there and repeat"):
            prepare_folder(folder, out, config())
    prepare_folder(folder, out, config())
    assert len(load_prepared(out).images) == 18


def test_two_at_once_are_refused(tmp_path):
    folder, out = shop(tmp_path / "shop", 2), tmp_path / "out"
    out.mkdir()
    with (
        open_index(out, "x"),
        pytest.raises(InputError, match=r"another `prodimg data prepare` is at work in"),
    ):
        prepare_folder(folder, out, config())
    prepare_folder(folder, out, config())


def test_a_damaged_index_is_made_again(tmp_path):
    folder, out = shop(tmp_path / "shop", 4), tmp_path / "out"
    prepare_folder(folder, out, config())
    before = contents(out)
    (out / INDEX).write_bytes(b"no database" * 1000)
    prepare_folder(folder, out, config())
    assert contents(out) == before


def test_only_its_own_files_are_removed(tmp_path):
    folder, out = shop(tmp_path / "shop", 4), tmp_path / "out"
    prepare_folder(folder, out, config())
    mine = out / "training-notes.npz"
    mine.write_text("mine")
    (out / "images-0123456789abcdef.npz").write_text("of an older preparation")
    prepare_folder(folder, out, config())
    assert mine.read_text() == "mine"
    assert not (out / "images-0123456789abcdef.npz").exists()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda m: m | {"format": 2}, "format 2, this version reads 1: prepare the photographs"),
        (lambda m: {"format": 1}, "manifest.json is damaged"),
        (lambda m: [], "manifest.json is damaged"),
        (
            lambda m: m | {"files": {"train": [{"file": "../secret.npz", "images": 1}]}},
            "secret.npz is missing",
        ),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path, harm, words):
    prepare_folder(shop(tmp_path / "shop", 4), tmp_path / "out", config())
    (tmp_path / "secret.npz").write_bytes(b"x")
    path = tmp_path / "out" / "manifest.json"
    path.write_text(json.dumps(harm(json.loads(path.read_text()))))
    with pytest.raises(InputError, match=words):
        load_prepared(tmp_path / "out")


def test_a_file_that_would_unpack_to_more_than_the_manifest_says_is_refused(tmp_path):
    """A few thousand bytes that are 200 million zeros."""
    prepare_folder(shop(tmp_path / "shop", 4), tmp_path / "out", config())
    (path,) = (tmp_path / "out").glob("*.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["images"] = np.zeros((85_000, 28, 28, 3), np.uint8)
    np.savez_compressed(path, **arrays)
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError, match=r"npz is damaged .*: delete it, and prepare the"):
        load_prepared(tmp_path / "out")


def test_images_that_are_gone_or_cut_are_refused(tmp_path):
    prepare_folder(shop(tmp_path / "shop", 4), tmp_path / "out", config())
    (path,) = (tmp_path / "out").glob("*.npz")
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(InputError, match=r"npz is damaged .*: delete it, and prepare the"):
        load(tmp_path / "out")
    prepare_folder(tmp_path / "shop", tmp_path / "out", config())
    with pytest.raises(InputError, match="delete it"):  # a file that is there counts as made
        load(tmp_path / "out")
    path.unlink()
    with pytest.raises(InputError, match=r"npz is missing"):
        load(tmp_path / "out")


def test_grey_and_limit_and_other_wishes(tmp_path):
    prepare_folder(shop(tmp_path / "shop"), tmp_path / "out", config(channels=1))
    data = load(tmp_path / "out", limit=6)
    assert data.images.shape == (6, 28, 28, 1)
    assert np.bincount(data.labels).tolist() == [3, 3]
    with pytest.raises(InputError, match="channels = 1, now 3 is asked for"):
        load(tmp_path / "out", channels=3)
    with pytest.raises(InputError, match="fit = pad, now crop is asked for"):
        load(tmp_path / "out", fit="crop")


def test_a_folder_that_changes_while_it_is_read(tmp_path, monkeypatch):
    """A file that vanishes is named; nothing stops."""
    folder, out = shop(tmp_path / "shop"), tmp_path / "out"
    examine = photograph.examine

    def vanishing(path, *rest):
        if path.name == "03.png":
            path.unlink()
        return examine(path, *rest)

    monkeypatch.setattr(preparation, "examine", vanishing)
    prepare_folder(folder, out, config())
    assert table(out)["mugs/03.png"]["reason"] == "no such file or directory"
    assert len(load(out).images) == 16


def test_report_shows_what_was_dropped_and_opens_anywhere(tmp_path):
    folder, out = shop(tmp_path / "shop"), tmp_path / "out"
    faults(folder)
    prepare_folder(folder, out, config())
    page = (out / "report.html").read_text(encoding="utf-8")
    for word in ("Blurred: 1", "Dark: 1", "Too small: 1", "Odd aspect: 1", "Blank: 1"):
        assert word in page
    assert "hats/z-copy.jpg is a copy of hats/01.png" in page
    assert "hats/z-same.png equals hats/00.png" in page
    assert "hats/notes.txt" in page
    assert "http" not in page
    assert page.count("<img") == page.count('alt="')


def test_links_by_the_thousand_need_no_second_decoding_of_the_same_bytes(tmp_path):
    """Hard links to one file are one photograph."""
    folder = shop(tmp_path / "shop", 2, ("mugs",))
    for i in range(20):
        os.link(folder / "mugs" / "00.png", folder / "mugs" / f"link{i}.png")
    manifest = prepare_folder(folder, tmp_path / "out", config())
    assert manifest["counts"]["train"]["mugs"] + manifest["counts"]["test"]["mugs"] == 2


def test_sixteen_bit_and_transparent_and_turned(tmp_path):
    """What ``prepare_image`` gets right, the preparation does."""
    (tmp_path / "shop").mkdir()
    rng = np.random.default_rng(0)
    deep = Image.fromarray(rng.integers(0, 65536, (60, 60)).astype(np.uint16))
    deep.save(tmp_path / "shop" / "deep.png")
    clear = scene(3).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    clear.save(tmp_path / "shop" / "clear.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    scene(4).save(tmp_path / "shop" / "turned.jpg", exif=exif, quality=95)
    prepare_folder(tmp_path / "shop", tmp_path / "out", config(val=0, test=0))
    data = load(tmp_path / "out")
    for image, name in zip(data.images, ("clear.png", "deep.png", "turned.jpg"), strict=True):
        expected = prepare_image(tmp_path / "shop" / name, 28).astype(int)
        assert np.abs(image - expected).mean() < 1.5


def test_what_could_not_be_read_is_tried_again(tmp_path, monkeypatch):
    """A network drive that was away has changed no file."""
    shop(tmp_path / "shop", 4)
    one = preparation.examine

    def away(path, *more):
        if path.name == "00.png":
            return photograph.Photograph(b"", "input/output error")
        return one(path, *more)

    monkeypatch.setattr(preparation, "examine", away)
    prepare_folder(tmp_path / "shop", tmp_path / "out", config())
    assert table(tmp_path / "out")["hats/00.png"]["reason"] == "input/output error"
    monkeypatch.setattr(preparation, "examine", one)
    prepare_folder(tmp_path / "shop", tmp_path / "out", config())
    assert table(tmp_path / "out")["hats/00.png"]["status"] == "kept"


def test_a_damaged_report_is_written_again(tmp_path):
    prepare_folder(shop(tmp_path / "shop", 4), tmp_path / "out", config())
    before = (tmp_path / "out" / "report.html").read_bytes()
    (tmp_path / "out" / "report.html").write_bytes(b"\xff no text")
    prepare_folder(tmp_path / "shop", tmp_path / "out", config())
    assert (tmp_path / "out" / "report.html").read_bytes() == before
