"""Score generated images against held-out photographs."""

import numpy as np
import tensorflow as tf

from prodimg_lib import metrics
from prodimg_lib.data.images import to_model
from prodimg_lib.elbo import bits_per_dimension
from prodimg_lib.metrics.features import FeatureExtractor, extractor_for

_LEAST_HELD_OUT = 4  # with fewer, a small folder's training images have to serve as the reference


def score_samples(fake, labels, data, *, seed=0):
    """Compare generated images with equally many held-out photographs, and describe each.

    Args:
        fake: uint8 [n, s, s, c].
        labels: requested classes [n] or None.
        data: ``ProductImages``.

    Returns:
        ``(scores, per_image)``: ``metrics.Scores``, with ``in_domain`` beside the distance and
        ``per_class`` beside the class accuracy; and columns for the manifest, arrays [n] by name:
        predicted class and confidence, distance to the nearest training photograph.
    """
    name, in_domain = extractor_for(data.source)
    extractor = FeatureExtractor(name)
    held_out = len(data.test_images) >= _LEAST_HELD_OUT
    real = data.test_images if held_out else data.images
    scores = metrics.evaluate(
        real,
        fake,
        real_labels=data.test_labels if in_domain else None,
        fake_labels=labels if in_domain else None,
        train=data.images if held_out and len(data.images) >= min(len(fake), len(real)) else None,
        extractor=extractor,
        in_domain=in_domain,
        seed=seed,
    )
    scores["fd_product"] |= {
        "in_domain": in_domain,
        "reference": "held-out" if held_out else "training",
    }
    features, probs = extractor(fake)
    predicted = probs.argmax(1)
    if "class_accuracy" in scores:
        real = extractor.probabilities(data.test_images, cache=True).argmax(1) == data.test_labels
        scores["class_accuracy"]["per_class"] = {
            class_name: {
                "value": _share((predicted == labels)[labels == i]),
                "floor": _share(real[data.test_labels == i]),
            }
            for i, class_name in enumerate(data.class_names)
        }
    train_features = extractor.features(data.images, cache=True)
    per_image = {
        "predicted": [extractor.class_names[i] if in_domain else "" for i in predicted],
        "confidence": probs.max(1) if in_domain else np.full(len(fake), np.nan),
        "nearest_train_distance": metrics.nearest_distances(features, train_features),
    }
    return scores, per_image


def _share(hits):
    return float(hits.mean()) if len(hits) else None


def score_reconstructions(model, data, *, limit=1000):
    """PSNR and SSIM of an autoencoder's reconstructions of held-out photographs, its bound in nats,
    and how much of its latent space it uses: active units, or codes.
    """
    images = data.test_images[:limit]
    labels = data.test_labels[:limit].astype("int32") if model.conditional else None
    again = model.reconstruct(images, labels)
    psnr = metrics.psnr(images, again, 255)
    terms = []
    for start in range(0, len(images), 250):
        rows = slice(start, start + 250)
        noise = np.random.default_rng(start).standard_normal(
            (len(images[rows]), model.config.latent_dim), np.float32
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
    """Mean of per-image values with its standard error."""
    return {
        "value": float(np.mean(values)),
        "uncertainty": float(np.std(values, ddof=1) / np.sqrt(len(values))),
        "floor": None,
        "n": len(values),
        "d": None,
    }
