"""The bank as an Anki deck, as CSV, and as cheat sheets to print."""

import csv
import html
import math
import re
from pathlib import Path
from unicodedata import east_asian_width

from prodimg_lib import templates
from prodimg_lib.files import replacing, writable_folder
from prodimg_lib.interview.language import language, say
from prodimg_lib.interview.render import markup
from prodimg_lib.interview.render.mathml import mathml
from prodimg_lib.interview.render.show import facts, source
from prodimg_lib.interview.terms import KINDS, LEVELS, TOPICS
from prodimg_lib.interview.words import words

# Anki recognises decks and note types by these numbers, and notes by their GUID. They never change;
# a note type with other fields needs a number of its own.
_DECKS = {"en": 1_871_304_201, "zh": 1_871_304_202}
_NOTE_TYPE = 1_694_220_517
_FIELDS = (
    *("Id", "Title", "Facts", "Prompt", "Code", "Short", "Full", "Whiteboard", "Solution"),
    *("Rubric", "Mistakes", "FollowUps", "Sources", "Words"),
)

_SMALLEST, _READABLE, _LARGEST = 5.5, 8.0, 11.0  # letters of a cheat sheet, in points
_PAGE = 194 * 272 * 0.85  # square millimetres for its text

COLUMNS = (
    *("id", "kind", "level", "topics", "minutes", "title", "prompt", "code"),
    *("short", "full", "whiteboard", "solution", "rubric", "red_flags", "wrong_answers"),
    *("follow_ups", "hints", "related", "sources"),
)


def guid(id_, lang):
    """Of the Anki note of a question: the same in every release, whatever else is in the deck."""
    import genanki

    return genanki.guid_for("prodimg interview", id_, lang)


def anki(questions, path, lang="en"):
    """Write an Anki deck, one card a question; importing a later one updates the cards."""
    import genanki

    said = words(language(lang))
    deck = genanki.Deck(_DECKS[lang], said["export"]["deck"])
    note_type = genanki.Model(
        _NOTE_TYPE,
        "prodimg interview",
        fields=[{"name": name} for name in _FIELDS],
        templates=[
            {
                "name": "Question",
                "qfmt": templates.read("interview_card_front.html"),
                "afmt": templates.read("interview_card_back.html"),
            }
        ],
        css=templates.read("interview_card.css"),
    )
    for q in questions:
        fields = _fields(q, lang, said)
        tags = [f"topic::{topic}" for topic in q.topics]
        tags += [f"level::{LEVELS[q.level]}", f"kind::{q.kind}"]
        note = genanki.Note(
            note_type,
            [fields[name] for name in _FIELDS],
            tags=tags,
            guid=guid(q.id, lang),
            sort_field=q.id,
        )
        deck.add_note(note)
    _write(path, lambda partial: genanki.Package(deck).write_to_file(partial))


def _fields(q, lang, said):
    """HTML of a card by field; headings of the back in ``Words``, for the template's style."""
    show, code = said["show"], q.answer_code()

    def text(*keys):
        return _mathjax(q.text(*keys, lang=lang))

    rubric = "".join(
        f"<li><b>{point['weight']}</b> {_mathjax(say(point['text'], lang))}</li>"
        for point in q.data["rubric"]
    )
    wrong = [(item["text"], item["why"]) for item in q.data["wrong_answers"]]
    follow_ups = [(item["ask"], item["answer"]) for item in q.data["follow_ups"]]
    return {
        "Id": q.id,
        "Title": html.escape(q.title(lang)),
        "Facts": html.escape(facts(q, lang)),
        "Prompt": text("prompt"),
        "Code": _pre(q.task_code()),
        "Short": text("answer", "short"),
        "Full": _details(show["full"], text("answer", "full")),
        "Whiteboard": _details(show["whiteboard"], text("answer", "whiteboard")),
        "Solution": _details(show["code"], _pre(code)) if code else "",
        "Rubric": _details(show["rubric"], f'<ul class="rubric">{rubric}</ul>'),
        "Mistakes": _details(show["wrong_answers"], _pairs(wrong, lang)),
        "FollowUps": _details(show["follow_ups"], _pairs(follow_ups, lang)),
        "Sources": html.escape("; ".join(map(source, q.data["cite"]))),
        "Words": html.escape(show["short"]),
    }


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

    _write(path, write)


def _csv_row(q, lang):
    data = q.data

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
        "rubric": "\n".join(f"{p['weight']} {say(p['text'], lang)}" for p in data["rubric"]),
        "red_flags": "\n".join(say(flag, lang) for flag in data["red_flags"]),
        "wrong_answers": lines(data["wrong_answers"], "text", "why"),
        "follow_ups": lines(data["follow_ups"], "ask", "answer"),
        "hints": "\n".join(say(hint, lang) for hint in data["hints"]),
        "related": " ".join(data.get("related", [])),
        "sources": "; ".join(map(source, data["cite"])),
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
    _write(path, lambda partial: Path(partial).write_text(page, encoding="utf-8"))


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


def _mathjax(text):
    return markup.as_html(text, markup.mathjax)


def _pre(code):
    return f"<pre><code>{html.escape(code.rstrip(), quote=False)}</code></pre>" if code else ""


def _details(head, body):
    return f"<details><summary>{html.escape(head)}</summary>{body}</details>"


def _pairs(pairs, lang):
    items = (
        f"<li><b>{_mathjax(say(first, lang))}</b>{_mathjax(say(second, lang))}</li>"
        for first, second in pairs
    )
    return f"<ul>{''.join(items)}</ul>"


def _write(path, write):
    """Call ``write(partial)`` and rename: a file is there whole or not at all."""
    path = Path(path)
    if not path.exists():
        writable_folder(path.parent)
    with replacing(path, "choose another --out") as partial:
        write(str(partial))


FORMATS = {"anki": (anki, "apkg"), "csv": (table, "csv"), "cheatsheet": (cheatsheet, "html")}
