"""What the mathematics does with its arguments first: enough precision, and shapes that match."""

import tensorflow as tf

from prodimg_lib.errors import InputError


def precise(*values):
    """The values as tensors of one dtype: float64 where a tensor is that, else float32.

    In float16 a constant such as 1e-12 is 0, 300 squared is infinite and a sum over pixels keeps
    three digits; so losses, penalties and likelihoods are never computed in it.
    """
    tensors = [v for v in values if tf.is_tensor(v)] or [tf.convert_to_tensor(v) for v in values]
    dtype = tf.float64 if any(v.dtype == tf.float64 for v in tensors) else tf.float32
    # A cast to its own dtype would leave a variable what it is, not its value.
    return [tf.convert_to_tensor(tf.cast(v, dtype)) for v in values]


def alike(**tensors):
    """Refuse two tensors of different shapes, which TensorFlow would broadcast without a word.

    Raises:
        InputError: names both and their shapes.
    """
    (name, a), (other, b) = tensors.items()
    if not a.shape.is_compatible_with(b.shape):
        raise InputError(
            f"{name} has shape {tuple(a.shape)}, {other} {tuple(b.shape)}: expected equal shapes, "
            "reshape one of them"
        )
