"""The built book as its readers use it: by keyboard, on paper, on a phone, from a folder."""

import io
import re

import pdf
import pytest
from PIL import Image

from tests.book.test_book import BOOK, BUILT, MUST, PAGES
from tests.browser import BROWSER
from tests.devtools import Browser

pytestmark = [
    pytest.mark.skipif(not BUILT and not MUST, reason="no book in _build/html; `make book`"),
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine"),
]


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


PAPER_WIDTH = 672  # CSS pixels of A4 between margins of 16 mm
COUNT_OF_FORMULAS = "return document.querySelectorAll('article mjx-container[display]').length;"
WIDER_THAN_THEIR_COLUMN = """
  return [...document.querySelectorAll("article mjx-container[display]")].map((box) =>
    [box.firstElementChild.getBoundingClientRect().width // its own box grows with it
      - box.closest("section, details, li, td").getBoundingClientRect().width,
      box.textContent.slice(0, 40)]).filter(([over]) => over > 1);"""


def address(name, place=""):
    return (BOOK / f"{name}.html").as_uri() + place


@pytest.mark.parametrize("name", ["notebooks/01_product_images", "book/interview/data"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_on_an_answer_is_seen_and_a_key_opens_it(browser, name, theme):
    """The outline lies inside of the box, which cuts off what is outside, and has contrast."""
    tab = browser.open(address(name), theme, math=False)
    seen = tab.run(
        """const kinds = {};
        for (const summary of document.querySelectorAll("article details > summary")) {
          kinds[summary.className + "|" + summary.parentElement.className] ??= summary;
        }
        return Object.values(kinds).map((summary) => {
          summary.focus({ focusVisible: true });
          const style = getComputedStyle(summary);
          return [summary.textContent.trim(), summary === document.activeElement,
            style.outlineStyle, parseFloat(style.outlineWidth), parseFloat(style.outlineOffset)];
        });"""
    )
    assert seen
    for title, focused, style, width, offset in seen:
        assert focused, title
        assert (style, width >= 2, width + offset <= 0) == ("solid", True, True), title
    tab.run("document.querySelector('article details > summary').focus()")
    tab.key("Enter")
    assert tab.run("return document.querySelector('article details').open")


def test_paper_has_every_answer_and_nothing_is_cut(browser):
    tab = browser.open(address("notebooks/01_product_images"), width=720, math=False)
    measure = """return [...document.querySelectorAll("article details")].map((box) =>
      [...box.children].filter((part) => part.tagName !== "SUMMARY"
        && !part.checkVisibility()).length);"""
    assert any(tab.run(measure)), "no answer is closed on the screen: nothing is tested here"
    tab.media("light", "print")
    assert not any(tab.run(measure))
    cut = """return [...document.querySelectorAll("article pre, article table")].filter((box) =>
      box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible")
      .map((box) => box.textContent.slice(0, 80));"""
    assert tab.run(cut) == []
    assert tab.pdf().startswith(b"%PDF")


# Where formulas are widest: 685 and 578 pixels, before they are made to fit.
@pytest.mark.parametrize("name", ["notebooks/15_system_on_a_whiteboard", "book/interview/gan"])
def test_no_formula_is_wider_than_its_column_on_paper(browser, name):
    page = BOOK / f"{name}.html"
    beside = page.with_name(f"{page.stem}.on-paper.html")
    beside.write_text(pdf.printable(page.read_text(encoding="utf-8")), encoding="utf-8")
    try:
        tab = browser.open(beside.as_uri(), width=PAPER_WIDTH)
    finally:
        beside.unlink()
    tab.media("light", "print")
    assert tab.run(COUNT_OF_FORMULAS) > 3
    assert tab.run(WIDER_THAN_THEIR_COLUMN) == []


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_outputs_are_wrapped_and_no_page_scrolls_sideways(browser, width):
    for name in ("book/index", "notebooks/05_metrics_of_sets"):
        tab = browser.open(address(name), width=width, math=False)
        assert tab.run("return document.documentElement.scrollWidth") <= width
        cut = """return [...document.querySelectorAll("article .cell_output pre")]
          .filter((box) => box.scrollWidth > box.clientWidth + 1)
          .map((box) => box.textContent.slice(0, 80));"""
        assert tab.run(cut) == []


def test_tables_of_cells_have_air_between_their_figures(browser):
    tab = browser.open(address("notebooks/05_metrics_of_sets"), "dark", math=False)
    style = """const cell = document.querySelector("article .cell_output td");
      const found = getComputedStyle(cell);
      return [parseFloat(found.paddingLeft), found.backgroundColor,
        getComputedStyle(cell.closest(".text_html")).backgroundColor];"""
    padding, *grounds = tab.run(style)
    assert padding >= 8
    assert grounds == ["rgba(0, 0, 0, 0)"] * 2


def test_search_from_a_folder_has_snippets_and_finds_the_elbo_in_chapter_two(browser):
    tab = browser.open(address("search", "?q=ELBO"), math=False)
    results = tab.run(
        """for (let wait = 0; wait < 600; wait += 1) {
          const first = [...document.querySelectorAll("ul.search li")].slice(0, 5);
          if (first.length === 5 && first.every((li) => li.querySelector("p.context"))) break;
          await new Promise((done) => setTimeout(done, 100));
        }
        return [...document.querySelectorAll("ul.search li")].slice(0, 5).map((li) =>
          [li.querySelector("a").getAttribute("href"),
            li.querySelector("p.context")?.textContent]);"""
    )
    assert results[0][0].startswith("notebooks/02_vae.html")
    assert all("elbo" in (text or "").lower() for _, text in results)


def test_a_place_on_the_page_is_no_filter(browser):
    tab = browser.open(address("book/interview/index", "#find-a-question"), math=False)
    state = """return [location.hash, document.querySelector("select[name=topic]").value,
      [...document.querySelectorAll("tbody tr")].filter((row) => !row.hidden).length,
      document.querySelector(".interview-index table").checkVisibility()];"""
    hash_, _, every, _ = tab.run(state)
    assert hash_ == "#find-a-question"
    choose = """const topic = document.querySelector("select[name=topic]");
      topic.value = "vae"; topic.dispatchEvent(new Event("input", { bubbles: true }));"""
    _, topic, fewer, _ = tab.run(choose + state)
    assert (topic, 0 < fewer < every) == ("vae", True)
    click = """location.hash = "#find-a-question";
      await new Promise((done) => setTimeout(done, 300));"""
    _, *kept = tab.run(click + state)
    assert kept == ["vae", fewer, True]
    nothing = """const words = document.querySelector("input[name=words]");
      words.value = "xyzzy"; words.dispatchEvent(new Event("input", { bubbles: true }));"""
    assert tab.run(nothing + state)[2:] == [0, False]


def test_ticks_of_a_rubric_are_kept(browser):
    tab = browser.open(address("book/interview/evaluation"), math=False)
    tick = """const box = document.querySelector("input[data-weight]"); box.checked = true;
      box.dispatchEvent(new Event("input", { bubbles: true }));"""
    score = "return document.querySelector('.rubric-score').textContent;"
    wanted = tab.run(tick + score)
    assert int(wanted) > 0
    again = browser.open(address("book/interview/evaluation"), math=False)
    assert again.run(score) == wanted


def test_no_tex_is_left_in_the_text():
    """Outside of code and of formulas nothing looks like TeX."""
    raw = re.compile(r"\$\$|\\begin\{|\\end\{|\\(?:lambda|frac|mathbb|theta|sigma)\b")
    found = {}
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"<(script|style|pre|code)\b.*?</\1>", "", text, flags=re.S)
        text = re.sub(r"\\\(.*?\\\)|\\\[.*?\\\]", "", text, flags=re.S)
        text = re.sub(r"<[^>]*>", "", text)
        if left := raw.findall(text):
            found[path.name] = left
    assert not found


def test_an_interactive_page_has_its_height_and_the_theme_of_the_book(browser):
    tab = browser.open(address("book/index"), "light", math=False)
    frame = """const frame = document.querySelector("figure.touch iframe");
      frame.scrollIntoView();
      const said = new Promise((done) => addEventListener("message", ({ data }) => done(data)));
      frame.src += "";
      const { name, value } = await said;
      await new Promise((done) => setTimeout(done, 0));
      return [name, value === frame.getBoundingClientRect().height];"""
    assert tab.run(frame) == ["latent-playground", True]
    # A page may not look into a frame of another file; the picture of it may.
    grounds = []
    for theme in ("light", "dark"):
        tab.run(
            f"""document.documentElement.dataset.theme = "{theme}";
            await new Promise((done) => setTimeout(done, 500));"""
        )
        with Image.open(io.BytesIO(tab.picture())) as picture:
            box = tab.run(
                """const box = document.querySelector("figure.touch iframe");
                const { left, top } = box.getBoundingClientRect(); return [left, top];"""
            )
            grounds.append(picture.convert("RGB").getpixel((int(box[0]) + 3, int(box[1]) + 3)))
    assert grounds == [(255, 255, 255), (18, 18, 18)]


def test_without_scripts_and_on_paper_a_still_picture_stands_for_an_interactive_page(browser):
    shown = """return ["iframe", "img"].map((part) =>
      document.querySelector(`figure.touch ${part}`).checkVisibility());"""
    tab = browser.open(address("book/index"), math=False)
    assert tab.run(shown) == [True, False]
    tab.media("light", "print")
    assert tab.run(shown) == [False, True]
    tab.media("light", "screen")
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    tab.go(address("book/index"))
    assert tab.run(shown) == [False, True]


def test_no_page_reports_an_error_or_is_wider_than_a_phone():
    """For a reader who has never been here: what a page says once, it says to them."""
    found = {}
    with Browser() as fresh:
        for name in pdf.names():
            tab = fresh.open(address(name), width=390, math=name == "book/glossary")
            wide = tab.run("return document.documentElement.scrollWidth - innerWidth")
            if (tab.errors, wide) != ([], 0):
                found[name] = (tab.errors, wide)
    assert found == {}


def test_figures_on_a_phone_can_be_read_and_are_clear_in_the_dark(browser):
    """Wide ones move inside of their own frame; rows of images have the page's whole width."""
    tab = browser.open(address("notebooks/08_gan_objectives"), "dark", width=390, math=False)
    figures, rows = tab.run(
        """const shown = (one) => [one.getBoundingClientRect().width, one.closest("a.enlarge")];
        const figures = [...document.querySelectorAll("article .cell_output a.enlarge img")].map(
          (image) => { const [wide, frame] = shown(image); return [wide, frame.clientWidth,
            frame.scrollWidth, getComputedStyle(frame).overflowX, getComputedStyle(image).filter,
            frame.classList.contains("chart"), getComputedStyle(frame, "::after").content]; });
        const rows = [...document.querySelectorAll("article .prodimg-sheet img")]
          .map((image) => shown(image)[0]);
        return [figures, rows];"""
    )
    assert {chart for *_, chart, _ in figures} == {True, False}
    for wide, frame, scrolled, overflow, filtered, chart, hint in figures:
        assert wide >= 500  # of 700 on a wide screen: letters of 10 points have 7
        assert (frame, scrolled >= wide, overflow) == (390, True, "auto")
        assert filtered == ("brightness(1.5)" if chart else "none")  # pixels under study stay
        assert "full size" in hint
    assert min(rows) > 0.8 * (390 - 2 * 16)
    assert tab.run("return document.documentElement.scrollWidth") == 390


def test_the_list_of_chapters_is_short_on_a_phone(browser):
    tab = browser.open(address("book/index"), width=390, math=False)
    rows = tab.run(
        """return [...document.querySelectorAll("table.chapter-list tbody tr")].map((row) =>
          [row.getBoundingClientRect().height, [...row.cells].every((cell) =>
            cell.getBoundingClientRect().right <= innerWidth)]);"""
    )
    assert len(rows) == 16
    assert all(whole for _, whole in rows)
    assert sum(height for height, _ in rows) < 16 * 75  # a line, and two of what one builds


def test_preprints_are_links():
    page = (BOOK / "book" / "references.html").read_text(encoding="utf-8")
    links = set(re.findall(r'href="https://arxiv.org/abs/([^"]+)"', page))
    bibliography = (BOOK.parents[1] / "book" / "references.bib").read_text(encoding="utf-8")
    assert links == set(re.findall(r"eprint *= \{(.*?)\}", bibliography))
    assert "note = {arXiv" not in bibliography


def test_the_logo_needs_no_font():
    logo = (BOOK / "_static" / "logo.svg").read_text(encoding="utf-8")
    assert "<text" not in logo
    assert logo.count("<path") >= 4
