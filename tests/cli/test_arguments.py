"""What a person may type wrong, for every command: one line that says so, and never a traceback."""

import itertools
import os

import pytest

from prodimg_lib.cli import main

WRONG_PATHS = {
    "nowhere": "nowhere",
    "a file": "file.txt",
    "a folder of something else": "other",
    "a name that is too long": "x" * 300,
    "a name that no file can have": "a\0b",
    "a file for a folder": "file.txt/x",
    "no UTF-8": os.fsdecode(b"\xff"),
    "nothing": "",
}
TAKE_A_PATH = [
    ["evaluate", "PATH"],
    ["generate", "PATH", "--out", "out"],
    ["compare", "PATH"],
    ["adjust", "PATH"],
    ["human-eval", "PATH"],
    ["human-eval", "score", "PATH"],
    ["data", "prepare", "PATH", "--out", "out"],
    ["data", "prepare", "photos", "--out", "out", "--config", "PATH"],
    ["data", "show", "--data", "PATH"],
    ["run", "--out", "out", "--data", "PATH"],
    ["run", "--out", "out", "--config", "PATH"],
    ["tune", "--out", "out", "--data", "PATH"],
    ["choose", "--out", "out", "--data", "PATH"],
]
NUMBERS = ["-1", "1e400", "nan", "inf", "²", "x", "1" + "0" * 30, ""]
TAKE_A_NUMBER = {
    "run --out out --data nowhere": "--size --channels --limit --minutes --steps --images",
    "tune --out out --data nowhere": "--size --channels --limit --minutes --steps --trials",
    "choose --out out --data nowhere": "--size --channels --limit --minutes --steps --images",
    "data prepare nowhere --out out": "--size --channels --seed",
    "data show --data nowhere": "--size --channels --limit",
    "generate nowhere --out out": "-n --seed --steps --truncation --guidance --attempts",
    "evaluate nowhere": "--images",
    "human-eval nowhere": "--pairs --seconds",
}
SETTINGS = {
    "run --out out --data nowhere": "data.size data.limit train.minutes train.steps seed "
    "train.batch_size train.log_every train.checkpoint_seconds train.validate_every "
    "evaluate.images evaluate.gates settings.width settings.learning_rate model data settings",
    "data prepare nowhere --out out": "gates.blurred gates.too_small gates.odd_aspect val test "
    "duplicates.same cutout.confidence cutout shard_mb shard_above_mb item seed size",
}
VALUES = ["-1", ".nan", "[1", "{a: 1}", "2024-01-01", "!!python/object:x y", "*a"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").write_text("hello: [")
    (tmp_path / "photos").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("none")
    return tmp_path


def refused(capsys, *arguments):
    """The line on standard error; nothing was made."""
    before = sorted(os.listdir())
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    errors = capsys.readouterr().err
    assert ended.value.code == 2, (arguments, errors)
    assert "Traceback" not in errors
    said = [s for s in errors.splitlines() if s.startswith(("prodimg: ", "Error: "))]
    assert len(said) == 1, (arguments, errors)
    assert sorted(os.listdir()) == before, arguments
    return said[0]


@pytest.mark.parametrize("path", WRONG_PATHS.values(), ids=WRONG_PATHS)
@pytest.mark.parametrize("command", TAKE_A_PATH, ids=" ".join)
def test_a_path_that_is_none(capsys, command, path):
    refused(capsys, *(path if word == "PATH" else word for word in command))


@pytest.mark.parametrize("command", TAKE_A_NUMBER)
def test_a_number_that_is_none(capsys, command):
    """Where the number is allowed, what follows is refused: there is no such run or data."""
    for flag in TAKE_A_NUMBER[command].split():
        for value in NUMBERS:
            line = refused(capsys, *command.split(), flag, value)
            if value == "":
                assert f"{flag} is empty" in line


@pytest.mark.parametrize("command", SETTINGS)
def test_a_setting_that_is_none(capsys, command):
    for key in SETTINGS[command].split():
        for value in VALUES:
            refused(capsys, *command.split(), "--set", f"{key}={value}")
    for wrong in (".", "=", "=1", "..a=1", "a.b.c=1", "seed.x=1"):
        refused(capsys, *command.split(), "--set", wrong)


def test_settings_that_are_short_and_mean_much_are_refused_shortly(capsys, here):
    """Each line names the one before nine times: written out, a thousand million words."""
    names = "abcdefghij"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in itertools.pairwise(names)
    ]
    (here / "laughs.yaml").write_text("\n".join([*lines, "seed: *j"]))
    for command in (["run"], ["data", "prepare", "nowhere"]):
        assert len(refused(capsys, *command, "--out", "out", "--config", "laughs.yaml")) < 600


def test_of_an_error_that_no_one_foresaw_the_file_is_named(capsys, monkeypatch):
    def full(*rest, **more):
        raise OSError(28, "No space left on device", "/far/away")

    monkeypatch.setattr("prodimg_lib.runs.compare.compare", full)
    assert "/far/away: no space left on device" in refused(capsys, "compare", "nowhere")
