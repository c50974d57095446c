"""How long a check of a file takes: the first one, which loads, and those after it.

    python -m benchmarks.interview_check

Prints seconds by the clock; the median of the later ones is what a learner waits in ``watch``.
"""

import statistics
import tempfile
import time
from pathlib import Path

from prodimg_lib.interview import bank

IDS = ("C17", "C20", "C08", "C11", "C13")  # NumPy, NumPy, then TensorFlow
REPEATS = 5
PAUSE = 1.0  # seconds between two saves of a file


def main():
    print("question   text only   first   later (median)")
    with tempfile.TemporaryDirectory() as folder:
        for id_ in IDS:
            q, path = bank[id_], Path(folder, f"{id_}.py")
            path.write_text("def (\n", encoding="utf-8")
            slip = _seconds(q, path)
            path.write_text(q.answer_code(), encoding="utf-8")
            first, later = _seconds(q, path), []
            for _ in range(REPEATS):
                time.sleep(PAUSE)
                later.append(_seconds(q, path))
            print(f"{id_:8}   {slip:9.3f}   {first:5.1f}   {statistics.median(later):.2f}")


def _seconds(q, path):
    begun = time.perf_counter()
    q.check(path)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
