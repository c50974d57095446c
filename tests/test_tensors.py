"""One precision and one shape for the arguments of the mathematics."""

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import InputError
from prodimg_lib.tensors import alike, precise


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ((tf.zeros(2, tf.float16), tf.zeros(2, tf.bfloat16)), tf.float32),
        ((tf.zeros(2, tf.float16), tf.zeros(2, tf.float64)), tf.float64),
        ((tf.zeros(2), np.zeros(2)), tf.float32),  # an array follows the tensor beside it
        ((np.zeros(2), 0.0), tf.float64),
        (([1, 2], 0.5), tf.float32),
        ((tf.Variable([1.0]),), tf.float32),
    ],
)
def test_one_dtype_for_all_and_no_half(values, dtype):
    for value, given in zip(precise(*values), values, strict=True):
        assert isinstance(value, tf.Tensor)
        assert value.dtype == dtype
        np.testing.assert_array_equal(value, tf.cast(given, dtype))


def test_gradient_reaches_a_variable():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.square(precise(v)[0]))
    np.testing.assert_array_equal(tape.gradient(value, v), [2.0, 4.0])


def test_alike_names_both_shapes_and_leaves_unknown_sizes_alone():
    with pytest.raises(InputError, match=r"a has shape \(2,\), b \(2, 1\): expected equal shapes"):
        alike(a=tf.zeros(2), b=tf.zeros((2, 1)))

    @tf.function(input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([2, None])])
    def inside(a, b):
        alike(a=a, b=b)
        return a + b

    inside(tf.zeros((2, 3)), tf.zeros((2, 3)))
