"""Keras callbacks for ``fit`` that are of use outside a run."""

import time

import keras


class StopAfter(keras.callbacks.Callback):
    """Ends ``fit`` so many seconds after its first step, which makes the graph and is not counted.

    Give ``fit`` a ``steps_per_epoch`` that the time does not suffice for: then models of different
    speed are compared at equal training time.

    Args:
        seconds: training time, more than 0.
        clock: seconds that only go forward; for tests.
    """

    def __init__(self, seconds, clock=time.perf_counter):
        super().__init__()
        self.seconds, self.clock = seconds, clock

    def on_train_begin(self, logs=None):
        self.end = None

    def on_train_batch_end(self, batch, logs=None):
        if self.end is None:
            self.end = self.clock() + self.seconds
        elif self.clock() >= self.end:
            self.model.stop_training = True
