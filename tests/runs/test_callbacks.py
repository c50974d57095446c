"""A budget of seconds: the first step is not counted, a second ``fit`` begins anew; means go on."""

import threading
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from prodimg_lib.runs import callbacks
from prodimg_lib.runs.callbacks import Budget, Log, StopAfter
from prodimg_lib.runs.config import TrainConfig


@pytest.mark.parametrize(("seconds", "steps"), [(5, 6), (2.5, 4), (0.5, 2)])
def test_counts_from_the_end_of_the_first_step(seconds, steps):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    clock = iter(range(1000))  # a step takes one second
    stop = StopAfter(seconds, clock=lambda: next(clock))
    x = np.ones((100, 1), np.float32)
    for again in (1, 2):
        model.fit(x, x, batch_size=1, verbose=0, callbacks=[stop])
        assert int(model.optimizer.iterations) == again * steps


@pytest.mark.parametrize(("count_graphs", "seconds"), [(True, 107.0), (False, 12.0)])
def test_graphs_are_training_in_a_run_but_not_where_families_are_compared(
    count_graphs, seconds, monkeypatch
):
    """The first step takes 60 s, the sample on the way 35, two steps 1 s each; 10 s were before."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: clock.now))
    budget = Budget(TrainConfig(minutes=5), 0, 10.0, threading.Event(), count_graphs)
    budget.set_model(SimpleNamespace(stop_training=False))
    budget.on_train_begin()
    for taken, sample in ((60.0, 0), (1.0, 35.0), (1.0, 0)):
        clock.now += taken
        budget.on_train_batch_end(0)
        since = clock.now
        clock.now += sample
        if sample:
            budget.excuse(since)
    assert budget.seconds == seconds
    assert budget.step == 3


def test_means_go_on_from_the_sums_of_the_session_before():
    mean = keras.metrics.Mean("loss")
    model = SimpleNamespace(metrics_variables=mean.variables)
    mean.update_state([2.0, 4.0])
    log = Log(None, None, None)
    log.set_model(model)
    sums = log.sums
    for before, expected in (
        (None, 9.0),
        (sums, 5.0),
        ([[1.0]], 9.0),
    ):  # the last: of another model
        mean.reset_state()
        log = Log(None, None, None, before)
        log.set_model(model)
        log.on_epoch_begin(0)
        mean.update_state([9.0])
        assert float(mean.result()) == expected
