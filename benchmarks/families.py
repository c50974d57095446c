"""The library's families and the Keras DDIM example after equal processor time, Fashion-MNIST.

    python -m benchmarks.families                       # 14 processor hours; can be resumed
    python -m benchmarks.families --seeds 0 --minutes 1 3

GAN, VAE, flow and latent flow with labels, as a run trains them, and the Keras DDIM, which knows
none. Minutes, budgets and files are those of ``photographs``: samples that are there are not made
again, and m minutes on two cores are 2 m processor minutes on one. Two judges: the shipped
classifier, which learned these classes, and EfficientNet-Lite0, which did not.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks import photographs, race
from benchmarks.photo_entrants import entrants
from benchmarks.photo_scores import Judge
from benchmarks.record import record, run, start, stored
from prodimg_lib.quiet import load_tensorflow

NAME = "families"
OURS = {f"ours-{model}": {"model": model} for model in ("gan", "vae", "flow", "latent-flow")}
RIVALS = ("keras-ddim",)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", nargs="+", default=(), help="by name")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 3, 10])
    parser.add_argument("--samples", type=int, default=2000, help="n, of each design")
    parser.add_argument("--steps-of-first-seed", action="store_true", help=photographs.PACED)
    parser.add_argument("--only-train", action="store_true", help="score in another sitting")
    parser.add_argument("--out", type=Path, default=Path("runs/families"))
    parser.add_argument("--uncommitted", action="store_true", help=race.UNCOMMITTED)
    arguments = parser.parse_args()
    facts = start(arguments.uncommitted)
    photographs.one_core()
    load_tensorflow()

    from prodimg_lib import load
    from prodimg_lib.metrics.efficientnet import EfficientNetExtractor
    from prodimg_lib.metrics.features import FeatureExtractor

    data, n = load("fashion-mnist"), arguments.samples
    arguments.out.mkdir(parents=True, exist_ok=True)
    makes, earlier = entrants(data, arguments.designs, RIVALS, OURS), stored(NAME)
    photographs.train_all(makes, data, arguments, n, arguments.out, facts, earlier)
    if arguments.only_train:
        return
    # What the floor is drawn from; so "memorisation" counts copies of these alone, and says little.
    few = replace(data, images=data.images[: 4 * n], labels=data.labels[: 4 * n])
    judges = {
        "fashion-mnist": Judge(FeatureExtractor("fashion-mnist"), few, True, n),
        "efficientnet-lite0": Judge(EfficientNetExtractor(), few, False, n),
    }
    figures = {
        "n": n,
        "cores": photographs.CORES,
        "judges": {name: {"d": judge.extractor.dim} for name, judge in judges.items()},
        "floor": {name: judge.floor() for name, judge in judges.items()},
        "runs": photographs.score(arguments.out, judges),
    }
    record(NAME, photographs.with_stored(figures, earlier), facts)


if __name__ == "__main__":
    run(main)
