"""``prodimg tune``: what it prints, that it goes on, and its one line for bad input."""

import pytest
from typer.testing import CliRunner

from prodimg_lib import InputError
from prodimg_lib.cli import app
from prodimg_lib.models.families import MODELS, Family
from prodimg_lib.runs.folder import read_config
from prodimg_lib.runs.search import SPACES, Between

pytest.importorskip("optuna")


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setitem(MODELS, "toy", Family("tests.runs.toy:Toy", "tests.runs.toy:ToyConfig"))
    monkeypatch.setitem(SPACES, "toy", {"spread": Between(0.01, 4.0)})


def prodimg(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_a_search_prints_its_trials_and_goes_on(toy, tmp_path):
    out = tmp_path / "search"
    common = ("--data", "catalogue", "--limit", 60, "--model", "toy", "--steps", 4)
    common += ("--set", "train.batch_size=8")
    first = prodimg("tune", "--out", out, *common, "--trials", 1)
    assert "No trial of 1 was better than the default" in first
    assert "No trial of 1 was better" in (out / "tune.html").read_text(encoding="utf-8")
    assert read_config(out / "trial-000").train.validate_every == 1
    again = prodimg("tune", "--out", out, "--trials", 2)
    assert "spread" in again
    assert f"prodimg run --out {out}-best --set data.source" in again
    assert sorted(path.name for path in out.glob("trial-*")) == ["trial-000", "trial-001"]


def test_bad_input_is_one_line(tmp_path):
    out = tmp_path / "search"
    for arguments, words in (
        (("--steps", 0), r"train\.steps = 0"),
        (("--minutes", -1), r"train\.minutes = -1"),
        (("--model", "gna"), "model = 'gna'"),
        (("--set", "settings.widht=3"), "did you mean 'width'"),
        (("--steps", 4, "--data", tmp_path / "none"), "none"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            prodimg("tune", "--out", out, *arguments)
        assert "\n" not in str(caught.value)
