"""C27: a split without siblings."""

import numpy as np

ENTRY = "group_split"


def starter(ids, share, seed):
    """Row indices of a training and a test set with no product in both.

    Args:
        ids: array [n], the product of each row; numbers or texts, in any order and with gaps.
        share: of the products in the test set, about; from 0 to 1.
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
    seed, products = c.seed + 11, 300
    names = np.array([f"sku-{n}" for n in c.rng.permutation(10_000)[:products]])
    ids = c.rng.permutation(np.repeat(names, c.rng.integers(1, 7, products)))
    train, test = c.parts(c.call(ids, 0.3, seed), 2)
    c.kind("indices", test, "iu")
    train, test = np.asarray(train, int), np.asarray(test, int)
    rows = np.sort(np.concatenate([train, test]))
    c.close("every-row-once", rows, np.arange(len(ids)))
    c.true("apart", not np.isin(ids[train], ids[test]).any(), mistake=None)
    # "About": five standard deviations of 300 products that are drawn one by one.
    held_out = len(np.unique(ids[test]))
    c.true("share", abs(held_out - 90) <= 40, got=held_out, want="about 90 of 300")
    order = c.rng.permutation(len(ids))
    again = np.asarray(c.parts(c.call(ids[order], 0.3, seed), 2)[1], int)
    c.true("any-order", set(ids[order][again]) == set(ids[test]), got=np.sort(order[again]))
    other = np.asarray(c.parts(c.call(ids, 0.3, seed + 1), 2)[1], int)
    c.true("other-seed", set(other.tolist()) != set(test.tolist()), mistake="seed-ignored")
    numbers = 7 * c.rng.integers(0, 10_000, 40)
    rest, held = (np.asarray(part, int) for part in c.parts(c.call(numbers, 0.5, seed), 2))
    c.close("numbers-too", np.sort(np.concatenate([rest, held])), np.arange(40))
