"""The log of the service: what is written is read, and what cannot be written stops nothing."""

import json
import os

import pytest

from prodimg_lib.errors import InputError
from prodimg_lib.serve.log import FIELDS, Line, Log, moment, read

LINE = Line(
    time=moment(0),
    id="0123456789abcdef",
    path="/generate",
    status=200,
    duration=0.25,
    model="ab" * 32,
    run="fashion-mnist",
    labels={"Bag": 2},
    classes=["Bag"],
    n=2,
    seed=7,
    drawing={"truncation": 1.5},
    format="png",
    images=2,
    drawn=3,
    rejected={"fill": 1},
)


def test_what_is_written_is_read(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    odd = Line(moment(1.5), "1" * 16, "/ü\n\u2028\ud800", 404, 0.0, reason="no\nsuch")
    assert log.write(LINE)
    assert log.write(odd)
    lines, damaged = read(log.path)
    assert lines[0] == LINE
    assert lines[1].reason == "no\nsuch"
    assert damaged == 0
    assert len(log.path.read_bytes().splitlines()) == 2
    assert tuple(json.loads(log.path.read_bytes().splitlines()[0])) == FIELDS


def test_time_is_utc_in_iso_8601():
    assert moment(0) == "1970-01-01T00:00:00.000Z"
    assert moment(86399.125) == "1970-01-01T23:59:59.125Z"


def test_a_disk_that_is_full_is_said_and_ends(tmp_path, monkeypatch):
    log, write = Log(tmp_path / "log.jsonl"), os.write
    log.write(LINE)
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:20]))
    assert not log.write(LINE)
    assert "no space left" in log.problem
    assert log.lost == 1
    monkeypatch.setattr(os, "write", write)
    assert log.write(LINE)
    assert log.problem is None
    lines, damaged = read(log.path)
    assert lines == [LINE, LINE]  # the half line took no other with it
    assert damaged == 1


def test_a_folder_that_is_gone_is_said(tmp_path):
    log = Log(tmp_path / "gone" / "log.jsonl")
    assert not log.write(LINE)
    assert "no such file" in log.problem


def test_damaged_lines_are_counted(tmp_path):
    path = tmp_path / "log.jsonl"
    Log(path).write(LINE)
    with path.open("ab") as file:
        file.write(b'[]\n{"time": 3}\n\xff\n{"time": "x", "id": "", "path": "", "status": 1,')
    lines, damaged = read(path)
    assert lines == [LINE]
    assert damaged == 4


def test_no_such_log():
    with pytest.raises(InputError, match="--log"):
        read("nowhere.jsonl")
