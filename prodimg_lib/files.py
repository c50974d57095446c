"""Folders that can be written to, and files that are replaced whole or not at all."""

import contextlib
import json
import os
import secrets
import tempfile
from pathlib import Path

from prodimg_lib.errors import CannotWriteError, InputError

PARTIAL = ".partial-"  # how the names of unfinished files begin
_ADVICE = "make room there, or choose another --out"


def writable_folder(path, flag="--out"):
    """Make a folder and prove that it can be written to; returns its path.

    Raises:
        InputError: it cannot, naming the flag to change.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise _cannot_write(path, error, f"choose another {flag}") from None
    return path


@contextlib.contextmanager
def writing(path, advice=_ADVICE):
    """``with writing(path):`` an ``OSError`` of the block is one line that names ``path``.

    Raises:
        CannotWriteError: it came; the message ends with the advice.
    """
    try:
        yield
    except OSError as error:
        raise _cannot_write(path, error, advice) from None


def leave_alone(path, force=False, flag="--out"):
    """Make sure, before any work is done, that a file may be written: nothing of value is there.

    Args:
        path: the file. What is neither file nor folder, such as ``/dev/stdout``, is written to.
        force: whether a plain file may be replaced.
        flag: the option that named it.

    Raises:
        InputError: there is a folder, or a file and no ``force``.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder: give {flag} the name of a file")
    if path.is_file() and not force:
        raise InputError(
            f"{path} exists and is left as it is; choose another {flag}, or --force to replace it"
        )


def write_atomically(path, content, advice=_ADVICE):
    """Replace a file whole: a reader, a kill or a full disk never leaves half of it.

    Args:
        path: the file; its folder exists.
        content: text (written as UTF-8) or bytes.
        advice: what a person can do where it cannot be written; ends the message.

    Raises:
        InputError: it cannot be written; what was there before still is.
    """
    content = content.encode() if isinstance(content, str) else content
    with replacing(path, advice) as partial:
        partial.write_bytes(content)


@contextlib.contextmanager
def replacing(path, advice=_ADVICE):
    """``with replacing(path) as partial``: what the block writes to ``partial`` becomes ``path``.

    ``partial`` is an empty file in the same folder, with a name of its own that ends as that of
    ``path``. It takes the place of ``path``, and its permissions, when the block ends, and is
    removed where the block fails. A link is followed; what is no file, such as ``/dev/null``, is
    written to as it is.

    Raises:
        InputError: an ``OSError``, here or in the block; what was there before still is.
    """
    path = Path(path)
    partial = None
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            yield path
            return
        target = Path(os.path.realpath(path))
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(None, "no permission to replace it")
        if target.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        fresh = target.with_name(f"{PARTIAL}{secrets.token_hex(6)}-{target.name[-40:]}")
        # Not tempfile's: that hides a file from everyone but its owner, whatever the umask.
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        partial = fresh
        if target.exists():
            partial.chmod(target.stat().st_mode & 0o7777)
        yield partial
        with partial.open("rb+") as file:  # on the disk before its name is
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError as error:
        raise _cannot_write(path, error, advice) from None
    finally:
        if partial:
            with contextlib.suppress(OSError):
                partial.unlink()  # still there only if something failed


def _cannot_write(path, error, advice):
    reason = (error.strerror or str(error)).lower()
    return CannotWriteError(f"cannot write {path}: {reason}; {advice}")


def read_json(path, advice):
    """What a JSON file holds.

    Args:
        advice: what a person can do where it is damaged; ends the message.

    Raises:
        InputError: it cannot be read, or is no JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot read {path}: {reason}; {advice}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not JSON, it must be damaged: {advice}") from None
