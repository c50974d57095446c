"""``prodimg interview``: practise in the terminal. Everything heavy is imported inside commands."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli import interview_practice
from prodimg_lib.cli.interview_options import Id, In, Kind, Lang, Level, Seniority, Topic

app = typer.Typer(
    help="Interview practice: questions, checked code, mock interviews, exports.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

for command in (interview_practice.watch, interview_practice.practice):
    app.command()(command)

PASS, FAIL, TIMEOUT = 0, 1, 3  # exit codes; 2 is wrong usage


class Format(StrEnum):
    anki = "anki"
    csv = "csv"
    cheatsheet = "cheatsheet"


@app.command("list")
def list_(
    topic: Topic = None,
    level: Level = None,
    seniority: Seniority = None,
    kind: Kind = None,
    due: Annotated[bool, typer.Option("--due", help="Only what is due today.")] = False,
    lang: In = Lang.en,
):
    """List the questions, and in which box of your practice each is."""
    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.interview import bank

    kept, fitting = terminal.load_progress(), bank.filter(topic, level, kind, seniority)
    waiting = set(kept.due())
    questions = [q for q in fitting if q.id in waiting] if due else fitting
    nothing = "none_due" if due and fitting else "none"
    terminal.print_table(questions, kept, lang, nothing)
    if questions:
        minutes = sum(q.minutes for q in questions)
        key = "count" if len(questions) > 1 else "one"
        terminal.say(lang, "list", key, n=len(questions), minutes=minutes, id=questions[0].id)


@app.command()
def show(
    id_: Id,
    starter: Annotated[
        str | None,
        typer.Option(
            help="Also write the code to begin with here; a folder will do, which ends in / "
            "where it is new.",
            metavar="FILE",
        ),
    ] = None,
    lang: In = Lang.en,
):
    """Show a question, and write the file to work on."""
    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.errors import InputError
    from prodimg_lib.files import writable_folder
    from prodimg_lib.interview import bank
    from prodimg_lib.interview.practice import session

    q = bank[id_]
    q.show(lang)
    if starter is None:
        return
    q.need_code()
    path = Path(starter)
    if path.is_dir() or starter.endswith("/"):
        path = writable_folder(path, "--starter") / session.file_name(q)
    try:
        session.write_starter(q, path)
    except FileExistsError:
        raise InputError(f"{path} exists and is left as it is; name another file") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot write {path}: {reason}; choose another --starter") from None
    terminal.say(lang, "commands", "starter", path=path)
    terminal.say(lang, "commands", "check", id=q.id, path=path)


@app.command()
def check(
    id_: Id,
    file: Annotated[Path, typer.Argument(help="Python file that defines the function.")],
    seconds: Annotated[
        float, typer.Option(help="Processor seconds that the checks may take.")
    ] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    lang: In = Lang.en,
):
    """Check your code. It is run: no sandbox guards you against it.

    Exit code 0: passed, 1: not (yet), 2: wrong usage, 3: stopped for time.
    """
    from rich.console import Console

    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.errors import InputError
    from prodimg_lib.interview import bank

    if not 0 < seconds < float("inf"):
        raise InputError(f"--seconds {seconds:g}: expected a number above 0, such as 10")
    q = bank[id_]
    with Console(stderr=True).status(
        terminal.words(lang)["commands"]["checking"].format(path=file)
    ):
        result = q.check(file, time_limit=seconds)
    print(result.to_json() if json else result.text(lang))
    if result.judged:  # trying is free: only what passes moves a card
        terminal.record(q.id, result.passed, None, lang, quiet=json, judged=False)
    raise typer.Exit({"pass": PASS, "timeout": TIMEOUT}.get(result.status, FAIL))


@app.command()
def hint(
    id_: Id,
    number: Annotated[int, typer.Argument(help="Which one, counted from 1.")] = 1,
    lang: In = Lang.en,
):
    """Show a hint; the first, unless you say which."""
    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.interview import bank

    q = bank[id_]
    q.hint(number, lang)
    if number < len(q.data["hints"]):
        terminal.say(lang, "commands", "more_hints", id=q.id, number=number + 1)


@app.command()
def solution(id_: Id, lang: In = Lang.en):
    """Show the answer in three depths, the rubric, usual mistakes, follow-ups and code."""
    from prodimg_lib.interview import bank

    bank[id_].solution(lang)


@app.command()
def due(lang: In = Lang.en):
    """List what is due today by your practice so far."""
    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.interview import bank

    kept = terminal.load_progress()
    waiting = [bank[id_] for id_ in kept.due() if id_ in bank]
    tried = sum(id_ in bank for id_ in kept.entries)
    if waiting:
        terminal.print_table(waiting, kept, lang)
    terminal.say(
        lang, "due", "count" if waiting else "none", n=len(waiting), tried=tried, total=len(bank)
    )
    later = sorted((kept.due_on(id_), id_) for id_ in kept.entries if id_ in bank)
    if later and not waiting:
        terminal.say(lang, "due", "next", date=later[0][0], id=later[0][1])


@app.command()
def mock(
    minutes: Annotated[int, typer.Option(help="Length of the interview.")] = 45,
    level: Level = None,
    seniority: Seniority = None,
    topic: Topic = None,
    kind: Kind = None,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same questions.  [default: a new one]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The score sheet.  [default: mock-DATE-seedN.md]")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the interview of this score sheet.")
    ] = None,
    lang: In = Lang.en,
):
    """A timed mock interview with a score sheet; q, Ctrl-C or Ctrl-D ends it."""
    import random
    from datetime import datetime

    from rich.console import Console

    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.errors import InputError
    from prodimg_lib.files import writable_folder, write_atomically
    from prodimg_lib.interview import bank
    from prodimg_lib.interview.practice import mock as interview
    from prodimg_lib.interview.practice import sheet
    from prodimg_lib.interview.practice.session import Session

    begun, answered = datetime.now(), []
    if resume:
        (plan, answered, lang), out = sheet.read(resume), resume
    else:
        seed = random.randrange(1000) if seed is None else seed
        plan = interview.choose(bank, minutes, level, topic, kind, seed, seniority)
        out = out or Path(f"mock-{begun:%Y%m%d-%H%M}-seed{seed}.md")
        if out.exists():
            raise InputError(
                f"{out} exists and is left as it is; choose another --out, or go on with "
                f"--resume {out}"
            )

    def keep(answered=None):
        """After every question: an interview that is cut off leaves its sheet."""
        write_atomically(out, sheet.markdown(session, begun), "choose another --out")
        if answered:
            terminal.record(answered.question.id, answered.right, answered.points, lang)

    writable_folder(out.parent)
    session = Session(plan, Console(), out.parent, lang, on_answer=keep, answered=answered)
    keep()
    session.run()
    keep()
    terminal.say(lang, "mock", "sheet", path=out)
    if session.ended == "quit":
        terminal.say(lang, "mock", "resume", path=out)


@app.command()
def export(
    format_: Annotated[Format, typer.Argument(metavar="FORMAT", help="anki, csv or cheatsheet.")],
    out: Annotated[
        Path | None, typer.Option(help="The file.  [default: prodimg-interview-LANG.EXT]")
    ] = None,
    topic: Topic = None,
    level: Level = None,
    seniority: Seniority = None,
    kind: Kind = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
    lang: In = Lang.en,
):
    """Write an Anki deck, a CSV file, or cheat sheets to print (HTML)."""
    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.errors import InputError
    from prodimg_lib.files import leave_alone
    from prodimg_lib.interview import bank
    from prodimg_lib.interview.render import exports

    write, ending = exports.FORMATS[format_.value]
    questions = bank.filter(topic, level, kind, seniority)
    if not questions:
        raise InputError(terminal.words(lang)["list"]["none"])
    out = out or Path(f"prodimg-interview-{lang.value}.{ending}")
    leave_alone(out, force)
    write(questions, out, lang.value)
    terminal.say(lang, "export", "done", n=len(questions), path=out)


@app.command()
def selftest(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Default: all.")
    ] = None,
    with_code: Annotated[
        bool, typer.Option("--code/--no-code", help="Also run every answer, right and wrong.")
    ] = True,
):
    """Test the bank itself: words, numbers, and that every checker tells right from wrong."""
    from rich.console import Console
    from rich.progress import Progress

    from prodimg_lib.cli import interview_terminal as terminal
    from prodimg_lib.interview import bank, validate

    questions = [bank[id_] for id_ in ids] if ids else list(bank.values())
    if with_code and any(q.kind in ("coding", "debug") for q in questions):
        from prodimg_lib.quiet import load_tensorflow

        load_tensorflow()
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(terminal.words("en")["selftest"]["task"], total=len(questions))

        def tell(question, problems):
            for problem in problems:
                progress.console.print(f"{question.id}: {problem}", markup=False, highlight=False)
            progress.advance(task)

        found = validate.all_of(bank, questions, with_code, tell)
    bad = sum(map(bool, found.values()))
    terminal.say("en", "selftest", "bad" if bad else "good", n=len(questions), bad=bad)
    raise typer.Exit(FAIL if bad else PASS)
