"""The cell that checks itself, in a real IPython shell without a notebook."""

import sys

import pytest

from prodimg_lib.interview import bank, notebook


@pytest.fixture
def shell(monkeypatch):
    # A shell takes the place of the main module, which the processes of later tests read.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell.instance()
    notebook.load_ipython_extension(made)
    yield made
    made.run_line_magic("reset", "-f")
    InteractiveShell.clear_instance()


def test_a_right_and_a_wrong_cell(shell, capsys):
    code = bank["C17"].code()["reference"]
    shell.run_cell_magic("check", "C17", code)
    assert capsys.readouterr().out.startswith("C17: passed.")
    assert callable(shell.user_ns["psnr"])  # the cell ran as any other
    shell.run_cell_magic("check", " c17 ", "def psnr(a, b, data_range):\n    return 1.0\n")
    assert capsys.readouterr().out.startswith("C17: not yet.")


def test_a_cell_without_the_function_is_told_its_name(shell, capsys):
    shell.user_ns["psnr"] = old = lambda a, b, data_range: 0.0
    shell.run_cell_magic("check", "C17", "x = 1")
    assert "C17: the cell defines no function psnr" in capsys.readouterr().out
    assert shell.user_ns["psnr"] is old


def test_what_cannot_be_checked_is_said_in_one_line(shell, capsys):
    for line, said in (("E05", "there is no code to check"), ("X99", "no question 'X99'")):
        shell.run_cell_magic("check", line, "x = 1")
        out = capsys.readouterr().out
        assert said in out
        assert out.count("\n") == 1


def test_an_error_in_the_cell_is_the_shells(shell, capsys):
    shell.run_cell_magic("check", "C17", "1 / 0")
    out = capsys.readouterr().out
    assert "ZeroDivisionError" in out
    assert "C17" not in out.split("ZeroDivisionError")[-1]
