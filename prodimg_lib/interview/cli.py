"""``prodimg interview``: practise in the terminal. Everything heavy is imported inside commands."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Interview practice: questions, checked code, mock interviews, exports.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

PASS, FAIL, TIMEOUT = 0, 1, 3  # exit codes; 2 is wrong usage


class Lang(StrEnum):
    en = "en"
    zh = "zh"


class Format(StrEnum):
    anki = "anki"
    csv = "csv"
    cheatsheet = "cheatsheet"


Id = Annotated[str, typer.Argument(metavar="ID", help="A question, such as C08.")]
In = Annotated[
    Lang, typer.Option("--lang", envvar="PRODIMG_LANG", help="Language of questions and answers.")
]
Topic = Annotated[str | None, typer.Option(help="gan, vae, evaluation, diffusion, data, design …")]
Level = Annotated[str | None, typer.Option(help="E, M or H (easy, medium, hard).")]
Kind = Annotated[str | None, typer.Option(help="concept, coding, debug or design.")]


@app.command("list")
def list_(
    topic: Topic = None,
    level: Level = None,
    kind: Kind = None,
    due: Annotated[bool, typer.Option("--due", help="Only what is due today.")] = False,
    lang: In = Lang.en,
):
    """List the questions, and in which box of your practice each is."""
    from prodimg_lib.interview import bank

    kept, questions = _progress(), bank.filter(topic, level, kind)
    if due:
        waiting = set(kept.due())
        questions = [q for q in questions if q.id in waiting]
    _print_table(questions, kept, lang)
    if questions:
        minutes = sum(q.minutes for q in questions)
        _say(lang, "list", "count", n=len(questions), minutes=minutes, id=questions[0].id)


@app.command()
def show(
    id_: Id,
    starter: Annotated[
        Path | None,
        typer.Option(help="Also write the code to begin with here; a folder will do.", metavar="FILE"),
    ] = None,
    lang: In = Lang.en,
):
    """Show a question, and write the file to work on."""
    from prodimg_lib.errors import InputError
    from prodimg_lib.interview import bank, session

    q = bank[id_]
    q.show(lang)
    if starter is None:
        return
    q._need_code()
    path = starter / session.file_name(q) if starter.is_dir() else starter
    try:
        session.write_starter(q, path)
    except FileExistsError:
        raise InputError(f"{path} exists and is left as it is; name another file") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot write {path}: {reason}; choose another --starter") from None
    _say(lang, "commands", "starter", path=path)
    _say(lang, "commands", "check", id=q.id, path=path)


@app.command()
def check(
    id_: Id,
    file: Annotated[Path, typer.Argument(help="Python file that defines the function.")],
    seconds: Annotated[float, typer.Option(help="Time limit of the checks.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    lang: In = Lang.en,
):
    """Check your code. It is run: no sandbox guards you against it.

    Exit code 0: passed, 1: not (yet), 2: wrong usage, 3: stopped for time.
    """
    from rich.console import Console

    from prodimg_lib.errors import InputError
    from prodimg_lib.interview import bank
    from prodimg_lib.interview.words import words

    if not seconds > 0:
        raise InputError(f"--seconds {seconds:g}: expected a number above 0, such as 10")
    q = bank[id_]
    with Console(stderr=True).status(words(lang)["commands"]["checking"].format(path=file)):
        result = q.check(file, time_limit=seconds)
    print(result.to_json() if json else result.text(lang))
    if result.status != "not_attempted":
        _record(q.id, result.passed, None, lang, quiet=json)
    raise typer.Exit({"pass": PASS, "timeout": TIMEOUT}.get(result.status, FAIL))


@app.command()
def hint(
    id_: Id,
    number: Annotated[int, typer.Argument(help="Which one, counted from 1.")] = 1,
    lang: In = Lang.en,
):
    """Show a hint; the first, unless you say which."""
    from prodimg_lib.interview import bank

    q = bank[id_]
    q.hint(number, lang)
    if number < len(q.data["hints"]):
        _say(lang, "commands", "more_hints", id=q.id, number=number + 1)


@app.command()
def solution(id_: Id, lang: In = Lang.en):
    """Show the answer in three depths, the rubric, usual mistakes, follow-ups and code."""
    from prodimg_lib.interview import bank

    bank[id_].solution(lang)


@app.command()
def due(lang: In = Lang.en):
    """List what is due today by your practice so far."""
    from prodimg_lib.interview import bank

    kept = _progress()
    waiting = [bank[id_] for id_ in kept.due() if id_ in bank]
    tried = sum(id_ in bank for id_ in kept.entries)
    if waiting:
        _print_table(waiting, kept, lang)
    _say(lang, "due", "count" if waiting else "none", n=len(waiting), tried=tried, total=len(bank))
    later = sorted((kept.due_on(id_), id_) for id_ in kept.entries if id_ in bank)
    if later and not waiting:
        _say(lang, "due", "next", date=later[0][0], id=later[0][1])


@app.command()
def mock(
    minutes: Annotated[int, typer.Option(help="Length of the interview.")] = 45,
    level: Level = None,
    topic: Topic = None,
    kind: Kind = None,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same questions.  [default: a new one]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The score sheet.  [default: mock-DATE-seedN.md]")
    ] = None,
    lang: In = Lang.en,
):
    """A timed mock interview with a score sheet; q, Ctrl-C or Ctrl-D ends it."""
    import random
    from datetime import datetime

    from rich.console import Console

    from prodimg_lib.errors import InputError
    from prodimg_lib.interview import bank, sheet
    from prodimg_lib.interview import mock as interview
    from prodimg_lib.interview.session import Session

    seed = random.randrange(1000) if seed is None else seed
    plan = interview.choose(bank, minutes, level, topic, kind, seed)
    begun = datetime.now()
    out = out or Path(f"mock-{begun:%Y%m%d-%H%M}-seed{seed}.md")
    if out.exists():
        raise InputError(f"{out} exists and is left as it is; choose another --out")

    def keep(answered=None):
        """After every question: an interview that is cut off leaves its sheet."""
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(sheet.markdown(session, begun), encoding="utf-8")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"cannot write {out}: {reason}; choose another --out") from None
        if answered:
            _record(answered.question.id, answered.right, answered.points, lang)

    session = Session(plan, Console(), out.parent, lang, on_answer=keep)
    keep()
    session.run()
    keep()
    _say(lang, "mock", "sheet", path=out)


@app.command()
def export(
    format_: Annotated[Format, typer.Argument(metavar="FORMAT", help="anki, csv or cheatsheet.")],
    out: Annotated[
        Path | None, typer.Option(help="The file.  [default: prodimg-interview-LANG.EXT]")
    ] = None,
    topic: Topic = None,
    level: Level = None,
    kind: Kind = None,
    lang: In = Lang.en,
):
    """Write an Anki deck, a CSV file, or cheat sheets to print (HTML)."""
    from prodimg_lib.errors import InputError
    from prodimg_lib.interview import bank, exports
    from prodimg_lib.interview.words import words

    write, ending = exports.FORMATS[format_.value]
    questions = bank.filter(topic, level, kind)
    if not questions:
        raise InputError(words(lang)["list"]["none"])
    out = out or Path(f"prodimg-interview-{lang.value}.{ending}")
    write(questions, out, lang.value)
    _say(lang, "export", "done", n=len(questions), path=out)


@app.command()
def selftest(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Default: all.")] = None,
    with_code: Annotated[
        bool, typer.Option("--code/--no-code", help="Also run every answer, right and wrong.")
    ] = True,
):
    """Test the bank itself: words, numbers, and that every checker tells right from wrong."""
    from rich.console import Console
    from rich.progress import Progress

    from prodimg_lib.interview import bank, validate

    questions = [bank[id_] for id_ in ids] if ids else list(bank.values())
    if with_code and any(q.kind in ("coding", "debug") for q in questions):
        from prodimg_lib.quiet import load_tensorflow

        load_tensorflow()
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(_words("en")["selftest"]["task"], total=len(questions))

        def tell(question, problems):
            for problem in problems:
                progress.console.print(f"{question.id}: {problem}", markup=False, highlight=False)
            progress.advance(task)

        found = validate.all_of(bank, questions, with_code, tell)
    bad = sum(map(bool, found.values()))
    _say("en", "selftest", "bad" if bad else "good", n=len(questions), bad=bad)
    raise typer.Exit(FAIL if bad else PASS)


def _words(lang):
    from prodimg_lib.interview.words import words

    return words(str(lang))


def _say(lang, *keys, **values):
    text = _words(lang)
    for key in keys:
        text = text[key]
    print(text.format(**values))


def _progress():
    """The kept progress; says so if the file was damaged."""
    from prodimg_lib.interview import progress

    kept = progress.load()
    if kept.set_aside:
        text = _words("en")["commands"]["set_aside"]
        print(text.format(path=kept.path, aside=kept.set_aside), file=sys.stderr)
    return kept


def _record(id_, right, points, lang, quiet=False):
    """Move a question's box. That it cannot be kept is said, but is no failure of the answer."""
    from prodimg_lib.errors import InputError

    try:
        kept = _progress()
        move = kept.record(id_, right, points)
        kept.save()
    except InputError as error:
        print(_words(lang)["commands"]["not_saved"].format(reason=error), file=sys.stderr)
        return
    if not quiet:
        before = move.before or 1
        _say(lang, "moved", move.kind, before=before, after=move.after, date=move.due)


def _print_table(questions, kept, lang):
    from datetime import date

    from rich.console import Console
    from rich.table import Table

    said = _words(lang)
    if not questions:
        print(said["list"]["none"])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    columns = said["list"]["columns"]
    if not kept.entries:
        columns = columns[:-2]
    for i, name in enumerate(columns):
        table.add_column(name, no_wrap=i != 1)
    for q in questions:
        day = kept.due_on(q.id)
        due_on = "" if day is None else said["list"]["today"] if day <= date.today() else str(day)
        table.add_row(
            q.id,
            q.title(lang),
            q.kind,  # these as the options want them
            q.level,
            str(q.minutes),
            q.topics[0],
            *[str(kept.box(q.id) or ""), due_on][: len(columns) - 6],
        )
    # Where the table goes into a file or a pipe, a line must stay a line.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table)
