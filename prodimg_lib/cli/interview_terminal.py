"""What the commands of ``prodimg interview`` print, and the boxes they move."""

import contextlib
import os
import select
import sys
from datetime import date

from prodimg_lib.errors import InputError
from prodimg_lib.interview.practice import progress
from prodimg_lib.interview.words import words


def say(lang, *keys, **values):
    text = words(lang)
    for key in keys:
        text = text[key]
    print(text.format(**values))


def load_progress():
    """The kept progress; says so if the file was damaged."""
    return _told(progress.load())


def _told(kept):
    if kept.set_aside:
        text = words("en")["commands"]["set_aside"]
        print(text.format(path=kept.path, aside=kept.set_aside), file=sys.stderr)
    return kept


def record(id_, right, points, lang, quiet=False, judged=True):
    """Move a question's box. That it cannot be kept is said, but is no failure of the answer."""
    try:
        with progress.changing() as kept:
            move = _told(kept).record(id_, right, points, judged=judged)
    except (InputError, OSError) as error:
        print(words(lang)["commands"]["not_saved"].format(reason=error), file=sys.stderr)
        return
    if not quiet:
        before = move.before or 1
        say(lang, "moved", move.kind, before=before, after=move.after, date=move.due)


def print_table(questions, kept, lang, nothing="none"):
    from rich.console import Console
    from rich.table import Table

    said = words(lang)
    if not questions:
        print(said["list"][nothing])
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


@contextlib.contextmanager
def keys():
    """``with keys() as key: key(seconds)``: a key as it is pressed, "" for none, None at the end.

    In a terminal without Enter; from a pipe too.
    """
    number, before = sys.stdin.fileno(), None
    if sys.stdin.isatty():
        import termios
        import tty

        before = termios.tcgetattr(number)
        tty.setcbreak(number)  # Ctrl-C stays Ctrl-C

    def key(seconds):
        if not select.select([number], [], [], seconds)[0]:
            return ""
        return os.read(number, 1).decode(errors="replace").lower() or None

    try:
        yield key
    finally:
        if before is not None:
            termios.tcsetattr(number, termios.TCSADRAIN, before)
