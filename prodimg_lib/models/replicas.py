"""The same step on one device or on several (``tf.distribute``): what replicas must share.

Each replica has its part of the batch. Random draws are made for the whole batch and each replica
takes its rows, and gradients and figures are averaged; so a run does not depend on the number of
devices, but for rounding. With one device every function here returns what it was given.
"""

from functools import lru_cache, partial

import numpy as np
import tensorflow as tf

from prodimg_lib.errors import InputError


def _replica():
    """(number of replicas, which of them this is)."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return 1, 0
    return context.num_replicas_in_sync, context.replica_id_in_sync_group


def several():
    """Whether the strategy in scope has more than one replica."""
    return tf.distribute.get_strategy().num_replicas_in_sync > 1


def allow(config):
    """Refuse to train on several devices what only one trains rightly.

    Raises:
        InputError: the config's ``one_device`` says so, and the strategy in scope has several.
    """
    if several() and config.one_device:
        raise InputError(f"{config.one_device}: leave the distribution strategy out")


def _own_rows(draw, shape):
    """This replica's rows of ``draw(shape)`` for all replicas; rows are the first axis."""
    count, index = _replica()
    n, *rest = shape
    return draw(shape) if count == 1 else draw([n * count, *rest])[index * n : (index + 1) * n]


def normal(shape, seed):
    """Standard normal draws [n, ...] from a stateless ``seed`` (two ints)."""
    return _own_rows(lambda shape: tf.random.stateless_normal(shape, seed), shape)


def uniform(shape, seed, **options):
    """Uniform draws [n, ...] from a stateless ``seed``; options of ``stateless_uniform``."""
    return _own_rows(lambda shape: tf.random.stateless_uniform(shape, seed, **options), shape)


def gather(x):
    """The rows of all replicas, in order."""
    return x if _replica()[0] == 1 else tf.distribute.get_replica_context().all_gather(x, axis=0)


def identity(x):
    """1 where a row of ``x`` meets itself among those of ``gather(x)``, else 0: [n, all]."""
    count, index = _replica()
    n = tf.shape(x)[0]
    return tf.one_hot(index * n + tf.range(n), count * n, dtype=x.dtype)


def mean(tensors):
    """Mean over replicas of a tensor, or of each of a list."""
    if _replica()[0] == 1:
        return tensors
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, tensors)


def descend(optimizer, gradients, variables):
    """Apply the mean over replicas of ``gradients``; returns its norm.

    A Keras optimizer adds up what the replicas hand it, which would be right for sums over a batch;
    our losses are means over one.
    """
    gradients = mean(gradients)
    count, _ = _replica()
    shares = gradients if count == 1 else [g / count for g in gradients]
    optimizer.apply(shares, variables)
    return tf.linalg.global_norm(gradients)


def train(model, stream, steps=2**40, on_step=None):
    """Train in each process of a ``tf.distribute.MultiWorkerMirroredStrategy``, in ``fit``'s place.

    All processes call this with the same stream, and each takes its rows of every batch; the steps
    are those of one process. Keras 3's ``fit`` fails there, as it takes what the replicas of other
    processes log for a tensor of its own.

    Args:
        model: made and compiled in the scope of the strategy.
        stream: a ``tf.data.Dataset`` as for ``fit``, with the global batch size, which the number
            of replicas divides.
        steps: at most so many.
        on_step: called after each step with what that step reported, ``{name: float}``. Where it
            returns True in one of the processes, training ends in all of them.
    """
    strategy = model.distribute_strategy
    rows = iter(strategy.distribute_datasets_from_function(partial(_own_part, stream)))

    @tf.function
    def step(batch):
        strategy.run(model.train_step, (batch,))

    for _ in range(steps):
        step(next(rows))
        told = {metric.name: float(metric.result()) for metric in model.metrics}  # of all replicas
        model.reset_metrics()
        ends = bool(on_step(told)) if on_step else False
        if total(strategy, int(ends)):
            return


def _own_part(stream, context):
    """The rows of this process: a batch for each of its replicas, one after the other."""
    processes, index = context.num_input_pipelines, context.input_pipeline_id
    replicas = context.num_replicas_in_sync // processes

    def own(*batch):
        def part(x):
            return tf.reshape(x, [processes, replicas, -1, *x.shape[1:]])[index]

        parts = tf.nest.map_structure(part, batch if len(batch) > 1 else batch[0])
        return tf.data.Dataset.from_tensor_slices(parts)

    return stream.flat_map(own)


def total(strategy, value):
    """The sum of an int over all processes of a strategy, of which each has its own."""
    return int(_summed(strategy, [np.asarray(value)])[0])


def from_first(strategy, values):
    """The arrays that the first process has, in all of them; the others give equally shaped ones.

    They are sums to which the others add nothing, of integers below 2^53.
    """
    values = [np.asarray(value) for value in values]
    own = [np.zeros_like(v) for v in values] if _place(strategy)[1] else values
    found = _summed(strategy, own)
    return [a.astype(b.dtype) for a, b in zip(found, values, strict=True)]


def _place(strategy):
    """(number of processes, which of them this is)."""
    resolver = strategy.cluster_resolver
    workers = resolver.cluster_spec().as_dict().get("worker", ()) if resolver else ()
    return (len(workers), resolver.task_id) if len(workers) > 1 else (1, 0)


def _summed(strategy, values):
    """Sums of arrays over processes, each of which may have several replicas that count once.

    In float64, which holds what they are exactly, as TensorFlow packs them into one.
    """
    found = _summing(strategy)(*(tf.constant(value, tf.float64) for value in values))
    return [np.asarray(strategy.experimental_local_results(v)[0]) for v in found]


@lru_cache(maxsize=1)  # made once, as each new graph takes its time
def _summing(strategy):
    @tf.function
    def summed(*values):
        def each(*values):
            context = tf.distribute.get_replica_context()
            first = tf.equal(context.replica_id_in_sync_group % _local(strategy), 0)
            own = [tf.where(first, v, tf.zeros_like(v)) for v in values]
            return context.all_reduce(tf.distribute.ReduceOp.SUM, own)

        return strategy.run(each, values)

    return summed


def _local(strategy):
    return strategy.num_replicas_in_sync // _place(strategy)[0]


def read(variables):
    """The values of variables that replicas share, as arrays."""
    return [np.asarray(_copies(v)[0]) for v in variables]


def write(variables, values):
    """Give variables that replicas share these values, in this process."""
    for variable, value in zip(variables, values, strict=True):
        for copy in _copies(variable):
            copy.assign(value)


def _copies(variable):
    found = variable.value if hasattr(variable, "value") else variable
    return getattr(found, "values", (found,))
