"""FD-product of GANs after equal training times, ours beside published teaching designs.

    python -m benchmarks.gan_time_to_quality [--seeds 3] [--marks 60 180] [--designs NAME ...]

Fashion-MNIST, one machine, one run, one evaluator: the shipped classifier's 64 features, 10,000
generated images against the 10,000 test images. The clock counts training only, from the first
step; making the graph and scoring stand still. No network that is scored has seen the classifier.
"""

import argparse
import time

import numpy as np

from benchmarks.record import note, record
from prodimg_lib.quiet import load_tensorflow

N = 10_000


def curve(make, images, labels, marks, seed, score):
    """FD-product at each mark, and the images a second, of one design trained from scratch."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    step, batch_size, sample = make(seed)
    stream = iter(
        tf.data.Dataset.from_tensor_slices((images, labels))
        .shuffle(len(images), seed=seed)
        .repeat()
        .batch(batch_size, drop_remainder=True)
        .prefetch(4)
    )
    step(*next(stream))  # builds the graph
    seconds, steps, result = 0.0, 0, {}
    for mark in marks:
        while seconds < mark:
            start = time.perf_counter()
            step(*next(stream))
            seconds += time.perf_counter() - start
            steps += 1
        result[mark] = score(sample(N))
        note(f"    {mark:4d} s  {steps:6,} steps  FD-product {result[mark]:.1f}")
    return result, steps * batch_size / seconds


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
        batch_size = settings.get("batch_size", 64)
        config = {k: v for k, v in settings.items() if k != "batch_size"}
        model = GAN(**({"size": 28, "channels": 1, "num_classes": 10, "seed": seed} | config))
        model.compile()

        @tf.function(autograph=False)  # as Keras calls it
        def step(images, labels):
            model.train_step((tf.cast(images, tf.float32) / 127.5 - 1, labels))

        return step, batch_size, lambda n: model.generate(n, seed=seed)

    return make


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--marks", type=int, nargs="+", default=[60, 180])
    parser.add_argument("--designs", nargs="+", default=None)
    arguments = parser.parse_args()
    load_tensorflow()

    from benchmarks.gan_designs import PUBLISHED, PlainDCGAN
    from prodimg_lib import load, metrics

    data = load("fashion-mnist")
    extractor = metrics.FeatureExtractor("fashion-mnist")
    real = extractor.features(data.test_images)

    def score(fake):
        return metrics.frechet_distance(real, extractor.features(fake))

    rows = np.random.default_rng(0).permutation(len(data.images))[:N]
    floor = metrics.frechet_distance(real, extractor.features(data.images[rows]))
    makes = {name: published(design) for name, design in PUBLISHED.items()}
    makes |= {"plain-dcgan": published(PlainDCGAN), "ours": ours()}
    results = {}
    for name in arguments.designs or makes:
        for seed in range(arguments.seeds):
            note(f"{name}, seed {seed}")
            values, speed = curve(
                makes[name], data.images, data.labels.astype("int32"), arguments.marks, seed, score
            )
            results.setdefault(name, []).append({"fd": values, "images_per_second": speed})
    means = {
        name: {m: float(np.mean([r["fd"][m] for r in runs])) for m in arguments.marks}
        for name, runs in results.items()
    }
    figures = {"n": N, "d": extractor.dim, "floor": floor, "mean_fd": means, "runs": results}
    if arguments.designs is None:
        last = arguments.marks[-1]
        best = min(means[name][last] for name in PUBLISHED)
        figures["ratio"] = means["ours"][last] / best
        figures["ratio_to_plain"] = means["ours"][last] / means["plain-dcgan"][last]
    record("gan_time_to_quality", figures)


if __name__ == "__main__":
    main()
