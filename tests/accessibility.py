"""What axe-core finds on an open page, in light and in dark, with every answer open.

`tests/vendor/axe` is axe-core 4.14.1 as its makers publish it (MPL 2.0).
"""

from pathlib import Path

AXE = (Path(__file__).parent / "vendor" / "axe" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


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
        tab.media(theme)  # pages of the library follow the system, the book's its own mark
        found[theme] = tab.run(
            f"""document.documentElement.dataset.theme = "{theme}";
            const found = await axe.run(document, {{ preload: false, resultTypes: ["violations"],
              runOnly: {RULES} }});
            return found.violations.flatMap((rule) => rule.nodes.map((node) =>
              [rule.id, node.html.slice(0, 120)]));"""
        )
    return found


def phone_shows_all(tab):
    """Assert that nothing makes a page wider than its screen: what is wide scrolls by itself."""
    wide = tab.run(
        """const wide = [...document.querySelectorAll("body *")].filter((e) =>
          e.getBoundingClientRect().right > innerWidth + 1
          && !e.closest(".scroll, pre, svg, dialog"));
        return [document.documentElement.scrollWidth - innerWidth,
          wide.map((e) => e.outerHTML.slice(0, 80)),
          [...document.querySelectorAll(".scroll")].every((e) =>
            getComputedStyle(e).overflowX === "auto" && e.clientWidth <= innerWidth)]"""
    )
    assert wide == [0, [], True]
