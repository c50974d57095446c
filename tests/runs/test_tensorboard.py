"""The log for TensorBoard: the steps and the means of history.csv, through a resume."""

import importlib.util

import pytest

from prodimg_lib import InputError
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.records import History
from prodimg_lib.runs.show import Show
from prodimg_lib.runs.training import train
from tests.samples import TINY, product_images


def config(steps, tensorboard=True):
    budget = {"minutes": None, "steps": steps, "batch_size": 8, "log_every": 2}
    budget["tensorboard"] = tensorboard
    return RunConfig(train=budget, settings=TINY, model="vae", conditional=False)


def test_steps_and_values_are_those_of_the_history(tmp_path):
    pytest.importorskip("tensorboard")
    import tensorflow as tf
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for steps in (4, 8):
        train(config(steps), product_images(), tmp_path, Show())
    history = History(tmp_path / "history.csv").columns()
    events = EventAccumulator(str(tmp_path / "tensorboard" / "train"))
    events.Reload()
    found = events.Tensors("batch_loss")
    assert [event.step for event in found] == history["step"] == [2, 4, 6, 8]
    values = [float(tf.make_ndarray(event.tensor_proto)) for event in found]
    assert values == pytest.approx(history["loss"], rel=1e-5)


def test_without_the_package_it_is_one_line_and_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs TensorBoard: pip install tensorboard"):
        train(config(2), product_images(), tmp_path, Show())
    assert list(tmp_path.iterdir()) == []
