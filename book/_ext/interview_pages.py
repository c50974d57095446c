"""Pages of the question bank, made anew from `prodimg_lib/interview` by every build.

`book/interview/` gets an index with filters, one page for each topic, and one that lists the
questions of each chapter. Nothing there is edited by hand. The directive

    ```{quiz} G02 V03
    ```

shows these questions as cards to answer and to score oneself; instead of ids, options choose them
(`:topic: gan`, `:level: E`, `:kind: concept`, and `:count: 5` of what fits, in order of id).
No TensorFlow is imported for any of it.
"""

import json
from html import escape
from pathlib import Path

from interview_text import KINDS, LEVELS, PAGES, level, line, question_text, quiz

from prodimg_lib.errors import InputError
from prodimg_lib.interview import bank
from prodimg_lib.interview.chapters import CHAPTERS

FOLDER = Path("book") / "interview"
NAMES = {"topic": PAGES, "kind": KINDS, "level": LEVELS}  # what the index can be filtered by
COUNTED = {
    "concept": "on concepts and derivations",
    "coding": "coding exercises",
    "debug": "bugs to repair",
    "design": "design cases",
}
NOTE = "<!-- Made from prodimg_lib/interview by every build of the book; do not edit. -->\n"


def setup(app):
    write_pages(Path(app.srcdir), bank)
    app.add_directive("quiz", _quiz(bank))
    app.add_js_file("interview.js", loading_method="defer")
    app.add_css_file("interview.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(root, bank):
    """Write what changed, so that Sphinx reads only that again; delete what is no page any more."""
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


def pages(bank):
    """``{file name: text}`` of all pages."""
    made = {"index.md": index(bank)}
    for topic in PAGES:
        questions = [q for q in bank.values() if q.topics[0] == topic]
        made[f"{topic}.md"] = topic_page(topic, questions, bank)
    made["chapters.md"] = chapter_page(bank)
    return made


def index(bank):
    """The list of all questions, with filters that a script adds."""
    rows = []
    for topic in PAGES:
        rows += [index_row(q) for q in in_order(q for q in bank.values() if q.topics[0] == topic)]
    counts = {kind: sum(q.kind == kind for q in bank.values()) for kind in KINDS}
    words = {key: json.dumps(names) for key, names in NAMES.items()}
    names = "".join(f' data-{key}="{escape(text, quote=True)}"' for key, text in words.items())
    table = (
        f'<div class="interview-index"{names}>\n'
        '<p class="interview-hits" role="status" aria-live="polite"></p>\n'
        '<div class="pst-scrollable-table-container"><table class="table">\n<thead><tr><th>Id</th>'
        "<th>Question</th><th>Topic</th><th>Kind</th><th>Level</th><th>Time</th></tr></thead>\n"
        "<tbody>\n" + "\n".join(rows) + "\n</tbody></table></div>\n</div>"
    )
    torch = sum(bool(q.torch_code()) for q in bank.values())
    listed = ", ".join(f"{n} {COUNTED[kind]}" for kind, n in counts.items() if n)
    return f"""{NOTE}
# Interview practice

{len(rows)} questions ({listed}), each with an answer in three depths, a rubric to score yourself,
the wrong answers people give, and follow-ups. Say your answer aloud, or write it, before you open
a box.

- **Read** by topic: {", ".join(f"[{name}]({topic}.md)" for topic, name in PAGES.items())};
  or [by chapter](chapters.md).
- **Write code** that is really checked: `prodimg interview show C08 --starter my_answer.py`, then
  `prodimg interview check C08 my_answer.py`; {torch} of the coding exercises in PyTorch too.
- **Rehearse**: `prodimg interview mock --minutes 45 --level M --seed 7` interviews you in the
  terminal and writes a score sheet; `--seniority senior` asks what only a senior is expected to
  answer, `--seniority junior` what everybody is.
- **Remember**: `prodimg interview due` and `prodimg interview export anki --out cards.apkg`.

## Find a question

```{{raw}} html
{table}
```
"""


def index_row(q):
    """A question as a row of the index, with what the filters look at."""
    topics = [topic for topic in q.topics if topic in PAGES]
    about = {"topic": " ".join(topics), "kind": q.kind, "level": q.level}
    about["id"] = q.id
    about["words"] = line(f"{q.id} {q.title()} {' '.join(q.topics)} {q.text('prompt')}").lower()
    data = "".join(f' data-{key}="{escape(text, quote=True)}"' for key, text in about.items())
    return (
        f"<tr{data}><td>{q.id}</td>"
        f'<td><a href="{q.topics[0]}.html#{q.id.lower()}">{escape(q.title())}</a></td>'
        f"<td>{PAGES[q.topics[0]]}</td><td>{KINDS[q.kind]}</td>"
        f"<td>{level(q)}</td><td>{q.minutes} min</td></tr>"
    )


def in_order(questions):
    """By level, then by kind, then by id."""
    levels, kinds = list(LEVELS), list(KINDS)
    return sorted(questions, key=lambda q: (levels.index(q.level), kinds.index(q.kind), q.id))


def topic_page(topic, questions, bank):
    parts = [NOTE, f"# Interview: {PAGES[topic]}\n"]
    parts.append(
        "Answers are closed. What you tick in a rubric adds up to your score, and this browser "
        "remembers it; nothing is sent anywhere. "
        "[All questions, with filters](index.md).\n"
    )
    for letter, word in LEVELS.items():
        chosen = [q for q in in_order(questions) if q.level == letter]
        if chosen:
            parts.append(f"## {word.capitalize()}\n")
            parts += [question_text(q, bank) for q in chosen]
    return "\n".join(parts)


def chapter_page(bank):
    parts = [NOTE, "# Practice by chapter\n"]
    parts.append(
        "Cards for each chapter: answer aloud, open, and say honestly whether you knew it.\n"
    )
    for chapter, (_, ids) in CHAPTERS.items():
        known = [id_ for id_ in ids.split() if id_ in bank]
        if known:
            number = chapter[:2]
            parts.append(f"(practice-{number})=\n\n## Chapter {int(number)}\n")
            parts.append(f"For {{doc}}`/notebooks/{chapter}`.\n")
            parts.append(f"```{{quiz}} {' '.join(known)}\n```\n")
    return "\n".join(parts)


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
