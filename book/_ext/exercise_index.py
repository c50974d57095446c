"""The directive ``{exercise-index}``: every exercise and laboratory of the chapters, with links.

It reads the headings of the notebooks: what a chapter gains is in the list at the next
build.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

HEADING = re.compile(r"#{2,3} ((?:Exercise \d+|Lab(?: \d+)?)(?:: .*| \(open\))?)")


def setup(app):
    class ExerciseIndex(Directive):
        def run(self):
            env = self.state.document.settings.env
            found = []
            for path in sorted((Path(app.srcdir) / "notebooks").glob("*.ipynb")):
                env.note_dependency(str(path))
                chapter, titles = exercises(json.loads(path.read_text(encoding="utf-8")))
                if titles:
                    found += section(chapter, titles, f"../notebooks/{path.stem}.html")
            return found

    app.add_directive("exercise-index", ExerciseIndex)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def exercises(notebook):
    """The chapter's title, and the titles of its exercises and laboratories, in order."""
    lines = [
        line
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown"
        for line in "".join(cell["source"]).splitlines()
    ]
    chapter = next(line[2:] for line in lines if line.startswith("# "))
    return chapter, [m[1] for line in lines if (m := HEADING.fullmatch(line.strip()))]


def section(chapter, titles, page):
    """A line with the chapter's name, and the list of links."""
    items = []
    for title in titles:
        text = re.sub(r"[$`*]", "", title)
        link = nodes.reference("", text, refuri=f"{page}#{nodes.make_id(text)}", internal=True)
        items.append(nodes.list_item("", nodes.paragraph("", "", link)))
    name = nodes.reference("", chapter, refuri=page, internal=True)
    heading = nodes.paragraph("", "", nodes.strong("", "", name))
    return [heading, nodes.bullet_list("", *items)]
