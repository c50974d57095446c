"""Files of answers, checked in processes of their own; C17 needs no TensorFlow."""

import signal
import subprocess
import threading
import time
from pathlib import Path

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
        ("import numpy.nonsense\n", "fail", ["ModuleNotFoundError", "line 1"]),
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


ENDLESS = {
    "computing": ("while True: pass", "1 seconds"),
    "computing in silence": ("while True:\n        try: [0][1]\n        except: pass", "1 seconds"),
    "sleeping": ("import time; time.sleep(10**6)", "2 seconds"),
    "locked": ("import threading; a = threading.Lock(); a.acquire(); a.acquire()", "2 seconds"),
}


@pytest.mark.parametrize("doing", ENDLESS)
def test_what_never_ends_is_stopped(tmp_path, doing, monkeypatch):
    line, words = ENDLESS[doing]
    # So that one of the two limits cannot be taken for the other, however busy the machine is.
    monkeypatch.setattr(runner, "PATIENCE", 2 if words == "2 seconds" else 600)
    result = run(tmp_path, f"def psnr(a, b, data_range):\n    {line}\n", time_limit=1.0)
    assert result.status == "timeout", result
    assert words in repr(result)


def test_input_is_not_waited_for(tmp_path):
    result = run(tmp_path, "def psnr(a, b, data_range):\n    return float(input())\n")
    assert "EOFError" in result.came


def test_a_right_answer_may_wait_longer_than_its_processor_time(tmp_path):
    """As on a machine that is busy with other things."""
    result = run(tmp_path, f"import time\ntime.sleep(3)\n{RIGHT}", time_limit=1.5)
    assert result.passed, result


def test_what_a_file_has_started_ends_with_it(tmp_path):
    text = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(10**6)'])\n"
        "print(child.pid, flush=True)\nimport os; os._exit(0)\n"
    )
    pid = int(run(tmp_path, text).printed)
    for _ in range(1000):  # the kernel may take a moment to bury it
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail(f"process {pid} is still there")


def test_ctrl_c_ends_the_check_and_its_process_at_once(tmp_path, monkeypatch):
    real, waits, threads = subprocess.Popen.wait, [], threading.active_count()

    def wait(child, timeout=None):
        waits.append(child)
        if len(waits) == 1:
            raise KeyboardInterrupt
        return real(child, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "import time; time.sleep(10**6)\n")
    assert waits[0].returncode == -signal.SIGKILL
    assert threading.active_count() == threads


def test_tensorflow_is_loaded_only_where_it_is_used_and_costs_no_time_of_the_answer(tmp_path):
    loaded = "import sys\nprint('tensorflow' in sys.modules)\n"
    assert run(tmp_path, f"{loaded}{RIGHT}").printed == "False\n"
    right = bank["C08"].code()["reference"]
    assert run(tmp_path, f"{loaded}{right}", "C08").printed == "True\n"
    own = run(tmp_path, f"{loaded}import keras\nassert keras\n{RIGHT}")
    assert (own.status, own.printed) == ("pass", "True\n")


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"no\.py: no such file"):
        runner.check_file(bank["C17"], tmp_path / "no.py")


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_limit_that_is_none(tmp_path, seconds):
    with pytest.raises(InputError, match=r"time_limit .*: expected seconds above 0"):
        run(tmp_path, RIGHT, time_limit=seconds)
