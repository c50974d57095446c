"""Checkpoints, history and findings of a run."""

from types import SimpleNamespace

import numpy as np
import pytest
from tests.samples import TINY, same_variables

from prodimg_lib import GAN
from prodimg_lib.runs.doctor import Finding
from prodimg_lib.runs.records import Checkpoints, Findings, History


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


def doctor(*found, standing=()):
    """What ``Findings`` needs of a ``TrainingDoctor``."""
    return SimpleNamespace(
        findings=[(step, Finding(name, "It is so.", "Do this.")) for step, name in found],
        stands=lambda finding: finding.name in standing,
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
