"""Questions, hints and solutions as people see them: in a terminal, and in a notebook."""

import io
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from prodimg_lib.interview.language import language, one_line, say
from prodimg_lib.interview.render import markup
from prodimg_lib.interview.render.points import bands, rubric
from prodimg_lib.interview.words import words

WIDTH = 96  # of a terminal's text; longer lines are hard to read


@dataclass
class Shown:
    """Parts in order: ("title", text, facts), ("heading", text), ("text", Markdown), ("quote",
    Markdown), ("code", Python) and ("rubric", rows of number, points, "must" or "", Markdown)."""

    parts: list

    def _repr_html_(self):
        """For notebooks: one form only, so that none shows the question twice.

        No headings: they would join the outline.
        """
        from prodimg_lib.interview.render.notebook_html import html

        return html(self.parts)

    def markdown(self):
        """Markdown with the formulas as they are written, for other programs."""
        return "\n\n".join(
            _MARKDOWN[kind](*content) for kind, *content in self.parts if any(content)
        )

    def __rich_console__(self, console, options):
        options = options.update(width=min(options.max_width, WIDTH))
        before = None
        for kind, *content in self.parts:
            # Rich itself leaves a line free before a list.
            if before == "heading" and not _starts_a_list(content[0]):
                yield from console.render("", options)
            for piece in _TERMINAL[kind](*content):
                yield from console.render(piece, options)
            before = kind

    def __repr__(self):
        from rich.console import Console

        file = io.StringIO()
        # In a notebook, rich would show it beside: IPython asks for this text and the Markdown.
        Console(file=file, width=WIDTH, force_jupyter=False).print(self)
        return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _starts_a_list(content):
    return isinstance(content, str) and re.match(r"(\d+\.|[-*]) ", content)


def display(shown):
    """Print in the terminal, or hand over to the notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        from IPython.display import display as show_in_notebook

        show_in_notebook(shown)
    else:
        from rich.console import Console

        Console().print(shown)


def question(q, lang="en"):
    """Title, prompt and the code to begin with."""
    parts = [title(q, lang), ("text", q.text("prompt", lang=lang))]
    if code := q.task_code():
        parts += [("text", ""), ("code", code)]
    if torch := q.torch_code():
        said = words(language(lang))["show"]["torch"]
        parts += [("text", ""), ("text", said), ("text", ""), ("code", torch["starter"])]
    return Shown(parts)


def hint(q, number, lang="en"):
    """One hint, counted from 1."""
    hints, said = q.data["hints"], words(language(lang))["show"]
    head = said["hint"].format(number=number, total=len(hints))
    return Shown([("text", f"**{head}** {say(hints[number - 1], lang)}")])


def solution(q, lang="en"):
    """The answer in three depths, code, rubric, mistakes, follow-ups and sources."""
    said = words(language(lang))["show"]
    parts = [title(q, lang)]
    for depth in ("short", "spoken", "full", "whiteboard"):
        parts += _depth(q, depth, said, lang)
    if q.kind == "debug":
        parts += [("heading", said["diagnosis"]), ("text", q.text("debug", "diagnosis", lang=lang))]
        parts += [("heading", said["fix"]), ("text", q.text("debug", "fix", lang=lang))]
    if q.kind == "design":
        parts += [("heading", said["clarify"]), ("text", _asked(q.data["design"]["clarify"], lang))]
    parts += _code(q, said)
    parts += [("heading", said["rubric"]), rubric(q, lang), ("text", bands(lang))]
    for sample in q.data.get("design", {}).get("samples", []):
        parts += _sample(q, sample, said, lang)
    parts += [("heading", said["red_flags"]), ("text", _bullets(q.data["red_flags"], lang))]
    parts += [("heading", said["wrong_answers"]), ("text", _wrong(q, lang))]
    parts += [("heading", said["follow_ups"]), ("text", _asked(q.data["follow_ups"], lang))]
    if related := q.data.get("related"):
        parts += [("heading", said["related"]), ("text", ", ".join(related))]
    parts += [("heading", said["sources"]), ("text", "; ".join(map(source, q.data["cite"])))]
    return Shown(parts)


def answer(q, follow_ups, lang="en"):
    """What is compared with in a mock interview: answer, code, these follow-ups, rubric."""
    said = words(language(lang))["show"]
    parts = []
    for depth in ("short", "spoken", "full"):
        parts += _depth(q, depth, said, lang)
    parts += _code(q, said)
    if follow_ups:
        parts += [("heading", said["follow_ups"]), ("text", _asked(follow_ups, lang))]
    parts += [("heading", said["rubric"]), rubric(q, lang), ("text", bands(lang))]
    return Shown(parts)


def title(q, lang="en"):
    """The part that heads a question: id and title, then kind, level, minutes and topics."""
    said = words(language(lang))
    topics = ", ".join(said["topics"][topic] for topic in q.topics)
    return ("title", f"{q.id}  {q.title(lang)}", f"{facts(q, lang)} · {topics}")


def facts(q, lang="en"):
    """Kind, level (for whom, where it says) and minutes in words."""
    said = words(language(lang))
    level = level_words(q.level, q.seniority, lang)
    minutes = said["show"]["minutes"].format(n=q.minutes)
    return " · ".join([said["kinds"][q.kind], level, minutes])


def level_words(level, seniority, lang="en"):
    """A level, and for whom it is, in words: "medium (senior)"."""
    said = words(language(lang))
    name = said["levels"][level]
    if not seniority:
        return name
    return said["show"]["for"].format(level=name, who=said["seniorities"][seniority])


def source(cite):
    """A citation key as words: ``kingma2014`` in ``Section 2.4`` is "Kingma 2014, Section 2.4"."""
    name = cite["key"].rstrip("0123456789").capitalize()
    year = cite["key"][len(name) :]
    return ", ".join(filter(None, [f"{name} {year}".strip(), cite.get("where")]))


def interviewer(q, lang="en"):
    """What the interviewer of a design case answers when asked."""
    return Shown([("text", _asked(q.data["design"]["clarify"], lang))])


def _depth(q, depth, said, lang):
    """Heading and text of one depth of an answer; nothing where there is no such one."""
    if depth not in q.data["answer"]:
        return []
    return [("heading", said[depth]), ("text", q.text("answer", depth, lang=lang))]


def _code(q, said):
    code, torch = q.answer_code(), q.torch_code()
    parts = [("heading", said["code"]), ("code", code)] if code else []
    if torch:
        parts += [("heading", said["torch_code"]), ("code", torch["reference"])]
    return parts


def _sample(q, sample, said, lang):
    scores = ", ".join(
        f"{point['id']} {sample['scores'][point['id']]}/{point['weight']}"
        for point in q.data["rubric"]
    )
    head = said["sample"].format(title=say(sample["title"], lang), total=sample["total"])
    return [
        ("heading", head),
        ("quote", say(sample["text"], lang)),
        ("text", f"{scores}\n\n{say(sample['comment'], lang)}"),
    ]


def _quote(text):
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _bullets(texts, lang):
    return "\n".join(f"- {_indented(say(text, lang))}" for text in texts)


def _wrong(q, lang):
    return "\n".join(
        f"- *{one_line(say(wrong['text'], lang))}*\\\n  {_indented(say(wrong['why'], lang))}"
        for wrong in q.data["wrong_answers"]
    )


def _asked(pairs, lang):
    return "\n".join(
        f"- **{one_line(say(pair['ask'], lang))}**\\\n  {_indented(say(pair['answer'], lang))}"
        for pair in pairs
    )


def _indented(text):
    return text.replace("\n", "\n  ")


def _rubric_markdown(rows):
    """A list, not a table: the bars of a table and those of a formula do not agree."""
    return "\n".join(
        f"{number}. **{points}**{' ' * bool(must)}{must}: {one_line(text)}"
        for number, points, must, text in rows
    )


_MARKDOWN: dict[str, Callable[..., str]] = {
    "title": lambda text, facts: f"**{text}**\\\n*{facts}*",
    "heading": lambda text: f"**{text}**",
    "text": lambda text: text,
    "quote": _quote,
    "code": lambda code: f"```python\n{code.rstrip()}\n```",
    "rubric": _rubric_markdown,
}


def _markdown(text):
    from rich.markdown import Markdown

    return Markdown(markup.for_terminal(text), code_theme="ansi_dark")


def _title_terminal(text, facts):
    from rich.text import Text

    return [Text(text, style="bold"), Text(facts, style="dim"), ""]


def _heading_terminal(text):
    from rich.text import Text

    return ["", Text(text, style="bold cyan")]


def _code_terminal(code):
    from rich.padding import Padding
    from rich.syntax import Syntax

    lines = Syntax(code.rstrip(), "python", theme="ansi_dark", background_color="default")
    return [Padding(lines, (0, 0, 0, 2))]


def _quote_terminal(text):
    from rich.padding import Padding

    return [Padding(_markdown(text), (0, 0, 1, 2))]


def _rubric_terminal(rows):
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for style in ("dim", "bold", "cyan"):
        table.add_column(justify="right" if style != "cyan" else "left", style=style)
    table.add_column()
    for *short, text in rows:
        table.add_row(*short, _markdown(text))
    return [table]


_TERMINAL: dict[str, Callable[..., list]] = {
    "title": _title_terminal,
    "heading": _heading_terminal,
    "text": lambda text: [_markdown(text)] if text else [""],
    "quote": _quote_terminal,
    "code": _code_terminal,
    "rubric": _rubric_terminal,
}
