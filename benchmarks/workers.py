"""Preparing photographs: two worker processes against one, on two cores.

    python -m benchmarks.workers

One process already uses both cores by its threads, where the libraries let go of the interpreter;
so what is compared is also one thread. Starting processes is told apart, as it does not grow with
the number of photographs. The outputs are compared byte for byte.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.prepare import SIZE, draw
from benchmarks.record import note, record, run, start

WIDTH, HEIGHT, COUNT = 400, 533, 600


def prepare(folder, out, workers):
    """Seconds of one preparation with cut-outs, and what it wrote."""
    from prodimg_lib.data.config import PrepareConfig
    from prodimg_lib.data.preparation import prepare_folder

    begun = time.perf_counter()
    config = PrepareConfig(size=SIZE, cutout={"method": "opencv"})
    prepare_folder(folder, out, config, workers=workers)
    took = time.perf_counter() - begun
    return took, {p.name: p.read_bytes() for p in out.iterdir() if p.suffix in (".csv", ".npz")}


def starting():
    """Seconds that it takes to start processes and to end them."""
    from prodimg_lib.data.workers import in_order_on

    begun = time.perf_counter()
    assert [result for _, result in in_order_on(2, abs, [-1, -2])] == [1, 2]
    return time.perf_counter() - begun


def main():
    from prodimg_lib.data import parallel

    facts = start("--uncommitted" in sys.argv)
    seconds, made = {}, {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photographs"
        draw(folder, WIDTH, HEIGHT, COUNT)
        cores = parallel.os.cpu_count
        parallel.os.cpu_count = lambda: 1
        seconds["one thread"], made["one thread"] = prepare(folder, Path(place) / "a", None)
        parallel.os.cpu_count = cores
        seconds["threads"], made["threads"] = prepare(folder, Path(place) / "b", None)
        seconds["two workers"], made["two workers"] = prepare(folder, Path(place) / "c", 2)
        seconds["starting processes"] = starting()
        note(seconds)
    assert made["one thread"] == made["threads"] == made["two workers"]
    work = seconds["two workers"] - seconds["starting processes"]
    figures = {
        "images": COUNT,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "ratio of two workers to one thread": round(seconds["one thread"] / work, 2),
        "ratio of two workers to threads": round(seconds["threads"] / work, 2),
        "equal bytes": True,
    }
    record("workers", figures, facts)


if __name__ == "__main__":
    run(main)
