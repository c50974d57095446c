"""Checks a file in a process of its own (``child.py``), under a time and a memory limit.

That guards against endless loops and greedy arrays. It is no sandbox: the file can do whatever the
person who starts the check can do. Check only files you would also run.
"""

import json
import math
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.interview.check import TIME_LIMIT
from prodimg_lib.interview.check.result import Result

# By the clock, and only against a process that waits for ever: what computes is stopped by its own
# processor time, so that a busy machine fails no right answer.
LOADING = 600  # seconds to import TensorFlow
PATIENCE = 12  # times the processor time that the checks may take
_PRINTED = 4000  # characters of a file's own output that are kept


def check_file(question, path, seeds=(0, 1, 2), time_limit=TIME_LIMIT):
    """Check the function a Python file defines; see ``Question.check``.

    Raises:
        InputError: there is no such file, the question has no code to check, or no time is left.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a Python file that defines the function")
    if not 0 < time_limit < math.inf:
        raise InputError(f"time_limit {time_limit:g}: expected seconds above 0, such as 10")
    with tempfile.TemporaryDirectory() as folder:
        task, answer, printed = (Path(folder, name) for name in ("task", "answer", "printed"))
        content = {
            "id": question.id,
            "kind": question.kind,
            "words": question.check_words(),
            "path": str(path.resolve()),
            "seeds": list(seeds),
            "time_limit": time_limit,
            "answer": str(answer),
        }
        task.write_text(json.dumps(content), encoding="utf-8")
        status, detail = _run(task, printed, time_limit)
        if answer.is_file():
            result = Result.from_json(answer.read_text(encoding="utf-8"))
        else:
            result = Result(question.id, question.entry(), status, detail=detail)
        result.printed = printed.read_text(encoding="utf-8", errors="replace")[:_PRINTED]
    return result


def _run(task, printed, time_limit):
    """Run the task's file in a child process; status and detail for when it writes no result."""
    root = str(Path(__file__).parents[3])
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    }
    with printed.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "prodimg_lib.interview.check.child", str(task)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            env=environment,
            start_new_session=True,  # so that what the file starts ends with it
        )
        try:
            assert child.stdout
            if not select.select([child.stdout], [], [], LOADING)[0]:  # a line, or its end
                return "timeout", {"seconds": LOADING}
            child.wait(timeout=PATIENCE * time_limit)
        except subprocess.TimeoutExpired as error:
            return "timeout", {"seconds": error.timeout}
        finally:
            _kill(child)
            child.communicate()
    code = child.returncode
    if code == -signal.SIGXCPU:
        return "timeout", {"seconds": time_limit}
    return "crash", {"reason": signal.Signals(-code).name if code < 0 else f"exit code {code}"}


def _kill(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        child.kill()
