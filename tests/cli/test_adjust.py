"""``prodimg adjust --start``: the next run is carried out and set beside the last one."""

import shlex

import pytest

from prodimg_lib import cli
from prodimg_lib.models.families import MODELS, Family
from prodimg_lib.text import text
from tests.runs.conftest import shop  # noqa: F401


@pytest.fixture
def first(shop, tmp_path, monkeypatch):  # noqa: F811
    """A run of four steps, of a family that is quick."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setitem(MODELS, "toy", Family("tests.runs.toy:Toy", "tests.runs.toy:ToyConfig"))
    monkeypatch.setitem(text()["models"], "toy", "toy of the tests")
    out = tmp_path / "first"
    small = ("--data", shop, "--size", 28, "--channels", 1, "--images", 8, "--model", "toy")
    prodimg("run", *small, "--steps", 4, "--set", "train.batch_size=8", "--out", out)
    return out


def prodimg(*arguments):
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, arguments)])
    assert not end.value.code


def test_the_next_run_is_carried_out_and_compared(first, tmp_path, capsys):
    before = {p: p.stat().st_mtime_ns for p in first.rglob("*")}
    prodimg("adjust", first, "--start")
    out, _ = capsys.readouterr()
    assert "train.steps" in out
    assert "│ 4 " in out
    assert "│ 40 " in out
    second = tmp_path / "first-2"
    assert (second / "report.html").is_file()
    assert (second / "compare.html").is_file()
    assert "Settings that differ" in out
    assert {p: p.stat().st_mtime_ns for p in first.rglob("*")} == before


def test_without_start_the_commands_are_said_and_work(first, tmp_path, capsys, monkeypatch):
    prodimg("adjust", first, "--out", tmp_path / "next")
    out, _ = capsys.readouterr()
    commands = [shlex.split(line) for line in out.splitlines() if line.startswith("prodimg ")]
    assert [command[1] for command in commands] == ["run", "compare"]
    assert not (tmp_path / "next" / "report.html").exists()
    for command in commands:
        prodimg(*command[1:])
    assert (tmp_path / "next" / "compare.html").is_file()
