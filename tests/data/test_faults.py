"""``prodimg data prepare``, killed or out of room at each of its moments: the old or the new."""

import pytest

from prodimg_lib import InputError
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.index import NAME as INDEX
from prodimg_lib.data.index import open_index
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.data.prepared import load_prepared
from tests.data.shop import faults as spoil
from tests.data.shop import scene, shop
from tests.faults import count, killed, moments, out_of_room

STORED = {"npz": {}, "shards": {"shard_above_mb": 0, "shard_mb": 0.02}}


def contents(out):
    return {p.name: p.read_bytes() for p in out.iterdir() if not p.name.startswith(INDEX)}


@pytest.fixture(params=list(STORED))
def work(request, tmp_path, monkeypatch):
    """``work(out)`` prepares a messy folder, keeping what it read a few photographs at a time."""
    monkeypatch.setattr("prodimg_lib.data.index._BATCH", 5)
    folder = shop(tmp_path / "shop", 8)
    spoil(folder)
    config = PrepareConfig(size=28, cutout={"method": "none"}, **STORED[request.param])

    def prepare(out):
        prepare_folder(folder, out, config)

    prepare.folder = folder
    return prepare


def test_killed_at_any_moment_it_goes_on_to_what_an_undisturbed_one_gives(work, tmp_path):
    """Twice: where nothing was, and where an older preparation stays whole till the end."""
    first, out = tmp_path / "first", tmp_path / "out"
    number = count(lambda: work(first), first)
    work(out)
    for at in moments(number, 8):
        part = tmp_path / f"part{at}"
        assert killed(lambda part=part: work(part), part, at)
        if (part / "manifest.json").exists():  # it comes last
            assert load_prepared(part).digest == load_prepared(first).digest
        work(part)
        assert contents(part) == contents(first)

    old = load_prepared(out).digest
    scene(500).save(work.folder / "mugs" / "new.png")
    (work.folder / "hats" / "03.png").unlink()
    fresh, trial = tmp_path / "fresh", tmp_path / "trial"
    work(fresh)
    new = load_prepared(fresh).digest
    assert new != old
    before = {p: p.read_bytes() for p in out.iterdir()}

    def restore():
        trial.mkdir(exist_ok=True)
        for path in trial.iterdir():
            path.unlink()
        for path, content in before.items():
            (trial / path.name).write_bytes(content)

    restore()
    for at in moments(count(lambda: work(trial), trial), 8):
        restore()
        assert killed(lambda: work(trial), trial, at)
        assert load_prepared(trial).digest in (old, new)
        work(trial)
        assert contents(trial) == contents(fresh)


def test_out_of_room_at_any_moment_it_says_so_and_goes_on_when_there_is_some(work, tmp_path):
    whole = tmp_path / "whole"
    work(whole)
    number = count(lambda: work(tmp_path / "counted"), tmp_path / "counted", full=True)
    for at in moments(number, 8):
        out = tmp_path / f"full{at}"
        out_of_room(lambda out=out: work(out), out, at)
        assert not (out / "manifest.json").exists()
        work(out)
        assert contents(out) == contents(whole)


def test_a_disk_that_is_full_inside_sqlite_is_one_line_and_keeps_what_was_written(tmp_path):
    """There SQLite ends the transaction itself, so there is none left to roll back."""
    row = "insert into images values (null, ?)"

    def fill():
        with open_index(tmp_path, "recipe") as index:
            index.write(row, [(bytes(10_000),)])
            index.db.execute("pragma max_page_count = 30")
            index.write(row, ((bytes(10_000),) for _ in range(100)))

    with pytest.raises(InputError, match="disk is full; make room there and repeat the command"):
        fill()
    with open_index(tmp_path, "recipe") as index:
        assert index.one("select count(*) from images") == 1
        index.write(row, [(bytes(10_000),)])
