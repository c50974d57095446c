"""Checkpoints, history and signals of a run."""

import os
import signal

import numpy as np
import pytest

from prodimg_lib import GAN
from prodimg_lib.training import Checkpoints, History, stop_on_signal
from tests.models import TINY, same_variables


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


def test_first_signal_asks_second_interrupts_and_handlers_return():
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signal() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
