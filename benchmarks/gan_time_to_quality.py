"""GANs after equal training times, ours beside published teaching designs.

    python -m benchmarks.gan_time_to_quality      # 4 hours and scoring, on a machine left alone

Fashion-MNIST, one machine, one run, two evaluators: FD-product of the shipped classifier's 64
features, 10,000 generated images against the 10,000 test images, and the kernel distance on
EfficientNet-Lite0's 1,280 features, 2,000 against 2,000. The clock counts training only, from the
second step; making the graph and scoring stand still. No network that is scored has seen either.
Settings are chosen with ``--validation``, which never looks at the test images. Results are kept
after every run; ``--resume`` adds what is missing to them.
"""

import numpy as np

from benchmarks import race
from benchmarks.record import run
from prodimg_lib.quiet import load_tensorflow

N, SECOND_N = 10_000, 2_000
NAME = "gan_time_to_quality"


def main():
    arguments = race.options(__doc__).parse_args()
    load_tensorflow()

    from benchmarks.gan_designs import CONDITIONAL, PUBLISHED, PlainDCGAN
    from prodimg_lib import GAN, load, metrics
    from prodimg_lib.metrics.efficientnet import EfficientNetExtractor
    from prodimg_lib.models.clustered import CLUSTERED_IMAGES

    data = load("fashion-mnist")
    if arguments.validation:
        data = race.with_validation(data)
    extractor = metrics.FeatureExtractor("fashion-mnist")
    real = extractor.features(data.test_images)
    second = EfficientNetExtractor()
    real_second = second.features(data.test_images[:SECOND_N], cache=True)

    def sampler(model, seed):
        return lambda n: model.generate(n, seed=seed)

    def clusters(model):
        """What ``fit`` does first, on the clock."""
        return [lambda images: model.fit_clusters(images[:CLUSTERED_IMAGES])]

    def published(design):
        return race.published(design, lambda network, seed: lambda n: network.sample(n, seed))

    def score(sample):
        images = sample(N)
        return {
            "fd": metrics.frechet_distance(real, extractor.features(images)),
            "kernel_distance": race.kernel_distance(second, images[:SECOND_N], real_second),
        }

    rows = np.random.default_rng(0).permutation(len(data.images))[:N]
    floor = score(lambda n: data.images[rows])
    rivals = PUBLISHED | CONDITIONAL
    makes = {name: published(design) for name, design in rivals.items()}
    makes |= {
        "plain-dcgan": published(PlainDCGAN),
        "ours": race.ours(GAN, sampler),
        "ours-without-labels": race.ours(GAN, sampler, clusters, num_classes=0),
        "ours-without-pseudo-classes": race.ours(GAN, sampler, num_classes=0, pseudo_classes=0),
    }

    def finish(runs):
        return {
            "n": N,
            "d": extractor.dim,
            "second_n": SECOND_N,
            "floor": floor,
            "own_epochs": own_epochs,
            "runs": runs,
            **summary(runs),
        }

    own_epochs = {name: design.own_epochs for name, design in rivals.items()}
    race.race(NAME, makes, arguments, data, score, finish, own_epochs)


def summary(runs):
    """Means over seeds, and how many times the best of theirs ours is: with labels against a design
    with labels, without against designs without.
    """
    from benchmarks.gan_designs import CONDITIONAL, PUBLISHED

    means = race.means(runs)
    pairs = {
        "with labels, to the published": ("ours", CONDITIONAL),
        "without labels, to the best published": ("ours-without-labels", PUBLISHED),
        "without labels, to the plain": ("ours-without-labels", ["plain-dcgan"]),
    }
    ratios: dict[str, dict] = {}
    for pair, (mine, others) in pairs.items():
        for mark, scores in means.get(mine, {}).items():
            theirs = [means[o][mark]["fd"] for o in others if mark in means.get(o, {})]
            if len(theirs) == len(others):
                ratios.setdefault(pair, {})[mark] = scores["fd"] / min(theirs)
    return {"mean": means, "ratio": ratios}


if __name__ == "__main__":
    run(main)
