"""C27: a split without siblings."""

import numpy as np

ENTRY = "group_split"


def starter(ids, share, seed):
    """Row indices of a training and a test set with no product in both.

    Args:
        ids: array [n], the product of each row.
        share: of the products in the test set, from 0 to 1.
        seed: int; the same seed gives the same split of products in any order of rows.

    Returns:
        (train, test), two integer arrays.
    """
    raise NotImplementedError


def reference(ids, share, seed):
    products = np.unique(ids)  # sorted
    chosen = np.random.default_rng(seed).permutation(products)[: round(share * len(products))]
    in_test = np.isin(ids, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def variant_draws(ids, share, seed):
    products, where = np.unique(ids, return_inverse=True)
    rank = np.random.default_rng([seed, 7]).random(len(products)).argsort().argsort()
    side = (rank < round(share * len(products)))[where]
    return np.nonzero(~side)[0], np.nonzero(side)[0]


def wrong_random_rows(ids, share, seed):
    order = np.random.default_rng(seed).permutation(len(ids))
    cut = round(share * len(ids))
    return np.sort(order[cut:]), np.sort(order[:cut])


def wrong_order_of_rows(ids, share, seed):
    products = np.array(list(dict.fromkeys(ids.tolist())))
    chosen = np.random.default_rng(seed).permutation(products)[: round(share * len(products))]
    in_test = np.isin(ids, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def wrong_seed_ignored(ids, share, seed):
    return reference(ids, share, 0)


def wrong_sides_exchanged(ids, share, seed):
    return reference(ids, share, seed)[::-1]


def checks(c):
    seed = c.seed + 11
    ids = c.rng.permutation(np.repeat(np.arange(30), c.rng.integers(1, 7, 30)))
    train, test = c.parts(c.call(ids, 0.3, seed), 2)
    c.kind("indices", test, "iu")
    rows = np.sort(np.concatenate([np.asarray(train), np.asarray(test)]))
    c.close("every-row-once", rows, np.arange(len(ids)))
    c.true("apart", not np.isin(ids[train], ids[test]).any(), mistake=None)
    c.close("share", len(np.unique(ids[test])), 9)
    order = c.rng.permutation(len(ids))
    again = c.call(ids[order], 0.3, seed)[1]
    same = set(ids[order][again].tolist()) == set(ids[test].tolist())
    c.true("any-order", same, got=np.sort(ids[order][again]))
    other = c.call(ids, 0.3, seed + 1)[1]
    c.true("other-seed", set(map(int, other)) != set(map(int, test)), mistake="seed-ignored")
