"""Keras callbacks for ``fit``: ``StopAfter`` for anyone, the others are the parts of a run."""

import math
import time

import keras
import numpy as np

from prodimg_lib.plots import image_grid, save_png

PREVIEW_SHARES = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)  # of the budget, when a row of samples is kept


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


class Budget(keras.callbacks.Callback):
    """Counts the steps and the seconds of a run, and ends ``fit`` when its budget is used.

    The other parts of a run ask it where they are; it comes before them in the list, and after the
    training doctor.

    Args:
        config: a ``TrainConfig``.
        step, seconds: of training before this session.
        stop: a ``threading.Event``; once set, training ends after the current step.
        count_graphs: whether the first step of a session, which makes the graph, and the samples on
            the way count as training. Not so where families are compared: a graph takes one of them
            a second and another a minute.
    """

    def __init__(self, config, step, seconds, stop, count_graphs=True):
        super().__init__()
        self.config, self.step, self.before, self.stop = config, step, seconds, stop
        self.count_graphs, self.first = count_graphs, True
        self.broken = False  # whether somebody else has ended training: nothing is left to look at
        self.start = time.monotonic()

    @property
    def seconds(self):
        """Training seconds over all sessions."""
        return self.before + time.monotonic() - self.start

    @property
    def share(self):
        """The share of the budget that is used, 1 when there is nothing left."""
        steps, minutes = self.config.steps, self.config.minutes
        shares = [self.step / steps] if steps else []
        shares += [self.seconds / (60 * minutes)] if minutes else []
        return min(1.0, max(shares))

    def on_train_begin(self, logs=None):
        self.start = time.monotonic()

    def excuse(self, since):
        """What was done since a moment of ``time.monotonic`` was no training."""
        if not self.count_graphs:
            self.start += time.monotonic() - since

    def on_train_batch_end(self, batch, logs=None):
        if self.first:
            self.excuse(self.start)
            self.first = False
        self.step += 1
        self.broken = self.model.stop_training
        self.used_up = self.share >= 1
        if self.used_up or self.stop.is_set():
            self.model.stop_training = True

    used_up = False


class Preview(keras.callbacks.Callback):
    """Keeps a row of samples at some shares of the budget.

    Args:
        budget: ``Budget``; folder: for ``step-N.png``.
        settle: called before images are drawn.
    """

    def __init__(self, budget, folder, settle):
        super().__init__()
        self.budget, self.folder, self.settle = budget, folder, settle
        self.due = [share for share in PREVIEW_SHARES if share > budget.share]

    def on_train_batch_end(self, batch, logs=None):
        share = self.budget.share
        if self.budget.broken or not self.due or share < self.due[0]:
            return
        self.due = [later for later in self.due if later > share]
        start = time.monotonic()
        self.settle()
        grid = image_grid(self.model.generate(10, seed=0), columns=10)
        save_png(grid, self.folder / f"step-{self.budget.step:08d}.png")
        self.budget.excuse(start)


class Log(keras.callbacks.Callback):
    """Tells the losses of each step, and keeps their means every ``log_every`` steps.

    Args:
        budget: ``Budget``; history: ``History``; show: a ``Show``.
        sums: of the session before, ``Log.sums`` when it was saved: what its last steps had towards
            the next mean.
    """

    def __init__(self, budget, history, show, sums=None):
        super().__init__()
        self.budget, self.history, self.show = budget, history, show
        self.before = sums

    @property
    def sums(self):
        """What the steps since the last row add up to, as a file can keep it: lists of floats."""
        return [np.asarray(v).ravel().tolist() for v in self.model.metrics_variables]

    def on_epoch_begin(self, epoch, logs=None):
        variables = self.model.metrics_variables  # which Keras has just set back
        if self.before and [len(v) for v in self.before] == [math.prod(v.shape) for v in variables]:
            for variable, values in zip(variables, self.before, strict=True):
                variable.assign(np.reshape(values, variable.shape))

    def on_train_batch_end(self, batch, logs=None):
        budget = self.budget
        if budget.broken:
            return
        losses = "  ".join(f"{k} {float(v):.3g}" for k, v in logs.items() if "loss" in k)
        self.show.progress(budget.share, 1.0, f"step {budget.step:,}  {losses}")
        if budget.used_up or budget.step % budget.config.log_every == 0:
            self.history.append({"step": budget.step, "seconds": budget.seconds, **logs})
            self.model.reset_metrics()


class Board(keras.callbacks.TensorBoard):
    """Keras's log for TensorBoard, every ``log_every`` steps: the means of ``history.csv``.

    Args:
        budget: ``Budget``; folder: for the event files. It comes before ``Log``.
    """

    def __init__(self, budget, folder):
        super().__init__(str(folder), write_graph=False, update_freq=budget.config.log_every)
        self.budget = budget

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self._global_train_batch = self.budget.step  # Keras counts from 0 in every ``fit``


class Validate(keras.callbacks.Callback):
    """Has the model judged every ``validate_every`` steps and when the budget is used up.

    Args:
        budget: ``Budget``.
        judge: called with the training seconds so far.
    """

    def __init__(self, budget, judge):
        super().__init__()
        self.budget, self.judge = budget, judge

    def on_train_batch_end(self, batch, logs=None):
        budget = self.budget
        due = budget.used_up or budget.step % budget.config.validate_every == 0
        if due and not budget.broken:
            self.judge(budget.seconds)


class Save(keras.callbacks.Callback):
    """Saves about every ``checkpoint_seconds`` and at the end; between two steps, never inside one.

    Args:
        budget: ``Budget``.
        save: called with the training seconds so far.
    """

    def __init__(self, budget, save):
        super().__init__()
        self.budget, self.save = budget, save

    def on_train_begin(self, logs=None):
        self.saved = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        ending = self.model.stop_training  # then it is saved in a moment anyway
        if not ending and time.monotonic() - self.saved > self.budget.config.checkpoint_seconds:
            self.save(self.budget.seconds)
            self.saved = time.monotonic()

    def on_train_end(self, logs=None):
        self.save(self.budget.seconds)
