"""Checkpoints, history and findings of a run."""

import os
import time
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from prodimg_lib import GAN, InputError
from prodimg_lib.runs.doctor import Finding
from prodimg_lib.runs.records import Checkpoints, Findings, History
from tests.samples import TINY, same_variables


@pytest.fixture
def model():
    model = GAN(**TINY)
    model.compile()
    return model


def test_checkpoint_there_and_back_and_only_the_newest_kept(model, tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    assert checkpoints.state() is None
    checkpoints.save(model, seconds=1.5)
    model.step.assign(7)
    checkpoints.save(model, seconds=2.5)
    assert checkpoints.state() == {"file": "step-00000007.keras", "step": 7, "seconds": 2.5}
    assert sorted(p.name for p in checkpoints.folder.iterdir()) == [
        "state.json",
        "step-00000007.keras",
    ]
    assert same_variables(checkpoints.load(), model)


def test_killed_while_saving_leaves_the_older_pair(model, tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(model, seconds=1.0)
    before = model.generate(3)
    model.step.assign(9)

    def killed(path):
        path.write_bytes(b"half a file")
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(model, seconds=2.0)
    assert checkpoints.state()["step"] == 0
    np.testing.assert_array_equal(checkpoints.load().generate(3), before)


def test_history_forgets_what_was_lost(tmp_path):
    history = History(tmp_path / "history.csv")
    assert history.rows() == []
    assert history.columns() == {}
    for step in (50, 100, 150):
        history.append({"step": step, "loss": step / 7})
    history.keep_until(100)
    assert history.columns()["step"] == [50, 100]
    assert history.columns()["loss"] == pytest.approx([50 / 7, 100 / 7], rel=1e-5)
    history.append({"step": 150, "loss": 1.0})
    assert history.columns()["step"] == [50, 100, 150]


@pytest.fixture(scope="module")
def three_rows(tmp_path_factory):
    """The bytes of a history, and its rows."""
    history = History(tmp_path_factory.mktemp("whole") / "history.csv")
    for step in (50, 100, 150):
        history.append({"step": step, "seconds": step / 7, "d_loss": -step / 3, "g_loss": 1e-9})
    return history.path.read_bytes(), history.rows()


def test_a_history_cut_at_any_byte_goes_on(three_rows, tmp_path):
    """As a kill or a full disk leaves it; at most the torn row is lost, and the rest is exact."""
    content, rows = three_rows
    ends = [i + 1 for i, byte in enumerate(content) if byte == ord("\n")]
    history = History(tmp_path / "history.csv")
    for cut in range(len(content) + 1):
        history.path.write_bytes(content[:cut])
        whole = max(0, sum(end <= cut for end in ends) - 1)
        assert history.rows() == rows[:whole], cut
        for step in (0, 100, 150):
            history.path.write_bytes(content[:cut])
            history.keep_until(step)
            kept = [row for row in rows[:whole] if row["step"] <= step]
            assert history.rows() == kept, (cut, step)
            history.append({**rows[0], "step": 200})
            assert history.rows() == [*kept, {**rows[0], "step": 200}], (cut, step)


def test_a_damaged_row_in_the_middle_is_named(three_rows, tmp_path):
    content, _ = three_rows
    history = History(tmp_path / "history.csv")
    lines = content.splitlines(keepends=True)
    for bad in (b"100,15\r\n", b"100,x,1,1\r\n", b"\xff\r\n", b'"100\r\n'):
        history.path.write_bytes(b"".join([*lines[:2], bad, *lines[3:]]))
        for read in (history.rows, lambda: history.keep_until(100)):
            with pytest.raises(InputError, match=r"history\.csv is damaged in line [34]: mend"):
                read()


def test_rewriting_a_history_is_atomic(three_rows, tmp_path, monkeypatch):
    content, rows = three_rows
    history = History(tmp_path / "history.csv")
    history.path.write_bytes(content)

    def killed(*paths):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr("os.replace", killed)
        history.keep_until(100)
    assert history.rows() == rows


def test_columns_of_another_version_stay(tmp_path):
    history = History(tmp_path / "history.csv")
    history.append({"step": 50, "loss": 1.0, "kl": 2.0})
    history.append({"loss": 0.5, "step": 100, "new": 3.0})
    assert history.columns()["step"] == [50, 100]
    assert history.columns()["loss"] == [1.0, 0.5]
    assert np.isnan(history.columns()["kl"][1])


@pytest.mark.parametrize(
    "state",
    [
        None,
        "",
        '{"file": "step-000',
        "[]",
        "[" * 100_000,
        '{"file": "step-1.keras"}',
        '{"file": "step-00000007.keras", "step": 7, "seconds": 1.5}',
        '{"file": "step-00000007.keras", "step": 3, "seconds": 9, "data": 5}',
    ],
)
def test_the_model_file_says_what_a_lost_state_said(model, tmp_path, state):
    checkpoints = Checkpoints(tmp_path)
    model.step.assign(7)
    checkpoints.save(model, seconds=1.5, data="digest")
    before = checkpoints.state()
    path = tmp_path / "state.json"
    path.unlink() if state is None else path.write_text(state)
    assert checkpoints.state() == before
    assert same_variables(checkpoints.load(), model)


def test_killed_between_model_file_and_state_the_first_checkpoint_counts(
    model, tmp_path, monkeypatch
):
    checkpoints = Checkpoints(tmp_path)

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr("prodimg_lib.runs.records.write_atomically", killed)
        checkpoints.save(model, seconds=1.5)
    assert checkpoints.state() == {"file": "step-00000000.keras", "step": 0, "seconds": 1.5}


@pytest.mark.parametrize("cut", [0, 100, 0.5, 0.99])
def test_a_cut_model_file_is_named(model, tmp_path, cut):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(model, seconds=1.5)
    path = tmp_path / "step-00000000.keras"
    content = path.read_bytes()
    path.write_bytes(content[: cut if isinstance(cut, int) else int(cut * len(content))])
    with pytest.raises(InputError, match=r"step-00000000\.keras is damaged: restore it"):
        checkpoints.load()
    (tmp_path / "state.json").unlink()
    with pytest.raises(InputError, match=r"state\.json is missing: .*from the start"):
        checkpoints.state()


def test_a_missing_model_file_is_named(model, tmp_path):
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(InputError, match="no checkpoint yet"):
        checkpoints.load()
    checkpoints.save(model, seconds=1.5)
    (tmp_path / "step-00000000.keras").unlink()
    with pytest.raises(InputError, match=r"names step-00000000\.keras, which is missing"):
        checkpoints.state()


def test_what_a_kill_left_half_written_is_removed_in_time(model, tmp_path):
    old, new = tmp_path / ".partial-0.keras", tmp_path / ".partial-1.keras"
    for path in (old, new):
        path.write_bytes(b"half")
    hour_ago = time.time() - 3600
    os.utime(old, (hour_ago, hour_ago))
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(model, seconds=1.0)
    assert not old.exists()
    assert new.exists()  # another process may be writing it
    before = tmp_path / "step-00000009.keras"
    before.write_bytes((tmp_path / "step-00000000.keras").read_bytes())
    checkpoints.tidy()
    assert not before.exists()
    assert checkpoints.state()["file"] == "step-00000000.keras"


STEP_IN_WORDS = '[{"step": "3", "name": "x", "says": "", "advice": "", "stands": true}]'


@pytest.mark.parametrize(
    "content", ["", '[{"step": 3', "{}", "[3]", '[{"step": 3}]', STEP_IN_WORDS]
)
def test_damaged_findings_are_named(tmp_path, content):
    path = tmp_path / "doctor.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"doctor\.json .*damaged.*: delete it"):
        Findings(path)


def doctor(*found, standing=(), looks=2):
    """What ``Findings`` needs of a ``TrainingDoctor``."""
    return SimpleNamespace(
        findings=[(step, Finding(name, "It is so.", "Do this.")) for step, name in found],
        stands=lambda finding: finding.name in standing,
        checks=[{}] * looks,
        broken=False,
    )


def test_findings_of_sessions_add_up_and_lost_ones_are_forgotten(tmp_path):
    findings = Findings(tmp_path / "doctor.json")
    assert findings.rows() == []
    findings.update(doctor((250, "dominated"), (500, "collapsed"), standing=["collapsed"]))
    assert [row["stands"] for row in findings.rows()] == [False, True]

    later = Findings(tmp_path / "doctor.json")
    later.keep_until(400)
    assert [row["name"] for row in later.rows()] == ["dominated"]
    for _ in range(2):  # the whole session is written each time, so twice changes nothing
        later.update(doctor((750, "worse"), standing=["worse"]))
    assert [(row["step"], row["stands"]) for row in later.rows()] == [(250, False), (750, True)]
    assert later.rows()[1]["advice"] == "Do this."


@pytest.mark.parametrize(("looks", "stands"), [(0, True), (1, True), (2, False)])
def test_what_was_found_stands_until_the_doctor_has_looked_again(tmp_path, looks, stands):
    Findings(tmp_path / "doctor.json").update(doctor((250, "collapsed"), standing=["collapsed"]))
    resumed = Findings(tmp_path / "doctor.json")
    resumed.update(doctor(looks=looks))
    assert [row["stands"] for row in resumed.rows()] == [stands]


def test_a_checkpoint_that_goes_while_it_is_read_gives_the_newer_one(model, tmp_path, monkeypatch):
    """As where one generates from a run that is still training."""
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(model, seconds=1.0)
    load = keras.models.load_model

    def overtaken(path):
        if path.name == "step-00000000.keras":
            model.step.assign(7)
            checkpoints.save(model, seconds=2.0)  # which removes the one of before
        return load(path)

    monkeypatch.setattr(keras.models, "load_model", overtaken)
    assert int(Checkpoints(tmp_path).load().step.value) == 7


def test_a_folder_in_the_place_of_a_history_is_named_and_stays(tmp_path):
    history = History(tmp_path / "history.csv")
    (history.path / "mine").mkdir(parents=True)
    for work in (
        *(history.rows, history.columns, lambda: history.keep_until(3)),
        lambda: history.append({"step": 1, "loss": 0.5}),
    ):
        with pytest.raises(InputError, match=r"history\.csv is a folder, where .*: move it else"):
            work()
    assert (history.path / "mine").is_dir()
