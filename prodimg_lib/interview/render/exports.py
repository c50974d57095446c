"""The bank as CSV and as cheat sheets to print; ``cards`` makes the Anki deck."""

import csv
import math
import re
from pathlib import Path
from unicodedata import east_asian_width

from prodimg_lib import templates
from prodimg_lib.interview.language import language, say
from prodimg_lib.interview.render import markup
from prodimg_lib.interview.render.cards import anki, write_whole
from prodimg_lib.interview.render.mathml import mathml
from prodimg_lib.interview.render.points import point_text
from prodimg_lib.interview.render.show import source
from prodimg_lib.interview.terms import KINDS, LEVELS, TOPICS
from prodimg_lib.interview.words import words

_SMALLEST, _READABLE, _LARGEST = 5.5, 8.0, 11.0  # letters of a cheat sheet, in points
_PAGE = 194 * 272 * 0.85  # square millimetres for its text

COLUMNS = (
    *("id", "kind", "level", "topics", "minutes", "title", "prompt", "code"),
    *("short", "full", "whiteboard", "solution", "rubric", "red_flags", "wrong_answers"),
    *("follow_ups", "hints", "related", "sources", "spoken", "seniority"),
    *("torch_code", "torch_solution"),
)


def table(questions, path, lang="en"):
    """Write a CSV file with one row a question; Markdown and ``$...$`` are kept as they are.

    UTF-8 with a mark at the beginning, so that spreadsheets show Chinese.
    """
    language(lang)

    def write(partial):
        with open(partial, "w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(_csv_row(q, lang) for q in questions)

    write_whole(path, write)


def _csv_row(q, lang):
    data, torch = q.data, q.torch_code()

    def lines(items, *names):
        return "\n".join(": ".join(say(item[name], lang) for name in names) for item in items)

    return {
        "id": q.id,
        "kind": q.kind,
        "level": LEVELS[q.level],
        "topics": " ".join(q.topics),
        "minutes": q.minutes,
        "title": q.title(lang),
        "prompt": q.text("prompt", lang=lang),
        "code": q.task_code(),
        **{depth: q.text("answer", depth, lang=lang) for depth in ("short", "full", "whiteboard")},
        "solution": q.answer_code(),
        "rubric": "\n".join(f"{p['weight']} {point_text(p, lang)}" for p in data["rubric"]),
        "red_flags": "\n".join(say(flag, lang) for flag in data["red_flags"]),
        "wrong_answers": lines(data["wrong_answers"], "text", "why"),
        "follow_ups": lines(data["follow_ups"], "ask", "answer"),
        "hints": "\n".join(say(hint, lang) for hint in data["hints"]),
        "related": " ".join(data.get("related", [])),
        "sources": "; ".join(map(source, data["cite"])),
        "spoken": say(data["answer"]["spoken"], lang) if "spoken" in data["answer"] else "",
        "seniority": q.seniority or "",
        "torch_code": torch.get("starter", ""),
        "torch_solution": torch.get("reference", ""),
    }


def cheatsheet(questions, path, lang="en"):
    """Write cheat sheets as one HTML file for printing: a page a topic, formulas as MathML.

    The size of the letters fits the amount of text; a short script in the page refines it.
    """
    said = words(language(lang))
    pages = []
    for topic in TOPICS:
        about = [q for kind in KINDS for q in questions if (q.topics[0], q.kind) == (topic, kind)]
        if not about:
            continue
        entries = [_entry(q, lang) for q in about]
        page = {"topic": said["topics"][topic], "id": topic, "entries": entries}
        pages.append(page | {"size": _letter_size(entries)})
    page = templates.render(
        "interview_cheatsheet.html.j2",
        pages=pages,
        words=said,
        language="zh-CN" if lang == "zh" else lang,
        n=len(questions),
        smallest=_SMALLEST,
        readable=_READABLE,
        largest=_LARGEST,
    )
    write_whole(path, lambda partial: Path(partial).write_text(page, encoding="utf-8"))


def _entry(q, lang):
    """A question in a few lines: the short answer, or symptom and fix of a bug."""
    text = q.text("answer", "short", lang=lang)
    words_of_bug = q.data.get("debug", {})
    if words_of_bug and lang in words_of_bug["symptom"] and lang in words_of_bug["fix"]:
        symptom, fix = (say(words_of_bug[name], lang) for name in ("symptom", "fix"))
        text = f"*{symptom}* {fix}" if "\n\n" not in symptom + fix else text
    return {
        "id": q.id,
        "level": q.level,
        "title": q.title(lang),
        "html": markup.as_html(text, mathml),
    }


def _letter_size(entries):
    """Points with which the text should fit a page, for browsers that run no script."""
    text = "".join(re.sub(r"<[^>]+>|\s+", " ", e["title"] + e["html"]) for e in entries)
    wide = sum(east_asian_width(c) in "WF" for c in text)
    points = math.sqrt(_PAGE / (0.075 * (len(text) + wide)))  # a letter takes 0.6 square points
    return round(min(max(points, _SMALLEST), _LARGEST), 1)


FORMATS = {"anki": (anki, "apkg"), "csv": (table, "csv"), "cheatsheet": (cheatsheet, "html")}
