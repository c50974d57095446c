"""FD-product of GANs after equal training times, ours beside published teaching designs.

    python -m benchmarks.gan_time_to_quality      # about 100 minutes of a machine left alone

Fashion-MNIST, one machine, one run, one evaluator: the shipped classifier's 64 features, 10,000
generated images against the 10,000 test images. The clock counts training only, from the second
step; making the graph and scoring stand still. No network that is scored has seen the classifier.
Results are kept after every run; ``--resume`` adds what is missing to them.
"""

import numpy as np

from benchmarks import race
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


def main():
    parser = race.options(__doc__)
    parser.add_argument(
        "--far", type=int, default=600, help="mark that only the first seed reaches"
    )
    arguments = parser.parse_args()
    load_tensorflow()

    from benchmarks.gan_designs import PUBLISHED, PlainDCGAN
    from prodimg_lib import GAN, load, metrics

    data = load("fashion-mnist")
    extractor = metrics.FeatureExtractor("fashion-mnist")
    real = extractor.features(data.test_images)

    def sampler(model, seed):
        return lambda n: model.generate(n, seed=seed)

    def score(sample):
        return metrics.frechet_distance(real, extractor.features(sample(N)))

    rows = np.random.default_rng(0).permutation(len(data.images))[:N]
    floor = metrics.frechet_distance(real, extractor.features(data.images[rows]))
    makes = {name: published(design) for name, design in PUBLISHED.items()}
    makes |= {
        "plain-dcgan": published(PlainDCGAN),
        "ours": race.ours(GAN, sampler),
        "ours-without-labels": race.ours(GAN, sampler, num_classes=0),
    }

    def finish(runs):
        figures = {"n": N, "d": extractor.dim, "floor": floor, "runs": runs}
        return figures | summary(runs, arguments.marks, arguments.far)

    race.race(NAME, makes, arguments, data, score, "fd", finish)


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
