"""One home for a model family: a line in ``MODELS`` carries a new one through a whole run."""

import pytest
from typer.testing import CliRunner

from prodimg_lib.cli import app
from prodimg_lib.models.families import MODELS, Family
from prodimg_lib.runs.folder import load_model
from prodimg_lib.runs.records import History
from prodimg_lib.text import text


@pytest.fixture
def toy(monkeypatch):
    """The toy family in the table, and its word for people."""
    family = Family("tests.runs.toy:Toy", "tests.runs.toy:ToyConfig")
    monkeypatch.setitem(MODELS, "toy", family)
    monkeypatch.setitem(text()["models"], "toy", "toy of the tests")
    return family.load()


def prodimg(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_a_new_family_runs_resumes_reports_and_generates(toy, shop, tmp_path):
    out = tmp_path / "run"
    common = ("--out", out, "--data", shop, "--size", 28, "--channels", 1, "--images", 12)
    common += ("--model", "toy", "--set", "settings.spread=0.3", "--set", "train.batch_size=8")
    prodimg("run", *common, "--steps", 4, "--set", "train.log_every=2")
    prodimg("run", *common, "--steps", 6, "--set", "train.log_every=2")

    model = load_model(out)
    assert type(model) is toy
    assert model.config.spread == 0.3
    assert int(model.step.value) == 6
    assert float(model.trained_for.value) == 34  # told when training ended
    history = History(out / "history.csv").columns()
    assert history["step"] == [2, 4, 6]
    assert history["loss"][-1] < history["loss"][0]

    report = (out / "report.html").read_text(encoding="utf-8")
    assert "toy of the tests" in report
    for names in toy.PANELS:  # a picture for each
        titles = [text()["report"]["columns"].get(name, name) for name in names]
        assert f"{' and '.join(titles)} against the training step" in report
    prodimg("evaluate", out)
    prodimg("generate", out, "--out", tmp_path / "images", "-n", 4, "--class", "right")
    assert len(list((tmp_path / "images" / "images").iterdir())) == 4


def test_settings_of_a_new_family_are_checked(toy, shop, tmp_path):
    from prodimg_lib import InputError

    with pytest.raises(InputError, match=r"settings\.spread = -1"):
        prodimg("run", "--out", tmp_path / "x", "--model", "toy", "--set", "settings.spread=-1")
    with pytest.raises(InputError, match=r"'flow', 'latent-flow' or 'toy'"):
        prodimg("run", "--out", tmp_path / "x", "--model", "toys")
