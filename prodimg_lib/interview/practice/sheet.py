"""The score sheet of a mock interview, in Markdown."""

import json
from datetime import datetime
from pathlib import Path

from prodimg_lib import templates
from prodimg_lib.errors import InputError
from prodimg_lib.interview.bank import bank
from prodimg_lib.interview.chapters import chapters_of
from prodimg_lib.interview.language import language, one_line, say
from prodimg_lib.interview.practice.mock import Answered, Plan, next_step
from prodimg_lib.interview.render.show import level_words, source
from prodimg_lib.interview.terms import band
from prodimg_lib.interview.words import words

_MARK = "prodimg mock interview:"


def markdown(session, now=None):
    """The sheet of a ``Session``, finished or not."""
    lang, plan = session.lang, session.plan
    said = words(language(lang))
    sheet = said["sheet"]
    answered = session.answered
    scored = [a for a in answered if a.scores is not None]
    page = templates.render(
        "interview_sheet.md.j2",
        words=sheet,
        plan=plan,
        date=(now or datetime.now()).strftime("%Y-%m-%d %H:%M"),
        level=level_words(plan.level, plan.seniority, lang) if plan.level else sheet["any"],
        topic=said["topics"][plan.topic] if plan.topic else sheet["any"],
        average=_average(scored),
        scored=len(scored),
        used=_minutes(session.seconds),
        answered=[_row(a, said, lang) for a in answered],
        not_reached=", ".join(q.id for q in plan.questions[len(answered) :]),
        topics=_topics(scored, said),
        next=_next(session, scored, said),
    )
    return f"{page.rstrip()}\n\n<!-- {_MARK} {json.dumps(_state(session))} -->\n"


def _state(session):
    """What it takes to go on: in the sheet itself, where a reader of Markdown does not see it."""
    plan = session.plan
    return {
        "lang": session.lang,
        "plan": [plan.minutes, plan.seed, plan.level, plan.topic, plan.kind, plan.seniority],
        "questions": [q.id for q in plan.questions],
        "answered": [
            {
                "seconds": round(a.seconds, 1),
                "scores": a.scores,
                "hints": a.hints,
                "checks": a.checks,
                "follow_ups": a.follow_ups,
                "file": str(a.file) if a.file else None,
            }
            for a in session.answered
        ],
    }


def read(path):
    """Plan, answers and language of a sheet that was not finished.

    Raises:
        InputError: it cannot be read, is no sheet, or is finished.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        text = ""
    try:
        kept = json.loads(text.rsplit(f"<!-- {_MARK} ", 1)[1].rsplit("-->", 1)[0])
        questions = [bank[id_] for id_ in kept["questions"]]
        answered = [
            Answered(question, **{**facts, "file": facts["file"] and Path(facts["file"])})
            for question, facts in zip(questions, kept["answered"], strict=False)
        ]
        plan, lang = Plan(questions, *kept["plan"]), kept["lang"]
    except (IndexError, KeyError, TypeError, ValueError):
        raise InputError(
            f"{path}: no score sheet to go on with; give the file that a mock interview wrote"
        ) from None
    if sum(a.scores is not None for a in answered) == len(questions):
        raise InputError(f"{path}: this interview is finished; begin another one")
    return plan, answered, lang


def _row(answered, said, lang):
    question, sheet = answered.question, said["sheet"]
    notes = []
    if answered.hints:
        notes.append(sheet["hints"].format(n=answered.hints))
    if answered.checks:
        last = sheet["statuses"][answered.checks[-1]]
        notes.append(sheet["checks"].format(n=len(answered.checks), last=last))
    if answered.file:
        notes.append(sheet["file"].format(path=answered.file))
    rubric = question.data["rubric"] if answered.scores is not None else []
    return {
        "id": question.id,
        "title": question.title(lang),
        "kind": said["kinds"][question.kind],
        "level": level_words(question.level, question.seniority, lang),
        "minutes": question.minutes,
        "used": _minutes(answered.seconds),
        "points": answered.points,
        "verdict": None if answered.points is None else said["verdicts"][band(answered.points)],
        "rubric": [
            {
                "got": answered.scores[point["id"]],
                "weight": point["weight"],
                "text": one_line(say(point["text"], lang)),
                "missed": point in answered.missed,
            }
            for point in rubric
        ],
        "follow_ups": [
            {"got": got, "ask": one_line(say(follow_up["ask"], lang))}
            for got, follow_up in zip(
                answered.follow_ups, question.data["follow_ups"], strict=False
            )
        ],
        "notes": notes,
    }


def _topics(scored, said):
    """Points and time by the first topic of each question, the weakest first."""
    groups: dict[str, list] = {}
    for answered in scored:
        groups.setdefault(answered.question.topics[0], []).append(answered)
    rows = [
        {
            "name": said["topics"][topic],
            "n": len(group),
            "points": _average(group),
            "used": _minutes(sum(a.seconds for a in group)),
        }
        for topic, group in groups.items()
    ]
    return sorted(rows, key=lambda row: row["points"])


def _next(session, scored, said):
    """What to read: the answers that were not right, the weakest first, then chapters."""
    sheet, lines = said["sheet"], []
    weak: dict[str, list] = {}
    for answered in sorted(scored, key=lambda a: a.points):
        question = answered.question
        if answered.right:
            continue
        weak.setdefault(question.topics[0], []).append(question)
        related = ", ".join(question.data.get("related", []))
        lines.append(
            sheet["read" if related else "read_alone"].format(
                title=question.title(session.lang),
                id=question.id,
                related=related,
                sources="; ".join(map(source, question.data["cite"])),
            )
        )
    for topic, questions in weak.items():
        if names := "; ".join(chapters_of(questions, bank)):
            lines.append(sheet["chapters"].format(topic=said["topics"][topic], chapters=names))
    if scored and not weak:
        lines.append(sheet["next_none"].format(harder=next_step(session.plan)))
    return [*lines, sheet["again"].format(command=session.plan.command())]


def _average(scored):
    return round(sum(a.points for a in scored) / len(scored)) if scored else None


def _minutes(seconds):
    return f"{seconds / 60:.1f}"
