"""Training one run: to its budget, from where it was left, with a clean Ctrl-C."""

import hashlib
import signal
import threading
import time
from contextlib import contextmanager

import keras
import numpy as np

from prodimg_lib.data.images import subset
from prodimg_lib.data.batches import batches
from prodimg_lib.runs.doctor import TrainingDoctor
from prodimg_lib.errors import InputError, Interrupted
from prodimg_lib.runs.evaluation import extractor_for
from prodimg_lib.metrics.features import FeatureExtractor
from prodimg_lib.plots import image_grid, save_png
from prodimg_lib.runs.records import Checkpoints, Findings, History
from prodimg_lib.text import text

PREVIEW_SHARES = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)  # of the budget, when a row of samples is kept
DOCTOR_IMAGES = 500  # photographs that the doctor compares samples with
PRIOR_IMAGES = 5000  # for a VAE's sampling prior: 500 a class where there are ten


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
        if self.model.stop_training:
            return  # the doctor has ended it: there is nothing left to look at
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
        InputError: the checkpoint was trained on other images; or a loss was no longer a number
            (the checkpoint of before stands).
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
    findings = Findings(out / "doctor.json")
    for record in (history, findings):
        record.keep_until(state["step"] if state else 0)
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

    doctor = _doctor(model, data, show)

    def save(seconds):
        if doctor:
            findings.update(doctor)
            if doctor.broken:
                return  # nothing good would be saved, and something good overwritten
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
        callbacks = [doctor, callback] if doctor else [callback]
        # shuffle=False: the stream is shuffled already, and Keras would warn that it cannot.
        model.fit(
            stream, epochs=1, steps_per_epoch=2**40, callbacks=callbacks, verbose=0, shuffle=False
        )
    if doctor and doctor.broken:
        raise InputError(f"{out}, step {doctor.findings[-1][0]:,}: {doctor.findings[-1][1]}")
    if stop.is_set() and not callback.out_of_budget:
        raise Interrupted(f"saved at step {int(model.step.value):,}")
    return model


def _doctor(model, data, show):
    """A ``TrainingDoctor`` for a GAN that tells ``show`` what it finds; None for other models."""
    if not hasattr(model, "discriminator"):
        return None
    rows = subset(data.labels, DOCTOR_IMAGES, np.random.default_rng(0))
    name, in_domain = extractor_for(data.source)

    def tell(step, finding):
        show.message(text()["report"]["found"].format(step=step) + f": {finding}")

    return TrainingDoctor(
        data.images[rows],
        data.labels[rows] if model.conditional else None,
        extractor=FeatureExtractor(name) if in_domain else None,
        on_finding=tell,
    )


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
