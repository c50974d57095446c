"""The bank as an Anki deck: a card for each question, and one for each point of its rubric."""

import html
from pathlib import Path

from prodimg_lib import templates
from prodimg_lib.files import replacing, writable_folder
from prodimg_lib.interview.language import language, say
from prodimg_lib.interview.render import markup
from prodimg_lib.interview.render.points import point_text
from prodimg_lib.interview.render.show import facts, source
from prodimg_lib.interview.terms import LEVELS
from prodimg_lib.interview.words import words

# Anki recognises decks and note types by these numbers, and notes by their GUID. They never change;
# a note type with other fields needs a number of its own.
_DECKS = {"en": 1_871_304_201, "zh": 1_871_304_202}
_POINT_DECKS = {"en": 1_871_304_203, "zh": 1_871_304_204}
_NOTE_TYPE = 1_694_220_517
_POINT_TYPE = 1_694_220_518
_FIELDS = (
    *("Id", "Title", "Facts", "Prompt", "Code", "Short", "Full", "Whiteboard", "Solution"),
    *("Rubric", "Mistakes", "FollowUps", "Sources", "Words"),
)
_POINT_FIELDS = ("Id", "Title", "Facts", "Prompt", "Points", "Sources")


def guid(id_, lang):
    """Of the Anki note of a question: the same in every release, whatever else is in the deck."""
    import genanki

    return genanki.guid_for("prodimg interview", id_, lang)


def point_guid(id_, lang):
    """Of the Anki note with the points of a question, as lasting as ``guid``."""
    import genanki

    return genanki.guid_for("prodimg interview points", id_, lang)


def anki(questions, path, lang="en"):
    """Write an Anki deck; importing a later one updates the cards.

    A card a question asks for the whole answer. In a deck of its own, below the first, each point
    of a rubric is a card: the others are shown, one is to be said (Anki's cloze deletion).
    """
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
        note = genanki.Note(
            note_type,
            [fields[name] for name in _FIELDS],
            tags=_tags(q),
            guid=guid(q.id, lang),
            sort_field=q.id,
        )
        deck.add_note(note)
    decks = [deck, _point_deck(questions, lang, said)]
    write_whole(path, lambda partial: genanki.Package(decks).write_to_file(partial))


def _point_deck(questions, lang, said):
    import genanki

    name = f"{said['export']['deck']}::{said['export']['points']}"
    deck = genanki.Deck(_POINT_DECKS[lang], name)
    note_type = genanki.Model(
        _POINT_TYPE,
        "prodimg interview points",
        fields=[{"name": name} for name in _POINT_FIELDS],
        templates=[
            {
                "name": "Point",
                "qfmt": templates.read("interview_point_front.html"),
                "afmt": templates.read("interview_point_back.html"),
            }
        ],
        css=templates.read("interview_card.css"),
        model_type=genanki.Model.CLOZE,
    )
    for q in questions:
        fields = {
            "Id": q.id,
            "Title": html.escape(q.title(lang)),
            "Facts": html.escape(facts(q, lang)),
            "Prompt": _mathjax(q.text("prompt", lang=lang)),
            "Points": _gaps(q, lang, said),
            "Sources": html.escape("; ".join(map(source, q.data["cite"]))),
        }
        note = genanki.Note(
            note_type,
            [fields[name] for name in _POINT_FIELDS],
            tags=_tags(q),
            guid=point_guid(q.id, lang),
            sort_field=q.id,
        )
        deck.add_note(note)
    return deck


def _gaps(q, lang, said):
    """The rubric as a list in which each point is a gap with a cue: its name and its weight."""
    rows = []
    for i, point in enumerate(q.data["rubric"], 1):
        cue = said["export"]["cue"].format(
            name=point["id"].replace("-", " "), points=point["weight"]
        )
        text = _mathjax(say(point["text"], lang)).removeprefix("<p>").removesuffix("</p>")
        rows.append(f"<li>{{{{c{i}::{_inside_a_gap(text)}::{cue}}}}}</li>")
    return f"<ol>{''.join(rows)}</ol>"


def _inside_a_gap(text):
    """Without what Anki reads as the end of a gap or of its text: }} and ::, as in LaTeX."""
    while "}}" in text:
        text = text.replace("}}", "} }")
    return text.replace("::", "&#58;&#58;")


def _tags(q):
    tags = [f"topic::{topic}" for topic in q.topics]
    tags += [f"level::{LEVELS[q.level]}", f"kind::{q.kind}"]
    return [*tags, f"seniority::{q.seniority}"] if q.seniority else tags


def _fields(q, lang, said):
    """HTML of a card by field; headings of the back in ``Words``, for the template's style."""
    show, code, torch = said["show"], q.answer_code(), q.torch_code()

    def text(*keys):
        return _mathjax(q.text(*keys, lang=lang))

    rubric = "".join(
        f"<li><b>{point['weight']}</b> {_mathjax(point_text(point, lang))}</li>"
        for point in q.data["rubric"]
    )
    spoken = ""
    if "spoken" in q.data["answer"]:
        spoken = f'<div class="spoken">{text("answer", "spoken")}</div>'
    wrong = [(item["text"], item["why"]) for item in q.data["wrong_answers"]]
    follow_ups = [(item["ask"], item["answer"]) for item in q.data["follow_ups"]]
    return {
        "Id": q.id,
        "Title": html.escape(q.title(lang)),
        "Facts": html.escape(facts(q, lang)),
        "Prompt": text("prompt"),
        "Code": _pre(q.task_code()) + _torch(torch, "starter", show["torch_task"]),
        "Short": text("answer", "short") + spoken,
        "Full": _details(show["full"], text("answer", "full")),
        "Whiteboard": _details(show["whiteboard"], text("answer", "whiteboard")),
        "Solution": (_details(show["code"], _pre(code)) if code else "")
        + _torch(torch, "reference", show["torch_code"]),
        "Rubric": _details(show["rubric"], f'<ul class="rubric">{rubric}</ul>'),
        "Mistakes": _details(show["wrong_answers"], _pairs(wrong, lang)),
        "FollowUps": _details(show["follow_ups"], _pairs(follow_ups, lang)),
        "Sources": html.escape("; ".join(map(source, q.data["cite"]))),
        "Words": html.escape(show["short"]),
    }


def _mathjax(text):
    return markup.as_html(text, markup.mathjax)


def _pre(code):
    return f"<pre><code>{html.escape(code.rstrip(), quote=False)}</code></pre>" if code else ""


def _torch(code, part, head):
    """The same in PyTorch, folded; nothing where PyTorch will not do."""
    return _details(head, _pre(code[part])) if code else ""


def _details(head, body):
    return f"<details><summary>{html.escape(head)}</summary>{body}</details>"


def _pairs(pairs, lang):
    items = (
        f"<li><b>{_mathjax(say(first, lang))}</b>{_mathjax(say(second, lang))}</li>"
        for first, second in pairs
    )
    return f"<ul>{''.join(items)}</ul>"


def write_whole(path, write):
    """Call ``write(partial)`` and rename: a file is there whole or not at all."""
    path = Path(path)
    if not path.exists():
        writable_folder(path.parent)
    with replacing(path, "choose another --out") as partial:
        write(str(partial))
