"""``evaluate``: two sets of images in, one table out, with what belongs beside every number."""

import html
import math

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check, _neighbours, distribution, diversity
from prodimg_lib.metrics.uncertainty import binomial_error, half_sample_error
from prodimg_lib.metrics.utility import classification_accuracy_score
from prodimg_lib.text import text

_NEIGHBOURS = 5  # k of density and coverage; smaller sets have no neighbourhoods worth the name
_LEAST_FOR_ERRORS = 8


class Scores(dict):
    """Metric name -> facts: a dict that prints as a table.

    Every entry has

    - ``value``: the number for the generated images;
    - ``uncertainty``: its standard error, from the sampling of the images alone; None where there
      are too few to tell, and for counts;
    - ``floor``: the same number for real images in place of the generated ones, which is what a
      perfect generator scores; None where that makes no sense;
    - ``n``: images on each side, ``floor_n`` those behind the floor, ``d`` the number of features
      (None for metrics of pixels).
    """

    def rows(self):
        """Title, value +- error, floor, n, d and direction of each entry, as strings."""
        words = text()["metrics"]
        for name, facts in self.items():
            floor = facts.get("floor")
            yield (
                words[name]["title"],
                with_error(facts["value"], facts.get("uncertainty")),
                "" if floor is None else f"{floor:.4g}",
                str(facts.get("n") or ""),
                str(facts.get("d") or ""),
                words[name]["better"],
            )

    def __str__(self):
        table = [tuple(text()["score_columns"]), *self.rows()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in table
        )

    __repr__ = __str__

    def _repr_html_(self):
        words = text()["metrics"]
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in text()["score_columns"])
        body = "".join(
            f'<tr title="{html.escape(words[name]["blind"])}">'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
            + "</tr>"
            for name, row in zip(self, self.rows(), strict=True)
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def with_error(value, error):
    """``"60.7 ± 3.6"``: the error with two digits, the value with as many decimals."""
    if not error:
        return f"{value:.4g}" + ("" if error is None else " ± 0")
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:,.{decimals}f} ± {error:,.{decimals}f}"


def evaluate(
    real,
    fake,
    *,
    real_labels=None,
    fake_labels=None,
    train=None,
    train_labels=None,
    extractor=None,
    in_domain=True,
    utility=False,
    halves=20,
    seed=0,
):
    """Score generated images against held-out real ones, by every metric of sets that applies.

    Both sides are cut at random to the smaller one's size first, since most of these numbers depend
    on n. The floor compares real images with real ones: with ``train``, if given, otherwise one
    half of ``real`` with the other, at half the n.

    Args:
        real: held-out photographs, uint8 [m, h, w, c].
        fake: generated images, uint8 [n, h, w, c].
        real_labels, fake_labels: classes [m] and [n], those of the extractor; with both, requests
            are checked (class accuracy). Similarity is measured within them, or without them within
            the classes that the extractor recognises.
        train: the images the generator learned from: for memorisation, the floor and ``utility``.
        train_labels: their classes, for ``utility``.
        extractor: an ``Extractor``, or a name for ``FeatureExtractor``; None takes the shipped
            classifier for the number of channels.
        in_domain: whether the extractor's classes are those of the images; if not, everything that
            needs class probabilities is left out.
        utility: also train classifiers on generated and on real images (about a minute).
        halves: draws behind each standard error.
        seed: of all draws.

    Returns:
        ``Scores``.

    Raises:
        InputError: sets of different kinds, fewer than 4 images on a side, labels that do not fit.

    What it cannot see: each metric's blind spot is in its docstring, and in the report. All share
    one: a single trained generator is a single draw; other seeds may differ by more than the
    uncertainty given here.
    """
    real, real_labels = _set("real", real, real_labels)
    fake, fake_labels = _set("fake", fake, fake_labels)
    if real.shape[1:] != fake.shape[1:]:
        raise InputError(
            f"real images are {real.shape[1:]}, fake ones {fake.shape[1:]}: expected one size"
        )
    extractor = _extractor(extractor, real)
    rng = np.random.default_rng(seed)
    n = min(len(real), len(fake))
    real, real_labels = _draw(rng, n, real, real_labels)
    fake, fake_labels = _draw(rng, n, fake, fake_labels)
    x, real_probs = extractor(real, cache=True)
    y, probs = extractor(fake)
    if train is None:
        reference, other = x[: n // 2], x[n // 2 : n // 2 * 2]
    else:
        train, train_labels = _set("train", train, train_labels)
        t = extractor.features(train, cache=True)
        if len(t) < n:
            raise InputError(f"train has {len(t)} images: expected at least {n}, as many as scored")
        reference, other = x, t[rng.permutation(len(t))[:n]]

    def error(statistic, *samples):
        if n < _LEAST_FOR_ERRORS:
            return None
        return half_sample_error(statistic, *samples, halves=halves, seed=seed)

    facts = {"n": n, "d": extractor.dim, "floor_n": len(other)}
    scores = Scores(_distances(x, y, reference, other, extractor, error, facts))
    scores |= _neighbourhoods(x, y, reference, other, error, facts)
    if in_domain:
        scores["inception_score"] = {
            "value": distribution.inception_score(probs)[0],
            "uncertainty": error(_first(distribution.inception_score), probs),
            "floor": distribution.inception_score(real_probs)[0],
            **facts,
            "floor_n": n,
            "d": None,
        }
    groups = (real_labels, fake_labels)
    if in_domain:  # where a class is not known, the one that is recognised
        seen = real_probs.argmax(1), probs.argmax(1)
        groups = tuple(s if g is None else g for g, s in zip(groups, seen, strict=True))
    scores |= _variety(real, fake, groups, error)
    if train is not None:
        scores["memorisation"] = _memorisation(y, t, x, error) | {"n_train": len(t), **facts}
    if in_domain and real_labels is not None and fake_labels is not None:
        share, usual = (probs.argmax(1) == fake_labels), (real_probs.argmax(1) == real_labels)
        scores["class_accuracy"] = {
            "value": float(share.mean()),
            "uncertainty": binomial_error(share.mean(), n),
            "floor": float(usual.mean()),
            "n": n,
            "d": None,
            "floor_n": n,
        }
    if utility:
        scores["classification_accuracy_score"] = _utility(
            fake, fake_labels, real, real_labels, train, train_labels, n, rng, seed
        )
    return scores


def _set(name, images, labels):
    images = _check.images(name, images, ndims=(4,))
    if images.dtype != np.uint8:
        raise InputError(f"{name} images are {images.dtype}: expected uint8 (see data.to_uint8)")
    if len(images) < 4:
        raise InputError(f"{name} has {len(images)} images: at least 4 are needed")
    if labels is not None:
        labels = np.asarray(labels)
        if labels.shape != (len(images),):
            raise InputError(
                f"{name}_labels have shape {labels.shape}: expected one for each of {len(images)}"
            )
    return images, labels


def _extractor(extractor, images):
    if extractor is None:
        extractor = "fashion-mnist" if images.shape[-1] == 1 else "catalogue"
    if isinstance(extractor, str):
        from prodimg_lib.metrics.features import FeatureExtractor

        return FeatureExtractor(extractor)
    return extractor


def _draw(rng, n, images, labels):
    if len(images) == n:
        return images, labels
    rows = rng.permutation(len(images))[:n]
    return images[rows], None if labels is None else labels[rows]


def _first(function):
    return lambda *arrays: function(*arrays)[0]


def _distances(x, y, reference, other, extractor, error, facts):
    facts = facts | {"features": f"{extractor.name} {extractor.sha256[:8]}"}

    def kernel(a, b):  # all rows at once: the estimate of least variance
        return distribution.kernel_distance(a, b, 1, max(len(a), len(b)))[0]

    return {
        name: {
            "value": distance(x, y),
            "uncertainty": error(distance, x, y),
            "floor": distance(reference, other),
            **facts,
        }
        for name, distance in (
            (extractor.distance, distribution.frechet_distance),
            ("kid" if extractor.distance == "fid" else "kernel_distance", kernel),
        )
    }


def _neighbourhoods(x, y, reference, other, error, facts):
    def four(a, b):
        k = min(_NEIGHBOURS, len(a) - 1)
        return np.array(
            [
                *distribution.precision_recall(a, b, min(3, k)),
                *distribution.density_coverage(a, b, k),
            ]
        )

    value, floor = four(x, y), four(reference, other)
    errors = error(four, x, y)
    return {
        name: {
            "value": float(value[i]),
            "uncertainty": None if errors is None else float(errors[i]),
            "floor": float(floor[i]),
            **facts,
        }
        for i, name in enumerate(("precision", "recall", "density", "coverage"))
    }


def _variety(real, fake, groups, error):
    by_class = all(g is not None and np.unique(g, return_counts=True)[1].max() > 1 for g in groups)
    theirs, mine = zip((real, fake), groups, strict=True) if by_class else (real, fake)

    def similarity(sample):
        images, labels = sample if by_class else (sample, None)
        return diversity.pairwise_diversity(images, 255, labels=labels)

    # Half of so many images holds two of one class for certain.
    enough = not by_class or len(fake) >= 4 * len(np.unique(groups[1]))
    facts = {"n": len(fake), "d": None, "floor_n": len(real)}
    return {
        "similarity": {
            "value": similarity(mine),
            "uncertainty": error(similarity, mine) if enough else None,
            "floor": similarity(theirs),
            "within_classes": by_class,
            **facts,
        },
        "duplicates": {
            "value": diversity.duplicate_rate(fake),
            "uncertainty": None,  # a count, and one that depends on n
            "floor": diversity.duplicate_rate(real),
            **facts,
        },
    }


def _memorisation(fake, train, test, error):
    near, usual = _neighbours.nearest(fake, train), _neighbours.nearest(test, train)
    return {
        "value": diversity.chance_nearer(near, usual),
        "uncertainty": error(diversity.chance_nearer, near, usual),
        "floor": 0.5,  # by definition: one held-out image against another
    }


def _utility(fake, fake_labels, real, real_labels, train, train_labels, n, rng, seed):
    if any(v is None for v in (fake_labels, real_labels, train, train_labels)):
        raise InputError(
            "utility needs real_labels, fake_labels, train and train_labels: pass all four"
        )
    train, train_labels = _draw(rng, n, train, train_labels)
    value, floor = (
        classification_accuracy_score(*learned, real, real_labels, seeds=(seed,))[0]
        for learned in ((fake, fake_labels), (train, train_labels))
    )
    return {
        "value": value,
        "uncertainty": binomial_error(value, n),
        "floor": floor,
        "n": n,
        "d": None,
        "floor_n": n,
    }
