"""The same step on one device or on several (``tf.distribute``): what replicas must share.

Each replica has its part of the batch. Random draws are made for the whole batch and each replica
takes its rows, and gradients and figures are averaged; so a run does not depend on the number of
devices, but for rounding. With one device every function here returns what it was given.
"""

import tensorflow as tf


def _replica():
    """(number of replicas, which of them this is)."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return 1, 0
    return context.num_replicas_in_sync, context.replica_id_in_sync_group


def several():
    """Whether the strategy in scope has more than one replica."""
    return tf.distribute.get_strategy().num_replicas_in_sync > 1


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


def train(model, stream, steps, on_step=None):
    """Train in each process of a ``tf.distribute.MultiWorkerMirroredStrategy``, in ``fit``'s place.

    All processes call this with the same stream, and each takes its rows of every batch; the steps
    are those of one process. Keras 3's ``fit`` fails there, as it takes what the replicas of other
    processes log for a tensor of its own.

    Args:
        model: made and compiled in the scope of the strategy.
        stream: a ``tf.data.Dataset`` as for ``fit``, with the global batch size.
        on_step: called after each step with its metrics, ``{name: mean so far}``.
    """
    strategy = model.distribute_strategy
    rows = iter(strategy.experimental_distribute_dataset(stream))

    @tf.function
    def step(batch):
        strategy.run(model.train_step, (batch,))

    for _ in range(steps):
        step(next(rows))
        if on_step:
            on_step({metric.name: float(metric.result()) for metric in model.metrics})
