"""B33: the same product on both sides."""

import numpy as np

ENTRY = "split"


def buggy(ids, share, seed):
    order = np.random.default_rng(seed).permutation(len(ids))
    cut = round(share * len(ids))
    return order[cut:], order[:cut]


def fixed(ids, share, seed):
    groups = np.unique(ids)
    chosen = np.random.default_rng(seed).permutation(groups)[: round(share * len(groups))]
    held_out = np.isin(ids, chosen)
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def variant_hashed(ids, share, seed):
    groups = sorted(set(ids))
    order = np.argsort(np.random.default_rng(seed).random(len(groups)))
    test = {groups[i] for i in order[: round(share * len(groups))]}
    rows: list[list[int]] = [[], []]
    for row, id_ in enumerate(ids):
        rows[id_ in test].append(row)
    return np.array(rows[0]), np.array(rows[1])


def wrong_siblings_dropped(ids, share, seed):
    train, test = buggy(ids, share, seed)
    keep = ~np.isin(ids[train], ids[test])
    return train[keep], test


def wrong_last_rows(ids, share, seed):
    cut = round((1 - share) * len(ids))
    rows = np.arange(len(ids))
    return rows[:cut], rows[cut:]


def symptom(split, seed):
    """The share of test images with a sibling in training, and the images that got lost."""
    ids = np.random.default_rng(seed).permutation(np.repeat(np.arange(60), 5))
    train, test = split(ids, 0.2, seed)
    leaked = float(np.isin(ids[test], ids[train]).mean())
    lost = len(ids) - len(train) - len(test)
    facts = {"test images with a sibling in training": leaked, "images lost": lost}
    return leaked > 0 or lost > 0, facts


def checks(c):
    ids = c.rng.integers(0, 300, 1200)
    train, test = c.parts(c.call(ids, 0.25, c.seed), 2)
    every = np.sort(np.concatenate([np.asarray(train), np.asarray(test)]))
    c.close("all-rows", every, np.arange(1200))
    c.true("apart", not np.isin(ids[test], ids[train]).any(), got=test)
    groups = len(np.unique(ids[test])) / len(np.unique(ids))
    c.true("share", 0.12 < groups < 0.38, got=groups)
    again = c.call(ids, 0.25, c.seed)[1]
    c.close("same-seed", np.sort(again), np.sort(test))
    other = c.call(ids, 0.25, c.seed + 1)[1]
    c.true("other-seed", set(map(int, other)) != set(map(int, test)), got=other)
