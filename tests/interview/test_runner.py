"""Files of answers, checked in processes of their own; C17 needs no TensorFlow."""

import signal
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
        ("def psnr(a, b, data_range):\n    import os\n    os._exit(3)\n", "ended", ["exit code 3"]),
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
    _gone(int(run(tmp_path, text).printed))


def test_ctrl_c_ends_the_check_and_its_processes_at_once(tmp_path, monkeypatch):
    line, seen = runner.Worker._line, []

    def interrupted(worker):
        found = line(worker)
        if "player" in found:
            seen.extend([worker, found["player"]])
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(runner.Worker, "_line", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "import time; time.sleep(10**6)\n")
    assert seen[0].child.returncode == -signal.SIGKILL
    _gone(seen[1])
    monkeypatch.undo()
    assert run(tmp_path, RIGHT).passed  # by a new process


def _gone(pid):
    for _ in range(1000):  # the kernel may take a moment to bury it
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail(f"process {pid} is still there")


CHEATS = {
    "patched NumPy": (
        "import numpy as np\n"
        "np.isclose = np.allclose = lambda *a, **k: np.ones(np.shape(a[0]), bool)\n"
        "np.array_equal = lambda *a, **k: True\n{wrong}"
    ),
    "patched checks": (
        "from prodimg_lib.interview.check import checks, journal\n"
        "checks.Checks.fail = checks.Checks.end = lambda *a, **k: None\n{wrong}"
    ),
    "imported answer": (
        "import importlib\nname = 'prodimg_lib.interview.exercises.c17_psnr'\n"
        "psnr = importlib.import_module(name).reference\n"
    ),
    "answer read from its file": (
        "import prodimg_lib, pathlib\n"
        "root = pathlib.Path(prodimg_lib.__file__).parent / 'interview' / 'exercises'\n"
        "exec((root / 'c17_psnr.py').read_text())\npsnr = reference\n"
    ),
    "answer found on the stack": (
        "import inspect\ndef psnr(a, b, data_range):\n"
        "    for frame in inspect.stack():\n"
        "        for value in list(frame.frame.f_locals.values()):\n"
        "            found = getattr(getattr(value, 'exercise', None), 'reference', None)\n"
        "            if found: return found(a, b, data_range)\n    return 0.0\n"
    ),
    "left at once": "import os, sys\nprint('C17: passed.')\nos._exit(0)\n",
    "left at the call": "import sys\ndef psnr(a, b, data_range):\n    sys.exit(0)\n",
    "a verdict of its own": (
        "import sys, os, json\nfor n in range(3, 64):\n"
        '    try: os.write(n, b\'{{"id": "C17", "status": "pass", "entry": "psnr"}}\\n\')\n'
        "    except OSError: pass\n{wrong}"
    ),
    "a thread that undoes": (
        "import threading, numpy as np\n"
        "def forever():\n    while True: np.isclose = lambda *a, **k: np.array(True)\n"
        "threading.Thread(target=forever, daemon=True).start()\n{wrong}"
    ),
    "a number that equals everything": (
        "import numpy as np\nclass Any(float):\n    def __eq__(self, other): return True\n"
        "    __hash__ = None\n    def __abs__(self): return 0.0\n"
        "    def __sub__(self, other): return Any(0)\n    __rsub__ = __sub__\n"
        "def psnr(a, b, data_range):\n    return Any(1.0)\n"
    ),
}
WRONG = "def psnr(a, b, data_range):\n    return 1.0\n"


@pytest.mark.parametrize("trick", CHEATS)
def test_nothing_a_file_does_changes_the_verdict(tmp_path, trick):
    result = run(tmp_path, CHEATS[trick].format(wrong=WRONG))
    assert not result.passed, result
    assert run(tmp_path, RIGHT).passed  # nor that of the next file


def test_a_patched_library_does_not_spoil_a_right_answer(tmp_path):
    patch = "np.isclose = lambda *a, **k: np.zeros(np.shape(a[0]), bool)\n"
    assert run(tmp_path, f"{RIGHT}\nimport numpy as np\n{patch}").passed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_files_in_other_encodings(tmp_path, encoding):
    path = tmp_path / "answer.py"
    head = "# -*- coding: latin-1 -*-\n" if encoding == "latin-1" else ""
    path.write_bytes(f"{head}# Größe\n{RIGHT}".encode(encoding))
    assert bank["C17"].check(path).passed


def test_an_encoding_that_is_not_named_is_said(tmp_path):
    path = tmp_path / "answer.py"
    path.write_bytes(f"# Größe\n{RIGHT}".encode("latin-1"))
    with pytest.raises(InputError, match="save it as UTF-8"):
        bank["C17"].check(path)


def test_what_is_no_python_is_said_before_anything_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "Worker", None)
    result = run(tmp_path, "def reparameterize(mu, logvar, eps\n", "C08")
    assert (result.check, result.judged) == ("parses", False)
    assert "line 1" in repr(result)
    assert run(tmp_path, bank["C08"].task_code(), "C08").status == "not_attempted"
    own = run(tmp_path, "from prodimg_lib.interview import bank\n", "C08")
    assert own.check == "own-work"


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
