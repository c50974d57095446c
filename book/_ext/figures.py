"""The figures of cells, on a phone and in the dark: each opens at full size, and charts are known.

A chart (lines and letters on nothing) may be brightened on a dark page, and `course.css` does it. A
figure that holds photographs or a colour map may not: there the pixels are what is studied.
"""

import re
from functools import cache
from pathlib import Path

from PIL import Image

FIGURE = re.compile(r'<img\b[^>]*\bsrc="([^"]*_images/([^"]+))"[^>]*>')
# Of a chart, most is empty, and nearly all that is not is in the few inks of `plots.figures`: its
# bars and lines. What was measured on the book's figures: charts 0.64 and 0.90 or more, others at
# most 0.58 of the first, or 0.55 of the second.
EMPTY, INKED, INKS = 0.6, 0.85, 12


def setup(app):
    app.connect("html-page-context", _figures, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _figures(app, pagename, templatename, context, doctree):
    if body := context.get("body"):
        # Of the pictures of this page: path in the source, by the name they get in _images.
        stored = {name: Path(app.srcdir) / path for path, name in app.builder.images.items()}
        charts = {name for name, path in stored.items() if is_chart(path)}
        context["body"] = enlargeable(body, charts)


@cache
def is_chart(path):
    """Whether a PNG is lines and letters in few inks on a transparent ground."""
    if path.suffix != ".png":
        return False
    with Image.open(path) as picture:
        if picture.mode != "RGBA":
            return False
        found = picture.getcolors(maxcolors=picture.width * picture.height)
    # Edges are half transparent, in colours of their own: only what is opaque counts as ink.
    opaque = sorted((n for n, (*_, alpha) in found if alpha == 255), reverse=True)
    empty = sum(n for n, (*_, alpha) in found if alpha == 0) / sum(n for n, _ in found)
    return empty > EMPTY and sum(opaque[:INKS]) > INKED * sum(opaque)


def enlargeable(body, charts=()):
    """The page's text with every picture of its figures inside a link to itself, if it is in none.

    On a phone, its labels are read at full size there. Those in ``charts`` are marked as such.
    """
    parts = re.split(r"(<a\b.*?</a>)", body, flags=re.S)

    def link(match):
        kind = " chart" if match[2] in charts else ""
        where = f'class="enlarge{kind}" href="{match[1]}" title="Open at full size"'
        return f"<a {where}>{match[0]}</a>"

    return "".join(part if part.startswith("<a") else FIGURE.sub(link, part) for part in parts)
