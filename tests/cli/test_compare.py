"""``prodimg compare`` on a person's folders: a page and a table, or one line."""

import pytest

from prodimg_lib import cli
from tests.runs.made import facts, finished_run


def prodimg(*arguments):
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, arguments)])
    return end.value.code or 0


def test_a_page_and_a_table(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    runs = [
        finished_run(tmp_path / name, {"fd_product": facts(value, 0.5, 1.0)})
        for name, value in (("a", 4.0), ("b", 40.0))
    ]
    assert prodimg("compare", *runs, tmp_path / "no", "--out", tmp_path / "page.html") == 0
    out, err = capsys.readouterr()
    assert "40.00 ± 0.50" in out
    assert "FD-product: a is ahead of b." in out
    assert out.rstrip().endswith("page.html")
    (line,) = err.splitlines()
    assert line.startswith("left out: ")
    assert (tmp_path / "page.html").is_file()


@pytest.mark.parametrize("target", ["mine.html", "page.txt", "missing/run"])
def test_bad_input_is_one_line(tmp_path, capsys, target):
    run = finished_run(tmp_path / "a", {"fd_product": facts(4.0, 0.5, 1.0)})
    (tmp_path / "mine.html").write_text("mine")
    arguments = ([tmp_path / target], "x.html") if "run" in target else ([run], target)
    assert prodimg("compare", *arguments[0], "--out", tmp_path / arguments[1]) == 2
    _, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert line.startswith("prodimg: ")
    assert (tmp_path / "mine.html").read_text() == "mine"
    assert not (tmp_path / "x.html").exists()
