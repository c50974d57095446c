"""Times of reading: counted, in one place."""

import nbformat
import pytest
import reading

import notebooks
from tests.book.test_notebooks import ROOT


def notebook(*cells):
    made = nbformat.v4.new_notebook()
    for kind, text, *tags in cells:
        cell = nbformat.v4.new_markdown_cell if kind == "text" else nbformat.v4.new_code_cell
        made.cells.append(cell(text, metadata={"tags": tags}))
    return made


def test_what_is_counted():
    made = notebook(
        ("text", "Three plain words, $x$ and\n\n$$\ny = x\n$$\n\n```text\none\ntwo\n```"),
        ("code", "a = 1\n\nb = 2"),
        ("code", "assert a", "claims", "remove-cell"),
        ("text", "## Sources\n\nnot read"),
    )
    wanted = {"word": 4, "formula": 1, "symbol": 1, "line": 2 + 2, "picture": 0}
    assert reading.counts(made) == wanted


def test_a_chapter_of_only_words_takes_their_time():
    assert reading.minutes(notebook(("text", "word " * 160 * 20))) == 20


def test_the_chapter_says_it_itself():
    made = notebook(("text", "**Time:** about 7 minutes of reading. " + "word " * 160 * 20))
    reading.say(made)
    assert made.cells[0].source.startswith("**Time:** about 20 minutes of reading.")


@pytest.mark.parametrize("path", notebooks.find(ROOT), ids=lambda path: path.stem)
def test_each_chapter_says_what_is_counted(path):
    stored = notebooks.read(path)
    said = [m for cell in stored.cells for m in reading.SENTENCE.findall(cell.source)]
    assert len(said) == 1, "one sentence: **Time:** about N minutes of reading"
    assert f"{said[0]} {reading.of_file(path)} minutes" in "".join(c.source for c in stored.cells)
