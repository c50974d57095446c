"""Interactive pages inside the book: the directive

    ```{touch} latent-playground
    :height: 620
    What will a mug and a lamp of the same code have in common? Decide before you move anything.
    ```

shows `book/_static/touch/NAME.html` under the question of its content. The page stands alone: it
loads nothing but its neighbours, opens from a folder, and gives its title and description here.
``height`` is in pixels and holds until the page says how tall it is. Where scripts are off, and on
paper, the still picture `NAME.png` takes its place (`book/tools/touch_stills.py` makes it).
"""

import re
from html import escape, unescape
from pathlib import Path

PAGES = Path(__file__).parents[1] / "_static" / "touch"
PARTS = {
    "title": r"<title>(.*?)</title>",
    "description": r'<meta\s+name="description"\s+content="(.*?)"',
}


def setup(app):
    app.add_directive("touch", _directive())
    app.connect("html-page-context", _script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def about(name, pages=PAGES):
    """``{"title": ..., "description": ...}`` of a page.

    Raises:
        ValueError: there is no such page, it lacks one of the two, or it has no still picture.
    """
    path = pages / f"{name}.html"
    if not path.is_file():
        known = ", ".join(sorted(page.stem for page in pages.glob("*.html")))
        raise ValueError(f"no interactive page is called {name!r}: choose one of {known}")
    text, found = path.read_text(encoding="utf-8"), {}
    for part, pattern in PARTS.items():
        match = re.search(pattern, text, re.S)
        if not match:
            raise ValueError(f"{path.name} has no {part}: add it to the page's head")
        found[part] = " ".join(unescape(match[1]).split())
    if not (pages / f"{name}.png").is_file():
        raise ValueError(f"{name}.png is missing: run book/tools/touch_stills.py {name}")
    return found


def figure(name, docname, height, facts):
    """HTML of the figure of a page before and after the question, for a document of the book."""
    place = "../" * docname.count("/") + f"_static/touch/{name}"
    title, description = (escape(facts[part], quote=True) for part in ("title", "description"))
    return (
        f'<figure class="touch" id="touch-{name}">',
        f'<iframe title="{title}" src="{place}.html" loading="lazy" style="height: {height}px">'
        f'</iframe>\n<img class="touch-still" src="{place}.png" alt="{description}">\n'
        f'<figcaption>{title}. <a href="{place}.html">Open alone</a></figcaption>\n</figure>',
    )


def _directive():
    from docutils import nodes
    from docutils.parsers.rst import directives
    from sphinx.util.docutils import SphinxDirective

    class Touch(SphinxDirective):
        """Name of a page; the content is the question to answer before touching it."""

        required_arguments, has_content = 1, True
        option_spec = {"height": directives.positive_int}  # noqa: RUF012

        def run(self):
            name = self.arguments[0]
            if not self.content:
                raise self.error(f"touch {name}: ask the reader to predict something first")
            try:
                facts = about(name)
            except ValueError as error:
                raise self.error(f"touch: {error}") from error
            self.env.note_dependency(str(PAGES / f"{name}.html"))
            height = self.options.get("height", 560)
            start, end = figure(name, self.env.docname, height, facts)
            question = nodes.container(classes=["touch-question"])
            self.state.nested_parse(self.content, self.content_offset, question)
            return [nodes.raw("", start, format="html"), question, nodes.raw("", end, format="html")]

    return Touch


def _script(app, pagename, templatename, context, doctree):
    """What gives the pages their height and theme, only where there are any."""
    if '<figure class="touch"' in context.get("body", ""):
        app.add_js_file("touch/frame.js", loading_method="defer")
