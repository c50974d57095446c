"""Pages of the question bank, made anew from `prodimg_lib/interview` by every build.

`book/interview/` gets an index with filters, one page for each topic, and one that lists the
questions of each chapter. Nothing there is edited by hand. The directive

    ```{quiz} G02 V03
    ```

shows questions as cards to answer and score oneself. No TensorFlow is imported for any of it.
"""

import sys
from pathlib import Path

FOLDER = Path("book") / "interview"


def setup(app):
    sys.path.insert(0, app.srcdir)  # the library of this very checkout, installed or not
    from prodimg_lib.interview import bank

    write_pages(Path(app.srcdir), bank)
    app.add_directive("quiz", _quiz(bank))
    app.add_js_file("interview.js", loading_method="defer")
    app.add_css_file("interview.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(root, bank):
    """Write what changed, so that Sphinx reads only that again; delete what is no page any more."""
    from interview_text import pages

    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages(bank)
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _quiz(bank):
    from docutils import nodes
    from docutils.parsers.rst import directives
    from docutils.statemachine import StringList
    from sphinx.util.docutils import SphinxDirective

    options = dict.fromkeys(("topic", "level", "kind"), directives.unchanged)
    options["count"] = directives.positive_int

    class Quiz(SphinxDirective):
        """Ids of questions, or none and the options topic, level, kind and count."""

        optional_arguments, final_argument_whitespace, has_content = 1, True, False
        option_spec = options

        def run(self):
            from interview_text import quiz

            from prodimg_lib.errors import InputError

            try:
                questions = self._questions()
            except InputError as error:
                raise self.error(str(error)) from error
            for question in questions:
                self.env.note_dependency(str(question.path))
            box = nodes.container(classes=["quiz"])
            text = StringList(quiz(questions).splitlines(), "quiz")
            self.state.nested_parse(text, 0, box)
            return [box]

        def _questions(self):
            if self.arguments:
                return [bank[id_] for id_ in self.arguments[0].split()]
            chosen = {name: self.options.get(name) for name in ("topic", "level", "kind")}
            return bank.filter(**chosen)[: self.options.get("count")]

    return Quiz
