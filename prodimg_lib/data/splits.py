"""Training, validation and test: by content and seed, each group of photographs on one side."""

import hashlib

import numpy as np

NAMES = ("train", "val", "test")
TRAIN, VAL, TEST = range(3)
UNKNOWN = -1
_LEAST = 5  # a class of fewer photographs holds none out


def rank(seed, digest):
    """Place of a photograph in the order in which they are held out, a number in 0..2^64 - 1.

    By its content (``digest``, str), not its name, so that renaming or adding files moves others
    as little as can be.
    """
    return int.from_bytes(hashlib.sha256(f"{seed}:{digest}".encode()).digest()[:8])


def assign(labels, ranks, groups, *, test, val=0.0, given=None):
    """The split of each of n photographs.

    Of each class of five or more the first groups in the order of their ranks are held out, until
    the share is reached; a group that is too large for what is left of the share is passed over.
    Where every class is tiny, one group is held out of all, if there are two. A group that reaches
    over ready-made splits goes to the one that is held out.

    Args:
        labels: int [n]; ranks: uint64 [n]; groups: int [n], equal for photographs that must not be
            separated, numbered from 0 without gaps.
        test, val: shares of each class.
        given: int [n], ready-made splits, ``UNKNOWN`` where there is none.

    Returns:
        int8 [n], indices into ``NAMES``.
    """
    n = len(labels)
    number = int(groups.max(initial=-1)) + 1
    size = np.bincount(groups, minlength=number)
    # A group has the rank and the class of its first photograph.
    order = np.argsort(ranks, kind="stable")[::-1]
    first = np.empty(number, np.int64)
    first[groups[order]] = order
    group_rank, group_label = ranks[first], labels[first]
    split = np.full(number, UNKNOWN, np.int8)
    if given is not None:
        np.maximum.at(split, groups, given.astype(np.int8))
        if (split != UNKNOWN).any():
            split[split == UNKNOWN] = TRAIN  # nothing else is held out of what is split already
            return split[groups]
    for label in np.unique(labels):
        members = np.flatnonzero(group_label == label)
        members = members[np.argsort(group_rank[members], kind="stable")]
        total = int(size[members].sum())
        if total < _LEAST:
            continue
        for code, share in ((TEST, test), (VAL, val)):
            wanted = max(1, round(share * total)) if share else 0
            for group in members[split[members] == UNKNOWN]:
                if not wanted:
                    break
                if size[group] <= wanted:
                    split[group] = code
                    wanted -= size[group]
    if test and n and not (split == TEST).any() and number > 1:
        smallest = np.flatnonzero(size == size.min())
        split[smallest[np.argmin(group_rank[smallest])]] = TEST
    split[split == UNKNOWN] = TRAIN
    return split[groups]
