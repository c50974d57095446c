"""Files are replaced whole or not at all, and folders are proved writable without a trace."""

import os
import stat
import threading

import pytest

from prodimg_lib import InputError
from prodimg_lib.files import leave_alone, read_json, replacing, writable_folder, write_atomically


@pytest.mark.parametrize(
    ("content", "stored"), [("é\n", b"\xc3\xa9\n"), (b"\x00\r\n", b"\x00\r\n")]
)
def test_text_and_bytes_arrive_as_they_are(tmp_path, content, stored):
    for before in (None, b"before, and longer than what comes"):
        if before:
            (tmp_path / "a").write_bytes(before)
        write_atomically(tmp_path / "a", content)
        assert (tmp_path / "a").read_bytes() == stored
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("before", [None, "before"])
def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path, before, error):
    path = tmp_path / "state.json"
    if before:
        path.write_text(before)
    with pytest.raises(error), replacing(path) as partial:  # noqa: PT012
        partial.write_text("half of")
        assert partial.parent == tmp_path
        assert partial.suffix == ".json"
        raise error
    assert os.listdir(tmp_path) == (["state.json"] if before else [])
    assert not before or path.read_text() == before


def test_a_full_disk_is_one_line(tmp_path):
    path = tmp_path / "a.npz"
    path.write_text("before")
    line = r"^cannot write .*a\.npz: no space left on device; do x$"
    with pytest.raises(InputError, match=line), replacing(path, "do x"):
        raise OSError(28, "No space left on device")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a.npz"]


def test_writers_of_one_file_do_not_meet(tmp_path):
    """With one name for all unfinished files, a writer would rename another's half."""
    path = tmp_path / "a"
    contents = [str(i) * 200_000 for i in range(8)]
    threads = [threading.Thread(target=write_atomically, args=(path, c)) for c in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in contents
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_permissions_are_the_umasks_or_those_of_before(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "new", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write_atomically(tmp_path / "new", "y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_is_followed_and_a_device_written_to(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to("far/file")
    for content in ("new", "replaced"):
        write_atomically(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "far" / "file").read_text() == content
    read = []
    os.mkfifo(tmp_path / "pipe")
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_atomically(tmp_path / "pipe", "through")
    reader.join()
    assert read == [b"through"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["folder", "missing/file", "n" * 300])
def test_what_cannot_be_written_is_named(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"cannot write .*--out"):
        write_atomically(tmp_path / name, "x")
    assert os.listdir(tmp_path) == ["folder"]


def test_writable_folder_is_made_and_leaves_everything(tmp_path):
    assert writable_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    (tmp_path / ".writable").write_text("mine")
    writable_folder(str(tmp_path))
    assert (tmp_path / ".writable").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == [".writable", "a"]
    for name in (".writable", ".writable/x", "n" * 300):
        with pytest.raises(InputError, match=r"cannot write .*; choose another --there"):
            writable_folder(tmp_path / name, "--there")


@pytest.mark.parametrize("content", [b"", b'{"a": [1, ', b"\xff\xfe", b"[" * 100_000, b"nonsense"])
def test_damaged_json_is_one_line(tmp_path, content):
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"facts\.json is not JSON, it must be damaged: do x$"):
        read_json(path, "do x")
    path.write_text('{"a": 1}')
    assert read_json(path, "do x") == {"a": 1}
    path.unlink()
    with pytest.raises(InputError, match=r"cannot read .*facts\.json: no such file.*; do x$"):
        read_json(path, "do x")


def test_what_is_there_is_left_alone_unless_asked(tmp_path):
    path = tmp_path / "a"
    leave_alone(path)
    path.write_text("precious")
    with pytest.raises(InputError, match=r"a exists and is left as it is; .* --force"):
        leave_alone(path)
    leave_alone(path, force=True)
    for force in (False, True):
        with pytest.raises(InputError, match="is a folder: give --there the name of a file"):
            leave_alone(tmp_path, force, "--there")
    leave_alone("/dev/null")  # no plain file: written to, and never replaced
