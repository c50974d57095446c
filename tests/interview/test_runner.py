"""Files of answers, checked in processes of their own (each loads TensorFlow: few, and told)."""

import time

import pytest

from prodimg_lib.errors import InputError
from prodimg_lib.interview import bank
from prodimg_lib.interview.check import runner

RIGHT = bank["C17"].code()["reference"]


def run(tmp_path, text, question="C17", **options):
    path = tmp_path / "answer.py"
    path.write_text(text, encoding="utf-8")
    return bank[question].check(str(path), **options)


def test_a_right_file_passes_and_its_output_is_kept(tmp_path):
    result = run(tmp_path, f"{RIGHT}\nprint('hello')\n")
    assert result.passed
    assert result.printed == "hello\n"


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("x = 1\n", "fail", ["define a function psnr", "no function"]),
        ("import nonsense_module\n", "fail", ["ModuleNotFoundError", "line 1"]),
        ("def psnr(a, b, data_range)\n", "fail", ["SyntaxError"]),
        (bank["C17"].code()["starter"], "not_attempted", ["psnr"]),
        ("def psnr(a, b, data_range):\n    import os\n    os._exit(3)\n", "crash", ["exit code 3"]),
        (
            "import numpy as np\ndef psnr(a, b, data_range):\n    return np.ones(1 << 32)\n",
            "fail",
            ["MemoryError", "line 3"],
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, status, words):
    result = run(tmp_path, text)
    assert result.status == status, result
    for word in words:
        assert word in repr(result)


def test_an_endless_loop_is_stopped(tmp_path):
    text = "def psnr(a, b, data_range):\n    while True: pass\n"
    begun = time.monotonic()
    result = run(tmp_path, text, time_limit=1.0)
    assert result.status == "timeout"
    assert time.monotonic() - begun < 60
    assert "1 seconds" in repr(result)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"no\.py: no such file"):
        runner.check_file(bank["C17"], tmp_path / "no.py")
