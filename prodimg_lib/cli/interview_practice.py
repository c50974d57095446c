"""``prodimg interview watch`` and ``practice``. Everything heavy is imported inside."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.interview_options import Id, In, Kind, Lang, Level, Seniority, Topic


def watch(
    id_: Id,
    file: Annotated[
        Path | None, typer.Argument(help="Python file.  [default: ID_FUNCTION.py, here]")
    ] = None,
    lang: In = Lang.en,
):
    """Check your code whenever you save it. Keys: h hint, s solution, n next, c check, q quit."""
    from rich.console import Console

    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.errors import InputError
    from prodimg_lib.interview import bank
    from prodimg_lib.interview.check import parse, runner
    from prodimg_lib.interview.practice.session import file_name
    from prodimg_lib.interview.practice.watch import Watch

    q = bank[id_]
    q.need_code()
    path = file or Path(file_name(q))
    if path.is_dir():
        path = path / file_name(q)
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder; make it, or name another file")

    def keep(question, result):
        if result.judged:
            terminal.record(question.id, result.passed, None, lang, judged=False)

    runner.warm(parse.is_heavy("", q))  # while the question is read
    with terminal.keys() as key, contextlib.suppress(KeyboardInterrupt):
        Watch(q, path, Console(), key, lambda q, path: q.check(str(path)), lang, keep).run()


def practice(
    due: Annotated[bool, typer.Option("--due", help="Only what is due today.")] = False,
    topic: Topic = None,
    level: Level = None,
    seniority: Seniority = None,
    kind: Kind = "concept",
    number: Annotated[int, typer.Option("-n", "--number", help="How many at most.")] = 10,
    lang: In = Lang.en,
):
    """Answer card after card and grade each by its rubric, without clock or sheet.

    What is due comes first, then what you have never tried.
    """
    from rich.console import Console

    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.errors import InputError
    from prodimg_lib.interview import bank
    from prodimg_lib.interview.practice.cards import Cards, choose

    if number < 1:
        raise InputError(f"--number {number}: expected 1 or more")
    kept = terminal.load_progress()
    questions = choose(bank, kept, due, topic, level, kind, seniority)[:number]
    if not questions:
        terminal.say(lang, "list", "none_due" if due else "all_tried")
        return

    def keep(answered):
        terminal.record(answered.question.id, answered.right, answered.points, lang)

    Cards(questions, Console(), Path(), lang, on_answer=keep).run()
