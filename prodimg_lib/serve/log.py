"""The log of the service: a line of JSON for each request, written here and read back here.

A line has what is needed to draw its images again (``model``, ``classes``, ``n``, ``seed`` and
``drawing``), so a log is also a record of the images themselves. Nothing in it names a caller.
Standard library only.
"""

import datetime
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from prodimg_lib.errors import InputError


@dataclass(frozen=True)
class Line:
    """One request.

    Attributes:
        time: when it was answered, ISO 8601 in UTC, such as ``2026-01-31T09:30:00.125Z``.
        id: of the request, 16 hexadecimal digits; the answer has it in ``X-Request-Id``.
        path: of the URL without its query, such as ``/generate``; at most 100 characters; empty for
            what was no request of HTTP.
        status: of HTTP. Only 200 has images; 499 says that the caller left.
        duration: seconds from its arrival to the end of the work, the wait in the queue included.
        model: SHA-256 of the weights that drew (``weights`` in ``provenance``), None without them.
        run: name of the run or shipped model.
        labels: how many images of each class were answered, by its name; {} without classes.
        classes: the classes that were asked for; [] where all come in turn.
        n: images asked for, of each class or in all; None where the request was not understood.
        seed: of the draws; None likewise.
        drawing: further options of the draw, such as ``{"truncation": 1.5}``.
        format: ``png``, ``json`` or ``zip``; None likewise.
        images: how many were answered.
        drawn: how many were drawn for it, the rejected included.
        rejected: how many draws each gate refused, by its name; {} where no gates are on. A draw
            that two gates refuse counts for both.
        accepted: how many draws passed the gates, those of a request that was not answered as too
            few passed among them; None where no gates were asked.
        reason: one line about what went wrong, None where nothing did.
    """

    time: str
    id: str
    path: str
    status: int
    duration: float
    model: str | None = None
    run: str | None = None
    labels: dict[str, int] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    n: int | None = None
    seed: int | None = None
    drawing: dict[str, Any] = field(default_factory=dict)
    format: str | None = None
    images: int = 0
    drawn: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    accepted: int | None = None
    reason: str | None = None


FIELDS = tuple(each.name for each in fields(Line))


def moment(seconds):
    """Seconds since 1970 -> the text of ``Line.time``."""
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Log:
    """Writes lines to the end of a file; a file that cannot be written stops nothing.

    Args:
        path: the file, made with the first line; None writes nowhere.

    Attributes:
        lost: lines that could not be written.
        problem: why the last one could not, None where it was.
    """

    def __init__(self, path=None):
        self.path = None if path is None else Path(path)
        self.lost = 0
        self.problem: str | None = None
        self._torn = False  # the file ends in the middle of a line

    def write(self, line):
        """Append a ``Line``; returns whether it is in the file."""
        if self.path is None:
            return True
        text = json.dumps(asdict(line), ensure_ascii=False, allow_nan=False) + "\n"
        # Escaped by JSON or not, no character of a request can end the line.
        content = text.encode(errors="replace")
        try:
            # Opened anew each time: the file may have been moved by who rotates logs.
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                content = b"\n" + content if self._torn else content
                written = os.write(file, content)
            finally:
                os.close(file)
            if written < len(content):
                self._torn = True
                raise OSError(None, "no space left for the whole line")
        except OSError as error:
            self.lost += 1
            reason = (error.strerror or str(error)).lower()
            self.problem = f"cannot write {self.path}: {reason}; {self.lost} lines are lost"
            return False
        self._torn, self.problem = False, None
        return True


def read(path):
    """The lines of a log, oldest first, and how many lines could not be read.

    Returns:
        (list of ``Line``, number of damaged lines, such as those that a full disk cut off). Fields
        of a later version are left out.

    Raises:
        InputError: no such file, or none that can be read.
    """
    lines, damaged = [], 0
    try:
        with Path(path).open("rb") as file:
            for text in file:
                try:
                    lines.append(_parsed(json.loads(text)))
                except (ValueError, TypeError, RecursionError):
                    damaged += bool(text.strip())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"cannot read {path}: {reason}; give the --log of a `prodimg serve`"
        ) from None
    return lines, damaged


def _parsed(facts):
    line = Line(**{name: facts[name] for name in FIELDS if name in facts})
    datetime.datetime.fromisoformat(line.time)
    numbers = (line.status, line.duration, line.images, line.drawn)
    counts = [*line.labels.values(), *line.rejected.values()]
    counts += [] if line.accepted is None else [line.accepted]
    if not all(isinstance(value, int | float) for value in (*numbers, *counts)):
        raise TypeError
    return line
