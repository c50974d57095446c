"""A kill or a full disk at each moment at which a process changes a file, counted, not timed.

Python tells of every file that it is about to open, make, rename or remove (PEP 578). Those under a
folder are counted, so that a test can stop at the first, the second, and so on to the last: all the
states that a kill could leave, but for what SQLite and TensorFlow do by themselves between two.
"""

import contextlib
import errno
import os
import re
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest

from prodimg_lib import InputError

ALL = bool(os.environ.get("PRODIMG_ALL_FAULTS"))  # every moment, not a few drawn by seed
_CHANGES = {
    *("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink"),
    *("os.chmod", "os.utime"),
}
_FREES = {"os.rename", "os.remove", "os.rmdir", "os.chmod", "os.utime"}  # a full disk allows them
_LOCKS = {".lock", ".turn"}  # a kill leaves them and frees them; a process that lives on would not
_NO_ROOM = re.compile("no space left on device|disk is full", re.IGNORECASE)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Dead(BaseException):
    """What was killed does nothing any more: every further change of a file raises it, too."""


class _Watch:
    """What is to happen at which moment."""

    def __init__(self, folder, at, full):
        self.folder, self.at, self.full = os.path.realpath(folder), at, full
        self.seen = 0

    def event(self, name, path, flags=0):
        """A change is about to happen."""
        if self.full and (name in _FREES or path == "begin"):
            return
        self.seen += 1
        if self.at is None or self.seen <= self.at:
            return
        if self.full and name == "sqlite":
            raise sqlite3.OperationalError("database or disk is full")
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if self.seen == self.at + 1 and name == "open":
            _tear(path, flags)
        raise Dead(f"{name} {path}")


_watch: list[_Watch] = []
_hooked = False


def _tear(path, flags):
    """Leave what a kill leaves just after a file was opened: nothing in it yet."""
    if flags & os.O_CREAT and flags & os.O_TRUNC and not os.path.isdir(path):
        watch, _watch[:] = _watch[:], []
        Path(path).write_bytes(b"")
        _watch[:] = watch


def _hook(name, arguments):
    if not _watch or not (name == "open" or name in _CHANGES):
        return
    flags = arguments[2] if name == "open" else 0
    if isinstance(arguments[0], int) or (name == "open" and not flags & _WRITES):
        return  # a number: of a file that is open already
    path = os.fsdecode(arguments[0])
    if os.path.basename(path) in _LOCKS:
        return
    there = os.path.realpath(path).startswith(os.path.join(_watch[0].folder, ""))
    if there or not os.path.isabs(path):  # relative: beside an open folder, as rmtree does it
        _watch[0].event(name, path, flags)


class _Connection(sqlite3.Connection):
    """Statements that change the file count, too."""

    def _told(self, statement):
        first = statement.split(None, 1)[0].lower()
        if _watch and first in ("begin", "commit", "insert", "delete", "update"):
            _watch[0].event("sqlite", first)

    def execute(self, statement, *rest):
        self._told(statement)
        return super().execute(statement, *rest)

    def executemany(self, statement, rows):
        self._told(statement)
        return super().executemany(statement, rows)


@contextlib.contextmanager
def faults(folder, at=None, full=False):
    """``with faults(folder, 7) as watch``: dies after seven changes of files under ``folder``.

    Args:
        at: None only counts, in ``watch.seen``.
        full: from then on the disk is full, in place of a kill.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(_hook)  # for good: Python has no way to remove one
        _hooked = True
    watch, connect = _Watch(folder, at, full), sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **{"factory": _Connection} | k)
    _watch[:] = [watch]
    try:
        yield watch
    finally:
        _watch.clear()
        sqlite3.connect = connect


def killed(work, folder, at):
    """Whether ``work()`` was killed after so many changes; not if it was done before."""
    try:
        with faults(folder, at):
            work()
    except Dead:
        return True
    return False


def out_of_room(work, folder, at):
    """``work()`` ends with one line where the disk is full after so many changes."""
    with pytest.raises(InputError, match=_NO_ROOM) as found, faults(folder, at, full=True):
        work()
    assert "\n" not in str(found.value)


def count(work, folder, full=False):
    """How many moments ``work()`` has."""
    with faults(folder, full=full) as watch:
        work()
    return watch.seen


def moments(number, wanted, seed=0):
    """Of ``number`` moments all, or the first, the last and others drawn by seed."""
    if ALL or number <= wanted:
        return range(number)
    drawn = np.random.default_rng(seed).choice(np.arange(1, number - 1), wanted - 2, replace=False)
    return [0, *sorted(drawn.tolist()), number - 1]
