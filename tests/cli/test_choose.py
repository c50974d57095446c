"""``prodimg choose``: a table, a verdict and a command; bad input is one line."""

import pytest

from prodimg_lib import cli
from prodimg_lib.models.families import MODELS, Family
from prodimg_lib.text import text
from tests.runs.conftest import shop  # noqa: F401


def prodimg(*arguments):
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, arguments)])
    return end.value.code or 0


def test_choose_prints_the_table_and_what_follows_and_goes_on(shop, tmp_path, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setitem(MODELS, "toy", Family("tests.runs.toy:Toy", "tests.runs.toy:ToyConfig"))
    monkeypatch.setitem(text()["models"], "toy", "toy of the tests")
    out = tmp_path / "choice"
    small = ("--data", shop, "--size", 28, "--channels", 1, "--images", 8)
    small += ("--set", "train.batch_size=8", "--set", "settings.toy.spread=0.3")
    assert prodimg("choose", *small, "--candidates", "toy", "--steps", 3, "--out", out) == 0
    first, _ = capsys.readouterr()
    assert "each trained for 3 steps; needed: fidelity" in first
    assert "KD (EfficientNet-Lite0)" in first
    assert first.rstrip().endswith(str(out / "choice.html"))
    # Going on: what is not said again stays as it was.
    assert prodimg("choose", "--out", out, "--need", "variety") == 0
    again, err = capsys.readouterr()
    assert "toy is finished already" in err
    assert "needed: variety" in again


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--need", "beauty"], "--need beauty: choose fidelity, variety, control, latency"),
        (["--minutes", "0"], "--minutes 0: expected a number above 0"),
        (["--candidates", "gan,gna"], "candidate 'gna' is not known"),
        (["--labels", "maybe"], "labels = 'maybe'"),
        (["--set", "settings.gan.widht=3"], "unknown key 'settings.widht': did you mean 'width'?"),
        (["--data", "no/such/folder"], "no/such/folder"),
    ],
)
def test_bad_input_is_one_line(arguments, words, tmp_path, capsys):
    assert prodimg("choose", *arguments, "--out", tmp_path / "choice") == 2
    _, err = capsys.readouterr()
    (line,) = [line for line in err.splitlines() if line.startswith("prodimg: ")]
    assert words in line
    assert "Traceback" not in err
    assert not (tmp_path / "choice").exists()
