"""Building blocks shared by the networks."""

import tensorflow as tf


def reparametrise(mean, log_var, noise):
    """A draw from N(mean, exp(log_var)) as a differentiable function of its parameters.

    ``noise`` is standard normal and does not depend on the parameters, so the gradient reaches
    ``mean`` and ``log_var`` through the sample (Kingma & Welling 2014, section 2.4).

    Args:
        mean, log_var, noise: float, of one shape; ``log_var`` is the log *variance*.
    """
    return mean + tf.exp(0.5 * log_var) * noise


def step_noise(shape, seed, step, stream=0):
    """Standard normal noise that is a pure function of ``(seed, step, stream)``.

    With no hidden generator state, a run resumed at a step draws what the uninterrupted run drew.
    """
    key = tf.stack([tf.cast(seed, tf.int64) * 1009 + stream, tf.cast(step, tf.int64)])
    return tf.random.stateless_normal(shape, key)
