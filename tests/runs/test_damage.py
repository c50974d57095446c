"""A run folder with a damaged file: made good, or one line that names the file and what to do."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prodimg_lib import InputError
from prodimg_lib.data.config import PrepareConfig
from prodimg_lib.data.preparation import prepare_folder
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.generate import generate
from prodimg_lib.runs.records import Checkpoints, History
from prodimg_lib.runs.run import evaluate, run
from tests.data.shop import shop
from tests.samples import TINY, tiny_images


def config(folder, steps):
    return RunConfig(
        data={"source": str(folder), "size": 28, "channels": 1},
        settings=TINY,
        train={"minutes": None, "steps": steps, "batch_size": 8, "log_every": 2},
        evaluate={"images": 8},
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Photographs of two classes, and the folder of a GAN's run of four steps."""
    photos = tmp_path_factory.mktemp("photos")
    for i, (image, label) in enumerate(zip(*tiny_images(40), strict=True)):
        (photos / f"class{label}").mkdir(exist_ok=True)
        Image.fromarray(image[..., 0]).save(photos / f"class{label}" / f"{i}.png")
    out = tmp_path_factory.mktemp("runs") / "run"
    run(config(photos, 4), out)
    return photos, out


@pytest.fixture
def copy(finished, tmp_path):
    shutil.copytree(finished[1], tmp_path / "run")
    return tmp_path / "run"


def go_on(photos, out):
    run(config(photos, 6), out)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("history.csv", None),
        ("metrics.json", b"{"),
        ("environment.json", b""),
        ("classes.json", b"["),
        ("manifest.csv", b"file,cl"),
        ("report.html", b"<html>"),
        ("samples/images/0.png", b"x"),
        ("checkpoints/state.json", b""),
        ("checkpoints/state.json", b'{"file": "step-00000004.keras", "step": 4, "seconds": 1.0}'),
    ],
)
def test_what_can_be_made_again_does_not_stop_a_run(finished, copy, name, content):
    path = copy / name
    path.write_bytes(path.read_bytes()[:-9] if content is None else content)
    go_on(finished[0], copy)
    assert path.read_bytes() != content
    assert Checkpoints(copy / "checkpoints").state()["step"] == 6
    steps = History(copy / "history.csv").columns()["step"]
    assert steps == ([2, 6] if name == "history.csv" else [2, 4, 6])
    rows = (copy / "manifest.csv").read_text().splitlines()
    assert len(rows) == 1 + len(list((copy / "samples" / "images").iterdir()))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("config.yaml", "config.yaml"),
        ("doctor.json", r"doctor\.json .*damaged.*: delete it"),
        ("checkpoints/step-00000004.keras", r"step-00000004\.keras is damaged: restore it"),
    ],
)
@pytest.mark.parametrize("command", [go_on, lambda photos, out: evaluate(out)])
def test_what_cannot_is_named(finished, copy, command, name, line):
    path = copy / name
    path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2] + b"{")
    before = {p: p.read_bytes() for p in copy.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match=line) as error:
        command(finished[0], copy)
    assert "\n" not in str(error.value)
    after = {p: p.read_bytes() for p in copy.rglob("*") if p.is_file()}
    assert {p.name for p in before if before[p] != after.get(p)} <= {"config.yaml"}


@pytest.mark.parametrize("folder", [True, False], ids=["folder for file", "file for folder"])
def test_one_in_the_place_of_the_other_is_named_before_training(finished, copy, folder):
    """Found out at the end, it would cost the training; what lies in it stays."""
    made = {p.relative_to(copy) for p in copy.rglob("*") if p.is_dir() != folder}
    made -= {p for p in made if p.name == ".lock" or p.suffix in (".png", ".keras")}
    assert Path("history.csv" if folder else "checkpoints") in made
    for name in made:
        aside, path = copy.parent / "aside", copy / name
        path.rename(aside)
        if folder:
            path.mkdir()
            (path / "mine.txt").write_text("mine")
        else:
            path.write_text("mine")
        with pytest.raises(InputError, match=f"{name} is a {'folder' if folder else 'file'}, wh"):
            go_on(finished[0], copy)
        assert (path / "mine.txt" if folder else path).read_text() == "mine"
        if folder:
            (path / "mine.txt").unlink()
            path.rmdir()
        else:
            path.unlink()
        aside.rename(path)
    assert Checkpoints(copy / "checkpoints").state()["step"] == 4


@pytest.mark.parametrize("content", ["", "[3, 4]", '["one"]', None])
def test_generate_needs_the_names_of_the_classes(copy, tmp_path, content):
    path = copy / "classes.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(InputError, match=r"classes\.json.*repeat the `prodimg run`"):
        generate(copy, tmp_path / "out", 4)
    assert not (tmp_path / "out").exists()


def test_evaluate_restores_the_names_of_the_classes_where_the_data_is_that_of_the_run(copy):
    path = copy / "classes.json"
    before = path.read_bytes()
    path.unlink()
    evaluate(copy)
    assert path.read_bytes() == before


def test_a_run_without_a_checkpoint_is_named(copy, tmp_path):
    for left in (["state.json"], []):
        for path in (copy / "checkpoints").iterdir():
            if path.name not in left:
                path.unlink()
        with pytest.raises(InputError, match="train from the start" if left else "no checkpoint"):
            generate(copy, tmp_path / "out", 4)


@pytest.mark.parametrize("place", ["../../elsewhere.keras", "/elsewhere.keras", "up/../x.keras"])
def test_a_state_that_names_a_file_elsewhere_is_not_followed(copy, place):
    """A folder from a stranger opens no file beside itself; what it holds says where it stands."""
    checkpoints = copy / "checkpoints"
    before = Checkpoints(checkpoints).state()
    (copy.parent / "elsewhere.keras").write_bytes((checkpoints / before["file"]).read_bytes())
    state = {"file": place, "step": 99, "seconds": 1.0}
    (checkpoints / "state.json").write_text(json.dumps(state))
    assert Checkpoints(checkpoints).state() == before
    (checkpoints / before["file"]).unlink()
    with pytest.raises(InputError, match=r"state\.json is damaged: restore it"):
        Checkpoints(checkpoints).state()


def test_facts_of_a_model_file_that_are_a_bomb_are_not_unpacked(copy):
    checkpoints = copy / "checkpoints"
    (checkpoints / "state.json").unlink()
    (path,) = checkpoints.glob("*.keras")
    with zipfile.ZipFile(path) as parts:
        kept = {name: parts.read(name) for name in parts.namelist()}
    kept["run.json"] = kept["run.json"].rstrip() + b" " * 2**21
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, content in kept.items():
            parts.writestr(name, content)
    with pytest.raises(InputError, match=r"state\.json is missing: restore it"):
        Checkpoints(checkpoints).state()


def test_generate_leaves_a_persons_images(copy, tmp_path):
    mine = tmp_path / "pictures" / "images" / "holiday.png"
    mine.parent.mkdir(parents=True)
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(mine)
    before = mine.read_bytes()
    with pytest.raises(InputError, match=r"holiday\.png is there already"):
        generate(copy, tmp_path / "pictures", 4)
    assert [p for p in (tmp_path / "pictures").rglob("*") if p.is_file()] == [mine]
    assert mine.read_bytes() == before


def test_where_nothing_is_held_out_nothing_is_trained(tmp_path):
    """It could not be scored: said before the hours of training, not after."""
    shop(tmp_path / "shop", 6)
    more = {"size": 28, "cutout": {"method": "none"}, "val": 0, "test": 0}
    prepare_folder(tmp_path / "shop", tmp_path / "out", PrepareConfig(**more))
    config = RunConfig(
        data={"source": str(tmp_path / "out")}, train={"steps": 2, "minutes": None, "batch_size": 4}
    )
    with pytest.raises(InputError, match=r"nothing is held out to score by .*: add photographs"):
        run(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
