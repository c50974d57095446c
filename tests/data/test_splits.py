"""Splits: disjoint by group, near their shares, a function of content and seed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib.data.splits import TEST, TRAIN, UNKNOWN, VAL, assign, rank


def ranks(n, seed=0):
    return np.array([rank(seed, str(i)) for i in range(n)], np.uint64)


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=60),
    classes=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_no_group_is_separated_and_no_share_exceeded(sizes, classes, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = groups % classes  # groups within one class
    split = assign(labels, ranks(len(groups), seed), groups, test=0.15, val=0.1)
    for group in range(len(sizes)):
        assert len(set(split[groups == group].tolist())) == 1
    for label in range(classes):
        n = int((labels == label).sum())
        if n >= 5:
            for code, share in ((TEST, 0.15), (VAL, 0.1)):
                assert (split[labels == label] == code).sum() <= max(
                    1, round(share * n), min(sizes)
                )
    if len(sizes) > 1:
        assert (split == TEST).any()
        assert (split == TRAIN).any()


def test_single_photographs_meet_their_shares():
    labels = np.repeat([0, 1, 2], [100, 40, 4])
    split = assign(labels, ranks(144), np.arange(144), test=0.15, val=0.1)
    counts = [[int((split[labels == k] == code).sum()) for code in (TEST, VAL)] for k in range(3)]
    assert counts == [[15, 10], [6, 4], [0, 0]]


def test_the_order_is_that_of_content_and_seed():
    labels, alone = np.zeros(50, int), np.arange(50)
    one = assign(labels, ranks(50), alone, test=0.2)
    shuffled = np.random.default_rng(0).permutation(50)
    np.testing.assert_array_equal(
        assign(labels, ranks(50)[shuffled], alone, test=0.2), one[shuffled]
    )
    assert (assign(labels, ranks(50, seed=1), alone, test=0.2) != one).any()


def test_a_new_photograph_moves_few_others():
    before = assign(np.zeros(200, int), ranks(200), np.arange(200), test=0.15)
    after = assign(np.zeros(201, int), ranks(201), np.arange(201), test=0.15)
    assert (before != after[:200]).sum() <= 1


def test_ready_made_splits_are_kept_and_a_group_over_them_is_held_out():
    given_ = np.array([TRAIN, TRAIN, VAL, TEST, UNKNOWN, TRAIN])
    groups = np.array([0, 1, 0, 1, 2, 3])
    split = assign(np.zeros(6, int), ranks(6), groups, test=0.5, given=given_)
    assert split.tolist() == [VAL, TEST, VAL, TEST, TRAIN, TRAIN]
