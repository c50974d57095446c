"""FD-product of GANs after equal training times, ours beside published teaching designs.

    python -m benchmarks.gan_time_to_quality      # about 100 minutes of a machine left alone

Fashion-MNIST, one machine, one run, one evaluator: the shipped classifier's 64 features, 10,000
generated images against the 10,000 test images. The clock counts training only, from the second
step; making the graph and scoring stand still. No network that is scored has seen the classifier.
Results are kept after every run; ``--resume`` adds what is missing to them.
"""

import argparse

import numpy as np

from benchmarks.race import curve, stored_runs
from benchmarks.record import note, record
from prodimg_lib.quiet import load_tensorflow

N = 10_000
NAME = "gan_time_to_quality"


def published(design):
    """``make`` for ``curve`` of one of ``gan_designs``."""
    import tensorflow as tf

    def make(seed):
        network = design()
        low, high = network.scale

        @tf.function
        def step(images, labels):
            network.step(low + (high - low) / 255 * tf.cast(images, tf.float32))

        return step, network.batch_size, lambda n: network.sample(n, seed)

    return make


def ours(**settings):
    """``make`` of the library's GAN with its default settings."""
    import tensorflow as tf

    from prodimg_lib import GAN

    def make(seed):
        model = GAN(**({"num_classes": 10, "seed": seed} | settings))
        model.compile()

        @tf.function(autograph=False)  # as Keras calls it
        def step(images, labels):
            model.train_step((tf.cast(images, tf.float32) / 127.5 - 1, labels))

        return step, 64, lambda n: model.generate(n, seed=seed)

    return make


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--marks", type=int, nargs="+", default=[60, 180])
    parser.add_argument(
        "--far", type=int, default=600, help="mark that only the first seed reaches"
    )
    parser.add_argument("--designs", nargs="+", default=None)
    parser.add_argument("--resume", action="store_true", help="add to the stored results")
    arguments = parser.parse_args()
    load_tensorflow()

    from benchmarks.gan_designs import PUBLISHED, PlainDCGAN
    from prodimg_lib import load, metrics

    data = load("fashion-mnist")
    extractor = metrics.FeatureExtractor("fashion-mnist")
    real = extractor.features(data.test_images)

    def score(sample):
        return metrics.frechet_distance(real, extractor.features(sample(N)))

    rows = np.random.default_rng(0).permutation(len(data.images))[:N]
    floor = metrics.frechet_distance(real, extractor.features(data.images[rows]))
    makes = {name: published(design) for name, design in PUBLISHED.items()}
    makes |= {
        "plain-dcgan": published(PlainDCGAN),
        "ours": ours(),
        "ours-without-labels": ours(num_classes=0),
    }
    chosen = arguments.designs or list(makes)
    runs = stored_runs(NAME) if arguments.resume else {}
    # Seed by seed, so that a machine that slows down slows all designs.
    for seed in range(arguments.seeds):
        for name in chosen:
            if len(runs.setdefault(name, [])) > seed:
                continue
            note(f"{name}, seed {seed}")
            marks = [*arguments.marks, arguments.far] if seed == 0 else arguments.marks
            values, speed = curve(
                makes[name], data.images, data.labels.astype("int32"), marks, seed, score
            )
            runs[name].append({"fd": values, "images_per_second": speed})
            figures = {"n": N, "d": extractor.dim, "floor": floor, "runs": runs}
            record(NAME, figures | summary(runs, arguments.marks, arguments.far))


def summary(runs, marks, far):
    """Means over seeds, and ours against theirs, of what has been run so far."""
    from benchmarks.gan_designs import PUBLISHED

    means = {
        name: {mark: float(np.mean([run["fd"][mark] for run in found])) for mark in marks}
        | {far: found[0]["fd"][far]}
        for name, found in runs.items()
        if found
    }
    result = {"mean_fd": means}
    if not {"ours", "plain-dcgan", *PUBLISHED} <= set(means):
        return result

    def best(mark):
        return min(means[name][mark] for name in PUBLISHED)

    for name in ("ours", "ours-without-labels"):
        if name in means:
            mine, plain = means[name], means["plain-dcgan"]
            result[f"{name}_ratio"] = mine[marks[-1]] / best(marks[-1])
            result[f"{name}_first_mark_to_best_at_far"] = mine[marks[0]] / best(far)
            result[f"{name}_ratio_to_plain"] = {m: mine[m] / plain[m] for m in (*marks, far)}
    return result


if __name__ == "__main__":
    main()
