"""Seeds of random draws: each a pure function of (seed, step, name of the stream).

There is no hidden generator state, so a run resumed at a step draws what the uninterrupted run
drew. Names go through a hash: arithmetic on seeds, such as seed + 1 for the next stream, gives two
streams the same draws as soon as two sums agree.
"""

import hashlib

import tensorflow as tf


def key(*names):
    """Numbers and names -> a whole number in 0..2^63 - 1, as good as unique to them."""
    digest = hashlib.sha256(repr(names).encode()).digest()
    return int.from_bytes(digest[:8]) >> 1


def draw_seed(*names):
    """``key`` in 32 bits: a seed for NumPy that a manifest and a spreadsheet keep to the digit."""
    return key(*names) >> 31


def step_seed(seed, step, stream):
    """Seed, int64 [2], for ``tf.random.stateless_*``.

    Args:
        seed: int, of the run; step: int or scalar tensor; stream: str, what is drawn.
    """
    return tf.stack([tf.constant(key(int(seed), stream), tf.int64), tf.cast(step, tf.int64)])


def fold_in(seed, name):
    """The seed, int64 [2], of one draw (str) among several that share a stateless ``seed``."""
    return tf.random.experimental.stateless_fold_in(seed, tf.constant(key(name), tf.int64))
