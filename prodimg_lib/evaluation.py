"""Score generated images against held-out photographs, and say what to change because of it."""

import numpy as np

from prodimg_lib import metrics
from prodimg_lib.metrics.features import FEATURE_DIM, FeatureExtractor
from prodimg_lib.text import text

_MIN_FOR_NEIGHBOURS = 50


def extractor_for(source):
    """Name of the shipped classifier for a data source, and whether it knows its classes."""
    own = source in ("fashion-mnist", "catalogue")
    return (source if own else "catalogue"), own


def score_samples(fake, labels, data, *, seed=0):
    """Compare generated images with equally many held-out photographs.

    Args:
        fake: uint8 [n, s, s, c].
        labels: requested classes [n] or None.
        data: ``ProductImages``.

    Returns:
        ``(table, per_image)``. The table maps metric names to dicts with ``value`` and what belongs
        beside it (``real`` or ``floor``, n, d, uncertainty); ``per_image`` maps column names to
        arrays [n]: predicted class and confidence, distance to the nearest training photograph.
    """
    name, in_domain = extractor_for(data.source)
    extractor = FeatureExtractor(name)
    n = min(len(fake), len(data.test_images))
    rng = np.random.default_rng(seed)
    test = rng.permutation(len(data.test_images))[:n]
    train = rng.permutation(len(data.images))[: max(n, min(2000, len(data.images)))]

    fake_features, fake_probs = extractor(fake)
    real_features, real_probs = extractor(data.test_images[test])
    train_features = extractor.features(data.images[train])
    chosen = rng.permutation(len(fake))[:n]  # equal n on both sides: the distance is biased in n

    table = {
        "fd_product": {
            "value": metrics.frechet_distance(real_features, fake_features[chosen]),
            "floor": metrics.frechet_distance(real_features, train_features[:n]),
            "n": n,
            "d": FEATURE_DIM,
            "features": f"{name} classifier {extractor.sha256[:8]}",
            "in_domain": in_domain,
        }
    }
    if in_domain:
        table["inception_score"] = _pair(
            metrics.inception_score(fake_probs[chosen]), metrics.inception_score(real_probs)
        )
    if n >= _MIN_FOR_NEIGHBOURS:
        precision, recall = metrics.precision_recall(real_features, fake_features[chosen])
        p_real, r_real = metrics.precision_recall(real_features, train_features[:n])
        table["precision"] = {"value": precision, "real": p_real}
        table["recall"] = {"value": recall, "real": r_real}
    groups = labels if labels is not None else fake_probs.argmax(1) if in_domain else None
    table["similarity"] = {
        "value": metrics.pairwise_diversity(fake, 255, labels=groups),
        "real": metrics.pairwise_diversity(
            data.test_images,
            255,
            labels=None if groups is None else data.test_labels,
        ),
    }
    predicted = fake_probs.argmax(1)
    if labels is not None and in_domain:
        hits = predicted == labels
        real_hits = real_probs.argmax(1) == data.test_labels[test]
        per_class = {
            class_name: {
                "value": float(hits[labels == i].mean()) if (labels == i).any() else None,
                "real": float(real_hits[data.test_labels[test] == i].mean())
                if (data.test_labels[test] == i).any()
                else None,
            }
            for i, class_name in enumerate(data.class_names)
        }
        table["class_accuracy"] = {
            "value": float(hits.mean()),
            "real": float(real_hits.mean()),
            "per_class": per_class,
        }
    per_image = {
        "predicted": [extractor.class_names[i] if in_domain else "" for i in predicted],
        "confidence": fake_probs.max(1) if in_domain else np.full(len(fake), np.nan),
        "nearest_train_distance": metrics.nearest_distances(fake_features, train_features),
    }
    return table, per_image


def score_reconstructions(model, data, *, limit=1000):
    """PSNR and SSIM of a VAE's reconstructions of held-out photographs, and its bound in nats."""
    import tensorflow as tf

    from prodimg_lib.data import to_model
    from prodimg_lib.elbo import bits_per_dimension

    images = data.test_images[:limit]
    labels = data.test_labels[:limit].astype("int32") if model.conditional else None
    again = model.reconstruct(images, labels)
    ds = tf.data.Dataset.from_tensor_slices(
        to_model(images) if labels is None else (to_model(images), labels)
    ).batch(250)
    bound = model.evaluate(ds, verbose=0, return_dict=True)
    nats = float(bound["reconstruction"] + bound["kl"])
    psnr = metrics.psnr(images, again, 255)
    return {
        "reconstruction_psnr": _spread(psnr[np.isfinite(psnr)]),
        "reconstruction_ssim": _spread(metrics.ssim(images, again, 255)),
        "bound_nats": {
            "value": nats,
            "reconstruction": float(bound["reconstruction"]),
            "kl": float(bound["kl"]),
            "bits_per_dimension": float(bits_per_dimension(nats, images[0].size)),
            "likelihood": model.config.likelihood,
            "n": len(images),
        },
    }


def _pair(fake, real):
    return {"value": fake[0], "real": real[0]}


def _spread(values):
    """Mean of per-image values with its standard error."""
    return {
        "value": float(np.mean(values)),
        "standard_error": float(np.std(values, ddof=1) / np.sqrt(len(values))),
        "n": len(values),
    }


def advice(table, *, model, config, data, history):
    """What to try next, from the measured numbers: a list of sentences, most urgent first.

    Args:
        table: what ``score_samples`` (and ``score_reconstructions``) returned.
        model: the trained model; config: the ``RunConfig``; history: columns of history.csv.
    """
    say = text()["advice"]
    found = []
    fd = table["fd_product"]
    steps = int(model.step.value)
    epochs = steps * config.train.batch_size / len(data.images)
    ratio = fd["value"] / max(fd["floor"], 1e-9)
    if fd["n"] < 10 * fd["d"]:
        found.append(say["few_images"].format(n=fd["n"], d=fd["d"], floor=fd["floor"]))
    if history.get("d_real_accuracy"):
        last = -max(1, len(history["step"]) // 5)
        accuracy = np.mean(history["d_real_accuracy"][last:] + history["d_fake_accuracy"][last:])
        if accuracy > 0.95:
            rate = model.config.d_learning_rate / 2
            found.append(say["dominated"].format(accuracy=accuracy, rate=rate))
    if ratio > 10:
        key = "undertrained" if epochs < 20 or steps < 5000 else "converging"
        found.append(
            say[key].format(ratio=ratio, steps=steps, epochs=epochs, width=2 * model.config.width)
        )
    same = table["similarity"]
    if same["value"] > same["real"] + 0.05:
        rate = getattr(model.config, "d_learning_rate", 4e-4) / 2
        found.append(say["repeats"].format(fake=same["value"], real=same["real"], rate=rate))
    if "precision" in table:
        p, r = table["precision"]["value"], table["recall"]["value"]
        if r < 0.6 * p:
            found.append(say["missing"].format(precision=p, recall=r))
        elif p < 0.6 * r:
            found.append(say["implausible"].format(precision=p, recall=r))
    if "class_accuracy" in table:
        classes = table["class_accuracy"]["per_class"].items()
        gaps = [
            (v["real"] - v["value"], k, v)
            for k, v in classes
            if v["value"] is not None and v["real"] is not None
        ]
        if gaps and max(gaps)[0] > 0.2:
            _, worst, v = max(gaps, key=lambda g: g[0])
            found.append(say["requests"].format(worst=worst, accuracy=v["value"], real=v["real"]))
    if table.get("reconstruction_psnr", {"value": 99})["value"] < 20:
        found.append(say["blurry"].format(psnr=table["reconstruction_psnr"]["value"]))
    return found or [say["good"]]
