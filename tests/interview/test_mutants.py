"""Wrong answers derived by rule from a reference are rejected, or explained one by one.

Of the items that need no TensorFlow all; of most others a sample, always the same, since a training
step costs a thousand times an array. ``python -m tests.wrong_answers`` judges all of all.
"""

import pytest

from tests import wrong_answers as answers

SAMPLE = 8
TRAINS = 3  # of those whose checks train networks in a loop of Keras's own
LOOPS = ("B04", "B05", "B08", "B13", "B15", "B34", "C14")
HEAVY = [id_ for id_ in answers.CODE if id_ not in answers.LIGHT]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("id_", answers.LIGHT)
def test_no_wrong_answer_by_rule_passes(id_):
    alive, n = answers.survivors(id_)
    assert n > 2
    assert answers.wrong(id_, alive) == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("id_", HEAVY)
def test_no_wrong_answer_of_a_network_passes(id_):
    alive, n = answers.survivors(id_, TRAINS if id_ in LOOPS else SAMPLE)
    assert n > 2
    assert answers.wrong(id_, alive) == []


def test_each_reason_is_still_needed():
    for id_, reasons in answers.EQUAL.items():
        assert set(reasons) <= answers.names(id_), id_
