"""What ``Checks`` needs of the library an answer is written in: weights, tensors and gradients.

An exercise that hands over a model makes it of these, as ``c.library``: it then works in either.
"""

import numpy as np

from prodimg_lib.interview.check import pytorch


def of(answer):
    """The library of an answer. TensorFlow, which only its methods load, also for NumPy."""
    return PyTorch() if isinstance(answer, pytorch.Answer) else TensorFlow()


class TensorFlow:
    def variable(self, value):
        """A weight of a model, float32."""
        import tensorflow as tf

        return tf.Variable(value, dtype="float32")

    def floats(self, x, shape=None):
        """Numbers as a float32 tensor, of another shape if one is given; gradients flow through."""
        import tensorflow as tf

        return tf.cast(x if shape is None else tf.reshape(x, shape), tf.float32)

    def note(self, x, seen):
        """Append the numbers of a tensor to a list, once they are there."""
        import tensorflow as tf

        tf.py_function(lambda values: seen.append(values.numpy()), [tf.stop_gradient(x)], [])

    def slope(self, ask, answer, args, wrt, of=None):
        """A result, and the gradient of the sum of ``of(result)`` in an input.

        Args:
            ask: ``ask(answer, args)`` calls the answer.
            answer: the function.
            args: the inputs; arrays of floats become tensors.
            wrt: index of the input to differentiate by.
            of: picks a part of the result; by default all of it counts.

        Returns:
            (result, gradient); the gradient is None where none flows.
        """
        import tensorflow as tf

        args = [tf.constant(a) if _is_floats(a) else a for a in args]
        with tf.GradientTape() as tape:
            tape.watch(args[wrt])
            result = ask(answer, args)
            try:
                total = tf.reduce_sum(of(result) if of else result)
            except (TypeError, ValueError):
                total = None
        if not isinstance(total, tf.Tensor | tf.Variable):
            return result, None
        return result, tape.gradient(total, args[wrt], unconnected_gradients="none")

    def slope_in_weight(self, ask, answer, args, weight):
        """A result, and its gradient in a ``variable`` of a model among the inputs, likewise."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            result = ask(answer, args)
        return result, tape.gradient(result, weight) if tf.is_tensor(result) else None


class PyTorch:
    """The same for a ``pytorch.Answer``."""

    def variable(self, value):
        import torch

        return torch.tensor(value, dtype=torch.float32, requires_grad=True)

    def floats(self, x, shape=None):
        import torch

        x = torch.as_tensor(x).float()
        return x if shape is None else x.reshape(shape)

    def note(self, x, seen):
        seen.append(pytorch.arrays(x).copy())

    def slope(self, ask, answer, args, wrt, of=None):
        args = pytorch.tensors(args)
        args[wrt].requires_grad_()
        result = ask(answer.of_tensors, args)
        try:
            total = of(result) if of else result
        except (TypeError, ValueError):
            total = None
        return pytorch.arrays(result), self._gradient(total, args[wrt])

    def slope_in_weight(self, ask, answer, args, weight):
        result = ask(answer.of_tensors, args)
        return pytorch.arrays(result), self._gradient(result, weight)

    def _gradient(self, total, of_what):
        import torch

        if not isinstance(total, torch.Tensor) or not total.requires_grad:
            return None
        (found,) = torch.autograd.grad(total.sum(), [of_what], allow_unused=True)
        return pytorch.arrays(found)


def _is_floats(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"
