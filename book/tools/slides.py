"""Make a deck of slides of each chapter: reveal.js, from a folder, without a network.

    python book/tools/slides.py            every chapter, and an index, into _build/slides
    python book/tools/slides.py 02 13      these chapters only

What a deck shows is the chapter's own: headings, formulas, stored pictures, code and what it
printed. ``book/slides/NN.yaml`` chooses cells for the slides and adds what a teacher says, asks and
how long that takes. A slide takes these keys, all but ``minutes`` and ``say`` optional:

    text: cell        its bullets or numbered points; its heading is the slide's title
    formula: cell 2   the second displayed formula of the cell (without a number: the first)
    picture: cell     the cell's stored picture, with its description
    code: cell        the cell's source            output: cell    what it printed
    title, points     words in place of the chapter's
    ask               a question for the room, opened by a step of its own
    say, minutes      the speaker's notes; minutes of all slides add up to ``lesson``
"""

import argparse
import re
import shutil
import struct
import sys
from base64 import b64decode
from functools import cache
from html import escape, unescape
from pathlib import Path

import nbformat
import yaml
from chapters import ROOT, find
from jinja2 import Environment, FileSystemLoader
from pybtex.database import parse_file
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from prodimg_lib.interview.render.markup import as_html, mathjax

SOURCE, OUT = ROOT / "book" / "slides", ROOT / "_build" / "slides"
KEYS = {
    *("title", "text", "points", "formula", "picture", "code", "output"),
    *("ask", "say", "minutes"),
}
WIDE = 1.6  # a picture of this shape stands below the points, a squarer one beside them


class DeckError(Exception):
    """A YAML file asks for what the chapter does not have."""


class Chapter:
    """A notebook, by the ids of its cells."""

    def __init__(self, path):
        self.path, self.notebook = path, nbformat.read(path, as_version=4)
        self.cells, self.headings, heading = {}, {}, ""
        for cell in self.notebook.cells:
            found = re.findall(r"^#{1,3} (.+)$", cell.source, re.M)
            if cell.cell_type == "markdown" and found:
                # A formula's cell often ends one section and begins the next.
                heading = found[-1]
            self.cells[cell.id], self.headings[cell.id] = cell, heading

    @property
    def title(self):
        return re.search(r"^# (.+)$", self.notebook.cells[0].source, re.M)[1]

    def cell(self, name, where):
        if name not in self.cells:
            raise DeckError(f"{where}: {self.path.name} has no cell {name!r}")
        return self.cells[name]


def plain(markdown):
    """Markdown that needs no book around it: links and citations become their words."""
    markdown = re.sub(r"\{cite:[pt]\}`(\w+)`", lambda match: cited(match[1]), markdown)
    markdown = re.sub(r"\{\w+\}`([^`<]+?)(?: <[^>]*>)?`", r"\1", markdown)
    return re.sub(r"(?<!!)\[([^\]]+)\]\([^)]*\)", r"\1", markdown)


def cited(key):
    """A reference as one says it: Ho et al., 2020."""
    entry = _references().get(key)
    if entry is None:
        raise DeckError(f"references.bib has no {key}")
    people = [
        " ".join(map(str, person.rich_prelast_names + person.rich_last_names))
        for person in entry.persons["author"]
    ]
    names = " and ".join(people) if len(people) < 3 else f"{people[0]} et al."
    return f"{names}, {entry.fields['year']}"


@cache
def _references():
    return parse_file(str(ROOT / "book" / "references.bib")).entries


def points_of(source):
    """The bullets or numbered points of a text, each as Markdown on one line."""
    found = re.findall(r"^(?:[-*]|\d+\.) +(.+(?:\n(?: {2,}|\t).*)*)", source, re.M)
    return [" ".join(point.split()) for point in found]


def formulas_of(source):
    return [f.strip() for f in re.findall(r"\$\$(.+?)\$\$", source, re.S)]


def picture_of(cell, where):
    """The last stored picture of a cell: base64 of a PNG, or the HTML of a figure with a role.

    ``wide`` says whether it stands below the slide's points; ``alt`` describes it.
    """
    stored = [o.data for o in cell.get("outputs", []) if "data" in o]
    found = [d for d in stored if "image/png" in d or 'role="img"' in d.get("text/html", "")]
    if not found:
        raise DeckError(f"{where}: cell {cell.id!r} has no stored picture")
    if "image/png" not in found[-1]:
        figure = found[-1]["text/html"]
        return {
            "html": figure,
            "alt": unescape(re.search(r'aria-label="(.*?)"', figure)[1]),
            "wide": True,
        }
    png = "".join(found[-1]["image/png"].split())
    width, height = struct.unpack(">II", b64decode(png[:64])[16:24])
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    return {"png": png, "alt": alt, "wide": width / height >= WIDE}


def output_of(cell, where):
    text = "".join(o.get("text", "") for o in cell.get("outputs", []) if o.output_type == "stream")
    if not text.strip():
        raise DeckError(f"{where}: cell {cell.id!r} printed nothing")
    return escape(text.rstrip())


def coloured(source):
    lexer = get_lexer_by_name("python")
    return highlight(source, lexer, HtmlFormatter(noclasses=True, style="friendly", nowrap=True))


def slide(chapter, entry, where):
    """What the template needs of one slide, its Markdown as HTML."""
    unknown = set(entry) - KEYS
    if unknown or not {"say", "minutes"} <= set(entry):
        raise DeckError(f"{where}: {sorted(unknown) or 'say, minutes'}: expected {sorted(KEYS)}")
    cells = {
        key: chapter.cell(str(entry[key]).split()[0], where)
        for key in ("text", "formula", "picture", "code", "output")
        if key in entry
    }
    first = next(iter(cells.values()), None)
    heading = chapter.headings[first.id] if first else ""
    found = {
        "title": html(entry.get("title", heading), where)[3:-4],  # without <p> and </p>
        "points": entry.get("points", points_of(cells["text"].source) if "text" in cells else []),
        "ask": html(entry["ask"], where) if "ask" in entry else "",
        "say": html(entry["say"], where),
        "minutes": entry["minutes"],
    }
    if not found["title"]:
        raise DeckError(f"{where}: no title, and no cell under a heading")
    found["points"] = [html(point, where) for point in found["points"]]
    if "formula" in cells:
        number = int([*str(entry["formula"]).split(), "1"][1])
        formulas = formulas_of(cells["formula"].source)
        if not 1 <= number <= len(formulas):
            raise DeckError(f"{where}: formula: the cell has {len(formulas)}, not {number}")
        found["formula"] = mathjax(formulas[number - 1], display=True)
    if "picture" in cells:
        found["picture"] = picture_of(cells["picture"], where)
    if "code" in cells:
        found["code"] = coloured(cells["code"].source)
    if "output" in cells:
        found["output"] = output_of(cells["output"], where)
    return found


def html(markdown, where):
    if not isinstance(markdown, str):
        raise DeckError(f"{where}: expected text, got {markdown!r}; put quotes around it")
    return as_html(plain(markdown), mathjax)


def deck(path, source=SOURCE):
    """A chapter's title, lesson and slides.

    Raises:
        DeckError: the YAML names a cell that is not there, or its minutes do not add up.
    """
    chapter, number = Chapter(path), path.name[:2]
    file = Path(source) / f"{number}.yaml"
    chosen = yaml.safe_load(file.read_text(encoding="utf-8"))
    slides = [
        slide(chapter, entry, f"{file.name}, slide {i}")
        for i, entry in enumerate(chosen["slides"], 1)
    ]
    total = sum(s["minutes"] for s in slides)
    if total != chosen["lesson"]:
        raise DeckError(f"{file.name}: slides take {total} minutes, lesson: {chosen['lesson']}")
    return {
        "number": int(number),
        "title": chapter.title,
        "file": f"{path.stem}.html",
        "lesson": total,
        "slides": slides,
    }


def build(paths, out=OUT, source=SOURCE):
    """Write the decks, what they load, and an index of them."""
    templates = Environment(loader=FileSystemLoader(SOURCE), trim_blocks=True, lstrip_blocks=True)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copytree(SOURCE / "vendor", out / "vendor", dirs_exist_ok=True)
    mathjax_files = ROOT / "book" / "_static" / "vendor" / "mathjax"
    shutil.copytree(mathjax_files, out / "vendor" / "mathjax", dirs_exist_ok=True)
    shutil.copy(SOURCE / "deck.css", out)
    shutil.copy(SOURCE / "deck.js", out)
    decks = [deck(path, source) for path in paths]
    for found in decks:
        page = templates.get_template("deck.html.j2").render(deck=found)
        (out / found["file"]).write_text(page, encoding="utf-8")
    page = templates.get_template("index.html.j2").render(decks=decks)
    (out / "index.html").write_text(page, encoding="utf-8")
    return decks


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NN", help="beginnings of file names")
    paths = find(names=parser.parse_args(arguments).names or [""])
    try:
        decks = build(paths)
    except DeckError as error:
        print(f"slides: {error}", file=sys.stderr)
        return 2
    print(f"{len(decks)} decks, {sum(len(d['slides']) for d in decks)} slides")
    print(f"Open them in a browser: {(OUT / 'index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
