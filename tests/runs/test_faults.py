"""Train, tune, choose, generate: killed or out of room at a moment, then once more, as if never."""

import csv
import json
import shutil

import pytest
from PIL import Image

from prodimg_lib import InputError
from prodimg_lib.models.families import MODELS, Family
from prodimg_lib.runs import outputs
from prodimg_lib.runs.archive import write_archive
from prodimg_lib.runs.choose import ChooseConfig, choose
from prodimg_lib.runs.compare import compare
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.folder import load_model
from prodimg_lib.runs.records import History
from prodimg_lib.runs.run import run
from prodimg_lib.runs.search import SPACES, Between
from prodimg_lib.runs.trials import outcome
from prodimg_lib.runs.tune import numbers, tune
from prodimg_lib.settings import parse
from prodimg_lib.text import text
from tests.faults import Dead, count, killed, moments, out_of_room
from tests.samples import same_variables, tiny_images

DATA = {"source": "catalogue", "limit": 60}
BUDGET = {"minutes": None, "steps": 4, "batch_size": 8, "log_every": 1}
# Of the clock, or of the folder's name.
VARY = {"seconds", "seconds_per_image", "megabytes", "run", "says"}


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """Two families that train at once, with one setting to search."""
    for name in ("toy", "other"):
        monkeypatch.setitem(MODELS, name, Family("tests.runs.toy:Toy", "tests.runs.toy:ToyConfig"))
        monkeypatch.setitem(text()["models"], name, f"{name} of the tests")
    monkeypatch.setitem(SPACES, "toy", {"spread": Between(0.01, 4.0)})


def steady(value):
    """JSON without what depends on the clock."""
    if isinstance(value, dict):
        return {k: steady(v) for k, v in value.items() if k not in VARY}
    return [steady(v) for v in value] if isinstance(value, list) else value


def of_run(out):
    """All of a run's folder that must not depend on how often it was stopped."""
    logs = {}
    for path in (out / "history.csv", out / "validation.csv"):
        if path.is_file():
            logs[path.name] = {k: v for k, v in History(path).columns().items() if k != "seconds"}
    files = {str(p.relative_to(out)) for p in out.rglob("*") if ".partial-" not in str(p)}
    pixels = {p.name: Image.open(p).tobytes() for p in (out / "samples").rglob("*.png")}
    metrics = out / "metrics.json"
    scores = steady(json.loads(metrics.read_text())) if metrics.is_file() else None
    return logs, files - {".lock"}, pixels, scores


def finish(work, folder, straight, at, full):
    """Fault at a moment, then once more: equal to what was never disturbed."""
    if full:
        out_of_room(work, folder, at)
    else:
        assert killed(work, folder, at)
    work()
    assert of_run(folder) == of_run(straight)
    assert same_variables(load_model(folder), load_model(straight))


@pytest.mark.parametrize("full", [False, True], ids=["killed", "full"])
@pytest.mark.parametrize("every", [None, 2], ids=["last", "best"])
def test_a_run_goes_on_as_if_nothing_had_been(tmp_path, full, every):
    """Saved after every step, so that each moment of each step's files is one of those counted."""
    config = RunConfig(
        model="toy",
        data=DATA,
        train={**BUDGET, "checkpoint_seconds": 1e-9, "validate_every": every},
        evaluate={"images": 8, "second": False},
    )
    straight = tmp_path / "straight"
    number = count(lambda: run(config, straight), straight, full)
    for at in moments(number, 3, seed=every or 0):
        folder = tmp_path / f"at{at}"
        finish(lambda folder=folder: run(config, folder), folder, straight, at, full)


@pytest.mark.parametrize("full", [False, True], ids=["killed", "full"])
def test_a_search_finds_what_an_undisturbed_one_finds(tmp_path, full):
    pytest.importorskip("optuna")
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    config = RunConfig(model="toy", data=DATA, train={**BUDGET, "validate_every": 2})

    def search(out):
        return steady(outcome(tune(config, out, 3), config, out) | {"command": None})

    whole = search(tmp_path / "whole")
    number = count(lambda: search(tmp_path / "counted"), tmp_path / "counted", full)
    for at in moments(number, 3):
        out = tmp_path / f"at{at}"
        if full:
            out_of_room(lambda out=out: search(out), out, at)
        else:
            assert killed(lambda out=out: search(out), out, at)
        assert search(out) == whole
        assert list(numbers(tune(config, out, 3))) == [0, 1, 2]

    # The study's file is written by SQLite, of which Python tells nothing: before each commit.
    commits = []

    def before(connection):
        commits.append(None)
        if len(commits) > limit:
            raise Dead("commit")

    event.listen(Engine, "commit", before)
    try:
        limit = float("inf")
        search(tmp_path / "commits")
        for at in moments(len(commits), 3):
            commits.clear()
            limit, out = at, tmp_path / f"commit{at}"
            with pytest.raises(Dead):
                search(out)
            limit = float("inf")
            assert search(out) == whole
    finally:
        event.remove(Engine, "commit", before)


@pytest.mark.parametrize("full", [False, True], ids=["killed", "full"])
def test_a_choice_is_that_of_an_undisturbed_one(shop, tmp_path, full):
    config = ChooseConfig(
        data={"source": str(shop), "size": 28, "channels": 1},
        candidates=("toy", "other"),
        settings={"other": {"spread": 0.9}},
        train=BUDGET,
        images=8,
    )

    def work(out):
        choose(config, out, "variety")
        result = json.loads((out / "choice.json").read_text())
        assert [row["failed"] for row in result["candidates"]] == [None, None]
        return [steady(row) for row in result["candidates"]]

    whole = work(tmp_path / "whole")
    number = count(lambda: work(tmp_path / "counted"), tmp_path / "counted", full)
    for at in moments(number, 3):
        out = tmp_path / f"at{at}"
        if full:
            out_of_room(lambda out=out: work(out), out, at)
        else:
            assert killed(lambda out=out: work(out), out, at)
        assert work(out) == whole


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


def test_a_folder_in_the_place_of_any_file_is_one_line_or_does_no_harm(tmp_path):
    config = RunConfig(
        model="toy",
        data=DATA,
        train={**BUDGET, "validate_every": 2, "steps": 2},
        evaluate={"images": 4, "second": False},
    )
    whole = tmp_path / "whole"
    run(config, whole)
    files = sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file())
    assert {"history.csv", "validation.csv", "report.html"} <= {str(p) for p in files}
    longer = config.model_dump()
    longer["train"]["steps"] = 3
    longer = parse(RunConfig, longer)
    said = {}
    for i, name in enumerate(files):
        out = tmp_path / f"{i}"
        shutil.copytree(whole, out)
        (out / name).unlink()
        (out / name / "mine").mkdir(parents=True)
        for step in (lambda out=out: run(longer, out), lambda out=out: compare([out, whole])):
            try:
                step()
            except InputError as error:
                said[str(name)] = str(error)
        assert (out / name / "mine").is_dir()
    assert not [line for line in said.values() if "\n" in line]
    assert "history.csv: is a directory" in said["history.csv"]
