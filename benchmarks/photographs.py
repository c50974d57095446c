"""Models on small sets of colour photographs after equal processor time: ours beside published.

    python -m benchmarks.photographs --data catalogue --images 1200
    python -m benchmarks.photographs --data path/to/photographs

Trains every design with every seed and keeps the samples that it draws at each budget, then scores
all samples that are there. What is there is not trained again, so a table can be filled over
several sittings, and scored again by another judge.

"m minutes on two cores" are 2 m processor minutes of training on one core, counted from the second
step; drawing samples and scoring do not count. So other work on the machine costs no design its
time.
"""

import argparse
import hashlib
import json
import os
import time
from pathlib import Path

import numpy as np

from benchmarks import race
from benchmarks.photo_scores import Judge
from benchmarks.record import note, record, run, start
from prodimg_lib import models
from prodimg_lib.errors import InputError
from prodimg_lib.files import replacing
from prodimg_lib.quiet import load_tensorflow

SIZE = 64
CORES = 2  # that a minute of the tables stands for
SAMPLES_SEED = 0

# The library's models by the name in the table, as a run has them.
OURS = {
    "ours-gan": {"model": "gan"},
    "ours-gan-without-labels": {"model": "gan", "conditional": False},
    "ours-vae": {"model": "vae"},
}


class Published:
    """A design of ``photo_designs`` or ``photo_diffusion`` as ``photographs`` wants it.

    Attributes:
        samplers: name of the row in the table: (n, seed) -> uint8 images. The first is the design's
            own.
        own_epochs: how many its authors train it for.
        parameters: how many are trained.
    """

    def __init__(self, name, design):
        self.samplers = {name: design.sample}
        if hasattr(design, "sample_latest"):
            self.samplers[f"{name}-latest-weights"] = design.sample_latest
        self.requests, self.own_epochs = design.requests, design.own_epochs
        self.parameters = _parameters(design.networks())


class Ours:
    """A model of the library as ``photographs`` wants it; attributes as ``Published``."""

    own_epochs = None

    def __init__(self, name, model, data):
        self.model, self.data = model, data
        self.samplers = {name: self._sample}
        self.requests = model.labels_for
        self.parameters = _parameters([model])

    def _sample(self, n, seed):
        self.model.after_training(
            self.data.images, self.data.labels if self.model.conditional else None
        )
        return self.model.generate(n, seed=seed)


def _parameters(networks):
    return int(sum(np.prod(v.shape) for network in networks for v in network.trainable_variables))


def contestants(data, names=()):
    """``{name: (make, version)}``: ``make`` for ``race.training``; a ``version`` tells samples of
    ours from those of other settings or of other code.

    Args:
        names: of designs, or files such as a run's ``config.yaml``, whose name is the design's; all
            designs if there are none.

    Raises:
        InputError: a name that no design has.
    """
    from benchmarks.gan_designs import KerasConditionalGAN
    from benchmarks.photo_designs import KerasSmallDataGAN
    from benchmarks.photo_diffusion import KerasDDIM
    from prodimg_lib.models.build import new_model
    from prodimg_lib.runs.config import RunConfig, load_config

    designs = {
        "keras-small-data-gan": KerasSmallDataGAN,
        "keras-ddim": lambda: KerasDDIM(data.images),
        "keras-conditional-gan": lambda: KerasConditionalGAN(SIZE, 3, data.num_classes),
    }

    def published(name):
        return race.published(designs[name], lambda design, seed: Published(name, design))

    def ours(name, config):
        def build(seed):
            return new_model(config.model_copy(update={"seed": seed}), data)

        def prepare(model):
            """What ``fit`` does before it trains: pseudo-classes, where a model has them."""
            return [model.fit_clusters] if getattr(model, "clusters", None) else []

        def adapt(model, seed):
            return Ours(name, model, data)

        return race.built(build, adapt, config.train.batch_size, prepare)

    configs = {name: RunConfig(**settings) for name, settings in OURS.items()}
    configs |= {Path(name).stem: load_config(name) for name in names if name.endswith(".yaml")}
    makes = {name: (published(name), "published") for name in designs}
    makes |= {name: (ours(name, config), _version(config)) for name, config in configs.items()}
    if not names:
        return makes
    try:
        return {name: makes[name] for name in (Path(n).stem for n in names)}
    except KeyError as error:
        raise InputError(
            f"no design {error.args[0]!r}: choose from {', '.join(makes)}, or give a NAME.yaml "
            "with the settings of a run"
        ) from None


def _version(config):
    """Short hash of a run's settings and of the code that models are made of."""
    key = hashlib.sha256(config.model_dump_json().encode())
    for path in sorted(Path(models.__file__).parent.glob("*.py")):
        key.update(path.read_bytes())
    return key.hexdigest()[:12]


def train(name, make, version, data, seed, minutes, n, folder, facts):
    """Train one design and keep n samples at each budget; what is there already is not made again.

    Args:
        version: what is there counts only if it is of this one.
        minutes: budgets, rising, as on two cores.
        folder: where files ``DESIGN-seed-S-minutes-M.npz`` are kept, each with its facts.
        facts: of ``record.start``.
    """
    if all(_made(_place(folder, name, seed, m), version) for m in minutes):
        return
    note(f"{name}, seed {seed}")
    labels = data.labels.astype("int32")
    marks = [60 * CORES * m for m in minutes]
    for reached in race.training(make, data.images, labels, marks, seed, clock=time.process_time):
        began = time.process_time()
        arrays = {
            row: sampler(n, SAMPLES_SEED) for row, sampler in reached.network.samplers.items()
        }
        requests = reached.network.requests(n)
        if requests is not None:
            arrays["requests"] = requests
        found = {
            "version": version,
            "minutes": reached.mark / 60 / CORES,
            "steps": reached.steps,
            "epochs": reached.epochs,
            "own_epochs": reached.network.own_epochs,
            "images_per_second": reached.images / reached.seconds,
            "parameters": reached.network.parameters,
            "sampling_seconds": (time.process_time() - began) / len(reached.network.samplers),
            **facts,
        }
        place = _place(folder, name, seed, minutes[marks.index(reached.mark)])
        with replacing(place) as partial:
            np.savez(partial, facts=json.dumps(found), **arrays)
        note(f"    {found['minutes']:g} min  {reached.steps:,} steps  {reached.epochs:.1f} epochs")


def _place(folder, name, seed, minutes):
    return folder / f"{name}-seed-{seed}-minutes-{minutes:g}.npz"


def _made(place, version):
    if not place.is_file():
        return False
    with np.load(place) as stored:
        return json.loads(str(stored["facts"]))["version"] == version


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
    makes, minutes = contestants(data, arguments.designs), sorted(arguments.minutes)
    for seed in arguments.seeds:
        for design, (make, version) in makes.items():
            train(design, make, version, data, seed, minutes, n, folder, facts)
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
        record(f"photographs-{name}", figures, facts)


if __name__ == "__main__":
    run(main)
