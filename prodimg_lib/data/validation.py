"""A validation part: photographs to choose by that are neither trained on nor the test."""

import hashlib
from dataclasses import replace

import numpy as np

from prodimg_lib.data import duplicates, splits
from prodimg_lib.errors import InputError

SHARE = 0.15  # of each class, where the data has no validation part of its own
LEAST = 4  # photographs; fewer give no standard error


def hold_out(data, seed):
    """The data with a validation part, its own or one that is taken out of training.

    Who chooses by the test has trained on it. So what chooses is measured on the data's own
    validation part, or where it has none on 15 % of each class of the training photographs: drawn
    by a keyed seed and content, near duplicates of a folder's photographs on one side, and what
    its preparation knows to show one item. (The built-in sources have none to look for.) The test
    stays as it is.

    Args:
        data: ``ProductImages``; seed: of the draw.

    Returns:
        ``ProductImages`` with ``val_images`` and ``val_labels``; the same if it had them.

    Raises:
        InputError: too few photographs for that, or streamed ones without a validation part.
    """
    if data.val_images is None or len(data.val_images) == 0:
        if data.shards:
            raise InputError(
                f"the photographs of {data.origin} are streamed and have no validation part: "
                "prepare them with one (`prodimg data prepare ... --set val=0.1`)"
            )
        data = _drawn(data, seed)
    if len(data.val_images) < LEAST:
        raise InputError(
            f"{len(data.val_images)} photographs are left to validate with ({data.origin}): "
            f"expected at least {LEAST}; add photographs, or train without validation"
        )
    return data


def _drawn(data, seed):
    digests = [hashlib.sha256(image.tobytes()).hexdigest() for image in data.images]
    ranks = [splits.rank(f"validation to choose by, {seed}", digest) for digest in digests]
    groups = np.arange(len(digests))
    known = data.group_of and data.group_of(data.images)
    if known is not None:
        groups = np.unique(known, return_inverse=True)[1]
    elif data.source == "folder":
        groups = duplicates.groups([duplicates.fingerprint(image) for image in data.images])
    split = splits.assign(data.labels, np.array(ranks, np.uint64), groups, test=SHARE)
    train, held = split == splits.TRAIN, split == splits.TEST
    return replace(
        data,
        images=data.images[train],
        labels=data.labels[train],
        val_images=data.images[held],
        val_labels=data.labels[held],
    )
