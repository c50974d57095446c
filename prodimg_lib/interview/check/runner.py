"""Checks a file in processes of its own (``worker``), under a time and a memory limit.

That guards against endless loops and greedy arrays, and the verdict is reached where the file does
not run. It is no sandbox: the file can do whatever the person who starts the check can do. Check
only files you would also run.
"""

import atexit
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.interview.check import TIME_LIMIT, checker, checks, exercise, parse, pytorch
from prodimg_lib.interview.check.journal import Stop
from prodimg_lib.interview.check.result import Result
from prodimg_lib.interview.check.stop import end

# By the clock, and only against a process that waits for ever: what computes is stopped by its own
# processor time, so that a busy machine fails no right answer.
PATIENCE = 12  # times the processor time that the checks may take
_PRINTED = 4000  # characters of a file's own output that are kept
_WORKERS: dict[tuple[bool, bool], "Worker"] = {}


def check_file(question, path, seeds=(0, 1, 2), time_limit=TIME_LIMIT):
    """Check the function a Python file defines; see ``Question.check``.

    What can be said from the text alone is said before anything is loaded. The process that loads
    is kept for the next file.

    Raises:
        InputError: there is no such file, the question has no code to check, or no time is left.
    """
    if not 0 < time_limit < math.inf:
        raise InputError(f"time_limit {time_limit:g}: expected seconds above 0, such as 10")
    text = parse.read(path)
    result = _from_the_text(question, text)
    if result is None:
        result = _run(question, Path(path), text, seeds, time_limit)
    return result


def warm(heavy, torch=False):
    """Start the process that checks, without waiting for it; one of its own for PyTorch."""
    key = heavy, torch
    worker = _WORKERS.get(key)
    if worker is None or worker.child.poll() is not None:
        _WORKERS[key] = Worker(heavy)
    return _WORKERS[key]


def _from_the_text(question, text):
    """The ``Result`` where running the file is not needed, or None."""
    if error := parse.fault(text):
        stop = checks.raised(error)
        line = (getattr(error, "text", None) or "").strip()
        where = f"line {error.lineno}: {line}" if getattr(error, "lineno", None) else ""
        words_of = checks.built_in("parses")
        stop = Stop("signature", "parses", words_of=words_of, came=stop.fields["came"], where=where)
    elif parse.untouched(text, question):
        return Result(question.id, question.entry(), "not_attempted")
    elif parse.uses_practice(text):
        words_of = checks.built_in("own-work")
        stop = Stop("signature", "own-work", words_of=words_of, came=f"import {parse.PRACTICE}")
    elif question.torch_code() and pytorch.in_text(text) and not pytorch.is_installed():
        return Result(question.id, question.entry(), "no_torch")
    else:
        return None
    return checker.stopped(exercise.only_named(question.id, question.entry()), stop)


def _run(question, path, text, seeds, time_limit):
    heavy = parse.is_heavy(text, question)
    torch = bool(question.torch_code()) and pytorch.in_text(text)
    with tempfile.TemporaryDirectory() as folder:
        record, printed = Path(folder, "record"), Path(folder, "printed")
        for file in (record, printed):
            file.touch()
        task = {
            "id": question.id,
            "kind": question.kind,
            "words": question.check_words(),
            "path": str(path.resolve()),
            "text": text,
            "seeds": list(seeds),
            "time_limit": time_limit,
            "patience": PATIENCE * time_limit,
            "modules": parse.modules(question) + ["torch"] * torch,
            "torch": torch,
            "record": str(record),
            "printed": str(printed),
        }
        result = warm(heavy, torch).check(task)
        result.printed = printed.read_text(encoding="utf-8", errors="replace")[:_PRINTED]
    return result


class Worker:
    """The warm process, from outside."""

    def __init__(self, heavy):
        root = str(Path(__file__).parents[3])
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3"),
        }
        self.player = None
        self.notes = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        module, kind = "prodimg_lib.interview.check.worker", "heavy" if heavy else "light"
        self.child = subprocess.Popen(
            [sys.executable, "-m", module, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.notes,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches this process, which decides
        )

    def check(self, task):
        """The ``Result`` of a task. Ends the process on Ctrl-C, at once, and says so."""
        try:
            assert self.child.stdin
            with contextlib.suppress(BrokenPipeError):
                self.child.stdin.write((json.dumps(task) + "\n").encode())
                self.child.stdin.flush()
            while line := self._line():
                if "status" in line:
                    self.player = None
                    return Result(**line)
        except BaseException:
            self.close()
            raise
        self.close()
        self.notes.seek(0)
        said = self.notes.read().decode(errors="replace").strip().splitlines()
        reason = f"worker: {said[-1] if said else f'exit code {self.child.returncode}'}"
        return Result(task["id"], "", "crash", detail={"reason": reason})

    def _line(self):
        """What it says next; None at the end."""
        assert self.child.stdout
        try:
            line = json.loads(self.child.stdout.readline() or "null")
        except ValueError:
            return {}
        if line and "player" in line:
            self.player = line["player"]  # at once: Ctrl-C may come at any time
        return line

    def close(self):
        """End it, and the file it may be running."""
        if self.player:
            end(self.player)
        self.player = None
        end(self.child.pid)
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()


@atexit.register
def close():
    """End the processes that are kept warm."""
    while _WORKERS:
        _WORKERS.popitem()[1].close()
