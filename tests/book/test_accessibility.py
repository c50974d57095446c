"""axe-core finds nothing on any page, in light and in dark, with every answer open.

What a page shows in a frame is a page too: the interactive ones are read by themselves.
"""

import pytest
import touch

from tests.accessibility import findings
from tests.book.test_book import BOOK, BUILT, MUST, PAGES
from tests.browser import BROWSER
from tests.devtools import Browser

NAMES = [p.relative_to(BOOK).with_suffix("").as_posix() for p in PAGES]
NAMES += [f"_static/touch/{p.stem}" for p in sorted(touch.PAGES.glob("*.html"))]

pytestmark = [
    pytest.mark.skipif(not BUILT and not MUST, reason="no book in _build/html; `make book`"),
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine"),
]


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


def test_axe_sees_what_is_wrong(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><html lang=en><title>x</title><main><h1>x</h1>"
        "<p style='color:#999;background:#fff'>pale</p><img src=x.png></main></html>",
        encoding="utf-8",
    )
    rules = {rule for rule, _ in findings(browser.open(page.as_uri()))["light"]}
    assert rules == {"color-contrast", "image-alt"}


# Without MathJax, which sets formulas in the text's own colour and takes most of a page's time.
@pytest.mark.parametrize("name", [n for n in NAMES if n != "index"])
def test_axe_finds_nothing(browser, name):
    tab = browser.open((BOOK / f"{name}.html").as_uri(), math=False)
    assert findings(tab) == {"light": [], "dark": []}
