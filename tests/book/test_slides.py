"""The decks: made of what their chapters hold, and every slide fits, from a folder, offline."""

import nbformat
import pytest
import slides
import yaml

from tests.browser import BROWSER
from tests.devtools import Browser

CHAPTERS = sorted((slides.ROOT / "notebooks").glob("*.ipynb"))
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")
PNG = (  # one grey pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    out = tmp_path_factory.mktemp("slides")
    return out, slides.build(CHAPTERS, out)


@pytest.fixture
def small(tmp_path):
    """A chapter and the folder of its YAML: ``small(slides)`` gives the arguments of ``deck``."""
    cells = [
        nbformat.v4.new_markdown_cell("# A chapter", id="title"),
        nbformat.v4.new_markdown_cell(
            "## Lines\n\n$$a$$\n\n- one\n  more\n- two\n\n$$b$$", id="text"
        ),
        nbformat.v4.new_code_cell("print(1)", id="code"),
    ]
    cells[2].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    cells[2].outputs += [nbformat.v4.new_output("display_data", {"image/png": PNG})]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_small.ipynb")

    def arguments(*entries, lesson=5):
        text = yaml.safe_dump({"lesson": lesson, "slides": list(entries)})
        (tmp_path / "01.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "01_small.ipynb", tmp_path

    return arguments


def test_a_slide_shows_what_its_cells_hold(small):
    entry = {"text": "text", "formula": "text 2", "picture": "code", "output": "code"}
    (found,) = slides.deck(*small({**entry, "say": "Hi.", "minutes": 5}))["slides"]
    assert found["title"] == "Lines"
    assert found["points"] == ["<p>one more</p>", "<p>two</p>"]
    assert found["formula"] == r"\[b\]"
    assert found["output"] == "1"
    assert found["picture"]["png"] == PNG


@pytest.mark.parametrize(
    ("entry", "lesson", "words"),
    [
        ({"text": "gone"}, 5, "has no cell 'gone'"),
        ({"formula": "text 3"}, 5, "the cell has 2, not 3"),
        ({"picture": "text"}, 5, "no stored picture"),
        ({"tittle": "x"}, 5, "tittle"),
        ({"text": "text"}, 6, "slides take 5 minutes, lesson: 6"),
    ],
)
def test_what_a_chapter_does_not_have_is_named(small, entry, lesson, words):
    with pytest.raises(slides.DeckError, match=words):
        slides.deck(*small({**entry, "say": "Hi.", "minutes": 5}, lesson=lesson))


def test_a_figure_of_html_is_a_picture(small):
    chapter, _ = arguments = small({"picture": "code", "title": "x", "say": "Hi.", "minutes": 5})
    notebook = nbformat.read(chapter, as_version=4)
    figure = '<div role="img" aria-label="Two &amp; two"><img src="data:," alt=""></div>'
    notebook.cells[2].outputs = [nbformat.v4.new_output("display_data", {"text/html": figure})]
    nbformat.write(notebook, chapter)
    (found,) = slides.deck(*arguments)["slides"]
    assert found["picture"] == {"html": figure, "alt": "Two & two", "wide": True}


def test_links_and_citations_become_words():
    text = "[Chapter 2](02_vae.ipynb), {cite:t}`ho2020`, {term}`gate <release gate>`, ![x](y)"
    assert slides.plain(text) == "Chapter 2, Ho et al., 2020, gate, ![x](y)"


def test_a_reference_is_said_by_its_authors():
    assert slides.cited("kingma2014") == "Kingma and Welling, 2014"
    assert slides.cited("binkowski2018") == "Bińkowski et al., 2018"
    with pytest.raises(slides.DeckError, match="nobody1900"):
        slides.cited("nobody1900")


def test_every_chapter_has_a_lesson(decks):
    for found in decks[1]:
        assert found["lesson"] in (45, 90)
        assert sum("ask" in yaml_slide for yaml_slide in entries(found["number"])) >= 3
        assert 10 <= len(found["slides"]) <= 25
        for slide in found["slides"]:
            assert slide["picture"]["alt"] if "picture" in slide else True, slide["title"]


def entries(number):
    text = (slides.SOURCE / f"{number:02d}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["slides"]


@needs_browser
def test_every_slide_fits_and_asks_no_other_host(decks):
    """At the size that is projected; no formula is left as TeX; nothing shrinks to the smallest."""
    out, found = decks
    measure = """return [...document.querySelectorAll(".slides > section")].map((section, i) => {
      Reveal.slide(i, 0, 99);
      const body = section.querySelector(".body");
      const boxes = body ? [section, body, ...body.querySelectorAll(".formula, pre, .words")] : [];
      const small = [body, ...section.querySelectorAll(".formula")].filter(Boolean)
        .map((box) => parseFloat(box.style.fontSize || "1"));
      return [section.querySelector("h1, h2").textContent,
        boxes.filter((b) => b.scrollHeight > b.clientHeight + 2
            || b.scrollWidth > b.clientWidth + 2)
          .map((b) => `${b.tagName}.${b.className} ${b.scrollWidth}x${b.scrollHeight}`
            + ` in ${b.clientWidth}x${b.clientHeight}`),
        Math.min(1, ...small), section.querySelectorAll("mjx-merror, [data-mjx-error]").length];
    });"""
    with Browser() as browser:
        for deck in found:
            tab = browser.open((out / deck["file"]).as_uri(), width=1280, height=720)
            for title, cut, size, errors in tab.run(measure):
                assert not cut, (deck["file"], title)
                assert size >= 0.65, (deck["file"], title, size)
                assert not errors, (deck["file"], title)
            assert tab.errors == []
            assert all(url.startswith(("file:", "data:", "blob:")) for url in tab.requests)


@needs_browser
def test_keys_turn_pages_open_questions_and_notes_are_printed(decks):
    out, found = decks
    with Browser() as browser:
        tab = browser.open((out / found[1]["file"]).as_uri(), width=1280, height=720)
        tab.key("ArrowRight", 2)
        assert tab.run("return Reveal.getIndices().h") == 2
        shown = "return document.querySelector('.present .ask').classList.contains('visible')"
        assert not tab.run(shown)
        tab.key("ArrowRight")
        assert tab.run(shown)
        tab = browser.open((out / found[1]["file"]).as_uri() + "?print-pdf&notes")
        notes = """for (let i = 0; i < 600; i += 1) {
          if (document.querySelector(".speaker-notes-pdf")) break;
          await new Promise((done) => setTimeout(done, 100));
        }
        return [...document.querySelectorAll(".speaker-notes-pdf")].map((n) => n.textContent);"""
        printed = tab.run(notes)
        assert len(printed) == len(found[1]["slides"])
        assert "(3 min)" in printed[0]
        heights = """return [...document.images].filter((image) => !image.closest(".prodimg-sheet"))
          .map((image) => image.clientHeight)"""  # rows of a sheet are as high as their images
        assert min(tab.run(heights)) > 100  # a picture has a place on paper too
