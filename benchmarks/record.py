"""What every benchmark does with its figures: print them as one JSON line and keep them."""

import json
import platform
import subprocess
import sys
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.files import write_atomically
from prodimg_lib.runs.environment import environment

RESULTS = Path(__file__).with_name("results")


def start(uncommitted=False):
    """Machine, versions and commit, taken before anything is measured.

    Args:
        uncommitted: measure code with uncommitted changes all the same; the result says so.

    Raises:
        InputError: there are such changes, outside the results, and ``uncommitted`` is False.
    """
    changed = _changed()
    if changed and not uncommitted:
        raise InputError(
            f"{changed[0]} has uncommitted changes, so no one could repeat this measurement: "
            "commit first, or mark the result with --uncommitted"
        )
    facts = environment()
    commit = (facts["commit"] or "").removesuffix("-dirty")  # git counts the results, too
    facts["commit"] = (commit + "-dirty" if changed else commit) or None
    return {"processor": _processor(), "environment": facts}


def _changed():
    """Tracked files that differ from the commit, the stored results left out."""
    command = ["git", "status", "--porcelain", "--untracked-files=no", "--", "."]
    answer = subprocess.run(
        [*command, f":(exclude){RESULTS.relative_to(RESULTS.parents[1])}"],
        cwd=RESULTS.parents[1],
        capture_output=True,
        text=True,
    )
    return [line[3:] for line in answer.stdout.splitlines()]


def record(name, figures, facts):
    """Print ``figures`` (a dict with its ratios) as one JSON line and store it with the machine.

    The stored file is ``benchmarks/results/NAME.json``; it replaces the one before.

    Args:
        facts: of ``start``.
    """
    result = {"benchmark": name, **figures, **facts}
    RESULTS.mkdir(exist_ok=True)
    write_atomically(RESULTS / f"{name}.json", json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))


def stored(name):
    """The figures that a benchmark stored; None before its first run."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def run(main):
    """Call a program; what it cannot do is said in one line."""
    try:
        main()
    except InputError as error:
        sys.exit(str(error))


def note(line):
    """Progress, on stderr: standard output is for the JSON line."""
    print(line, file=sys.stderr, flush=True)


def _processor():
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
