"""Every question of the bank: words, numbers, and that its checker tells right from wrong."""

import pytest

from prodimg_lib.interview import bank, validate

CODE = [id_ for id_ in bank if id_[0] in "CB"]


@pytest.mark.parametrize("id_", bank)
def test_words_and_numbers(id_):
    assert validate.words_and_numbers(bank[id_]) == []


@pytest.mark.parametrize("id_", bank)
def test_related_questions_exist(id_):
    assert validate.related(bank[id_], bank) == []


@pytest.mark.parametrize("id_", CODE)
def test_right_answers_pass_and_every_wrong_one_is_named(id_):
    assert validate.code(bank[id_]) == []
