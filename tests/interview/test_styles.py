"""Right answers in other styles are accepted: rewritten by rule, and some by hand.

The rules are in ``tests/styles.py``; those by hand stand beside each exercise, as its ``variant_``
functions, which ``test_questions.py`` judges.
"""

import pytest

from prodimg_lib.interview import bank, source
from prodimg_lib.interview.check import checker, exercise
from tests import mutants, styles
from tests.wrong_answers import CODE, LIGHT

TRACED = {  # take and give tensors only, so that they may be a ``tf.function``
    *("B06", "B07", "B22", "B23", "B24", "C01", "C02", "C04", "C05", "C06", "C07", "C08", "C09"),
    *("C10", "C11", "C12", "C26", "C29", "C32", "C34"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("id_", CODE)
def test_a_right_answer_passes_in_any_style(id_):
    q, without = bank[id_], ("variant_",)
    path, name = source.path_of(id_, q.kind), source.PARTS[q.kind][1]
    module = mutants.module(path, source.trimmed(id_, q.kind, without))
    todo = exercise.load(id_, q.kind, q.check_words(), without)
    rejected = {}
    for style, answer in styles.of(path, name, module, id_ not in LIGHT, id_ in TRACED):
        result = checker.check(todo, answer, (1,))
        if not result.passed:
            rejected[style] = result
    assert rejected == {}
