"""A known mistake put in the place of what is right must make a named test fail."""

import pytest
import tensorflow as tf

from prodimg_lib.data.images import to_model
from tests.samples import tiny_images


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


def on_a_batch(test, *arguments):
    """A test that takes the fixture ``batch`` first."""

    def notices():
        images, labels = tiny_images(8)
        test((tf.constant(to_model(images)), tf.constant(labels, tf.int32)), *arguments)

    return notices
