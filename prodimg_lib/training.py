"""Training one run: checkpoints that survive a kill, history, time budget, a clean Ctrl-C."""

import csv
import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import keras

from prodimg_lib.outputs import write_atomically


class Checkpoints:
    """The newest state of a run in ``folder``: one model file and ``state.json`` that names it.

    The model file is written first and ``state.json`` replaced atomically after it, so a kill at
    any moment leaves a pair that belongs together.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def state(self):
        """``{"file", "step", "seconds", ...}`` of the newest checkpoint, or None."""
        path = self.folder / "state.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def save(self, model, **facts):
        """Write the model and the facts that belong to it; remove older model files."""
        step = int(model.step.value)
        path = self.folder / f"step-{step:08d}.keras"
        partial = self.folder / "partial.keras"
        model.save(partial)
        os.replace(partial, path)
        state = {"file": path.name, "step": step, **facts}
        write_atomically(self.folder / "state.json", json.dumps(state, indent=2) + "\n")
        for old in self.folder.glob("step-*.keras"):
            if old != path:
                old.unlink()

    def load(self):
        """The model of the newest checkpoint: weights, averages, optimizer slots and step."""
        return keras.models.load_model(self.folder / self.state()["file"])


class History:
    """``history.csv``: a row of mean values every ``log_every`` steps."""

    def __init__(self, path):
        self.path = Path(path)

    def rows(self):
        """All rows as dicts of floats."""
        if not self.path.is_file():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]

    def columns(self):
        """The same as ``{name: [values]}``."""
        rows = self.rows()
        return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}

    def keep_until(self, step):
        """Drop rows after ``step``: they were logged, then lost with the process."""
        rows = [row for row in self.rows() if row["step"] <= step]
        self.path.unlink(missing_ok=True)
        for row in rows:
            self.append(row)

    def append(self, row):
        """Add a row; the first one writes the header."""
        new = not self.path.is_file()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if new:
                writer.writeheader()
            writer.writerow({k: _number(v) for k, v in row.items()})


def _number(value):
    return int(value) if float(value).is_integer() else f"{value:.6g}"


class RunCallback(keras.callbacks.Callback):
    """Logs, saves and ends a run at its budget; always between two steps, never inside one.

    Args:
        history: ``History`` to append to.
        save: called with the training seconds so far, about every ``checkpoint_seconds`` and at the
            end.
        config: a ``TrainConfig``.
        seconds: training seconds before this session.
        stop: a ``threading.Event``; once set, training ends after the current step.
        on_step: called with (step, seconds, logs) after each step.
    """

    def __init__(self, history, save, config, seconds, stop, on_step):
        super().__init__()
        self.history, self.save, self.config = history, save, config
        self.seconds_before, self.stop, self.on_step = seconds, stop, on_step
        self.out_of_budget = False

    @property
    def seconds(self):
        """Training seconds over all sessions."""
        return self.seconds_before + time.monotonic() - self.start

    def on_train_begin(self, logs=None):
        self.start = self.saved = time.monotonic()
        self.step = int(self.model.step.value)

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.on_step(self.step, self.seconds, logs)
        if self.step % self.config.log_every == 0:
            self.history.append({"step": self.step, "seconds": self.seconds, **logs})
            self.model.reset_metrics()
        steps, minutes = self.config.steps, self.config.minutes
        self.out_of_budget = (steps is not None and self.step >= steps) or (
            minutes is not None and self.seconds >= 60 * minutes
        )
        if self.out_of_budget or self.stop.is_set():
            self.model.stop_training = True
        elif time.monotonic() - self.saved > self.config.checkpoint_seconds:
            self.save(self.seconds)
            self.saved = time.monotonic()

    def on_train_end(self, logs=None):
        self.save(self.seconds)


@contextmanager
def stop_on_signal():
    """Turn the first Ctrl-C or SIGTERM into a set event; a second Ctrl-C interrupts at once."""
    stop = threading.Event()

    def request(number, frame):
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals reach only the main thread
        return
    before = {s: signal.signal(s, request) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
