"""Score generated images against held-out photographs."""

import numpy as np
import tensorflow as tf

from prodimg_lib import metrics
from prodimg_lib.data.images import subset, to_model
from prodimg_lib.elbo import bits_per_dimension
from prodimg_lib.errors import InputError
from prodimg_lib.metrics.extractors import for_source
from prodimg_lib.metrics.table import distance_of
from prodimg_lib.runs.noise import compare_with_noise
from prodimg_lib.text import text

_LEAST_HELD_OUT = 4  # with fewer, a small folder's training images have to serve as the reference
SECOND_IMAGES = 1000  # that a second network looks at, on each side
PARTS = ("features", "metrics", "neighbours", "second", "noise")  # of ``score_samples``, in order


def score_samples(fake, labels, data, *, second=True, seed=0, on_progress=None):
    """Compare generated images with equally many held-out photographs, and describe each.

    The network is the shipped classifier where it knows the products, else EfficientNet-Lite0. If
    that one's weights are not here, only what needs no network is measured, and a note says so.

    Args:
        fake: uint8 [n, s, s, c].
        labels: requested classes [n] or None.
        data: ``ProductImages``.
        second: ask EfficientNet-Lite0 too, where the first network is the shipped classifier. It
            takes some 20 s on two cores, and once as long again for the photographs.
        on_progress: called as on_progress(done, total, what is done next), or None.

    Returns:
        ``(scores, per_image)``: ``metrics.Scores``, with ``reference`` beside the distance and
        ``per_class`` beside the class accuracy; and columns for the manifest, arrays [n] by name:
        predicted class and confidence, distance to the nearest training photograph.
    """
    held_out = len(data.test_images) >= _LEAST_HELD_OUT
    real, real_labels = (
        (data.test_images, data.test_labels) if held_out else (data.images, data.labels)
    )
    options = {
        "real_labels": None if labels is None else real_labels,
        "fake_labels": labels,
        "seed": seed,
    }
    per_image = {
        "predicted": [""] * len(fake),
        "confidence": np.full(len(fake), np.nan),
        "nearest_train_distance": np.full(len(fake), np.nan),
    }
    words, parts = text()["score_notes"], text()["evaluation_parts"]

    def begin(part):
        if on_progress:
            on_progress(PARTS.index(part), len(PARTS), parts[part])

    try:
        extractor = for_source(data.source, data.extractor)
    except InputError as error:
        scores = metrics.evaluate_pixels(real, fake, **options)
        scores.notes.append(words["nothing_of_features"].format(reason=error))
        return scores, per_image
    begin("features")
    features, probs = extractor(fake)
    begin("metrics")
    scores = metrics.evaluate(
        real,
        fake,
        train=data.images if held_out and len(data.images) >= min(len(fake), len(real)) else None,
        extractor=extractor,
        fake_features=(features, probs),
        **options,
    )
    scores[distance_of(scores)]["reference"] = "held-out" if held_out else "training"
    if not held_out:
        scores.notes.append(words["training_reference"])
    if probs is not None:
        per_image["predicted"] = [extractor.class_names[i] for i in probs.argmax(1)]
        per_image["confidence"] = probs.max(1)
    if "class_accuracy" in scores:
        scores["class_accuracy"]["per_class"] = _per_class(probs, labels, extractor, data)
    begin("neighbours")
    learned = extractor.features(data.images, cache=True)
    per_image["nearest_train_distance"] = metrics.nearest_distances(features, learned)
    if held_out:
        scores["memorised"] = _memorised(features, learned, real, extractor, len(data.images))
    if second and probs is not None:
        begin("second")
        _ask_another(scores, fake, data, seed)
    begin("noise")
    compare_with_noise(scores, real, extractor)
    return scores, per_image


def _memorised(features, learned, real, extractor, n_train):
    value = metrics.memorised_share(features, learned)
    return {
        "value": value,
        "uncertainty": metrics.binomial_error(value, len(features)),
        "floor": metrics.memorised_share(extractor.features(real, cache=True), learned),
        "n": len(features),
        "n_train": n_train,
        "d": features.shape[1],
        "floor_n": len(real),
        "network": extractor.title,
    }


def _per_class(probs, labels, extractor, data):
    """For each class the share of requests that were met, and of photographs recognised."""
    met = probs.argmax(1) == labels
    usual = extractor.probabilities(data.test_images, cache=True).argmax(1) == data.test_labels
    return {
        class_name: {
            "value": _share(met[labels == i]),
            "floor": _share(usual[data.test_labels == i]),
        }
        for i, class_name in enumerate(data.class_names)
    }


def _ask_another(scores, fake, data, seed):
    """Add to ``scores`` what EfficientNet-Lite0 says, or a note why it was not asked."""
    sets = (data.test_images, fake, data.images)
    n = min(SECOND_IMAGES, *map(len, sets))
    if n < _LEAST_HELD_OUT:
        return
    # The photographs are the same in each evaluation, so that their features are found again.
    drawn = (
        images[np.random.default_rng(key).permutation(len(images))[:n]]
        for images, key in zip(sets, (0, seed, 0), strict=True)
    )
    try:
        scores |= metrics.second_opinion(*drawn, None, seed=seed)
    except InputError as error:
        scores.notes.append(text()["score_notes"]["no_second"].format(reason=error))


def _share(hits):
    return float(hits.mean()) if len(hits) else None


def score_reconstructions(model, data, *, limit=1000):
    """PSNR and SSIM of an autoencoder's reconstructions of held-out photographs, its bound in nats,
    and how much of its latent space it uses: active units, or codes.
    """
    # Classes in proportion: a folder is read class by class, and the first are of a few.
    rows = subset(data.test_labels, limit, np.random.default_rng(0))
    images = data.test_images[rows]
    labels = data.test_labels[rows].astype("int32") if model.conditional else None
    again = model.reconstruct(images, labels)
    psnr = metrics.psnr(images, again, 255)
    terms = []
    for start in range(0, len(images), 250):
        rows = slice(start, start + 250)
        noise = np.random.default_rng(start).standard_normal(
            (len(images[rows]), model.noise_dim), np.float32
        )
        y = None if labels is None else tf.constant(labels[rows])  # Keras takes no mixture
        terms.append(np.stack(model.terms(tf.constant(to_model(images[rows])), y, noise)))
    reconstruction, kl = np.concatenate(terms, axis=1)
    bound = _mean(reconstruction + kl)
    likelihood = model.config.likelihood
    # In which units the density is: grey levels of [-1, 1] or [0, 1], or black and white.
    units = {"continuous_bernoulli": (256, 1.0), "bernoulli": (2, 1.0)}.get(likelihood, (256, 2.0))
    scores = metrics.Scores(
        reconstruction_psnr=_mean(psnr[np.isfinite(psnr)]),
        reconstruction_ssim=_mean(metrics.ssim(images, again, 255)),
        bound_nats={
            **bound,
            "reconstruction": float(reconstruction.mean()),
            "kl": float(kl.mean()),
            "bits_per_dimension": float(bits_per_dimension(bound["value"], images[0].size, *units)),
            "likelihood": likelihood,
        },
    )
    for name, facts in model.latent_use(images, labels).items():
        scores[name] = {"uncertainty": None, "floor": None, **facts}
    return scores


def _mean(values):
    """Mean of per-image values with its standard error, which one value alone does not tell."""
    n = len(values)
    return {
        "value": float(np.mean(values)),
        "uncertainty": float(np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else None,
        "floor": None,
        "n": n,
        "d": None,
    }
