"""Two runs in one folder: the second one is told who is there, and changes nothing."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from prodimg_lib import InputError
from prodimg_lib.runs import lock
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.run import evaluate, run
from tests.samples import GUARD

HOLD = """
import sys
from prodimg_lib.runs.lock import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process of its own that holds the lock of ``tmp_path``."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=GUARD)


def contents(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("work", [lambda out: run(RunConfig(), out), evaluate])
def test_the_second_process_is_told_who_is_there_and_changes_nothing(holder, tmp_path, work):
    (tmp_path / "config.yaml").write_text("seed: 0\n")
    before = contents(tmp_path)
    with pytest.raises(InputError) as error:
        work(tmp_path)
    assert str(error.value) == (
        f"{tmp_path} is in use by process {holder.pid}: wait until that has ended, or choose "
        "another folder"
    )
    assert contents(tmp_path) == before


def test_a_killed_holder_blocks_nobody(holder, tmp_path):
    holder.kill()
    holder.wait(timeout=GUARD)
    assert (tmp_path / lock.NAME).is_file()
    with lock.locked(tmp_path):
        assert json.loads((tmp_path / lock.NAME).read_text())["process"] == os.getpid()
    assert not any(tmp_path.iterdir())


def test_the_end_lets_go_also_where_it_is_an_error(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), lock.locked(tmp_path):
            _ = 1 / 0
    assert not any(tmp_path.iterdir())


def test_a_file_that_was_removed_while_one_waited_to_lock_it_guards_nothing(tmp_path, monkeypatch):
    """Between opening and locking, the holder of before may have removed the file."""
    removed = []

    def late(file):
        if not removed:
            removed.append((tmp_path / lock.NAME).unlink())
        real(file)

    real = lock._lock
    monkeypatch.setattr(lock, "_lock", late)
    with lock.locked(tmp_path), pytest.raises(InputError, match="is in use by process"):
        lock.locked(tmp_path).__enter__()
    assert removed == [None]


def test_of_many_at_once_one_is_in_it(tmp_path):
    inside, most, refused = [], [], []

    def work():
        for _ in range(50):
            try:
                with lock.locked(tmp_path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except InputError:
                refused.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GUARD)
    assert max(most) == 1
    assert len(most) + len(refused) == 200


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"process": 7, "host": "elsewhere"}, "process 7 on elsewhere"),
        ({"process": 7, "host": socket.gethostname()}, "process 7"),
        ({}, "another process"),
        ([], "another process"),
    ],
)
def test_the_holder_in_words(tmp_path, content, words):
    path = tmp_path / lock.NAME
    path.write_text(json.dumps(content))
    assert lock._holder(path) == words


def test_a_file_system_without_locks_is_worked_on_unguarded(tmp_path, monkeypatch):
    def none(file, how):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(lock.fcntl, "flock", none)
    monkeypatch.setattr(lock, "_NO_LOCKS", {95})
    with lock.locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot write .*\.lock: .*choose another folder"):
        lock.locked(tmp_path / "missing").__enter__()
