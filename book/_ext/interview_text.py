"""The bank's questions as MyST Markdown."""

import json
import re
from html import escape

TOPICS = {
    "gan": "GANs",
    "vae": "VAEs",
    "evaluation": "Evaluation",
    "diffusion": "Diffusion",
    "data": "Data",
    "design": "System design",
}
LEVELS = {"E": "easy", "M": "medium", "H": "hard"}
KINDS = {"concept": "concept", "coding": "coding", "debug": "debugging", "design": "design case"}
COUNTED = {
    "concept": "on concepts and derivations",
    "coding": "coding exercises",
    "debug": "bugs to repair",
    "design": "design cases",
}
CHAPTERS = {
    "01_product_images": "S02 S03 C15 C16 C27 B27 B30 B33",
    "02_vae": "V01 V02 V03 V04 V05 V07 C08 C09 B08 B09 B23",
    "03_gan": "G01 G02 G04 G08 C01 C02 C13 B02 B04 B05 B06 B13",
    "04_metrics_of_pairs": "E01 E02 E03 C17 C18 B14 B28 B29",
    "05_metrics_of_sets": "E04 E05 E06 E08 E09 E10 E15 C19 C20 C21 C22 B31",
    "06_gan_game": "G02 G03 G05 G11 C03 B16",
    "07_gan_failures": "G06 G07 G14 G18 G20 B18 B20",
    "08_gan_objectives": "G09 G10 G12 G13 C04 C05 C07 B21",
    "09_conditional_gan": "G16 G17 G19 C26 E13",
    "10_training_vae": "V06 V08 V10 V15 C11 C12 B22 B24",
    "11_vae_samples": "V09 V11 V12 V13 C24",
    "12_codes_and_noise": "V14 D01 D02 D03 D05 D07",
}

NOTE = "<!-- Made from prodimg_lib/interview by every build of the book; do not edit. -->\n"


def pages(bank):
    """``{file name: text}`` of all pages."""
    made = {"index.md": index(bank)}
    for topic in TOPICS:
        questions = [q for q in bank.values() if q.topics[0] == topic]
        made[f"{topic}.md"] = topic_page(topic, questions, bank)
    made["chapters.md"] = chapter_page(bank)
    return made


def index(bank):
    """The list of all questions, with filters that a script adds."""
    rows = []
    for q in bank.values():
        about = {"topic": q.topics[0], "level": q.level, "kind": q.kind}
        data = "".join(f' data-{key}="{value}"' for key, value in about.items())
        words = escape(f"{q.id} {q.title()} {' '.join(q.topics)}".lower(), quote=True)
        rows.append(
            f'<tr{data} data-words="{words}"><td>{q.id}</td>'
            f'<td><a href="{q.topics[0]}.html#{q.id.lower()}">{escape(q.title())}</a></td>'
            f"<td>{TOPICS[q.topics[0]]}</td><td>{KINDS[q.kind]}</td>"
            f"<td>{LEVELS[q.level]}</td><td>{q.minutes} min</td></tr>"
        )
    counts = {kind: sum(q.kind == kind for q in bank.values()) for kind in KINDS}
    table = (
        '<div class="interview-index">\n'
        '<p class="interview-hits" role="status" aria-live="polite"></p>\n'
        '<div class="pst-scrollable-table-container"><table class="table">\n<thead><tr><th>Id</th>'
        "<th>Question</th><th>Topic</th><th>Kind</th><th>Level</th><th>Time</th></tr></thead>\n"
        "<tbody>\n" + "\n".join(rows) + "\n</tbody></table></div>\n</div>"
    )
    listed = ", ".join(f"{n} {COUNTED[kind]}" for kind, n in counts.items() if n)
    return f"""{NOTE}
# Interview practice

{len(rows)} questions ({listed}), each with an answer in three depths, a rubric to score yourself,
the wrong answers people give, and follow-ups. Say your answer aloud, or write it, before you open
a box.

- **Read** by topic: {", ".join(f"[{name}]({topic}.md)" for topic, name in TOPICS.items())};
  or [by chapter](chapters.md).
- **Write code** that is really checked: `prodimg interview show C08 --starter my_answer.py`, then
  `prodimg interview check C08 my_answer.py`.
- **Rehearse**: `prodimg interview mock --minutes 45 --level M --seed 7` interviews you in the
  terminal and writes a score sheet.
- **Remember**: `prodimg interview due` and `prodimg interview export anki --out cards.apkg`.

## Find a question

```{{raw}} html
{table}
```
"""


def topic_page(topic, questions, bank):
    order = {level: i for i, level in enumerate(LEVELS)}
    kinds = {kind: i for i, kind in enumerate(KINDS)}
    questions = sorted(questions, key=lambda q: (order[q.level], kinds[q.kind], q.id))
    parts = [NOTE, f"# Interview: {TOPICS[topic]}\n"]
    parts.append(
        "Answers are closed. Ticks in a rubric add up to your score; nothing leaves this page. "
        "[All questions, with filters](index.md).\n"
    )
    for level, word in LEVELS.items():
        chosen = [q for q in questions if q.level == level]
        if chosen:
            parts.append(f"## {word.capitalize()}\n")
            parts += [question_text(q, bank) for q in chosen]
    return "\n".join(parts)


def question_text(q, bank):
    """A question with everything behind clicks."""
    badges = f"{{bdg-primary}}`{KINDS[q.kind]}` {{bdg-secondary}}`{LEVELS[q.level]}` "
    badges += f"{{bdg-light}}`{q.minutes} min`"
    parts = [f"({q.id.lower()})=", f"### {q.id} · {q.title()}", badges, q.text("prompt")]
    code = q.code()
    if q.kind == "coding":
        parts.append(fence(code["starter"]))
        parts.append(f"Check it: `prodimg interview check {q.id} my_answer.py`")
    if q.kind == "debug":
        parts.append(fence(code["buggy"]))
        parts.append(dropdown("What is seen", q.text("debug", "symptom")))
    hints = [f"{i}. {line(h['en'])}" for i, h in enumerate(q.data["hints"], 1)]
    parts.append(dropdown("Hints", "\n".join(hints)))
    if q.kind == "design":
        asked = [
            f"**{line(c['ask']['en'])}**\n{line(c['answer']['en'])}\n"
            for c in q.data["design"]["clarify"]
        ]
        parts.append(dropdown("Questions to ask first, and what you are told", "\n".join(asked)))
    parts.append(dropdown("30 seconds", q.text("answer", "short")))
    parts.append(dropdown("2 minutes", q.text("answer", "full")))
    parts.append(dropdown("At the whiteboard", q.text("answer", "whiteboard")))
    if q.kind == "coding":
        parts.append(dropdown("One solution", fence(code["reference"])))
    if q.kind == "debug":
        said = f"{q.text('debug', 'diagnosis')}\n\n{q.text('debug', 'fix')}"
        parts.append(dropdown("Diagnosis and fix", f"{said}\n\n{fence(code['fixed'])}"))
    parts.append(dropdown("Score yourself", rubric(q)))
    parts.append(dropdown("Wrong answers, and why", wrong(q)))
    follow = [
        f"**{line(f['ask']['en'])}**\n{line(f['answer']['en'])}\n" for f in q.data["follow_ups"]
    ]
    parts.append(dropdown("Follow-ups", "\n".join(follow)))
    if q.kind == "design":
        for found in q.data["design"]["samples"]:
            parts.append(
                dropdown(f"{found['title']['en']}: {found['total']} of 100", sample(found))
            )
        parts.append(calculator(q))
    parts.append(sources(q, bank))
    return "\n\n".join(parts) + "\n"


def sample(found):
    scores = ", ".join(f"{name} {score}" for name, score in found["scores"].items())
    said = "\n".join(f"> {row}".rstrip() for row in found["text"]["en"].strip().splitlines())
    return f"{said}\n\n**{found['total']} of 100**: {scores}.\n\n{found['comment']['en'].strip()}"


def rubric(q):
    rows = []
    for point in q.data["rubric"]:
        box = f'<input type="checkbox" data-weight="{point["weight"]}" aria-label="{point["id"]}">'
        must = " **must**" if point["must"] else ""
        rows.append(f"- {box} {point['weight']}{must} · {line(point['text']['en'])}")
    flags = "; ".join(line(flag["en"]).rstrip(".") for flag in q.data["red_flags"])
    total = '<span class="rubric-score" role="status">0</span>'
    return "\n".join([*rows, "", f"Your score: {total} of 100", "", f"*Red flags:* {flags}."])


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

    from prodimg_lib.interview import capacity

    given = q.data["design"]["capacity"]
    fields = []
    for name, parameter in inspect.signature(capacity.plan).parameters.items():
        value = given.get(name, parameter.default)
        label = name.replace("_", " ")
        fields.append(
            f'<label>{label} <input type="number" step="any" name="{name}" value="{value}"></label>'
        )
    data = escape(json.dumps(capacity.LIMITS), quote=True)
    form = (
        f'<form class="capacity" data-limits="{data}">'
        + "".join(fields)
        + '<output aria-live="polite"></output></form>'
    )
    return dropdown("Capacity calculator", f"```{{raw}} html\n{form}\n```")


def chapter_page(bank):
    parts = [NOTE, "# Practice by chapter\n"]
    parts.append(
        "Cards for each chapter: answer aloud, open, and say honestly whether you knew it.\n"
    )
    for chapter, ids in CHAPTERS.items():
        known = [id_ for id_ in ids.split() if id_ in bank]
        if known:
            title = f"{{doc}}`/notebooks/{chapter}`"
            parts.append(f"## Chapter {int(chapter[:2])}\n\nOf {title}.\n")
            parts.append(f"```{{quiz}} {' '.join(known)}\n```\n")
    return "\n".join(parts)


def quiz(questions):
    """Cards; the script adds the buttons and the score."""
    parts = []
    for q in questions:
        more = f"[All of {q.id}: rubric, follow-ups, sources](#{q.id.lower()})"
        body = f"{q.text('answer', 'short')}\n\n{more}"
        head = f"**{q.title()}** {{bdg-secondary}}`{LEVELS[q.level]}`"
        card = f"{head}\n\n{q.text('prompt')}\n\n{dropdown('Answer', body)}"
        parts.append(f"::::::{{div}} quiz-card quiz-{q.id.lower()}\n{card}\n::::::")
    return "\n\n".join(parts)


def dropdown(title, body):
    return f":::::{{dropdown}} {title}\n{body.strip()}\n:::::"


def fence(code):
    return f"```python\n{code.strip()}\n```"


def line(text):
    """As one line, so that lists and labels hold."""
    return re.sub(r"\s+", " ", text.strip())
