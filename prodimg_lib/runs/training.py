"""Training one run: to its budget, from where it was left, with a clean Ctrl-C."""

import contextlib
import hashlib
import importlib.util
from functools import partial

import numpy as np
import tensorflow as tf

from prodimg_lib.data.batches import batches
from prodimg_lib.data.images import subset
from prodimg_lib.data.stream import stream
from prodimg_lib.errors import InputError, Interrupted
from prodimg_lib.files import writing
from prodimg_lib.metrics.extractors import for_source
from prodimg_lib.models.base import GenerativeModel
from prodimg_lib.models.build import new_model
from prodimg_lib.models.config import BATCH, GANConfig
from prodimg_lib.models.precision import chosen, precision
from prodimg_lib.runs.callbacks import Board, Budget, Log, Preview, Save, Validate
from prodimg_lib.runs.config import with_batch_size
from prodimg_lib.runs.doctor import TrainingDoctor
from prodimg_lib.runs.records import Checkpoints, Findings, History
from prodimg_lib.runs.selection import Selection, newest_state
from prodimg_lib.runs.stop import stop_on_signal
from prodimg_lib.text import text

DOCTOR_IMAGES = 500  # photographs that the doctor compares samples with
SETTLING_IMAGES = 5000  # for ``after_training``: 500 a class where there are ten


class Alone:
    """Trains a model in this process. ``replicated.First`` does so together with others."""

    def __init__(self, model):
        self.model = model

    def pull(self):
        """Bring the model up to where training is: here it is what is trained."""

    def nothing_to_do(self):
        """Called in place of ``fit`` where no budget is left."""

    def fit(self, stream, callbacks):
        """Train until a callback stops it.

        Args:
            stream: the batches from the model's step on, which can be read again.
        """
        self.model.before_training(stream)
        # What a family's own ``fit`` does afterwards was done before the last save, with images of
        # the run's choice: done once more with others, the model would not be the one saved.
        # shuffle=False: the stream is shuffled already, and Keras would warn that it cannot.
        GenerativeModel.fit(
            self.model,
            stream,
            epochs=1,
            steps_per_epoch=2**40,
            callbacks=callbacks,
            verbose=0,
            shuffle=False,
        )


def train(config, data, out, show, *, count_graphs=True, on_validation=None, engine=Alone):
    """Train to the budget, from the newest checkpoint if there is one; returns the model.

    Args:
        config: ``RunConfig``; data: ``ProductImages``; out: the run folder; show: a ``Show``.
        count_graphs: as of ``Budget``.
        on_validation: called with the step and what ``Selection.judge`` found there; what it raises
            ends training.
        engine: function of the model that gives an ``Alone`` or what does its work.

    Raises:
        InputError: the checkpoint was trained on other images; or a loss was no longer a number
            (the checkpoint of before stands).
        Interrupted: a signal came; the state after the current step is saved.
    """
    if config.train.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise InputError(
            "train.tensorboard needs TensorBoard: pip install tensorboard, or leave it out"
        )
    show.stage("train")
    config = with_batch_size(config, data)
    checkpoints = Checkpoints(out / "checkpoints")
    history, findings = History(out / "history.csv"), Findings(out / "doctor.json")
    samples = out / "samples"
    with writing(samples):
        samples.mkdir(exist_ok=True)
    digest = data.digest

    # Restore.
    model, seconds, sums = _restore(checkpoints, out, data, show) or (
        new_model(config, data),
        0.0,
        None,
    )
    engine = engine(model)
    if note := of_few(config, model, data):
        show.message(note)
    step = int(model.step.value)
    for record in (history, findings):
        record.keep_until(step)

    selection = Selection(config, data, out, step) if config.train.validate_every else None

    doctor = _doctor(model, data, show, engine.pull) if model.ADVERSARIAL else None

    def settle():
        engine.pull()
        rows = subset(data.labels, SETTLING_IMAGES, np.random.default_rng(0))
        model.after_training(data.images[rows], data.labels[rows] if model.conditional else None)

    def save(seconds):
        if doctor:
            findings.update(doctor)
            if doctor.broken:
                return  # nothing good would be saved, and something good overwritten
        settle()
        checkpoints.save(model, seconds=round(seconds, 3), data=digest, sums=log.sums)

    def judge(selection, seconds):
        settle()
        found = selection.judge(model, seconds=round(seconds, 3), data=digest)
        if on_validation:
            on_validation(int(model.step.value), found)

    bits = chosen(config.train.precision, data.size)
    with stop_on_signal() as stop, precision(bits):
        budget = Budget(config.train, step, seconds, stop, count_graphs)
        if budget.share >= 1:
            show.message("the training budget is used up: raise --minutes to train on")
            engine.nothing_to_do()
            return model
        # Step, log, save.
        log = Log(budget, history, show, sums)
        board = [Board(budget, out / "tensorboard")] if config.train.tensorboard else []
        parts = [budget, *board, Preview(budget, samples, settle), log]
        parts = [doctor, *parts] if doctor else parts
        # Before anything is saved at the same step, or a kill between the two would lose a value.
        parts += [Validate(budget, partial(judge, selection))] if selection else []
        with _reading(data):
            engine.fit(batches_from(config, data, model), [*parts, Save(budget, save)])
    if doctor and doctor.broken:
        raise InputError(f"{out}, step {doctor.findings[-1][0]:,}: {doctor.findings[-1][1]}")
    if not budget.used_up:  # a signal came, here or to a process that trains with this one
        raise Interrupted(f"saved at step {int(model.step.value):,}")
    return model


def of_few(config, model, data):
    """The sentence on what is done otherwise as images are few, unasked; None where nothing is."""
    kind, usual, given = model.config, GANConfig(), config.settings.given
    if not isinstance(kind, GANConfig):
        return None
    words, changes = text()["of_few"], []
    if kind.augment != usual.augment and "augment" not in given:
        how = ", ".join(words["how"][name] for name in kind.augment)
        changes.append(words["augment"].format(how=how, names=", ".join(kind.augment)))
    batch = kind.usual_batch(kind.size, kind.channels, data.train_count)
    if batch != BATCH and config.train.batch_size == batch:
        changes.append(words["batch"].format(n=batch))
    if kind.recipe != usual.recipe and "recipe" not in given:
        changes.append(words["recipe"].format(name=kind.recipe))
    said = "; ".join(changes)
    return words["says"].format(n=data.train_count, changes=said) if said else None


def check_data(out, data):
    """Make sure that what was trained in ``out``, if anything was, was trained on these images.

    Raises:
        InputError: an image, a label, a class name or what is held out is another.
    """
    state = newest_state(out)
    if state and not same_data(state, data):
        raise InputError(
            f"the images of {data.origin} or their labels are not those that {out} was trained "
            "on: restore them, or choose another --out"
        )


def same_data(state, data):
    """Whether a checkpoint was trained on these images, labels and classes."""
    told = str(state.get("data"))
    if told.startswith("all:"):
        return told == data.digest
    # Version 0.1.0 knew the pixels of the training images only.
    return told == hashlib.sha256(data.images.tobytes()).hexdigest()


def _restore(checkpoints, out, data, show):
    """The newest checkpoint's model, training seconds and ``Log.sums``; or None without one."""
    check_data(out, data)
    state = checkpoints.state()
    if not state:
        return None
    show.message(f"going on from step {state['step']:,}")
    return checkpoints.load(), state["seconds"], state.get("sums")


def batches_from(config, data, model):
    """The batches from the model's step on."""
    place = {
        "batch_size": config.train.batch_size,
        "seed": config.seed,
        "start_step": int(model.step.value),
    }
    if data.shards:
        return stream(data.shards, model.conditional, **place)
    return batches(data.images, data.labels if model.conditional else None, **place)


@contextlib.contextmanager
def _reading(data):
    """A shard that is damaged, or gone as photographs were prepared again meanwhile, is one line.

    Raises:
        InputError: so it is.
    """
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
        if not data.shards:
            raise
        reason = str(error.message).splitlines()[0]
        raise InputError(
            f"the images of {data.origin} can no longer be read ({reason}): prepare them again "
            "with `prodimg data prepare`, then repeat this command, which goes on from the newest "
            "checkpoint if the images are the same"
        ) from None


def _doctor(model, data, show, settle):
    """A ``TrainingDoctor`` that tells ``show`` what it finds."""
    rows = subset(data.labels, DOCTOR_IMAGES, np.random.default_rng(0))
    try:
        extractor = for_source(data.source, data.extractor)
    except InputError as error:
        extractor = None
        show.message(text()["doctor"]["without_features"].format(reason=error))

    def tell(step, finding):
        show.message(text()["report"]["found"].format(step=step) + f": {finding}")

    return TrainingDoctor(
        data.images[rows],
        data.labels[rows] if model.conditional else None,
        extractor=extractor,
        settle=settle,
        on_finding=tell,
    )
