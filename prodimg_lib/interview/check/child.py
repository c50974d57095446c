"""The process that ``runner.py`` starts: it loads what is used, says so, and runs one file."""

import ast
import json
import linecache
import math
import os
import resource
import sys
import time
from pathlib import Path

from prodimg_lib.interview import source
from prodimg_lib.interview.check import checker, exercise
from prodimg_lib.interview.check.checks import NotAttempted, Stop, built_in, raised
from prodimg_lib.interview.check.result import Result
from prodimg_lib.quiet import load_tensorflow

MEMORY = 2 << 30  # bytes a file may ask for on top of what the loaded libraries hold
LIGHT = {*sys.stdlib_module_names, "numpy", "scipy", "PIL"}  # what needs no TensorFlow


def main():
    """Read the task from the file that is named, write the result into the file it names."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    files = source.path_of(task["id"], task["kind"]), Path(task["path"])
    if not set().union(*map(_imported, files)) <= LIGHT:  # else it would cost the file's own time
        load_tensorflow()
    todo = exercise.load(task["id"], task["kind"], task["words"])
    os.write(1, b"ready\n")
    os.dup2(2, 1)  # what the file prints goes where its errors go
    _limit_memory()
    _limit_time(task["time_limit"])
    result = _check(todo, task["path"], task["seeds"])
    sys.stdout.flush()
    temporary = Path(task["answer"]).with_suffix(".part")
    temporary.write_text(result.to_json(), encoding="utf-8")
    temporary.rename(task["answer"])
    os._exit(0)  # threads the file may have left behind do not matter


def _imported(path):
    """Names of the packages a file imports; none if it cannot be read, which is told later."""
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (SyntaxError, ValueError):
        return set()
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def _check(todo, path, seeds):
    """Run the file as a module that is not ``__main__`` and check the function it defines."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        names = {"__name__": "answer", "__file__": path}
        sys.path.insert(0, str(Path(path).parent))
        try:
            exec(compile(text, path, "exec"), names)
        except NotImplementedError as error:
            raise NotAttempted from error
        except (Exception, SystemExit) as error:
            stop = raised(error)
            stop.check, stop.fields["words_of"] = "loads", built_in("loads")
            raise stop from error
        answer = names.get(todo.entry)
        if not callable(answer):
            defined = ", ".join(n for n, v in names.items() if callable(v) and n[0] != "_")
            raise Stop(
                "signature",
                "defined",
                words_of=built_in("defined", entry=todo.entry),
                came=defined or "no function",
            )
    except NotAttempted:
        return Result(todo.id, todo.entry, "not_attempted")
    except Stop as stop:
        return checker.stopped(todo, stop)
    return checker.check(todo, answer, seeds)


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


if __name__ == "__main__":
    main()
