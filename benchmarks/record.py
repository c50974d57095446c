"""What every benchmark does with its figures: print them as one JSON line and keep them."""

import json
import platform
import sys
from pathlib import Path

from prodimg_lib.runs.environment import environment

RESULTS = Path(__file__).with_name("results")


def record(name, figures):
    """Print ``figures`` (a dict with its ratios) as one JSON line and store it with the machine.

    The stored file is ``benchmarks/results/NAME.json``; it replaces the one before.
    """
    result = {
        "benchmark": name,
        **figures,
        "processor": _processor(),
        "environment": environment(),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result))


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
