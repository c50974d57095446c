"""The book's question pages as text: complete, stable, and only rewritten where they changed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from interview_pages import FOLDER, pages, write_pages
from interview_text import INPUTS, quiz

from prodimg_lib.interview import bank, capacity
from prodimg_lib.interview.chapters import CHAPTERS
from prodimg_lib.interview.terms import TOPICS

PAGES = pages(bank)


def test_every_question_stands_on_the_page_of_its_first_topic():
    for q in bank.values():
        assert f"({q.id.lower()})=" in PAGES[f"{q.topics[0]}.md"]
        assert PAGES["index.md"].count(f">{q.id}</td>") == 1


@pytest.mark.parametrize("topic", TOPICS)
def test_answers_are_behind_clicks(topic):
    opened = re.sub(r"(?s)^:{5}\{dropdown\}.*?^:{5}$", "", PAGES[f"{topic}.md"], flags=re.M)
    for q in bank.values():
        assert q.text("answer", "full")[:60] not in opened


def test_rubric_shows_all_weights():
    for q in bank.values():
        text = PAGES[f"{q.topics[0]}.md"].split(f"({q.id.lower()})=")[1].split("Sources:")[0]
        weights = [int(w) for w in re.findall(r'data-weight="(\d+)"', text)]
        assert sum(weights) == 100


def test_each_chapter_has_cards_of_questions_that_exist():
    page = PAGES["chapters.md"]
    for chapter, (_, ids) in CHAPTERS.items():
        assert not [id_ for id_ in ids.split() if id_ not in bank]
        assert f"{{doc}}`/notebooks/{chapter}`.\n\n```{{quiz}} {ids}\n" in page


def test_the_library_is_that_of_the_checkout_and_brings_no_more_than_yaml(tmp_path):
    """The book is built where the library and what it needs are not installed."""
    extensions = Path(__file__).parents[2] / "book" / "_ext"
    code = (
        f"import sys; sys.path.insert(0, {str(extensions)!r}); import interview_pages as p; "
        "p.pages(p.bank); import prodimg_lib; print(prodimg_lib.__file__); "
        "print(sorted({'numpy', 'pydantic', 'tensorflow', 'rich', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines() == [
        str(extensions.parents[1] / "prodimg_lib/__init__.py"),
        "[]",
    ]


def test_inputs_of_the_calculator_are_those_of_the_library():
    assert list(INPUTS) == list(capacity.LIMITS)


def test_quiz_shows_the_prompt_and_hides_the_answer():
    text = quiz([bank["E05"]])
    before, answer = text.split("::::{dropdown} Answer")
    assert bank["E05"].text("prompt") in before
    assert bank["E05"].text("answer", "short") in answer
    assert bank["E05"].text("answer", "short") not in before


def test_only_what_changed_is_written(tmp_path):
    write_pages(tmp_path, bank)
    folder = tmp_path / FOLDER
    assert {path.name for path in folder.iterdir()} == set(PAGES)
    (folder / "gan.md").write_text("old", encoding="utf-8")
    (folder / "gone.md").write_text("old", encoding="utf-8")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    write_pages(tmp_path, bank)
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"gan.md"}
    assert set(after) == set(PAGES)
