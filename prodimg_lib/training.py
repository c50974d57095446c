"""Training one run: checkpoints that survive a kill, history, time budget, a clean Ctrl-C."""

import csv
import hashlib
import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from prodimg_lib import gan, vae  # noqa: F401 (Keras must know both classes to read a file)
from prodimg_lib.data.images import subset
from prodimg_lib.data.pipeline import batches
from prodimg_lib.errors import InputError, Interrupted
from prodimg_lib.outputs import write_atomically
from prodimg_lib.plots import image_grid, save_png

PREVIEW_SHARES = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)  # of the budget, when a row of samples is kept
PRIOR_IMAGES = 5000  # for a VAE's sampling prior: 500 a class where there are ten


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
    """``history.csv``: a row of mean values every ``log_every`` steps, and one at the end."""

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
        steps, minutes = self.config.steps, self.config.minutes
        self.out_of_budget = (steps is not None and self.step >= steps) or (
            minutes is not None and self.seconds >= 60 * minutes
        )
        if self.out_of_budget or self.step % self.config.log_every == 0:
            self.history.append({"step": self.step, "seconds": self.seconds, **logs})
            self.model.reset_metrics()
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


def train(config, data, out, show, new_model):
    """Train to the budget, from the newest checkpoint if there is one; returns the model.

    Args:
        config: ``RunConfig``; data: ``ProductImages``; out: the run folder.
        show: receives progress (see ``pipeline.Quiet``).
        new_model: called for a compiled model where there is no checkpoint yet.

    Raises:
        InputError: the checkpoint was trained on other images.
        Interrupted: a signal came; the state after the current step is saved.
    """
    show.stage("train")
    checkpoints = Checkpoints(out / "checkpoints")
    history = History(out / "history.csv")
    digest = hashlib.sha256(data.images.tobytes()).hexdigest()
    state = checkpoints.state()
    if state:
        if state["data"] != digest:
            raise InputError(
                f"the images of {data.origin} are not those that {out} was trained on: restore "
                "them, or choose another --out"
            )
        model = checkpoints.load()
        show.message(f"going on from step {state['step']:,}")
    else:
        model = new_model()
    history.keep_until(state["step"] if state else 0)
    seconds = state["seconds"] if state else 0.0
    if _used_up(config.train, state):
        show.message("the training budget is used up: raise --minutes to train on")
        return model

    stream = batches(
        data.images,
        data.labels if model.conditional else None,
        batch_size=config.train.batch_size,
        seed=config.seed,
        start_step=int(model.step.value),
    )
    samples = out / "samples"
    samples.mkdir(exist_ok=True)
    used = _share(config.train, int(model.step.value), seconds)
    due = [share for share in PREVIEW_SHARES if share > used]

    def on_step(step, seconds, logs):
        used = _share(config.train, step, seconds)
        while due and used >= due[0]:
            due.pop(0)
            fit_prior(model, data)
            grid = image_grid(model.generate(10, seed=0), columns=10)
            save_png(grid, samples / f"step-{step:08d}.png")
        losses = "  ".join(f"{k} {float(v):.3g}" for k, v in logs.items() if "loss" in k)
        show.progress(min(used, 1.0), 1.0, f"step {step:,}  {losses}")

    def save(seconds):
        fit_prior(model, data)
        checkpoints.save(model, seconds=round(seconds, 3), data=digest)

    with stop_on_signal() as stop:
        callback = RunCallback(
            history,
            save,
            config.train,
            seconds,
            stop,
            on_step,
        )
        # shuffle=False: the stream is shuffled already, and Keras would warn that it cannot.
        model.fit(
            stream, epochs=1, steps_per_epoch=2**40, callbacks=[callback], verbose=0, shuffle=False
        )
    if stop.is_set() and not callback.out_of_budget:
        raise Interrupted(f"saved at step {int(model.step.value):,}")
    return model


def fit_prior(model, data):
    """Let a VAE draw its samples from where the training images lie; a GAN has nothing to fit."""
    if hasattr(model, "fit_prior"):
        rows = subset(data.labels, PRIOR_IMAGES, np.random.default_rng(0))
        model.fit_prior(data.images[rows], data.labels[rows] if model.conditional else None)


def _share(budget, step, seconds):
    """Which share of the budget is used."""
    shares = [step / budget.steps] if budget.steps else []
    shares += [seconds / (60 * budget.minutes)] if budget.minutes else []
    return max(shares)


def _used_up(budget, state):
    return state is not None and _share(budget, state["step"], state["seconds"]) >= 1
