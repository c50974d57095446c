"""What each process does of a training run that several carry out together, step by step.

The first process has two models: the one that all of them train, whose variables TensorFlow's
strategy keeps alike, and an ordinary one, which it brings up to date to draw, judge and save. So
a checkpoint is that of a run in one process, and either goes on from the other's.
"""

import itertools
import json
import zlib

import keras
import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.models import inputs, replicas
from prodimg_lib.models.build import new_model
from prodimg_lib.models.precision import chosen, precision
from prodimg_lib.runs.config import check_shares
from prodimg_lib.runs.stop import stop_on_signal
from prodimg_lib.runs.training import batches_from


class First:
    """The ``engine`` of ``training.train`` in the first process; the others ``follow``.

    Args:
        strategy: a ``tf.distribute.MultiWorkerMirroredStrategy``.
        config: ``RunConfig``; data: ``ProductImages``; model: an ordinary one, of any step.
    """

    def __init__(self, strategy, config, data, model):
        self.strategy, self.config, self.data, self.model = strategy, config, data, model
        self.shared = None

    def pull(self):
        """Bring the ordinary model up to where training is."""
        if self.shared is not None:
            for variable, value in zip(
                self.model.state(), replicas.read(self.shared.state()), strict=True
            ):
                variable.assign(value)

    def nothing_to_do(self):
        """Let the others end, where no budget is left."""
        _begin(self.strategy, self.config, self.data, self.model, go=False)

    def fit(self, stream, callbacks):
        """Train with the others until a callback, here, or a signal to one of them stops it."""
        model, number = self.model, itertools.count()
        with inputs.refusals():
            model.before_training(stream)
            self.shared = _begin(self.strategy, self.config, self.data, model)
            calls = keras.callbacks.CallbackList(callbacks, model=model)
            model.stop_training = False
            model.reset_metrics()
            calls.on_train_begin()
            calls.on_epoch_begin(0)

            def on_step(told):
                step = next(number)
                calls.on_train_batch_begin(step)
                calls.on_train_batch_end(step, model.take_over(told))
                return model.stop_training

            replicas.train(self.shared, stream, on_step=on_step)
            calls.on_epoch_end(0)
            calls.on_train_end()


def follow(strategy, config, data):
    """Train with the first process until it ends; nothing is written.

    Raises:
        InputError: the processes do not have the same data or settings.
    """
    model = new_model(config, data)
    bits = chosen(config.train.precision, data.size)
    with stop_on_signal() as stop, precision(bits), inputs.refusals():
        shared = _begin(strategy, config, data, model)
        if shared is not None:
            stream = batches_from(config, data, model)
            replicas.train(shared, stream, on_step=lambda told: stop.is_set())


def _begin(strategy, config, data, model, go=True):
    """The model that all processes train, at the state of the first one's; None without ``go``
    there. ``model`` gets that state, too.
    """
    check_shares(config, strategy.num_replicas_in_sync)
    facts = [type(model).__name__, model.get_config()["config"], data.digest, config.seed]
    told = json.dumps([*facts, config.train.batch_size], sort_keys=True, default=str)
    mine = np.array([zlib.crc32(told.encode()), go], np.int64)
    (its,) = replicas.from_first(strategy, [mine])
    if replicas.total(strategy, int(its[0] != mine[0])):
        raise InputError(
            "the processes that train together have other photographs or settings than each "
            "other: start each with the same command and the same data"
        )
    if not its[1]:
        return None
    with strategy.scope():
        shared = type(model).from_config(model.get_config())
        shared.compile()
    values = replicas.from_first(strategy, [np.asarray(v) for v in model.state()])
    replicas.write(shared.state(), values)
    for variable, value in zip(model.state(), values, strict=True):
        variable.assign(value)
    return shared
