"""What is known of a folder's photographs: an SQLite file, so that a kill loses nothing and a
second preparation reads only what changed."""

import contextlib
import hashlib
import json
import os
import sqlite3

import numpy as np

from prodimg_lib.errors import CannotWriteError, InputError

NAME = "index.sqlite"
_SCHEMA = """
create table if not exists facts (recipe text primary key);
create table if not exists files (
  path blob primary key, size int, mtime int, ctime int, sha blob, reason text
) without rowid;
create table if not exists photos (
  id integer primary key, sha blob unique, reason text, width int, height int, format text,
  bits int, thumb blob, measures text, confidence real, box text, pixels blob
);
create table if not exists images (id integer primary key, image blob);
create temp table found (
  path blob primary key, size int, mtime int, ctime int, reason text
) without rowid;
"""
_BATCH = 500  # photographs between two commits: what a kill may cost


@contextlib.contextmanager
def open_index(folder, recipe):
    """``with open_index(out, recipe) as index``: the ``Index`` in ``out``, locked for this process.

    Args:
        recipe: text; photographs that were prepared by another one are forgotten.

    Raises:
        InputError: another process is at work there; or ``out`` cannot be written to, or no longer.
    """
    path = folder / NAME
    try:
        connection = _connect(path, recipe)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise InputError(
                f"another `prodimg data prepare` is at work in {folder}: wait for it, or choose "
                "another --out"
            ) from None
        if isinstance(error, sqlite3.OperationalError):
            raise CannotWriteError(f"cannot write {path}: {error}; choose another --out") from None
        forget(path)  # damaged, or of another recipe; all of it can be made again
        connection = _connect(path, recipe)
    try:
        yield Index(connection)
    except sqlite3.OperationalError as error:
        if not any(word in str(error) for word in ("full", "I/O", "readonly")):
            raise
        raise CannotWriteError(
            f"cannot write {path}: {error}; make room there and repeat the command, which goes on"
        ) from None
    finally:
        connection.close()


class _OtherRecipeError(sqlite3.DatabaseError):
    pass


def _connect(path, recipe):
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("pragma locking_mode = exclusive")
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        connection.executescript(_SCHEMA)
        connection.execute("begin exclusive")
        (known,) = connection.execute("select max(recipe) from facts").fetchone()
        if known not in (None, recipe):
            raise _OtherRecipeError
        connection.execute("insert or ignore into facts values (?)", (recipe,))
        connection.execute("commit")
    except BaseException:
        connection.close()
        raise
    return connection


def forget(path):
    """Remove an index and what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)


class Index:
    """The files of a folder and what each was found to be, by the SHA-256 of its content."""

    def __init__(self, connection):
        self.db = connection

    def rows(self, query, *values):
        """Results of a query, a few at a time."""
        yield from self.db.execute(query, values)

    def one(self, query, *values):
        """The single value a query gives."""
        return self.db.execute(query, values).fetchone()[0]

    def write(self, statement, rows):
        """Carry out a statement for many rows, in one transaction."""
        with self.writing():
            self.db.executemany(statement, rows)

    @contextlib.contextmanager
    def writing(self):
        """A block whose writes are kept together or not at all."""
        self.db.execute("begin")
        try:
            yield
        except BaseException:
            if self.db.in_transaction:  # where the disk is full, SQLite has rolled back by itself
                self.db.execute("rollback")
            raise
        self.db.execute("commit")

    def find(self, entries, folder):
        """Note what lies in a folder now; returns ``(to read, gone)``, numbers of files.

        A file whose size, time of change and time of change of its entry are those of before is
        taken to be the same, as make and git do. One that could not be read is tried again: what
        kept it from being read, such as a network drive that was away, need not have changed it.

        Args:
            entries: of ``walk``.
        """

        def facts():
            for path, reason in entries:
                name = os.fsencode(path)
                try:
                    stat = os.stat(os.path.join(folder, path))
                    yield name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, reason
                except OSError:
                    yield name, 0, 0, 0, reason or "cannot be opened"

        self.write("insert into found values (?, ?, ?, ?, ?)", facts())
        with self.writing():
            gone = self.db.execute(
                "delete from files where path not in (select path from found where reason is null)"
            ).rowcount
            self.db.execute("delete from files where sha is null")
            self.db.execute(
                "delete from files where exists (select 1 from found f where f.path = files.path "
                "and (f.size, f.mtime, f.ctime) != (files.size, files.mtime, files.ctime))"
            )
        return self.one(f"select count(*) from ({_NEW})"), gone

    def new(self):
        """Paths (str) that are to be read, in order; they may be kept meanwhile."""
        last = b""
        while page := self.db.execute(
            f"{_NEW} and path > ? order by path limit {_BATCH}", (last,)
        ).fetchall():
            for (last,) in page:
                yield os.fsdecode(last)

    def keep(self, results):
        """Store ``(path, Photograph)`` pairs as they come, some at a time."""
        batch = []
        for path, photograph in results:
            batch.append((path, photograph))
            if len(batch) >= _BATCH:
                self._keep(batch)
                batch = []
        self._keep(batch)

    def _keep(self, batch):
        with self.writing():
            for path, p in batch:
                name = os.fsencode(path)
                self.db.execute(
                    "insert or replace into files select path, size, mtime, ctime, ?, ? "
                    "from found where path = ?",
                    (p.sha or None, None if p.sha else p.reason, name),
                )
                if p.sha:
                    self._keep_photograph(p)

    def _keep_photograph(self, p):
        read = p.image is not None
        cursor = self.db.execute(
            "insert or ignore into photos values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(p.sha, p.reason, p.width, p.height, p.format),
                int(p.bits.astype(np.int64)) if read else None,
                p.thumb.tobytes() if read else None,
                json.dumps(p.measures),
                p.confidence,
                json.dumps(p.box) if p.box else None,
                hashlib.sha256(p.image.tobytes()).digest() if read else None,
            ),
        )
        if read and cursor.rowcount:
            self.db.execute(
                "insert into images values (?, ?)", (cursor.lastrowid, p.image.tobytes())
            )

    def forget_orphans(self):
        """Drop photographs of which no file is left."""
        with self.writing():
            self.db.execute(
                "delete from photos where sha not in (select sha from files where sha is not null)"
            )
            self.db.execute("delete from images where id not in (select id from photos)")

    def image(self, photo):
        """The prepared pixels of a photograph by its id, bytes."""
        return self.one("select image from images where id = ?", photo)


_NEW = "select path from found where reason is null and path not in (select path from files)"
