from types import SimpleNamespace

import pytest
from exercise_index import exercises, section
from launch import add_buttons


def markdown(text):
    return {"cell_type": "markdown", "source": [text]}


def test_exercises_and_laboratories_are_found_in_order():
    cells = [
        markdown("# A chapter\n\nOf exercises."),
        {"cell_type": "code", "source": ["### Exercise 7: a comment in code"]},
        markdown("## Exercises\n\n### Exercise 1: the term $D$\n\nText"),
        markdown("### Exercise 2\n\nText"),
        markdown("### Lab: repair this run"),
        markdown("### Labels nobody asked for"),
    ]
    chapter, titles = exercises({"cells": cells})
    assert chapter == "A chapter"
    assert titles == ["Exercise 1: the term $D$", "Exercise 2", "Lab: repair this run"]


def test_links_are_those_that_headings_have():
    heading, items = section("A chapter", ["Exercise 1: the term $D$"], "../notebooks/02.html")
    link = items[0][0][0]
    assert link["refuri"] == "../notebooks/02.html#exercise-1-the-term-d"
    assert heading.astext() == "A chapter"


@pytest.mark.parametrize("where", ["", "https://example.org/a/b", "not an address"])
def test_without_a_repository_there_is_no_button(where):
    config = SimpleNamespace(html_theme_options={"kept": 1})
    add_buttons(config, {"PRODIMG_REPOSITORY": where})
    assert config.html_theme_options == {"kept": 1}


def test_a_repository_brings_colab_and_binder():
    config = SimpleNamespace(html_theme_options={"kept": 1})
    add_buttons(config, {"PRODIMG_REPOSITORY": "https://github.com/owner/name/"})
    options = config.html_theme_options
    assert options["kept"] == 1
    assert options["repository_url"] == "https://github.com/owner/name"
    assert set(options["launch_buttons"]) >= {"colab_url", "binderhub_url"}
