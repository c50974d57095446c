"""A known mistake put in the place of what is right must make a named test fail."""

import pytest


def must_be_noticed(patch, places, name, wrong, notices):
    """``wrong`` in place of ``name`` in every module, class or dict of ``places`` that has it.

    Args:
        patch: the ``monkeypatch`` fixture.
        notices: a test without arguments, which passes as the library is.
    """
    notices()
    replaced = 0
    for place in places:
        if isinstance(place, dict) and name in place:
            patch.setitem(place, name, wrong)
        elif not isinstance(place, dict) and hasattr(place, name):
            patch.setattr(place, name, wrong)
        else:
            continue
        replaced += 1
    assert replaced, f"nothing is called {name}"
    with pytest.raises(AssertionError):
        notices()


def example(test, *arguments):
    """One example of a test that Hypothesis would otherwise choose and shrink."""
    return lambda: test.hypothesis.inner_test(*arguments)
