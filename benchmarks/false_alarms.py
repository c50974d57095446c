"""How often ``prodimg monitor`` calls calm windows drift, at its default rate of 1 %.

    python -m benchmarks.false_alarms

Every window and its reference are different images of one model that ships, their classes asked for
at random: nothing has drifted, and all tests of the command have something to look at. Features and
gates are measured once for each image; the rest is what the command does.
"""

import argparse

import numpy as np

from benchmarks.race import UNCOMMITTED
from benchmarks.record import note, record, run, start
from prodimg_lib.quiet import load_tensorflow

MODEL, RATE, SEED = "catalogue", 0.01, 0


class Pool:
    """Images of one model, with what the tests ask of each."""

    def __init__(self, against, n):
        rng = np.random.default_rng(SEED)
        self.names, self.title = against.names, against.extractor.title
        self.labels = rng.integers(len(self.names), size=n)
        self.images = against.model.generate(n, self.labels, seed=SEED)
        found = against.extractor.features(self.images)
        self._features = {
            image.tobytes(): row for image, row in zip(self.images, found, strict=True)
        }
        measured = against.gates.measure(self.images, self.labels)
        self.refused = against.gates.refused(measured, self.labels)

    def features(self, images, cache=False):
        """As an ``Extractor`` gives them."""
        return np.stack([self._features[image.tobytes()] for image in images])

    def window(self, rows):
        """A ``Window`` of some of the images."""
        from prodimg_lib.monitor.window import Window

        classes = [self.names[i] for i in self.labels[rows]]
        return Window(
            self.images[rows],
            classes,
            generated=True,
            counts={name: classes.count(name) for name in self.names},
            refused={name: int(wrong[rows].sum()) for name, wrong in self.refused.items()},
            drawn=len(rows),
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--windows", type=int, default=2000)
    parser.add_argument("--images", type=int, default=100, help="of a window")
    parser.add_argument("--reference", type=int, default=400, help="images of a reference")
    parser.add_argument("--pool", type=int, default=5000, help="images that they are drawn from")
    parser.add_argument("--uncommitted", action="store_true", help=UNCOMMITTED)
    options = parser.parse_args()
    facts = start(options.uncommitted)
    load_tensorflow()

    from prodimg_lib import metrics
    from prodimg_lib.monitor.judge import DRIFT, judge
    from prodimg_lib.monitor.reference import open_reference

    pool = Pool(open_reference(MODEL), options.pool)
    rng, alarms, by_test = np.random.default_rng(SEED), 0, {}
    for i in range(options.windows):
        rows = rng.permutation(options.pool)[: options.images + options.reference]
        window, reference = (pool.window(part) for part in np.split(rows, [options.images]))
        result = judge(window, reference, pool, RATE, seed=i)
        alarms += result["verdict"] == DRIFT
        for row in result["tests"]:
            by_test[row["test"]] = by_test.get(row["test"], 0) + bool(row["drift"])
        if (i + 1) % 200 == 0:
            note(f"{i + 1:,} windows, {alarms} alarms")
    figures = {
        "model": MODEL,
        "stated": RATE,
        "windows": options.windows,
        "images": [options.images, options.reference],
        "pool": options.pool,
        "alarms": alarms,
        "rate": alarms / options.windows,
        "interval": list(metrics.share_interval(alarms / options.windows, options.windows)),
        "by_test": by_test,
    }
    record("false_alarms", figures, facts)


if __name__ == "__main__":
    run(main)
