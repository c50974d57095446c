"""The service against the model called directly, and SavedModel against ONNX, on one machine.

``python -m benchmarks.serve`` starts `prodimg serve` on a free port of this machine, asks it for
``--requests`` single images over ``--connections`` connections, and reads the memory of its two
processes meanwhile. The client shares the processor with them, so more of them would be faster.
On a machine with other work compare the processor seconds: they are what a request costs.
"""

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.record import note, record, run, start
from prodimg_lib import quiet
from prodimg_lib.errors import InputError

_MODEL = "fashion-mnist"
_PARTS = 10  # of a load, after each of which the memory is read
_IMAGES = 64  # of a call of SavedModel and ONNX


def main():
    options = _options()
    facts = start(options.uncommitted)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    figures = {"model": _MODEL, "cores": len(cores) or None, "load_average": os.getloadavg()[0]}
    figures["service"] = _service(options.requests, options.connections)
    note("the model called directly")
    figures["direct"] = _direct(min(options.requests, 500))
    for name in ("requests_per_second", "processor_ms_per_request"):
        figures[f"service_per_direct, {name}"] = figures["service"][name] / figures["direct"][name]
    note("SavedModel and ONNX")
    figures["formats"] = _formats(options.calls)
    record("serve", figures, facts)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--calls", type=int, default=50, help="of each format, of 64 images")
    parser.add_argument("--uncommitted", action="store_true")
    return parser.parse_args()


def _service(count, connections):
    """Requests a second, times and memory under load."""
    command = [sys.executable, "-m", "prodimg_lib.cli", "serve", _MODEL, "--port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        command += ["--log", str(Path(folder) / "log.jsonl")]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            line = child.stdout.readline()
            if not line.startswith("http://"):
                raise InputError(f"the service did not start, it said {line.strip()!r}")
            host, port = line.split()[0].removeprefix("http://").split(":")
            ask = (host, int(port))
            _load(ask, 20, 1, 0)  # the first calls are slower
            times, memory, began = [], [_memory(child.pid)], time.perf_counter()
            before = _processor_seconds(child.pid)
            for part in range(_PARTS):
                size = count * (part + 1) // _PARTS - count * part // _PARTS
                times += _load(ask, size, connections, 1000 + len(times))
                memory.append(_memory(child.pid))
                note(f"{len(times)} requests, {memory[-1]:.0f} MB")
            seconds = time.perf_counter() - began
            spent = _processor_seconds(child.pid) - before
        finally:
            child.terminate()
            child.wait()
    p50, p99 = np.percentile(np.array(times) * 1e3, [50, 99])
    return {
        "requests": count,
        "connections": connections,
        "requests_per_second": count / seconds,
        "p50_ms": p50,
        "p99_ms": p99,
        "processor_ms_per_request": spent / count * 1e3,
        "memory_mb": memory,
        "exit_code": child.returncode,
    }


def _load(ask, count, connections, seed):
    """Seconds of each request."""
    times, problems, lock = [], [], threading.Lock()
    seeds = iter(range(seed, seed + count))

    def caller():
        link = http.client.HTTPConnection(*ask)
        while True:
            with lock:
                own = next(seeds, None)
            if own is None:
                return
            began = time.perf_counter()
            link.request("GET", f"/generate?n=1&seed={own}")
            answer = link.getresponse()
            body = answer.read()
            with lock:
                times.append(time.perf_counter() - began)
                if answer.status != 200 or not body.startswith(b"\x89PNG"):
                    problems.append(f"{answer.status}: {body[:200]!r}")

    threads = [threading.Thread(target=caller) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems or len(times) != count:
        raise InputError(f"{len(times)} of {count} requests came back, and {problems[:1]}")
    return times


def _memory(pid):
    """Resident megabytes of a process and its children."""
    total = 0
    for each in [pid, *_children(pid)]:
        for line in Path(f"/proc/{each}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
    return total / 1e6


def _processor_seconds(pid):
    """Of a process and its children so far."""
    ticks = 0
    for each in [pid, *_children(pid)]:
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # of itself and of the system for it
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _direct(count):
    """The same answers from the model in this process, without queue, pipe or HTTP."""
    from prodimg_lib.runs.generate import opened
    from prodimg_lib.runs.show import Show
    from prodimg_lib.serve.answers import Answers
    from prodimg_lib.serve.asked import Asked

    quiet.load_tensorflow()
    answers = Answers(opened(_MODEL, Show()))
    times, before = [], 0.0
    for seed in range(-20, count):
        if seed == 0:
            before = time.process_time()  # the first calls are slower
        asked = Asked(n=1, seed=1000 + max(0, seed)).told("")
        began = time.perf_counter()
        header, _ = answers.answer(asked)
        times.append(time.perf_counter() - began)
        assert header["status"] == 200
    spent, times = time.process_time() - before, times[20:]
    return {
        "requests_per_second": count / sum(times),
        "p50_ms": np.median(times) * 1e3,
        "processor_ms_per_request": spent / count * 1e3,
    }


def _formats(calls):
    """Milliseconds of a call of 64 images by both exported files, in turn."""
    from prodimg_lib.models import pretrained
    from prodimg_lib.serve import formats
    from prodimg_lib.serve.export import export

    model = pretrained.load(_MODEL)
    z, labels = model.latents(_IMAGES, 0), model.labels_for(_IMAGES)
    with tempfile.TemporaryDirectory() as folder:
        files = export(_MODEL, Path(folder) / "out")["files"]
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        runs = {
            "saved_model": formats.saved_model(Path(folder) / "out" / files["saved_model"]),
            "onnx": formats.onnx(Path(folder) / "out" / files["onnx"], threads),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for _ in range(calls + 3):
            for name, call in runs.items():
                began = time.perf_counter(), time.process_time()
                call(z, labels)
                times[name].append((time.perf_counter() - began[0], time.process_time() - began[1]))
    found = {"images": _IMAGES, "calls": calls}
    for i, clock in enumerate(("ms", "processor_ms")):
        both = [float(np.median(np.array(each)[3:, i]) * 1e3) for each in times.values()]
        found |= {f"{name}_{clock}": value for name, value in zip(times, both, strict=True)}
        found[f"saved_model_per_onnx, {clock}"] = both[0] / both[1]
    return found


if __name__ == "__main__":
    run(main)
