"""axe-core finds nothing on any page, in light and in dark, with every answer open.

What a page shows in a frame is a page too: the interactive ones are read by themselves.

`tests/vendor/axe` is axe-core 4.14.1 as its makers publish it (MPL 2.0).
"""

from pathlib import Path

import pytest
import touch

from tests.book.test_book import BOOK, BUILT, MUST, PAGES
from tests.browser import BROWSER
from tests.devtools import Browser

AXE = (Path(__file__).parents[1] / "vendor" / "axe" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
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


def findings(tab):
    """``{theme: [(rule, html), ...]}`` of the open page."""
    # Boxes fade in: what is read is how they end, however long the machine takes.
    tab.run(
        """const still = document.createElement("style");
        still.textContent = "* { animation: none !important; transition: none !important; }";
        document.head.append(still);
        document.querySelectorAll("details").forEach((box) => { box.open = true; });"""
    )
    tab.send("Runtime.evaluate", expression=AXE)
    found = {}
    for theme in ("light", "dark"):
        found[theme] = tab.run(
            f"""document.documentElement.dataset.theme = "{theme}";
            const found = await axe.run(document, {{ preload: false, resultTypes: ["violations"],
              runOnly: {RULES} }});
            return found.violations.flatMap((rule) => rule.nodes.map((node) =>
              [rule.id, node.html.slice(0, 120)]));"""
        )
    return found


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
