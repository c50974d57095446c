"""``prodimg choose`` from photographs to a recommendation: resumable, and each trained alike."""

import json
import re
import shlex

import pytest
from typer.testing import CliRunner

from prodimg_lib import InputError, cli
from prodimg_lib.models.families import MODELS, Family
from prodimg_lib.runs import choose as module
from prodimg_lib.runs import run as run_module
from prodimg_lib.runs import training
from prodimg_lib.runs.choice import command_of
from prodimg_lib.runs.choose import ChooseConfig, choose
from prodimg_lib.runs.compare import compare
from prodimg_lib.runs.folder import read_config
from prodimg_lib.runs.lock import locked
from prodimg_lib.runs.records import History
from prodimg_lib.runs.run import evaluate
from prodimg_lib.settings import parse
from prodimg_lib.text import text


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """Two small families in the table."""
    for name in ("toy", "other"):
        family = Family("tests.runs.toy:Toy", "tests.runs.toy:ToyConfig")
        monkeypatch.setitem(MODELS, name, family)
        monkeypatch.setitem(text()["models"], name, f"{name} of the tests")


def settings(shop, **changes):
    values = {
        "data": {"source": str(shop), "size": 28, "channels": 1},
        "candidates": ["toy", "other"],
        "settings": {"other": {"spread": 0.9}},
        "train": {"minutes": None, "steps": 4, "batch_size": 8, "log_every": 1},
        "images": 8,
    }
    return parse(ChooseConfig, values | changes)


SLOWER = {"precision": "float32", "checkpoint_seconds": 5.0}


def written(folder):
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_a_choice_from_photographs_to_the_command_to_go_on_with(shop, tmp_path, monkeypatch):
    out = tmp_path / "choice"
    choice = choose(settings(shop, labels="both"), out, "control")
    names = ["toy", "toy-unconditional", "other", "other-unconditional"]
    assert choice.names == names
    result = json.loads((out / "choice.json").read_text())
    assert [row["name"] for row in result["candidates"]] == names
    assert [row["conditional"] for row in result["candidates"]] == [True, False, True, False]
    for row in result["candidates"]:
        metrics = row["metrics"]
        assert {"memorised", "seconds_per_image", "megabytes", "kernel_distance"} <= set(metrics)
        assert ("requests" in metrics) == row["conditional"]
        # Of 40 photographs 6 are the test, and 6 of the other 34 judge; the rest is trained on.
        assert metrics["kernel_distance"]["n"] == 6
        assert row["step"] == 4
    assert set(result["ruled_out"]) >= {"toy-unconditional", "other-unconditional"}
    assert result["need"] == "control"
    html = (out / "choice.html").read_text(encoding="utf-8")
    assert re.findall(r'src="(?!data:image/png;base64,)', html) == []
    assert choice.headline in html
    for reason in choice.verdict.reasons:
        assert reason.split("'")[0] in html
    # The candidates are runs like any other.
    assert len(compare([out / name for name in names]).runs) == 4

    # Another need of the same candidates trains nothing, nor does the same command again.
    def no_training(*_, **__):
        raise AssertionError("was trained again")

    monkeypatch.setattr(training, "train", no_training)
    before = {p: t for p, t in written(out).items() if p.parent != out}
    choose(settings(shop, labels="both"), out, "latency")
    assert json.loads((out / "choice.json").read_text())["need"] == "latency"
    assert {p: t for p, t in written(out).items() if p.parent != out} == before


def test_stopped_anywhere_it_goes_on_without_training_again(shop, tmp_path, monkeypatch):
    """The process dies while the second candidate is being judged."""
    out = tmp_path / "choice"
    real = run_module.evaluate

    def dies(folder, *args, **options):
        if folder.name == "other":
            raise KeyboardInterrupt
        return real(folder, *args, **options)

    monkeypatch.setattr(run_module, "evaluate", dies)
    with pytest.raises(KeyboardInterrupt):
        choose(settings(shop), out)
    assert not (out / "choice.json").exists()
    before = written(out / "toy")
    model_file = out / "other" / "checkpoints" / "step-00000004.keras"
    trained = model_file.stat().st_mtime_ns
    monkeypatch.setattr(run_module, "evaluate", real)
    choice = choose(settings(shop), out)
    assert choice.names == ["toy", "other"]
    assert written(out / "toy") == before
    assert model_file.stat().st_mtime_ns == trained

    # With a larger budget each goes on from where it was; a smaller one cannot be fair.
    larger = settings(shop, train={"minutes": None, "steps": 6, "batch_size": 8, "log_every": 1})
    choose(larger, out)
    for name in ("toy", "other"):
        assert History(out / name / "history.csv").columns()["step"] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(InputError, match=r"begun with steps = 6, now 4 is asked for"):
        choose(settings(shop), out)

    # Left open, the size of a batch is the one that each was begun with (28 images fill no 64).
    choose(settings(shop, train={"minutes": None, "steps": 7, "log_every": 1}), out)
    for name in ("toy", "other"):
        assert read_config(out / name).train.batch_size == 8
        assert History(out / name / "history.csv").columns()["step"] == [*range(1, 8)]


def test_a_candidate_that_fails_is_ruled_out_and_the_others_go_on(shop, tmp_path, monkeypatch):
    real = training.train

    def breaks(config, data, out, show, **options):
        if out.name == "toy":
            raise InputError("a loss is no longer a number")
        return real(config, data, out, show, **options)

    monkeypatch.setattr(training, "train", breaks)
    choice = choose(settings(shop), tmp_path / "choice")
    assert "a loss is no longer a number" in choice.verdict.ruled_out["toy"]
    assert [run.name for run in choice.runs] == ["other"]
    with pytest.raises(InputError, match="none of the candidates could be trained: a loss is"):
        choose(settings(shop, candidates=["toy"], settings={}), tmp_path / "alone")


def test_the_command_to_go_on_with_is_the_candidate_for_longer(shop, tmp_path, monkeypatch):
    folder = tmp_path / "my shop's"
    shop.rename(folder)
    config = settings(folder, seed=3, settings={"other": {"width": 9}})
    config = config.model_copy(update={"train": config.train.model_copy(update=SLOWER)})
    tried = module._run_config(config, "other", False)
    seen = []
    monkeypatch.setattr(run_module, "run", lambda config, out, *_: seen.append((config, out)))
    command = command_of(tried, "other-unconditional", tmp_path / "choice")
    program, *arguments = shlex.split(command)
    assert program == "prodimg"
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    ((asked, out),) = seen
    assert asked.train.steps == 10 * tried.train.steps
    assert asked.train.minutes is None
    assert out == tmp_path / "choice-other-unconditional"
    for key in ("data", "model", "conditional", "settings", "seed"):
        assert getattr(asked, key) == getattr(tried, key)
    for key, value in tried.train.model_dump(exclude={"steps"}).items():
        assert getattr(asked.train, key) == value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"candidates": ["gna"]}, "candidate 'gna' is not known: choose gan"),
        ({"settings": {"vae": {"width": 3}}}, "vae is none of the candidates"),
        ({"settings": {"toy": {"widht": 3}}}, "did you mean 'width'"),
        ({"data": {"source": "no/such/folder"}}, "no/such/folder"),
        ({"train": {"batch_size": 64}}, "add --set train.batch_size=28, or images"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing_behind(shop, tmp_path, change, words):
    with pytest.raises(InputError, match=re.escape(words)):
        choose(settings(shop, **change), tmp_path / "choice")
    assert not (tmp_path / "choice").exists()


def test_what_is_not_ours_is_left_alone(shop, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"not empty and holds no choice"):
        choose(settings(shop), tmp_path)
    with pytest.raises(InputError, match=r"--need beauty: choose fidelity"):
        choose(settings(shop), tmp_path / "x", "beauty")
    assert [p.name for p in tmp_path.iterdir() if p != shop] == ["notes.txt"]


def test_one_process_at_a_time(shop, tmp_path):
    with locked(tmp_path / "shop"), pytest.raises(InputError, match=r"is in use by process \d+"):
        choose(settings(shop), tmp_path / "shop")


def test_other_data_in_an_old_folder_is_refused(shop, tmp_path):
    out = tmp_path / "choice"
    choose(settings(shop, candidates=["toy"], settings={}), out)
    before = written(out)
    next((shop / "left").iterdir()).rename(shop / "right" / "moved.png")
    with pytest.raises(InputError, match="or their labels are not those"):
        choose(settings(shop, candidates=["toy"], settings={}), out)
    assert written(out).keys() == before.keys()


def test_a_candidate_evaluated_by_itself_is_still_compared_by_what_all_were_judged_by(
    shop, tmp_path
):
    out = tmp_path / "choice"
    before = choose(settings(shop), out)
    evaluate(out / "toy")  # by the run's own test photographs
    after = choose(settings(shop), out)
    for old, new in zip(before.table, after.table, strict=True):
        assert new["metrics"]["kernel_distance"] == old["metrics"]["kernel_distance"]
