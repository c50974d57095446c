"""One process at a time works in a run folder."""

import contextlib
import errno
import fcntl
import json
import os
import socket
from pathlib import Path

from prodimg_lib.errors import CannotWriteError, InputError

NAME = ".lock"
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # file systems that know none


@contextlib.contextmanager
def locked(folder):
    """``with locked(out):`` no other process runs or evaluates in ``out`` meanwhile.

    The operating system holds the lock, by ``flock`` on ``out/.lock``, and lets go of it when the
    process ends, however it ends: a file that a kill left behind blocks nobody. The file names its
    holder and is removed at the end. On a file system without locks the block runs unguarded.

    Args:
        folder: exists.

    Raises:
        InputError: another process is at work there, or the file cannot be made.
    """
    path = Path(folder) / NAME
    try:
        file = _acquire(path)
    except BlockingIOError:
        raise InputError(
            f"{folder} is in use by {_holder(path)}: wait until that has ended, or choose another "
            "folder"
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotWriteError(f"cannot write {path}: {reason}; choose another folder") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()  # while it is still locked, so that it is nobody else's
        os.close(file)


def _acquire(path):
    """Descriptor of the locked file.

    Who was about to lock a file that its holder removed has locked a file without a name, which
    guards nothing: then once more.
    """
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(file)
            if _is_at(path, file):
                content = json.dumps({"process": os.getpid(), "host": socket.gethostname()})
                os.ftruncate(file, 0)
                os.pwrite(file, content.encode() + b"\n", 0)
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _lock(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


def _is_at(path, file):
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def _holder(path):
    """Who holds the lock, in words."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        elsewhere = "" if facts["host"] == socket.gethostname() else f" on {facts['host']}"
        return f"process {facts['process']}{elsewhere}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # it has only just begun, and not said yet who it is
