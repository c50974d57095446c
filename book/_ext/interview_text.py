"""One question as MyST Markdown: as a part of its page, and as a card."""

import json
import sys
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # the library of this checkout, installed or not
from prodimg_lib.interview import capacity
from prodimg_lib.interview.language import one_line as line
from prodimg_lib.interview.render.points import half, point_text
from prodimg_lib.interview.terms import BANDS, LEVELS, TOPICS
from prodimg_lib.interview.words import words

VERDICTS = words()["verdicts"]
KINDS = words()["kinds"] | {"design": "design case"}  # beside a topic that is called system design
PAGES = {name: words()["topics"][name][0].upper() + words()["topics"][name][1:] for name in TOPICS}
INPUTS = {  # of ``capacity.plan``
    "images_per_day": "images made a day",
    "seconds_per_image": "accelerator seconds each",
    "peak_factor": "peak over mean rate",
    "utilisation": "highest load (0 to 1)",
    "acceptance": "share accepted (0 to 1)",
    "review_share": "share reviewed (0 to 1)",
    "review_seconds": "seconds for a review",
    "review_hours": "reviewing hours a day",
    "kilobytes_per_image": "kilobytes for an image",
    "accelerator_price": "price of accelerator hour",
    "reviewer_price": "price of reviewer hour",
    "autoscaling": "autoscaling (0 to 1)",
}


def question_text(q, bank):
    """A question with everything behind clicks."""
    badges = f"{{bdg-primary}}`{KINDS[q.kind]}` {{bdg-secondary}}`{level(q)}` "
    badges += f"{{bdg-light}}`{q.minutes} min`"
    parts = [f"({q.id.lower()})=", f"### {q.id} · {q.title()}", badges, q.text("prompt")]
    if code := q.task_code():
        parts += [fence(code), how_to_check(q)]
    if torch := q.torch_code():
        parts.append(
            dropdown("In PyTorch", f"{words()['show']['torch']}\n\n{fence(torch['starter'])}")
        )
    if q.kind == "debug":
        parts.append(dropdown("What is seen", q.text("debug", "symptom")))
    hints = [f"{i}. {line(h['en'])}" for i, h in enumerate(q.data["hints"], 1)]
    parts.append(dropdown("Hints", "\n".join(hints)))
    if q.kind == "design":
        asked = [
            f"**{line(c['ask']['en'])}**\n{line(c['answer']['en'])}\n"
            for c in q.data["design"]["clarify"]
        ]
        parts.append(dropdown("Questions to ask first, and what you are told", "\n".join(asked)))
    parts.append(dropdown("30 seconds", short(q)))
    parts.append(dropdown("2 minutes", q.text("answer", "full")))
    parts.append(dropdown("At the whiteboard", q.text("answer", "whiteboard")))
    if q.kind == "coding":
        parts.append(dropdown("One solution", fence(q.answer_code())))
    if torch:
        parts.append(dropdown("One solution in PyTorch", fence(torch["reference"])))
    if q.kind == "debug":
        said = f"{q.text('debug', 'diagnosis')}\n\n{q.text('debug', 'fix')}"
        parts.append(dropdown("Diagnosis and fix", f"{said}\n\n{fence(q.answer_code())}"))
    parts.append(dropdown("Score yourself", rubric(q)))
    parts.append(dropdown("Wrong answers, and why", wrong(q)))
    follow = [
        f"**{line(f['ask']['en'])}**\n{line(f['answer']['en'])}\n" for f in q.data["follow_ups"]
    ]
    parts.append(dropdown("Follow-ups", "\n".join(follow)))
    if q.kind == "design":
        for found in q.data["design"]["samples"]:
            parts.append(
                dropdown(
                    f"{found['title']['en']}: {found['total']} of 100",
                    sample(found, q.data["rubric"]),
                )
            )
        parts.append(calculator(q))
    parts.append(sources(q, bank))
    return "\n\n".join(parts) + "\n"


def level(q):
    """How hard a question is and, where it says so, for whom."""
    return f"{LEVELS[q.level]}, {q.seniority}" if q.seniority else LEVELS[q.level]


def how_to_check(q):
    done = "Write it" if q.kind == "coding" else "Repair it"
    return (
        f"{done} and have it checked: `prodimg interview show {q.id} --starter my_answer.py`, then "
        f"`prodimg interview check {q.id} my_answer.py`; in a notebook "
        f'`bank["{q.id}"].check({q.entry()})`.'
    )


def sample(found, rubric):
    weights = {point["id"]: point["weight"] for point in rubric}
    scores = ", ".join(f"{name} {n} of {weights[name]}" for name, n in found["scores"].items())
    said = "\n".join(f"> {row}".rstrip() for row in found["text"]["en"].strip().splitlines())
    return f"{said}\n\n**{found['total']} of 100**: {scores}.\n\n{found['comment']['en'].strip()}"


def short(q):
    """The short answer, and below it how one would say it."""
    if "spoken" not in q.data["answer"]:
        return q.text("answer", "short")
    return f"{q.text('answer', 'short')}\n\n**Aloud.** {q.text('answer', 'spoken')}"


def rubric(q):
    """A list to tick; a large point may earn half. In a design case points are filled in."""
    rows = []
    for point in q.data["rubric"]:
        must = " **must**" if point["must"] else ""
        rows.append(f"- <label>{field(q, point)}{must} · {line(point_text(point))}</label>")
    named = json.dumps([[VERDICTS[name], least] for name, least in BANDS.items()])
    total = (
        f'Your score: <span class="rubric-score" role="status" data-question="{q.id}" '
        f'data-bands="{escape(named, quote=True)}">0</span> of 100 '
        '<span class="rubric-verdict"></span>'
    )
    flags = [f"- {line(flag['en'])}" for flag in q.data["red_flags"]]
    return "\n".join([*rows, "", total, "", "**Red flags**", "", *flags])


def field(q, point):
    """What takes the points of one line of a rubric, and their number."""
    weight = point["weight"]
    about = f'name="{point["id"]}" data-weight="{weight}"'
    if q.kind == "design":
        return (
            f'<input type="number" min="0" max="{weight}" step="1" value="0" {about}> of {weight}'
        )
    if "half" in point:
        some = half(point)
        options = f'<option value="0">0</option><option value="{some}">{some} (half)</option>'
        options += f'<option value="{weight}">{weight}</option>'
        return f"<select {about}>{options}</select> of {weight}"
    return f'<input type="checkbox" {about}> {weight}'


def wrong(q):
    return "\n".join(
        f"- *{line(w['text']['en'])}* {line(w['why']['en'])}" for w in q.data["wrong_answers"]
    )


def sources(q, bank):
    cited = ", ".join(
        f"{{cite:t}}`{c['key']}`" + (f" ({c['where']})" if c.get("where") else "")
        for c in q.data["cite"]
    )
    related = ", ".join(
        f"[{id_}](#{id_.lower()})" for id_ in q.data.get("related", []) if id_ in bank
    )
    return f"Sources: {cited}." + (f" Related: {related}." if related else "")


def calculator(q):
    """The form of the capacity calculator; the script computes what ``capacity.plan`` does."""
    import inspect

    given = q.data["design"]["capacity"]
    fields = []
    for name, parameter in inspect.signature(capacity.plan).parameters.items():
        value = given.get(name, parameter.default)
        fields.append(
            f'<label title="{name}: {escape(capacity.LIMITS[name][3], quote=True)}">{INPUTS[name]} '
            f'<input type="number" step="any" name="{name}" value="{value}"></label>'
        )
    data = escape(json.dumps(capacity.LIMITS), quote=True)
    form = (
        f'<form class="capacity" data-limits="{data}">'
        + "".join(fields)
        + '<output aria-live="polite"></output></form>'
    )
    about = "Filled in with the numbers of this case; the same as `capacity.plan` of the library."
    return dropdown("Capacity calculator", f"{about}\n\n```{{raw}} html\n{form}\n```")


def quiz(questions):
    """Cards; the script adds the buttons and the score."""
    parts = []
    for q in questions:
        more = f"[All of {q.id}: rubric, follow-ups, sources](#{q.id.lower()})"
        asked = [fence(q.task_code())] if q.kind == "debug" else []
        told = [fence(code)] if (code := q.answer_code()) else []
        body = "\n\n".join([short(q), *told, more])
        head = f"**{q.title()}** {{bdg-secondary}}`{level(q)}`"
        card = "\n\n".join([head, q.text("prompt"), *asked, dropdown("Answer", body)])
        parts.append(f"::::::{{div}} quiz-card quiz-{q.id.lower()}\n{card}\n::::::")
    return "\n\n".join(parts)


def dropdown(title, body):
    return f":::::{{dropdown}} {title}\n{body.strip()}\n:::::"


def fence(code):
    return f"```python\n{code.strip()}\n```"
