"""Signals, and training that fails."""

import os
import signal

import numpy as np
import pytest

from prodimg_lib.errors import InputError
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.records import Checkpoints, Findings
from prodimg_lib.runs.show import Show
from prodimg_lib.runs.stop import stop_on_signal
from prodimg_lib.runs.training import train
from tests.samples import TINY, product_images


def test_first_signal_asks_second_interrupts_and_handlers_return():
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signal() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_training_that_turns_to_nan_says_so_and_keeps_the_checkpoint(tmp_path):
    def go(steps):
        budget = {"minutes": None, "steps": steps, "batch_size": 8}
        config = RunConfig(train=budget, settings=TINY, conditional=False)
        return train(config, product_images(), tmp_path, Show())

    model = go(3)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    facts = {key: checkpoints.state()[key] for key in ("seconds", "data")}
    model.d_optimizer.learning_rate.assign(1e12)
    checkpoints.save(model, **facts)
    with pytest.raises(InputError, match="no longer a number"):
        go(200)
    assert checkpoints.state()["step"] == 3
    assert np.isfinite(checkpoints.load().generate(2)).all()
    (row,) = Findings(tmp_path / "doctor.json").rows()
    assert row["name"] == "not_a_number"
    assert 3 < row["step"] < 200
