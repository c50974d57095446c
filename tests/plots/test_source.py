import pytest

from prodimg_lib.plots.source import show_source, source_text


def example(
    a,
    b=2,
):
    """Not shown.

    Nor this.
    """
    c = a + b
    if c:
        c += 1
    return c


def test_documentation_is_left_out_and_the_head_stays():
    assert source_text(example) == (
        "def example(\n    a,\n    b=2,\n):\n    c = a + b\n    if c:\n        c += 1\n    return c"
    )


def test_what_is_left_out_is_marked():
    text = source_text(example, first="if c", last="c += 1")
    assert text.endswith("):\n    ...\n    if c:\n        c += 1\n    ...")


def test_a_text_about_lines_that_are_gone_is_found_out():
    with pytest.raises(ValueError, match="no line of example begins with 'd ='"):
        source_text(example, first="d =")


def test_it_is_shown_as_python():
    assert show_source(example).data.startswith("```python\ndef example(")
