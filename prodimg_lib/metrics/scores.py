"""Two sets of images in, one table out, with what belongs beside every number.

``evaluate`` makes the whole table, ``second_opinion`` only what another network says.
"""

import math
from functools import partial

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check, colour, distribution, diversity
from prodimg_lib.metrics._feature_scores import facts_of, memorisation, of_features, standard_error
from prodimg_lib.metrics.extractors import as_extractor
from prodimg_lib.metrics.table import Scores
from prodimg_lib.metrics.uncertainty import binomial_error
from prodimg_lib.metrics.utility import classification_accuracy_score


def evaluate(
    real,
    fake,
    *,
    real_labels=None,
    fake_labels=None,
    train=None,
    train_labels=None,
    extractor=None,
    fake_features=None,
    utility=False,
    halves=20,
    seed=0,
):
    """Score generated images against held-out real ones, by every metric of sets that applies.

    Both sides are cut at random to the smaller one's size first, since most of these numbers depend
    on n. The floor compares real images with as many others: from ``train``, if given, else from
    what the cut left of ``real``. Where that is too few, it compares a random half of the real
    images with the other, and is printed with its own n: a distance is biased upwards the more, the
    smaller n.

    Args:
        real: held-out photographs, uint8 [m, h, w, c].
        fake: generated images, uint8 [n, h, w, c].
        real_labels, fake_labels: class numbers [m] and [n], counted from 0. Where the extractor
            knows classes, they are those of its ``class_names``, and with both, requests are
            checked (class accuracy). Similarity is measured within them, or without them within
            the classes that the extractor recognises.
        train: the images the generator learned from: for memorisation, the floor and ``utility``.
        train_labels: their class numbers, for ``utility``.
        extractor: an ``Extractor``; or the name of one: ``"fashion-mnist"`` and ``"catalogue"`` for
            these images alone, ``"efficientnet-lite0"``, or one of ``register_extractor``; or a
            function of uint8 images [n, h, w, c] that returns features [n, d]. None takes
            ``"efficientnet-lite0"``, which suits any photographs.
        fake_features: what ``extractor(fake)`` returned, where it has been called already.
        utility: also train classifiers on generated and on real images (about a minute).
        halves: behind each standard error, an even number; see ``half_sample_error``.
        seed: of all draws.

    Returns:
        ``Scores``; what was left out for want of images stands in its ``notes``.

    Raises:
        InputError: no such extractor or none of its weights, sets of different kinds, fewer than 4
            images on a side, a training set smaller than n, labels that are not one class number
            for each image, ``utility`` without all labels.

    What it cannot see: each metric's blind spot is in its docstring, and in the report. All share
    one: a single trained generator is a single draw; other seeds may differ by more than the
    uncertainty given here.
    """
    real, fake = _pair(real, fake)
    extractor = as_extractor(extractor)
    classes = len(extractor.class_names) or None
    real_labels = _labels("real_labels", real_labels, real, classes)
    fake_labels = _labels("fake_labels", fake_labels, fake, classes)
    rng = np.random.default_rng(seed)
    n = min(len(real), len(fake))
    (real, spare), (real_labels, _) = _draw(rng, n, real, real_labels)
    if fake_features is None:
        (fake, _), (fake_labels, _) = _draw(rng, n, fake, fake_labels)
        y, probs = extractor(fake)
    else:
        if len(fake_features[0]) != len(fake):
            raise InputError(
                f"fake_features are of {len(fake_features[0])} images, fake has {len(fake)}: pass "
                "what extractor(fake) returned"
            )
        (fake, _), (fake_labels, _), (y, _), (probs, _) = _draw(
            rng, n, fake, fake_labels, *fake_features
        )
    x, real_probs = extractor(real, cache=True)
    if train is not None:
        train = _set("train", train)
        train_labels = _labels("train_labels", train_labels, train, classes)
        t = extractor.features(train, cache=True)
        if len(t) < n:
            raise InputError(f"train has {len(t)} images: expected at least {n}, as many as scored")
        rows = rng.permutation(len(t))[:n]
        reference, other, pictures = x, t[rows], (real, train[rows])
    elif len(spare) >= n:
        reference, other = x, extractor.features(spare[:n], cache=True)
        pictures = _for_floor(real, spare, rng)
    else:
        reference, other = _halves(x, rng)
        pictures = _for_floor(real, spare, rng)

    error = partial(standard_error, halves=halves, seed=seed)
    scores = of_features(x, y, reference, other, extractor, error)
    if probs is not None:
        scores["inception_score"] = {
            "value": distribution.inception_score(probs)[0],
            "uncertainty": error(_first(distribution.inception_score), probs, smooth=True),
            "floor": distribution.inception_score(real_probs)[0],
            **facts_of(x, x, extractor),
            "d": None,
        }
    groups = (real_labels, fake_labels)
    if classes:  # where a class is not known, the one that is recognised
        seen = real_probs.argmax(1), probs.argmax(1)
        groups = tuple(s if g is None else g for g, s in zip(groups, seen, strict=True))
    scores |= _variety(real, fake, groups, error)
    scores |= colour.entries(real, fake, *pictures, error)
    if train is not None:
        scores["memorisation"] = memorisation(y, t, x, error) | {
            "n_train": len(t),
            **facts_of(x, other, extractor),
        }
    if classes and real_labels is not None and fake_labels is not None:
        share, usual = (probs.argmax(1) == fake_labels), (real_probs.argmax(1) == real_labels)
        scores["class_accuracy"] = {
            "value": float(share.mean()),
            "uncertainty": binomial_error(share.mean(), n),
            "floor": float(usual.mean()),
            "n": n,
            "d": None,
            "floor_n": n,
            "network": extractor.title,
        }
    if utility:
        scores["classification_accuracy_score"] = _utility(
            fake, fake_labels, real, real_labels, train, train_labels, n, rng, seed
        )
    return scores


def evaluate_pixels(real, fake, *, real_labels=None, fake_labels=None, halves=20, seed=0):
    """The part of ``evaluate`` that needs no network: similarity, duplicates and colours.

    Args, raises:
        As ``evaluate``; similarity is measured within classes where both labels are given.

    Returns:
        ``Scores``.
    """
    real, fake = _pair(real, fake)
    real_labels = _labels("real_labels", real_labels, real, None)
    fake_labels = _labels("fake_labels", fake_labels, fake, None)
    rng = np.random.default_rng(seed)
    n = min(len(real), len(fake))
    (real, spare), (real_labels, _) = _draw(rng, n, real, real_labels)
    (fake, _), (fake_labels, _) = _draw(rng, n, fake, fake_labels)
    error = partial(standard_error, halves=halves, seed=seed)
    scores = Scores(_variety(real, fake, (real_labels, fake_labels), error))
    reference, other = _for_floor(real, spare, rng)
    scores |= colour.entries(real, fake, reference, other, error)
    return scores


def second_opinion(real, fake, others, extractor, *, halves=20, seed=0):
    """What another network says: its distances, precision and recall, density and coverage.

    A generator may please one network without looking better to people, most of all if it was
    trained on that one's features (Kynkäänniemi et al. 2023). A second one, which learned other
    things, is harder to please by the same tricks.

    Args:
        real, fake: uint8 [n, h, w, c], as many of both.
        others: n more real images, for the floor.
        extractor, halves, seed: as for ``evaluate``.

    Returns:
        ``Scores``, each name with ``@`` and the extractor's behind it.

    Raises:
        InputError: as ``evaluate``; sets that are not of one size.
    """
    sets = {"real": real, "fake": fake, "others": others}
    shapes = {name: _set(name, images).shape for name, images in sets.items()}
    if len(set(shapes.values())) > 1:
        raise InputError(f"sets are {shapes}: expected one shape")
    extractor = as_extractor(extractor)
    x, y, z = (extractor.features(images, images is not fake) for images in sets.values())
    scores = of_features(x, y, x, z, extractor, partial(standard_error, halves=halves, seed=seed))
    named = Scores({f"{name}@{extractor.name}": facts for name, facts in scores.items()})
    named.notes = scores.notes
    return named


def _pair(real, fake):
    real, fake = _set("real", real), _set("fake", fake)
    if real.shape[1:] != fake.shape[1:]:
        raise InputError(
            f"real images are {real.shape[1:]}, fake ones {fake.shape[1:]}: expected one size"
        )
    return real, fake


def _set(name, images):
    images = _check.images(name, images, ndims=(4,))
    if images.dtype != np.uint8:
        raise InputError(f"{name} images are {images.dtype}: expected uint8 (see data.to_uint8)")
    if len(images) < 4:
        raise InputError(f"{name} has {len(images)} images: at least 4 are needed")
    return images


def _labels(name, labels, images, classes):
    return None if labels is None else _check.labels(name, labels, len(images), classes)


def _draw(rng, n, *arrays):
    """Of each array (or None) n rows drawn at random, the same of all, and the rows left over."""
    if len(arrays[0]) == n:
        return [(v, v if v is None else v[:0]) for v in arrays]
    rows = rng.permutation(len(arrays[0]))
    return [(None, None) if v is None else (v[rows[:n]], v[rows[n:]]) for v in arrays]


def _for_floor(real, spare, rng):
    """Two sets of one size of real images: all and those left over, or one half and the other."""
    return (real, spare[: len(real)]) if len(spare) >= len(real) else _halves(real, rng)


def _halves(rows, rng):
    """Two halves drawn at random: of images class by class the first would be other classes."""
    half = len(rows) // 2
    order = rng.permutation(len(rows))
    return rows[order[:half]], rows[order[half : 2 * half]]


def _first(function):
    return lambda *arrays: function(*arrays)[0]


def _variety(real, fake, groups, error):
    by_class = all(g is not None and np.unique(g, return_counts=True)[1].max() > 1 for g in groups)
    theirs, mine = zip((real, fake), groups, strict=True) if by_class else (real, fake)

    def similarity(sample):
        images, labels = sample if by_class else (sample, None)
        return diversity.mean_of_pairs(images, 255, labels)[0]

    # Half of so many images holds two of one class for certain.
    enough = not by_class or len(fake) >= 4 * len(np.unique(groups[1]))
    facts = {"n": len(fake), "d": None, "floor_n": len(real)}
    value, drawn = diversity.mean_of_pairs(fake, 255, groups[1] if by_class else None)
    spread = error(similarity, mine) if enough else None
    return {
        "similarity": {
            "value": value,
            # Half the variance of the draw of pairs is in the difference of two halves already.
            "uncertainty": None if spread is None else math.hypot(spread, drawn / math.sqrt(2)),
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


def _utility(fake, fake_labels, real, real_labels, train, train_labels, n, rng, seed):
    if any(v is None for v in (fake_labels, real_labels, train, train_labels)):
        raise InputError(
            "utility needs real_labels, fake_labels, train and train_labels: pass all four"
        )
    (train, _), (train_labels, _) = _draw(rng, n, train, train_labels)
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
