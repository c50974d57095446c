"""What candidates are judged by: photographs held out of training that are not the test."""

import hashlib
from dataclasses import replace

import numpy as np

from prodimg_lib.data import duplicates, splits
from prodimg_lib.errors import InputError
from prodimg_lib.text import text

SHARE = 0.15  # of each class, where the data has no part for this
_LEAST = 4  # what an evaluation needs; with fewer it would fall back on training images


def for_choosing(data, seed):
    """The data with its validation part in the place of the held-out photographs.

    Who chooses by the test has trained on it. So the test is left out, and candidates are judged by
    the data's own validation part, or where it has none by 15 % of each class of the training
    photographs: drawn by a keyed seed and content, near duplicates of a folder's photographs on one
    side. (The built-in sources have none to look for.)

    Args:
        data: ``ProductImages``; seed: of the draw.

    Returns:
        ``(data, sentence)``: ``ProductImages`` whose ``test_images`` are for validation, and what a
        person should know about them.

    Raises:
        InputError: too few photographs for that.
    """
    words = text()["choose"]
    if data.val_images is not None and len(data.val_images):
        judged = replace(
            data,
            test_images=data.val_images,
            test_labels=data.val_labels,
            val_images=None,
            val_labels=None,
        )
        sentence = words["own_validation"]
    else:
        split = splits.assign(data.labels, *_order(data, seed), test=SHARE)
        train, held = split == splits.TRAIN, split == splits.TEST
        judged = replace(
            data,
            images=data.images[train],
            labels=data.labels[train],
            test_images=data.images[held],
            test_labels=data.labels[held],
            val_images=None,
            val_labels=None,
            shards=None,
        )
        sentence = words["sampled_validation" if data.shards else "drawn_validation"]
        if data.source == "folder":
            sentence += f" {words['near_duplicates']}"
    n = len(judged.test_images)
    if n < _LEAST:
        raise InputError(
            f"{n} photographs are left to judge candidates by ({data.origin}): expected at least "
            f"{_LEAST}; add photographs, or choose a model without this"
        )
    return judged, sentence.format(n=n, train=judged.train_count)


def _order(data, seed):
    """Ranks and groups of the training photographs, for ``splits.assign``."""
    digests = [hashlib.sha256(image.tobytes()).hexdigest() for image in data.images]
    ranks = [splits.rank(f"validation to choose by, {seed}", digest) for digest in digests]
    groups = np.arange(len(digests))
    if data.source == "folder":
        groups = duplicates.groups([duplicates.fingerprint(image) for image in data.images])
    return np.array(ranks, np.uint64), groups
