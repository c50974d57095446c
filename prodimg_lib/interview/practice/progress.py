"""What a person has practised: five Leitner boxes in one plain JSON file.

A question begins in box 1. A judged answer that is right moves it up a box, one that is wrong back
to box 1, at most once a day; and the box says after how many days it is due again. Trying is free:
a check that does not pass moves nothing, nor does being right before the day: what is repeated
within minutes is not yet remembered.
"""

import contextlib
import errno
import fcntl
import json
import os
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.files import writable_folder, write_atomically

DAYS = (1, 2, 4, 8, 16)  # until a question of box 1, 2, ... is due again
_VERSION = 1


def folder():
    """``PRODIMG_HOME``, or the user's data folder. Delete it to begin anew."""
    named = os.environ.get("PRODIMG_HOME")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("prodimg", appauthor=False))


@dataclass(frozen=True)
class Move:
    """One answer's effect: ``before`` is None at the first try."""

    before: int | None
    after: int
    due: date

    @property
    def kind(self):
        """One of "first", "same", "up" or "down"."""
        if self.before is None:
            return "first"
        if self.before == self.after:
            return "same"
        return "up" if self.after > self.before else "down"


@dataclass
class Progress:
    """Boxes by question.

    Attributes:
        path: the file.
        entries: by id, ``{"box", "due", "last", "tries", "points"}``; dates as YYYY-MM-DD; and
            ``"moved"``, the day a judged answer last counted, where there was one.
        set_aside: where a damaged file went, or None.
    """

    path: Path
    entries: dict = field(default_factory=dict)
    set_aside: Path | None = None

    def box(self, id_):
        """1 to 5, or None for a question that was never tried."""
        return self.entries[id_]["box"] if id_ in self.entries else None

    def due_on(self, id_):
        """The day, or None for a question that was never tried."""
        return date.fromisoformat(self.entries[id_]["due"]) if id_ in self.entries else None

    def due(self, today=None):
        """Ids that are due, the longest waiting first."""
        today = today or date.today()
        waiting = sorted((self.due_on(id_), id_) for id_ in self.entries)
        return [id_ for day, id_ in waiting if day <= today]

    def record(self, id_, right, points=None, today=None, judged=True):
        """Move a question to its next box (without saving).

        Args:
            right: whether the answer was good enough.
            points: of 100, if it was scored.
            judged: whether a wrong answer counts. One that is tried out does not.

        Returns:
            Move.
        """
        today = today or date.today()
        entry = self.entries.get(id_, {})
        before, waiting = self.box(id_), self.due_on(id_)
        moved = entry.get("moved")
        early = before is not None and waiting > today
        if (right and early) or (before and moved == today.isoformat()) or not (right or judged):
            box, due = before or 1, waiting or today
        else:
            box = min((before or 1) + 1, len(DAYS)) if right else 1
            due, moved = today + timedelta(days=DAYS[box - 1]), today.isoformat()
        self.entries[id_] = {
            "box": box,
            "due": due.isoformat(),
            "last": today.isoformat(),
            "tries": entry.get("tries", 0) + 1,
            "points": points,
        }
        if moved:
            self.entries[id_]["moved"] = moved
        return Move(before, box, due)

    def save(self):
        """Write the file whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        content = {"version": _VERSION, "questions": dict(sorted(self.entries.items()))}
        writable_folder(self.path.parent, "PRODIMG_HOME")
        text = json.dumps(content, indent=1) + "\n"
        write_atomically(self.path, text, "set PRODIMG_HOME to a folder that can be written to")


@contextlib.contextmanager
def changing(path=None):
    """``with changing() as kept:`` the progress, saved at the end; meanwhile others wait.

    The operating system lets go of the lock when a process ends, however it ends. On a file system
    without locks the block runs unguarded.

    Raises:
        InputError: it cannot be read or written.
    """
    path = Path(path) if path else folder() / "interview.json"
    writable_folder(path.parent, "PRODIMG_HOME")
    with path.with_name(f".{path.name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
        kept = load(path)
        yield kept
        kept.save()


def load(path=None):
    """The progress kept in a file; empty where there is none.

    A damaged file is renamed, never lost: ``Progress.set_aside`` names it.

    Raises:
        InputError: the file cannot be read, or a newer version of the course wrote it.
    """
    path = Path(path) if path else folder() / "interview.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Progress(path)
    except UnicodeDecodeError:
        return Progress(path, set_aside=_put_aside(path))
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    try:
        content = json.loads(text)
        if isinstance(content, dict) and content.get("version", 0) > _VERSION:
            raise InputError(
                f"{path}: written by a newer version of the course; "
                "update it, or set PRODIMG_HOME to another folder"
            )
        return Progress(path, _entries(content))
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError):
        return Progress(path, set_aside=_put_aside(path))


def _entries(content):
    """The checked questions of a file's content; raises where anything is not as it should be."""
    if content["version"] != _VERSION:
        raise ValueError(content["version"])
    entries = content["questions"]
    for entry in entries.values():
        for name in ("due", "last", *({"moved"} & set(entry))):
            date.fromisoformat(entry[name])
        if entry["box"] not in range(1, len(DAYS) + 1) or not isinstance(entry["tries"], int):
            raise ValueError(entry)
    return entries


def _put_aside(path):
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    aside, n = path.with_name(f"{path.stem}.damaged-{stamp}.json"), 1
    while aside.exists():
        aside, n = path.with_name(f"{path.stem}.damaged-{stamp}-{n}.json"), n + 1
    try:
        os.replace(path, aside)
    except OSError as error:
        raise InputError(
            f"{path} is damaged and cannot be renamed: {(error.strerror or str(error)).lower()}"
        ) from None
    return aside
