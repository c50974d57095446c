"""Score generated images against held-out photographs, and say what to change because of it."""

import numpy as np
from scipy.special import entr

from prodimg_lib import metrics
from prodimg_lib.metrics.features import FeatureExtractor
from prodimg_lib.text import text

_LEAST_HELD_OUT = 4  # with fewer, a small folder's training images have to serve as the reference


def extractor_for(source):
    """Name of the shipped classifier for a data source, and whether it knows its classes."""
    own = source in ("fashion-mnist", "catalogue")
    return (source if own else "catalogue"), own


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
    import tensorflow as tf

    from prodimg_lib.data import to_model
    from prodimg_lib.elbo import bits_per_dimension

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
    scores.update(_latent_use(model.encode(images, labels), model.config))
    return scores


def _latent_use(encoded, config):
    """Active units and KL of each dimension of a VAE; the perplexity of a VQ-VAE's codes."""
    from prodimg_lib.elbo import kl_per_dimension
    from prodimg_lib.models.latent import active_units

    if isinstance(encoded, tuple):
        mean, log_var = encoded
        facts = {"value": int(active_units(mean).sum()), "n": len(mean), "d": config.latent_dim}
        facts["kl_per_dimension"] = kl_per_dimension(mean, log_var).numpy().mean(0).tolist()
        return {"active_units": {"uncertainty": None, "floor": None, **facts}}
    share = np.bincount(encoded.ravel(), minlength=config.codes) / encoded.size
    facts = {"value": float(np.exp(entr(share).sum())), "n": len(encoded), "d": config.codes}
    return {"codes_in_use": {"uncertainty": None, "floor": None, **facts}}


def _mean(values):
    """Mean of per-image values with its standard error."""
    return {
        "value": float(np.mean(values)),
        "uncertainty": float(np.std(values, ddof=1) / np.sqrt(len(values))),
        "floor": None,
        "n": len(values),
        "d": None,
    }


def advice(table, *, model, config, data, findings=()):
    """What to try next, from the measured numbers: a list of sentences, most urgent first.

    Args:
        table: what ``score_samples`` (and ``score_reconstructions``) returned.
        model: the trained model; config: the ``RunConfig``.
        findings: of the training doctor, as far as they stand: dicts with ``says``, ``advice``.
    """
    say = text()["advice"]
    found = []
    fd = table["fd_product"]
    steps = int(model.step.value)
    epochs = steps * config.train.batch_size / len(data.images)
    ratio = fd["value"] / max(fd["floor"], 1e-9)
    if fd["n"] < 10 * fd["d"]:
        found.append(say["few_images"].format(n=fd["n"], d=fd["d"], floor=fd["floor"]))
    found += [f"{finding['says']} {finding['advice']}" for finding in findings]
    if ratio > 10:
        key = "undertrained" if epochs < 20 or steps < 5000 else "converging"
        found.append(
            say[key].format(ratio=ratio, steps=steps, epochs=epochs, width=2 * model.config.width)
        )
    same = table["similarity"]
    if same["value"] > same["floor"] + 0.05:
        key = "repeats" if hasattr(model.config, "g_learning_rate") else "blurs"
        rate = getattr(model.config, "g_learning_rate", 0) / 2
        found.append(say[key].format(fake=same["value"], real=same["floor"], rate=rate))
    if "precision" in table:
        p, r = table["precision"]["value"], table["recall"]["value"]
        if r < 0.6 * p:
            found.append(say["missing"].format(precision=p, recall=r))
        elif p < 0.6 * r:
            found.append(say["implausible"].format(precision=p, recall=r))
    if "class_accuracy" in table:
        classes = table["class_accuracy"]["per_class"].items()
        gaps = [
            (v["floor"] - v["value"], k, v)
            for k, v in classes
            if v["value"] is not None and v["floor"] is not None
        ]
        if gaps and max(gaps)[0] > 0.2:
            _, worst, v = max(gaps, key=lambda g: g[0])
            found.append(say["requests"].format(worst=worst, accuracy=v["value"], real=v["floor"]))
    if table.get("reconstruction_psnr", {"value": 99})["value"] < 20:
        found.append(say["blurry"].format(psnr=table["reconstruction_psnr"]["value"]))
    return found or [say["good"]]
