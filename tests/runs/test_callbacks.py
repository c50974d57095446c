"""A budget of seconds: the first step is not counted, a second ``fit`` begins anew."""

import keras
import numpy as np
import pytest

from prodimg_lib.runs.callbacks import StopAfter


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
