"""Samples, reconstructions and bound of VAEs after equal training times, ours beside published.

    python -m benchmarks.vae_time_to_quality      # 3 hours and scoring, on a machine left alone

Fashion-MNIST, one machine, one run, two evaluators. FD-product: 10,000 samples against the 10,000
test images, the shipped classifier's 64 features; once with latents from N(0, I) and once from the
library's mixture of normals fitted to the codes of 10,000 training images, for every design. The
published ones are meant with the first, our default with the second. The same samples, 2,000 of
each, also by the kernel distance on EfficientNet-Lite0's features. Published designs run as they
are, with two latent dimensions, and with as many as ours. PSNR: reconstructions of the
test images. Bound: minus the ELBO of the test images in nats per image, with prior N(0, I), under
one likelihood for all: a normal distribution with one standard deviation for all pixels, the best
one for each model's reconstructions of 10,000 *training* images; pixels in [0, 1]. No network that
is scored has seen an evaluator. Settings are chosen with ``--validation``, which never looks at the
test images. Results are kept after every run; ``--resume`` adds what is missing to them.
"""

from functools import partial

import numpy as np

from benchmarks import race
from benchmarks.record import run
from prodimg_lib.models import latent_prior as prior
from prodimg_lib.quiet import load_tensorflow

N, SECOND_N = 10_000, 2_000
PARTS = 500
COMPONENTS = 5  # normals of a fitted prior
OUR_LATENTS = 32
NAME = "vae_time_to_quality"


class Published:
    """A design of ``vae_designs`` as the benchmark wants it."""

    classes = 1

    def __init__(self, design):
        self.design, self.latent_dim = design, design.latent_dim

    def encode(self, images, labels):
        return _by_parts(self.design.encode, images)

    def decode(self, z, labels):
        """Float images in [0, 1]."""
        return _by_parts(self.design.decode, z)


class Ours:
    """The library's VAE as the benchmark wants it."""

    def __init__(self, model):
        self.model, self.latent_dim = model, model.config.latent_dim
        self.classes = max(1, model.config.num_classes)

    def _with(self, x, labels):
        return [x, labels.astype("int32")] if self.model.conditional else x

    def encode(self, images, labels):
        def encoder(x, y):
            x = x.astype("float32") / 127.5 - 1
            return self.model.encoder(self._with(x, y), training=False)

        return _by_parts(encoder, images, labels)

    def decode(self, z, labels):
        """Float images in [0, 1]."""

        def decoder(z, y):
            return (self.model.decoder(self._with(z, y), training=False) + 1) / 2

        return _by_parts(decoder, z, labels)


def _by_parts(f, *arrays):
    """f on slices of the arrays, put together again: an array, or a tuple of them."""
    results = [f(*(a[i : i + PARTS] for a in arrays)) for i in range(0, len(arrays[0]), PARTS)]
    if isinstance(results[0], list | tuple):
        return tuple(np.concatenate(parts) for parts in zip(*results, strict=True))
    return np.concatenate(results)


def samples(network, n, codes=None, labels=None, seed=0):
    """n uint8 images of even classes: from N(0, I), or from a prior fitted to (mean, log_var)."""
    wanted = np.arange(n) % network.classes
    z = np.random.default_rng(seed).normal(size=(n, network.latent_dim))
    if codes is not None:
        group = labels if network.classes > 1 else np.zeros_like(labels)
        parts = [
            prior.fit_mixture(codes[0][group == c], np.exp(codes[1][group == c]), COMPONENTS, seed)
            for c in range(network.classes)
        ]
        z = prior.place(z, wanted, *(np.stack(part) for part in zip(*parts, strict=True)))
    return _uint8(network.decode(z.astype("float32"), wanted))


def _uint8(images):
    return np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)


def _square_errors(network, images, labels, seed):
    """Squared errors [n, pixels] of one draw of z each, and the mean and log variance of q."""
    mean, log_var = network.encode(images, labels)
    noise = np.random.default_rng(seed).normal(size=mean.shape)
    z = mean + np.exp(0.5 * log_var) * noise
    y = network.decode(z.astype("float32"), labels)
    return ((images / 255.0 - y) ** 2).reshape(len(images), -1), mean, log_var


def best_sigma(network, images, labels, seed=1):
    """Root of the mean squared error of one draw each: the likelihood's best parameter."""
    return float(np.sqrt(_square_errors(network, images, labels, seed)[0].mean()))


def bound(network, images, labels, sigma, seed=0):
    """Mean over images of -log p(x | z) + KL for one draw of z each, nats."""
    square, mean, log_var = _square_errors(network, images, labels, seed)
    pixels = square.shape[1]
    nll = square.sum(1) / (2 * sigma**2) + pixels * (np.log(sigma) + 0.5 * np.log(2 * np.pi))
    kl = 0.5 * (np.exp(log_var) + mean**2 - 1 - log_var).sum(1)
    return float((nll + kl).mean())


def published(design):
    import tensorflow as tf

    def make(seed):
        network = design()

        @tf.function
        def step(images, labels):
            network.step(images)

        return step, network.batch_size, Published(network)

    return make


def main():
    arguments = race.options(__doc__).parse_args()
    load_tensorflow()

    from benchmarks.vae_designs import PUBLISHED
    from prodimg_lib import VAE, load, metrics
    from prodimg_lib.metrics.efficientnet import EfficientNetExtractor

    data = load("fashion-mnist")
    if arguments.validation:
        data = race.with_validation(data)
    extractor = metrics.FeatureExtractor("fashion-mnist")
    real = extractor.features(data.test_images, cache=True)
    second = EfficientNetExtractor()
    real_second = second.features(data.test_images[:SECOND_N], cache=True)
    rows = np.random.default_rng(0).permutation(len(data.images))[:N]
    train, train_labels = data.images[rows], data.labels[rows]

    def fd(images):
        return metrics.frechet_distance(real, extractor.features(images))

    def adapt(model, seed):
        return Ours(model)

    def score(network):
        mean, _ = network.encode(data.test_images, data.test_labels)
        rebuilt = _uint8(network.decode(mean, data.test_labels))
        codes = network.encode(train, train_labels)
        sigma = best_sigma(network, train, train_labels)
        standard, fitted = samples(network, N), samples(network, N, codes, train_labels)
        return {
            "fd_standard": fd(standard),
            "fd_fitted": fd(fitted),
            "fd_rebuilt": fd(rebuilt),
            "kernel_standard": race.kernel_distance(second, standard[:SECOND_N], real_second),
            "kernel_fitted": race.kernel_distance(second, fitted[:SECOND_N], real_second),
            "psnr": float(np.mean(metrics.psnr(data.test_images, rebuilt, 255))),
            "nats": bound(network, data.test_images, data.test_labels, sigma),
        }

    makes = {name: published(design) for name, design in PUBLISHED.items()}
    makes |= {
        f"{name}-{OUR_LATENTS}-latents": published(partial(design, OUR_LATENTS))
        for name, design in PUBLISHED.items()
    }
    own_epochs = {name: design.own_epochs for name, design in PUBLISHED.items()}
    makes |= {
        "ours": race.ours(VAE, adapt),
        "ours-without-labels": race.ours(VAE, adapt, num_classes=0),
    }
    floor = metrics.frechet_distance(real, extractor.features(train))

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

    race.race(NAME, makes, arguments, data, score, finish, own_epochs)


def summary(runs):
    """Means over seeds, and ours without labels, as theirs are, against the best of theirs: the
    same prior on both sides.
    """
    means = race.means(runs)
    rivals = [name for name in means if not name.startswith("ours")]
    result = {"mean": means, "against_best": {}}
    for mark, mine in means.get("ours-without-labels", {}).items():
        theirs = [means[name][mark] for name in rivals if mark in means[name]]
        if theirs:
            result["against_best"][mark] = {
                "fd_ratio_standard": mine["fd_standard"] / min(t["fd_standard"] for t in theirs),
                "fd_ratio_fitted": mine["fd_fitted"] / min(t["fd_fitted"] for t in theirs),
                "psnr_gain_db": mine["psnr"] - max(t["psnr"] for t in theirs),
                "nats_gain": min(t["nats"] for t in theirs) - mine["nats"],
            }
    return result


if __name__ == "__main__":
    run(main)
