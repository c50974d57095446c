"""Checks a file in a process of its own, under a time and a memory limit.

That guards against endless loops and greedy arrays. It is no sandbox: the file can do whatever the
person who starts the check can do. Check only files you would also run.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.interview.check.result import Result

LOAD_SECONDS = 120  # for importing TensorFlow on a slow, busy machine
MEMORY = 2 << 30  # bytes a file may ask for on top of what the loaded libraries hold
_PRINTED = 4000  # characters of a file's own output that are kept


def check_file(question, path, seeds=(0, 1, 2), time_limit=10.0):
    """Check the function a Python file defines; see ``Question.check``.

    Raises:
        InputError: there is no such file, or the question has no code to check.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a Python file that defines the function")
    entry = question.entry()
    with tempfile.TemporaryDirectory() as folder:
        answer, printed = Path(folder, "result.json"), Path(folder, "printed.txt")
        task = {
            "id": question.id,
            "path": str(path.resolve()),
            "seeds": list(seeds),
            "answer": str(answer),
        }
        reason = _run(task, printed, time_limit)
        if answer.is_file():
            result = Result.from_json(answer.read_text(encoding="utf-8"))
        else:
            detail = {"seconds": time_limit} if reason == "timeout" else {"reason": reason}
            status = "timeout" if reason == "timeout" else "crash"
            result = Result(question.id, entry, status, detail=detail)
        result.printed = printed.read_text(encoding="utf-8", errors="replace")[:_PRINTED]
    return result


def _run(task, printed, time_limit):
    """Run the task in a child process; why it ended: "timeout", or the signal or exit code."""
    root = str(Path(__file__).parents[3])
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    }
    with printed.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "prodimg_lib.interview.check.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            env=environment,
            start_new_session=True,  # so that what the file starts ends with it
        )
        late = threading.Event()

        def stop():
            late.set()
            _kill(child)

        try:
            child.stdin.write(json.dumps(task).encode())
            child.stdin.close()
            for seconds in (LOAD_SECONDS, time_limit):  # "ready" is a line; then the end
                timer = threading.Timer(seconds, stop)
                timer.start()
                child.stdout.readline()
                timer.cancel()
            child.wait()
        finally:
            _kill(child)
            child.stdout.close()
            child.wait()
    if late.is_set():
        return "timeout"
    if child.returncode < 0:
        return signal.Signals(-child.returncode).name
    return f"exit code {child.returncode}"


def _kill(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        child.kill()


def main():
    """The child: load everything, say so, then run the file and write the result."""
    from prodimg_lib.quiet import load_tensorflow

    task = json.load(sys.stdin)
    load_tensorflow()
    from prodimg_lib.interview import bank

    exercise = bank[task["id"]].exercise()
    os.write(1, b"ready\n")
    ended = os.dup(1)  # closed when this process ends: the parent waits for that
    os.dup2(2, 1)  # what the file prints goes where its errors go
    os.set_inheritable(ended, False)
    _limit_memory()
    result = _check(exercise, task["path"], task["seeds"])
    sys.stdout.flush()
    temporary = Path(task["answer"]).with_suffix(".part")
    temporary.write_text(result.to_json(), encoding="utf-8")
    temporary.rename(task["answer"])
    os._exit(0)  # threads the file may have left behind do not matter


def _check(exercise, path, seeds):
    """Run the file as a module that is not ``__main__`` and check the function it defines."""
    import linecache

    from prodimg_lib.interview.check import checker
    from prodimg_lib.interview.check.checks import NotAttempted, Stop, built_in, raised

    try:
        source = Path(path).read_text(encoding="utf-8")
        linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
        names = {"__name__": "answer", "__file__": path}
        sys.path.insert(0, str(Path(path).parent))
        try:
            exec(compile(source, path, "exec"), names)
        except NotImplementedError as error:
            raise NotAttempted from error
        except (Exception, SystemExit) as error:
            stop = raised(error)
            stop.check, stop.fields["words_of"] = "loads", built_in("loads")
            raise stop from error
        answer = names.get(exercise.entry)
        if not callable(answer):
            defined = ", ".join(n for n, v in names.items() if callable(v) and n[0] != "_")
            raise Stop(
                "signature",
                "defined",
                words_of=built_in("defined", entry=exercise.entry),
                came=defined or "no function",
            )
    except NotAttempted:
        return Result(exercise.id, exercise.entry, "not_attempted")
    except Stop as stop:
        return checker.stopped(exercise, stop)
    return checker.check(exercise, answer, seeds)


def _limit_memory():
    """Where the system can: Linux. Address space is limited, because resident memory cannot be."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ImportError, OSError, ValueError):
        pass


if __name__ == "__main__":
    main()
