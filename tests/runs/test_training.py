"""Signals, and training that fails."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from prodimg_lib.errors import InputError
from prodimg_lib.models.families import MODELS
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.records import Checkpoints, Findings
from prodimg_lib.runs.show import Show
from prodimg_lib.runs.stop import stop_on_signal
from prodimg_lib.runs.training import train
from tests.samples import TINY, product_images, same_variables, tiny


def test_first_signal_asks_second_interrupts_and_handlers_return():
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signal() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("model", ["vae", "vqvae", "latent-flow"])
def test_the_model_that_is_judged_is_the_one_that_was_saved(tmp_path, model):
    """Also where some photographs are there twice, which ``fit`` alone would look at once."""
    budget = {"minutes": None, "steps": 3, "batch_size": 8}
    small = tiny(MODELS[model].load())
    config = RunConfig(model=model, train=budget, settings=small, evaluate={"images": 8})
    data = product_images()
    again = np.concatenate([data.images[:10], data.images[:30]])
    data = replace(data, images=again, labels=np.concatenate([data.labels[:10], data.labels[:30]]))
    trained = train(config, data, tmp_path, Show())
    saved = Checkpoints(tmp_path / "checkpoints").load()
    assert same_variables(trained, saved)
    np.testing.assert_array_equal(trained.generate(8, seed=1), saved.generate(8, seed=1))


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
