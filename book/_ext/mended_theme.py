"""What the theme and its extensions leave wrong for readers, put right in every page.

Each mend names whom it serves; `tests/book/test_accessibility.py` looks for what is left.
"""

import re
from pathlib import Path

# Pattern and replacement, in the finished page. Doing it twice changes nothing.
MENDS = (
    # Screen readers: a toggle of the contents that is only an arrow has no name.
    (r'<summary>(<span class="toctree-toggle")', r'<summary aria-label="Pages below">\1'),
    # Voice control: a label must contain the words one sees; these hide them.
    (r'<summary aria-label="Toggle hidden content">', r"<summary>"),
    (r'(<button class="btn search-button-field[^>]*?) aria-label="Search"', r"\1"),
    (r'(<(?:i|span)\b[^>]*\btheme-switch\b[^>]*?) title="[^"]*"', r"\1"),
    # What is folded: cells tagged hide-cell are solutions, the input of hide-input draws a figure.
    (r">(Show|Hide) the content<", r">\1 the solution<"),
    (r">(Show|Hide) the source<", r">\1 the drawing code<"),
    # A header cell without a word heads nothing.
    (r"<th\b([^>]*)>\s*(?:<p>\s*</p>)?\s*</th>", r"<td\1></td>"),
    # Landmarks: the sidebar's logo and search stand in none.
    (
        r'<div id="pst-primary-sidebar" class',
        r'<div id="pst-primary-sidebar" role="region" aria-label="Sidebar" class',
    ),
    # Roles of ARIA that no longer exist, or that lack their children.
    (r' role="doc-biblioentry"', r' role="listitem"'),
)


def setup(app):
    app.connect("html-page-context", _without_thebe, priority=900)
    app.connect("build-finished", _mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _without_thebe(app, pagename, templatename, context, doctree):
    """Leave out the scripts of Thebe, switched off here: loaded all the same, and with an error."""
    scripts = context.get("script_files", [])
    context["script_files"] = [
        script
        for script in scripts
        if "THEBE_JS_URL" not in (getattr(script, "attributes", {}).get("body") or "")
        and "sphinx-thebe.js" not in str(getattr(script, "filename", script))
    ]


def mended(text):
    for pattern, replacement in MENDS:
        text = re.sub(pattern, replacement, text)
    # Readers on paper: above the printed page stands its title once more, without its number.
    if number := re.search(r'<h1><span class="section-number">(.*?)</span>', text):
        title = r'(<div id="jb-print-docs-body" class="onlyprint">\s*<h1>)(?!\d+\. )'
        text = re.sub(title, rf"\g<1>{number[1]}", text)
    return text


def _mend(app, error):
    if error or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        if "_static" not in path.parts:
            text = path.read_text(encoding="utf-8")
            if (better := mended(text)) != text:
                path.write_text(better, encoding="utf-8")
