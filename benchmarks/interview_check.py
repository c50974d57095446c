"""How long a check of a file takes: the first one, which loads, and those after it.

    python -m benchmarks.interview_check

The median of the later ones, by the clock, is what a learner waits in ``watch``.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.record import note, record, run, start
from prodimg_lib.interview import bank

IDS = ("C17", "C20", "C08", "C11", "C13")  # NumPy, NumPy, then TensorFlow
REPEATS = 5
PAUSE = 1.0  # seconds between two saves of a file


def main():
    facts = start("--uncommitted" in sys.argv)
    figures = {"load_average": os.getloadavg()[0], "checks": REPEATS, "seconds": {}}
    with tempfile.TemporaryDirectory() as folder:
        for id_ in IDS:
            q, path = bank[id_], Path(folder, f"{id_}.py")
            path.write_text("def (\n", encoding="utf-8")
            found = {"text only": _seconds(q, path)}
            path.write_text(q.answer_code(), encoding="utf-8")
            found["first"], later = _seconds(q, path), []
            for _ in range(REPEATS):
                time.sleep(PAUSE)
                later.append(_seconds(q, path))
            found["later, median"] = statistics.median(later)
            figures["seconds"][id_] = {name: round(value, 3) for name, value in found.items()}
            note(f"{id_} {figures['seconds'][id_]}")
    record("interview_check", figures, facts)


def _seconds(q, path):
    begun = time.perf_counter()
    q.check(path)
    return time.perf_counter() - begun


if __name__ == "__main__":
    run(main)
