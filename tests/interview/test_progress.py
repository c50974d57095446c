"""Leitner boxes in a file: intervals, what is due, damage, places that cannot be written."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib.errors import InputError
from prodimg_lib.interview.practice import progress
from prodimg_lib.interview.practice.progress import DAYS, Move, Progress, load

DAY = date(2026, 3, 1)


def days(n):
    return DAY + timedelta(days=n)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODIMG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_right_answers_on_time_climb_and_the_pauses_double(tmp_path):
    kept, today = Progress(tmp_path / "p.json"), DAY
    pauses = []
    for _ in range(6):
        move = kept.record("C08", True, today=today)
        pauses.append((move.due - today).days)
        today = move.due
    assert pauses == [2, 4, 8, 16, 16, 16]
    assert kept.box("C08") == len(DAYS)


def test_a_wrong_answer_goes_back_to_the_first_box_at_any_time(tmp_path):
    kept = Progress(tmp_path / "p.json")
    assert kept.record("C08", True, today=DAY) == Move(None, 2, days(2))
    assert kept.record("C08", True, today=days(2)) == Move(2, 3, days(6))
    assert kept.record("C08", False, today=days(3)) == Move(3, 1, days(4))
    assert kept.record("C08", True, today=days(4)) == Move(1, 2, days(6))


def test_practice_before_the_day_moves_nothing(tmp_path):
    kept = Progress(tmp_path / "p.json")
    kept.record("C08", False, today=DAY)
    move = kept.record("C08", True, today=DAY)
    assert move == Move(1, 1, days(1))
    assert move.kind == "same"
    assert kept.entries["C08"]["tries"] == 2


@pytest.mark.parametrize(
    ("before", "after", "kind"), [(None, 2, "first"), (2, 3, "up"), (3, 1, "down"), (5, 5, "same")]
)
def test_moves_have_names(before, after, kind):
    assert Move(before, after, DAY).kind == kind


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=30))
def test_boxes_stay_in_range_and_due_days_lie_ahead(answers):
    kept, today = Progress("nowhere"), DAY
    for right, later in answers:
        today += timedelta(days=later)
        move = kept.record("X", right, today=today)
        assert 1 <= move.after <= len(DAYS)
        assert 1 <= (move.due - today).days <= DAYS[move.after - 1]
        assert move.after <= (move.before or 1) + 1


def test_what_is_due_comes_in_order_of_waiting(tmp_path):
    kept = Progress(tmp_path / "p.json")
    kept.record("B", False, today=days(1))
    kept.record("A", False, today=days(1))
    kept.record("C", False, today=DAY)
    kept.record("D", True, today=days(1))
    assert kept.due(days(0)) == []
    assert kept.due(days(2)) == ["C", "A", "B"]
    assert kept.due(days(3)) == ["C", "A", "B", "D"]


def test_a_saved_file_is_read_again_and_plain(home):
    kept = load()
    assert kept.path == home / "interview.json"
    assert kept.entries == {}
    kept.record("E05", True, points=85, today=DAY)
    kept.save()
    assert load().entries == kept.entries
    assert json.loads(kept.path.read_text("utf-8")) == {
        "version": 1,
        "questions": {
            "E05": {
                **{"box": 2, "due": "2026-03-03", "last": "2026-03-01", "tries": 1, "points": 85},
                "moved": "2026-03-01",
            }
        },
    }
    assert os.listdir(home) == ["interview.json"]  # nothing half-written is left behind


def test_without_the_variable_the_users_data_folder_is_used(monkeypatch, tmp_path):
    import platformdirs

    monkeypatch.delenv("PRODIMG_HOME", raising=False)
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *a, **k: str(tmp_path / "data"))
    assert progress.folder() == tmp_path / "data"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"questions": {}}',
        b'{"version": 1, "questions": {"A": {"box": 9}}}',
        b'{"version": 1, "questions": {"A": {"box": 1, "due": "soon", "last": "2026-01-01"}}}',
        b'{"version": 1, "questions": {"A": 3}}',
    ],
)
def test_a_damaged_file_is_kept_aside_whole(home, content):
    home.mkdir()
    (home / "interview.json").write_bytes(content)
    kept = load()
    assert kept.entries == {}
    assert kept.set_aside.read_bytes() == content
    assert kept.set_aside.name.startswith("interview.damaged-")
    kept.record("A", True, today=DAY)
    kept.save()
    assert load().set_aside is None
    (home / "interview.json").write_bytes(content)  # within the same second
    assert load().set_aside != kept.set_aside
    assert kept.set_aside.read_bytes() == content


def test_a_file_of_a_newer_version_is_left_alone(home):
    home.mkdir()
    text = '{"version": 2, "questions": {}}'
    (home / "interview.json").write_text(text)
    with pytest.raises(InputError, match="newer version"):
        load()
    assert (home / "interview.json").read_text() == text


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    kept = Progress(tmp_path / "file" / "interview.json")
    with pytest.raises(InputError, match=r"cannot write .*file: .*PRODIMG_HOME"):
        kept.save()


def test_a_failed_save_keeps_the_old_file(home, monkeypatch):
    kept = load()
    kept.record("A", True, today=DAY)
    kept.save()
    before = kept.path.read_bytes()
    kept.record("B", True, today=DAY)

    def broken(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress.os, "replace", broken)
    with pytest.raises(InputError, match="no space left"):
        kept.save()
    assert kept.path.read_bytes() == before
    assert os.listdir(home) == ["interview.json"]


def test_a_card_moves_once_a_day(tmp_path):
    kept = Progress(tmp_path / "p.json")
    assert kept.record("E05", False, today=DAY).after == 1
    assert kept.record("E05", True, today=DAY) == Move(1, 1, days(1))
    assert kept.record("E05", True, today=days(1)).after == 2
    assert kept.record("E05", False, today=days(1)).after == 2
    assert kept.record("E05", False, today=days(2)).after == 1


def test_trying_is_free(tmp_path):
    kept = Progress(tmp_path / "p.json")
    assert kept.record("C08", False, today=DAY, judged=False) == Move(None, 1, DAY)
    assert kept.record("C08", True, today=DAY, judged=False) == Move(1, 2, days(2))
    for _ in range(3):
        assert kept.record("C08", False, today=days(9), judged=False) == Move(2, 2, days(2))
    assert kept.record("C08", True, today=days(9), judged=False).after == 3
    assert kept.entries["C08"]["tries"] == 6


def test_eight_processes_at_once_lose_nothing(home):
    code = (
        "import sys\nfrom prodimg_lib.interview.practice import progress\n"
        "for n in range(5):\n"
        "    with progress.changing() as kept:\n"
        "        kept.record(f'{sys.argv[1]}{n}', True)\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(i)]) for i in range(8)]
    assert [child.wait() for child in children] == [0] * 8
    assert len(load().entries) == 40
