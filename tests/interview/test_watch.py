"""Watching a file, by script: saved answers are checked, single keys do the rest."""

import io

from rich.console import Console

from prodimg_lib.interview import bank
from prodimg_lib.interview.check.result import Result
from prodimg_lib.interview.practice.watch import Watch, following


def watched(tmp_path, script, check=None):
    """What is printed and checked while ``script`` yields keys, or saves a file first."""
    console = Console(file=io.StringIO(), width=120)
    checked = []

    def passes(question, path):
        checked.append((question.id, path.read_text("utf-8")))
        return Result(question.id, question.entry(), "pass", seeds=3)

    steps = iter(script)
    path = tmp_path / "mine.py"
    Watch(bank["C17"], path, console, lambda _: next(steps, None), check or passes).run()
    return console.file.getvalue(), checked, path


def test_a_save_is_checked_once_and_the_starter_is_not(tmp_path):
    def script():
        yield ""
        (tmp_path / "mine.py").write_text("x = 1\n")
        yield ""
        yield ""
        yield "q"

    out, checked, _ = watched(tmp_path, script())
    assert checked == [("C17", "x = 1\n")]
    assert "C17: passed" in out


def test_keys_for_hint_solution_next_and_check(tmp_path):
    out, checked, path = watched(tmp_path, ["h", "h", "s", "c", "n", "c", "q"])
    assert [id_ for id_, _ in checked] == ["C17", "C18"]
    assert path.read_text("utf-8").endswith(bank["C17"].task_code())
    assert (tmp_path / "C18_ssim.py").exists()
    for words in ("Hint 1 of", "In 30 seconds", bank["C18"].title()):
        assert words in out


def test_a_file_that_is_there_is_left_as_it_is(tmp_path):
    (tmp_path / "mine.py").write_text("mine")
    watched(tmp_path, ["q"])
    assert (tmp_path / "mine.py").read_text() == "mine"


def test_a_file_that_an_editor_has_away_is_waited_for(tmp_path):
    def script():
        (tmp_path / "mine.py").unlink()
        yield ""
        yield "c"

    assert watched(tmp_path, script())[1] == []


def test_all_questions_with_code_come_in_turn():
    first, seen = bank["C01"], []
    question = first
    while not seen or question is not first:
        seen.append(question.id)
        question = following(question)
    assert set(seen) == {id_ for id_ in bank if bank[id_].kind in ("coding", "debug")}
