"""Runs an answer's file and writes down what its function does; reaches no verdict.

It is forked from ``worker`` and ends with the one file. The answers are not in this process, and
their files cannot be opened from it: that is against peeping, no sandbox. What ``checks`` compares
with is here, since it makes the inputs too: a file that walks the frames of its callers, or what is
in ``sys.modules``, can find the function that computes it, and return that.
"""

import contextlib
import linecache
import math
import os
import resource
import sys
import time
from pathlib import Path

from prodimg_lib.interview.check import checker, exercise, parse, pytorch
from prodimg_lib.interview.check.checks import built_in, raised
from prodimg_lib.interview.check.journal import Ended, NotAttempted, Recorded, Stop

MEMORY = 2 << 30  # bytes a file may ask for on top of what the loaded libraries hold
HERE = str(Path(__file__).parents[1])


def play(task, back):
    """Run the file of a task; the process ends here.

    Args:
        task: ``path``, ``text``, ``id``, ``kind``, ``seeds``, ``time_limit``, ``record`` (the file
            to write), ``printed`` (the file for what the answer prints) and ``torch`` (whether the
            answer is given tensors of PyTorch).
        back: open for writing; a line there says that the record is whole.
    """
    output = os.open(task["printed"], os.O_WRONLY | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    todo = exercise.load(task["id"], task["kind"], {}, exercise.ANSWERS)
    with open(task["record"], "w", encoding="utf-8") as file:
        journal = Recorded(file)
        _limit_memory()
        _limit_time(task["time_limit"])
        _close_the_books()
        with contextlib.suppress(Stop, NotAttempted, Ended):
            answers: list = []
            journal.observe(lambda: answers.append(_answer(task, todo)))
            for seed in task["seeds"]:
                run = checker.attempt(todo, answers[0], seed, journal)
                if run.not_attempted:
                    break
        journal.write({"end": True})
    sys.stdout.flush()
    back.write("\n")
    back.flush()
    os._exit(0)  # threads the file may have left behind do not matter


def _answer(task, todo):
    """Run the file as a module that is not ``__main__``; the function it defines."""
    path, text = task["path"], task["text"]
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    names = {"__name__": "answer", "__file__": path}
    sys.path.insert(0, str(Path(path).parent))
    try:
        exec(compile(text, path, "exec", dont_inherit=True), names)
    except NotImplementedError as error:
        raise NotAttempted from error
    except (Exception, SystemExit) as error:
        stop = raised(error)
        stop.check, stop.fields["words_of"] = "loads", built_in("loads")
        raise stop from error
    answer = names.get(todo.entry)
    if not callable(answer):
        defined = ", ".join(n for n, v in names.items() if callable(v) and n[0] != "_")
        words_of, came = built_in("defined", entry=todo.entry), defined or "no function"
        raise Stop("signature", "defined", words_of=words_of, came=came)
    if fault := checker.signature_fault(todo, answer):
        raise fault
    if task["torch"]:
        sys.modules["torch"].set_num_threads(1)  # processor time is counted over all of them
        return pytorch.Answer(answer)
    return answer


def _close_the_books():
    """No module of the practice can be imported from here on, and no file of it opened."""

    def watch(event, arguments):
        if event == "import" and str(arguments[0]).startswith(parse.PRACTICE):
            raise ImportError(f"an answer cannot import {arguments[0]}", name=arguments[0])
        if event == "open" and isinstance(arguments[0], str) and _is_book(arguments[0]):
            raise PermissionError(None, "an answer cannot read the answers", arguments[0])

    sys.addaudithook(watch)


def _is_book(path):
    path = os.path.realpath(path)
    return path.startswith((f"{HERE}/exercises/", f"{HERE}/bugs/")) or (
        path.startswith("/proc/") and "/fd/" in path
    )


def _limit_memory():
    """Where the system can: Linux. Address space is limited, because resident memory cannot be."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (OSError, ValueError):
        pass


def _limit_time(seconds):
    """Processor seconds from now on, rounded up to a whole one: then SIGXCPU ends the process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would leave a dump of all its memory
    end, most = math.ceil(time.process_time() + seconds), resource.getrlimit(resource.RLIMIT_CPU)[1]
    if most == resource.RLIM_INFINITY or end < most:
        resource.setrlimit(resource.RLIMIT_CPU, (end, most))
