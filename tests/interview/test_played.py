"""Answers that somebody wrote from the prompts alone: the right ones pass, no wrong one does."""

import inspect

import pytest

from prodimg_lib.interview import bank
from prodimg_lib.interview.check import checker
from tests import played_right, played_wrong


def answers(module):
    return [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__name__[3] == "_"]


def checked(answer):
    return checker.check(bank[answer.__name__[:3].upper()].exercise(), answer)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("answer", answers(played_right), ids=lambda f: f.__name__)
def test_right_in_an_unusual_style(answer):
    assert checked(answer).passed, checked(answer)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("answer", answers(played_wrong), ids=lambda f: f.__name__)
def test_wrong_though_it_looks_right(answer):
    assert checked(answer).status == "fail"
