"""``kill -9`` at random moments of each stage, as if it had not been.

Processes of their own are killed by the operating system where a file is about to change, or a
while after: how many changes and how long a while are drawn by seed.

    python -m tests.kills                          # ten times each
    python -m tests.kills --seed 7 prepare tune    # other moments, some stages
"""

import argparse
import csv
import io
import itertools
import json
import multiprocessing
import os
import signal
import tempfile
import threading
import time
import zipfile
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np

from prodimg_lib.runs.config import RunConfig
from tests.faults import faults
from tests.samples import GUARD, TINY, register_toy

# Megabytes of a model's file: it has Keras's names of its parts in it, and those count what the
# process made before.
_TIMES = {"seconds", "date", "date_saved", "megabytes"}
_TIMED = {".db", ".sqlite", ".html", ".md"}  # files that tell of times, or of their own changes
_PAGE = "page.html"  # of a comparison, which tells of no time of its own
_LEFT = (".partial-", ".lock", ".turn")  # names of what a kill may leave for a while


def _config(model, **settings):
    return RunConfig(
        model=model,
        data={"source": "catalogue", "limit": 60},
        settings=settings,
        train={
            **{"minutes": None, "steps": 7, "batch_size": 8, "log_every": 3, "validate_every": 2},
            "checkpoint_seconds": 0.001,  # after each step
        },
        evaluate={"images": 16, "second": False},
    )


def do_run(out):
    from prodimg_lib.runs.run import run

    run(_config("vae", **TINY), out)


def do_tune(out):
    from prodimg_lib.runs.trials import outcome
    from prodimg_lib.runs.tune import tune

    outcome(tune(_config("toy"), out, 3), _config("toy"), out)


def do_generate(out):
    from prodimg_lib.runs.generate import generate

    generate("catalogue", out, 24, seed=3)


def do_prepare(out):
    from prodimg_lib.data.config import PrepareConfig
    from prodimg_lib.data.preparation import prepare_folder
    from tests.data.shop import shop

    folder = _once(out.parent / "photographs", lambda folder: shop(folder))
    prepare_folder(folder, out, PrepareConfig(size=28, shard_above_mb=0))


def do_choose(out):
    from prodimg_lib.runs import candidates
    from prodimg_lib.runs.choose import ChooseConfig, choose

    # The seconds of an image are part of the result, and no two clocks agree.
    ticks = partial(candidates.of_folder, clock=itertools.count(0.0).__next__)

    config = ChooseConfig(
        data={"source": "catalogue", "limit": 60},
        candidates=("vae", "gan"),
        settings={"vae": TINY, "gan": TINY},
        train={"minutes": None, "steps": 5, "batch_size": 8, "checkpoint_seconds": 0.001},
        images=16,
    )
    with mock.patch.object(candidates, "of_folder", ticks):
        choose(config, out)


def do_adjust(out):
    from prodimg_lib.runs.adjust import adjust

    run = _once(out.parent / "first", do_run)
    if not (out / "config.yaml").exists():  # then it is whole, and left as it is
        adjust(run, out)


def do_compare(out):
    from prodimg_lib.runs.compare import compare
    from prodimg_lib.runs.pages import write_comparison

    runs = [_once(out.parent / name, do_run) for name in ("first", "second")]
    out.mkdir(exist_ok=True)
    write_comparison(compare(runs), out / _PAGE)


def _once(folder, make):
    """What a stage starts from, made by the first process, which none kills."""
    if not folder.exists():
        make(folder)
    return folder


STAGES = {
    **{"prepare": do_prepare, "run": do_run, "tune": do_tune, "generate": do_generate},
    **{"choose": do_choose, "adjust": do_adjust, "compare": do_compare},
}


def _child(stage, out, at, wait, told):
    """What the process does; killed so many seconds after change ``at`` is about to happen."""
    register_toy()
    begun = time.monotonic()
    with faults(out) as watch:
        right = watch.event

        def event(*arguments):
            right(*arguments)
            if watch.seen == at and wait:
                threading.Timer(wait, os.kill, (os.getpid(), signal.SIGKILL)).start()
            elif watch.seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

        watch.event = event
        STAGES[stage](out)
        told.send((watch.seen, time.monotonic() - begun))
    os._exit(0)


class Kills:
    """Starts processes that have TensorFlow in memory from the start."""

    def __init__(self):
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["tensorflow", "optuna", "prodimg_lib.runs.training"])

    def start(self, stage, out, at=0, wait=0.0):
        """Exit code, and how many changes it made in how many seconds, where it came to its end."""
        mine, its = self.context.Pipe(duplex=False)
        process = self.context.Process(target=_child, args=(stage, out, at, wait, its))
        process.start()
        its.close()
        process.join(GUARD)
        return process.exitcode, mine.recv() if process.exitcode == 0 else None


def result(folder):
    """Every file of a folder, times aside: ``{path: content}``."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(_LEFT) for part in path.relative_to(folder).parts):
            continue
        if path.suffix == ".keras":
            found[name] = _model(path)
        elif path.is_file() and (path.suffix not in _TIMED or path.name == _PAGE):
            found[name] = _timeless(path)
    return found


def _model(path):
    """Settings and numbers of a model file. Keras names its parts by how many it made before."""
    import h5py

    numbers = []

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            numbers.append((name.rpartition("/")[2], item[()].tobytes()))

    with zipfile.ZipFile(path) as parts:
        config = _without(json.loads(parts.read("config.json")), {"name"})
        with h5py.File(io.BytesIO(parts.read("model.weights.h5"))) as weights:
            weights.visititems(keep)
    return config, numbers


def _timeless(path):
    if path.suffix == ".json":
        return _without(json.loads(path.read_text()), _TIMES)
    if path.suffix == ".csv":
        return [_without(row, _TIMES) for row in csv.DictReader(path.read_text().splitlines())]
    return path.read_bytes()


def _without(content, names):
    if isinstance(content, dict):
        return {k: _without(v, names) for k, v in content.items() if k not in names}
    return [_without(v, names) for v in content] if isinstance(content, list) else content


def check(stage, place, kills, seed=0):
    """Kill a stage so many times, each in a new folder, and go on; returns how many there were,
    kills and processes that came to their end before, and the seconds of an undisturbed one.
    """
    processes, out = Kills(), Path(place) / "out"  # of one name, which files say of themselves
    code, told = processes.start(stage, out)
    assert code == 0
    number, seconds = told
    expected, killed = result(out), 0
    rng = np.random.default_rng([seed, *stage.encode()])
    for tried in range(1, 10 * kills):
        out.rename(Path(place) / str(tried))
        at = int(rng.integers(1, number + 1))
        wait = rng.uniform(0, seconds / number) * (tried % 2)  # or at once
        code, _ = processes.start(stage, out, at, wait)
        assert code in (0, -signal.SIGKILL)
        killed += code != 0
        code, _ = processes.start(stage, out)
        assert code == 0
        again = result(out)
        other = [name for name in expected | again if again.get(name) != expected.get(name)]
        assert not other, (stage, at, wait, other)
        if killed == kills:
            return killed, tried, seconds
    raise AssertionError(f"{stage}: {killed} kills only came before the end")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=", ".join(STAGES))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for name in asked.stages or STAGES:
        with tempfile.TemporaryDirectory() as folder:
            killed, tried, seconds = check(name, folder, 10, asked.seed)
            print(f"{name}: {killed} kills in {tried} processes of {seconds:.1f} s", flush=True)
