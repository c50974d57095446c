"""The printed book: pages in their order, whole, numbered, and linked to each other."""

import importlib.util
import re
import subprocess

import pdf
import pytest

from tests.book.test_book import BOOK, BUILT, MUST
from tests.browser import BROWSER

needs_pypdf = pytest.mark.skipif(
    importlib.util.find_spec("pypdf") is None, reason="no pypdf: extra `teach`"
)
built = pytest.mark.skipif(not BUILT and not MUST, reason="no book in _build/html; `make book`")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")


def test_the_order_is_that_of_the_table_of_contents():
    found = pdf.names()
    assert found[0] == "book/index"
    chapters = [name for name in found if name.startswith("notebooks/")]
    assert chapters == sorted(chapters)
    assert len(chapters) == 16
    assert len(found) == len(set(found))


@pytest.mark.parametrize("missing", ["browser", "book"])
def test_what_is_missing_is_said_on_one_line(monkeypatch, capsys, tmp_path, missing):
    if missing == "browser":
        monkeypatch.setattr(pdf, "BROWSERS", ("no-such-browser",))
    else:
        pytest.importorskip("pypdf")
        monkeypatch.setattr(pdf, "BROWSERS", ("sh",))
        monkeypatch.setattr(pdf.build, "__defaults__", (("",), tmp_path, tmp_path, print))
    assert pdf.main([]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert {"browser": "Chromium or Chrome", "book": "run `make book` first"}[missing] in said


def test_a_link_to_a_page_of_the_book_is_a_place_in_it():
    pages = {"/book/a.html": 3}
    assert pdf.place("file:///book/a.html#part", pages) == 3
    assert pdf.place("file:///book/a.printed.html", pages) == 3
    assert pdf.place("file:///book/b.html", pages) is None
    assert pdf.place("https://example.org/book/a.html", pages) is None


# A browser that notes that it was started; it hangs until the given start, then prints.
BROWSER_THAT_HANGS = """#!/bin/sh
echo $$ >> {folder}/starts
if [ $(wc -l < {folder}/starts) -lt {prints_at} ]; then sleep 600 & wait; fi
for option; do case $option in --print-to-pdf=*) echo %PDF > "${{option#*=}}";; esac; done
"""


@pytest.mark.parametrize(("prints_at", "starts"), [(1, 1), (2, 2), (9, 2)])
def test_a_browser_that_hangs_is_ended_and_started_once_more(tmp_path, prints_at, starts):
    browser, page, target = (tmp_path / name for name in ("browser", "page.html", "page.pdf"))
    browser.write_text(BROWSER_THAT_HANGS.format(folder=tmp_path, prints_at=prints_at))
    browser.chmod(0o755)
    page.write_text("<head></head>")
    patience = 600 if prints_at == 1 else 3
    if prints_at > starts:
        with pytest.raises(pdf.PdfError, match=r"page\.html: .* did not print it \(it hung\)"):
            pdf.print_page(page, target, 1, str(browser), patience)
    else:
        pdf.print_page(page, target, 1, str(browser), patience)
    assert target.is_file() == (prints_at <= starts)
    pids = (tmp_path / "starts").read_text().split()
    assert len(pids) == starts
    living = subprocess.check_output(["ps", "-eo", "pgid=,stat="], text=True).splitlines()
    groups = {group for group, state in map(str.split, living) if state[0] != "Z"}
    assert not groups & set(pids)  # none is left behind, nor what it had started
    assert not list(tmp_path.glob("*.printed.html"))


@needs_pypdf
@needs_browser
@built
def test_a_printed_page_has_every_answer_its_numbers_and_no_folder_of_this_machine(tmp_path):
    from pypdf import PdfReader

    page = BOOK / "book" / "how-to-use.html"
    pdf.print_page(page, tmp_path / "page.pdf", 41, BROWSER)
    pdf.write([(page, tmp_path / "page.pdf")], tmp_path / "whole.pdf")
    sheets = PdfReader(tmp_path / "whole.pdf").pages
    texts = [re.sub(r"\s+", " ", sheet.extract_text()) for sheet in sheets]
    assert any("reading an answer feels like knowing it" in text for text in texts)  # was closed
    for number, text in enumerate(texts, 41):
        assert re.search(rf"\b{number}\b", text)
    for sheet in sheets:
        for note in sheet.get("/Annots") or []:
            assert not note.get_object().get("/A", {}).get("/URI", "").startswith("file:")
    assert not list(page.parent.glob("*.printed.html"))
