"""Models on small sets of colour photographs after equal processor time: ours beside published.

    python -m benchmarks.photographs --data catalogue --images 1200
    python -m benchmarks.photographs --data path/to/photographs

Trains every design with every seed and keeps the samples that it draws at each budget, then scores
all samples that are there. What is there is not trained again, so a table can be filled over
several sittings, and scored again by another judge.

"m minutes on two cores" are 2 m processor minutes of training on one core, counted from the second
step; drawing samples and scoring do not count. A processor minute is worth less where other work
shares the caches, so further seeds can be given the steps that the first one took in so many
minutes, on a machine left alone (``--steps-of-first-seed``): then no clock decides.
"""

import argparse
import hashlib
import json
import os
import time
from pathlib import Path

import numpy as np

from benchmarks import race
from benchmarks.photo_entrants import entrants
from benchmarks.photo_scores import Judge
from benchmarks.record import note, record, run, start, stored
from prodimg_lib import models
from prodimg_lib.errors import InputError
from prodimg_lib.files import replacing
from prodimg_lib.quiet import load_tensorflow

SIZE = 64  # of the published designs
CORES = 2  # that a minute of the tables stands for
SAMPLES_SEED = 0
PACED = "give each seed the steps that the first stored one took by each budget, not the minutes"


def train(name, make, version, data, seed, minutes, n, folder, facts, pace=None):
    """Train one design and keep n samples at each budget; what is there already is not made again.

    Args:
        version: what is there counts only if it is of this one.
        minutes: budgets, rising, as on two cores.
        folder: where files ``DESIGN-seed-S-minutes-M.npz`` are kept, each with its facts.
        facts: of ``record.start``.
        pace: {minutes: steps}, which then count instead of the clock.
    """
    version = {"version": version, "code": code()}
    if all(_made(_place(folder, name, seed, m), version) for m in minutes):
        return
    note(f"{name}, seed {seed}")
    labels = data.labels.astype("int32")
    budgets = {pace[m] if pace else 60 * CORES * m: m for m in minutes}
    for reached in race.training(
        make, data.images, labels, list(budgets), seed, time.process_time, in_steps=bool(pace)
    ):
        began = time.process_time()
        arrays = {
            row: sampler(n, SAMPLES_SEED) for row, sampler in reached.network.samplers.items()
        }
        requests = reached.network.requests(n)
        if requests is not None:
            arrays["requests"] = requests
        found = {
            **version,
            "minutes": float(budgets[reached.mark]),
            "counted_in": "steps" if pace else "processor time",
            "steps": reached.steps,
            "epochs": reached.epochs,
            "own_epochs": reached.network.own_epochs,
            "images_per_second": reached.images / reached.seconds,
            "parameters": reached.network.parameters,
            "sampling_seconds": (time.process_time() - began) / len(reached.network.samplers),
            **facts,
        }
        place = _place(folder, name, seed, budgets[reached.mark])
        with replacing(place) as partial:
            np.savez(partial, facts=json.dumps(found), **arrays)
        note(f"    {found['minutes']:g} min  {reached.steps:,} steps  {reached.epochs:.1f} epochs")


def train_all(makes, data, arguments, n, folder, facts, earlier):
    """``train`` every design with every seed, as the options say.

    Args:
        makes: of ``entrants``.
        earlier: figures of an earlier sitting, which tell the steps where steps count.

    Raises:
        InputError: steps are to count, and no earlier sitting tells them.
    """
    minutes = sorted(arguments.minutes)
    for seed in arguments.seeds:
        for name, (make, version) in makes.items():
            pace = None
            if arguments.steps_of_first_seed:
                pace = paces(earlier, name, version, minutes)
            train(name, make, version, data, seed, minutes, n, folder, facts, pace)


def _place(folder, name, seed, minutes):
    return folder / f"{name}-seed-{seed}-minutes-{minutes:g}.npz"


def _made(place, version):
    if not place.is_file():
        return False
    with np.load(place) as stored:
        return json.loads(str(stored["facts"])).items() >= version.items()


def code():
    """Short hash of what models are made of: samples of other code are not taken up."""
    key = hashlib.sha256()
    for path in sorted(Path(models.__file__).parent.glob("*.py")):
        key.update(path.read_bytes())
    return key.hexdigest()[:12]


def paces(stored, name, version, minutes):
    """``{minutes: steps}`` of a design by what its first stored seed took.

    Budgets beyond the last stored one go on at the rate between the last two.

    Args:
        stored: figures of an earlier sitting; None if there are none.
        version: runs of another one do not count.

    Raises:
        InputError: fewer than two budgets are stored, so there is no rate, or one is missing.
    """
    steps: dict[float, int] = {}
    for runs in (stored or {"runs": {}})["runs"].get(name, {}).values():
        for one in runs:
            if one["version"] == version and one.get("counted_in") != "steps":
                steps.setdefault(one["minutes"], one["steps"])
    if set(minutes) <= set(steps):
        return {m: steps[m] for m in minutes}
    if len(steps) < 2 or min(minutes) < min(steps):
        raise InputError(
            f"{name}: the stored table has {sorted(steps)} minutes of these settings by the clock; "
            "expected two, of which none is above the first asked for: train a seed by the clock"
        )
    *_, before, last = sorted(steps)
    rate = (steps[last] - steps[before]) / (last - before)
    return {m: steps.get(m) or round(steps[last] + rate * (m - last)) for m in minutes}


def with_stored(figures, stored):
    """Figures, and the runs of an earlier sitting whose samples are no longer there.

    A stored table of other data, n or judges is left out whole.

    Raises:
        InputError: a row would have runs of two versions.
    """
    same = ("n", "cores", "data", "judges")
    if not stored or any(stored.get(key) != figures.get(key) for key in same):
        return figures
    runs = figures["runs"]
    for row, budgets in stored["runs"].items():
        for minutes, found in budgets.items():
            here = runs.setdefault(row, {}).setdefault(minutes, [])
            here += [run for run in found if run["seed"] not in {r["seed"] for r in here}]
            here.sort(key=lambda run: run["seed"])
    for row, budgets in runs.items():
        versions = {run["version"] for found in budgets.values() for run in found}
        if len(versions) > 1:
            raise InputError(
                f"{row}: the stored table has runs of version {', '.join(sorted(versions))}, so "
                "their code or settings differ: train all again, or remove the stored ones"
            )
    return figures


def score(folder, judges):
    """Score all samples in ``folder``: ``{row: {minutes: [run, ...]}}``, runs in order of seed.

    A run is a dict with the facts of ``train`` and under each judge's name its scores.
    """
    rows: dict[str, dict] = {}
    for place in sorted(folder.glob("*-seed-*-minutes-*.npz")):
        with np.load(place) as stored:
            arrays = dict(stored)
        facts = json.loads(str(arrays.pop("facts")))
        requests = arrays.pop("requests", None)
        seed = int(place.stem.split("-seed-")[1].split("-")[0])
        note(f"scoring {place.stem}")
        for row, images in arrays.items():
            run = {"seed": seed, **facts}
            run |= {name: judge.scores(images, requests) for name, judge in judges.items()}
            rows.setdefault(row, {}).setdefault(f"{facts['minutes']:g}", []).append(run)
    for found in rows.values():
        for runs in found.values():
            runs.sort(key=lambda run: run["seed"])
    return rows


def photographs(source, limit):
    """The data: 64 px colour, with the split and the near duplicates of ``prodimg run``."""
    from prodimg_lib import load

    return load(source, size=SIZE, channels=3, limit=limit)


def digest(data):
    """Short hash of all images: results of two splits of one folder do not mix."""
    key = hashlib.sha256(data.images.tobytes())
    key.update(data.test_images.tobytes())
    return key.hexdigest()[:12]


def judges(data, n):
    """What scores the samples, by name."""
    from prodimg_lib.metrics.efficientnet import EfficientNetExtractor
    from prodimg_lib.metrics.features import FeatureExtractor

    found = {"efficientnet-lite0": Judge(EfficientNetExtractor(), data, False, n)}
    if data.source == "catalogue":
        found["catalogue"] = Judge(FeatureExtractor("catalogue"), data, True, n)
    return found


def one_core():
    """Keep this process, and the threads it will start, on one core where the system can."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})  # two sittings seldom share one


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="catalogue", help="catalogue, or a folder")
    parser.add_argument("--images", type=int, help="train on at most so many")
    parser.add_argument(
        "--designs", nargs="+", default=(), help="by name, or NAME.yaml with the settings of a run"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, nargs="+", default=[4, 15, 60])
    parser.add_argument("--samples", type=int, default=300, help="n, at most those held out")
    parser.add_argument("--validation", action="store_true", help=race.VALIDATION)
    parser.add_argument("--steps-of-first-seed", action="store_true", help=PACED)
    parser.add_argument("--only-train", action="store_true", help="score in another sitting")
    parser.add_argument("--out", type=Path, default=Path("runs/photographs"))
    parser.add_argument("--uncommitted", action="store_true", help=race.UNCOMMITTED)
    arguments = parser.parse_args()
    facts = start(arguments.uncommitted or arguments.validation)
    one_core()
    load_tensorflow()

    data = photographs(arguments.data, arguments.images)
    if arguments.validation:
        data = race.with_validation(data)
    n = min(arguments.samples, len(data.test_images))
    name = Path(arguments.data).resolve().name
    name += "-validation" if arguments.validation else ""
    folder = arguments.out / f"{name}-{len(data.images)}-{n}-{digest(data)}"
    folder.mkdir(parents=True, exist_ok=True)
    earlier = None if arguments.validation else stored(f"photographs-{name}")
    train_all(entrants(data, arguments.designs), data, arguments, n, folder, facts, earlier)
    if arguments.only_train:
        return
    found = judges(data, n)
    figures = {
        "data": {
            "name": name,
            "origin": data.origin,
            "classes": data.num_classes,
            "trained_on": len(data.images),
            "held_out": len(data.test_images),
            "digest": digest(data),
        },
        "n": n,
        "cores": CORES,
        "judges": {
            key: {"sha256": judge.extractor.sha256, "d": judge.extractor.dim}
            for key, judge in found.items()
        },
        "floor": {key: judge.floor() for key, judge in found.items()},
        "runs": score(folder, found),
    }
    if arguments.validation:
        print(json.dumps(figures))
    else:
        record(f"photographs-{name}", with_stored(figures, earlier), facts)


if __name__ == "__main__":
    run(main)
