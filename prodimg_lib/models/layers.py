"""Building blocks shared by the networks."""

from typing import Any

import keras
import tensorflow as tf

from prodimg_lib.models import replicas
from prodimg_lib.seeds import step_seed
from prodimg_lib.tensors import precise


def reparametrise(mean, log_var, noise):
    """A draw from N(mean, exp(log_var)) as a differentiable function of its parameters.

    ``noise`` is standard normal and does not depend on the parameters, so the gradient reaches
    ``mean`` and ``log_var`` through the sample (Kingma & Welling 2014, section 2.4).

    Args:
        mean, log_var, noise: float, of one shape; ``log_var`` is the log *variance*.
    """
    return mean + tf.exp(0.5 * log_var) * noise


def step_noise(shape, seed, step, stream="latents"):
    """Standard normal noise [n, ...], a pure function of seed, step and the stream's name."""
    return replicas.normal(shape, step_seed(seed, step, stream))


@keras.saving.register_keras_serializable("prodimg")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer; feature maps are normalised in training by TensorFlow's fused operation.

    Same function and gradient, in a third of the time on a processor: Keras composes it of a dozen
    operations, each of which reads and writes the whole map. What cannot be fused (statistics over
    several devices, a mask, inputs that are no float32 feature maps) is left to Keras.
    """

    def call(self, inputs, training=None, mask=None):
        maps = inputs.shape.rank == 4 and inputs.dtype == tf.float32 and self.axis in (-1, 3)
        alone = mask is None and not self.synchronized
        if not (training and self.trainable and maps and alone):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        result, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma.value if self.scale else tf.ones([channels]),
            offset=self.beta.value if self.center else tf.zeros([channels]),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        # The operation reports the variance with divisor n - 1; Keras keeps that with n.
        n = tf.cast(tf.size(inputs) // channels, variance.dtype)
        for average, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance * (n - 1) / n),
        ):
            average.assign(self.momentum * average.value + (1 - self.momentum) * value)
        return result


def batch_normalisation(**options):
    """``BatchNormalization`` with the statistics of the whole batch, on however many devices."""
    # Asked for only where it matters: on one device the synchronised formula is the slower one.
    return BatchNormalization(momentum=0.9, synchronized=replicas.several(), **options)


class _SpectralNorm(keras.layers.Layer):
    """Mixin: the layer works with its kernel divided by the kernel's largest singular value.

    This is the reparametrisation of Miyato et al. (2018): the stored kernel stays what the
    optimizer made it, and the gradient goes through the division.
    (``keras.layers.SpectralNormalization`` overwrites the kernel instead.) The singular vector
    ``u`` [out] is estimated by power iteration, which only ``power_iterate`` advances: calling the
    layer changes nothing, so real and fake images of a step meet the same network.
    """

    _kernel: Any  # of the Keras layer that this is mixed into

    def build(self, input_shape):
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self._kernel.shape[-1],),
            initializer="random_normal",
            trainable=False,
            aggregation="only_first_replica",  # all replicas compute the same
        )
        self.power_iterate(20)  # a good start; later one iteration keeps up with each step

    def save_own_variables(self, store):
        """All variables: Keras's own layers would name kernel and bias, and leave ``u`` out."""
        keras.layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store):
        """What ``save_own_variables`` stored."""
        keras.layers.Layer.load_own_variables(self, store)

    def _matrix(self):
        (kernel,) = precise(self._kernel.value)
        return tf.reshape(kernel, [-1, kernel.shape[-1]])

    def power_iterate(self, times=1):
        """Move ``u`` towards the first right singular vector of the kernel as [-1, out]."""
        w, (u,) = self._matrix(), precise(self.u.value)
        for _ in range(times):
            v = _direction(tf.linalg.matvec(w, u))
            u = _direction(tf.linalg.matvec(w, v, transpose_a=True), otherwise=u)
        self.u.assign(u)

    @property
    def kernel(self):
        w, (u,) = self._matrix(), precise(tf.stop_gradient(self.u.value))
        image = tf.linalg.matvec(w, u)
        v = tf.stop_gradient(_direction(image))
        norm = tf.tensordot(v, image, 1)
        # A kernel of zeros stays what it is, with a gradient to leave by.
        w /= tf.where(norm > 0.0, norm, 1.0)
        return tf.cast(tf.reshape(w, self._kernel.shape), self._kernel.value.dtype)


def _direction(x, otherwise=0.0):
    """x / |x| however short x is (no small constant that a small kernel falls below); of 0,
    ``otherwise``.
    """
    x = tf.math.divide_no_nan(x, tf.reduce_max(tf.abs(x)))  # or the squares may be 0
    length = tf.norm(x)
    return tf.where(length > 0.0, tf.math.divide_no_nan(x, length), otherwise)


@keras.saving.register_keras_serializable("prodimg")
class SpectralConv2D(_SpectralNorm, keras.layers.Conv2D):
    """``Conv2D`` with spectral normalisation of the kernel [k k in, out]; arguments as there."""


@keras.saving.register_keras_serializable("prodimg")
class SpectralDense(_SpectralNorm, keras.layers.Dense):
    """``Dense`` with spectral normalisation; arguments as there."""


def power_iterate(model):
    """One power iteration of every spectrally normalised layer: call it once a training step."""
    for layer in model.layers:
        if isinstance(layer, _SpectralNorm):
            layer.power_iterate()


def modulate(x, one_hot, scale, shift):
    """Each channel times a scale plus a shift, both by class.

    Args:
        x: [n, ..., channels]; one_hot: [n, classes]; scale, shift: [classes, channels].
    """
    middle = [1] * (len(x.shape) - 2)
    scale, shift = (
        tf.reshape(one_hot @ table, [-1, *middle, table.shape[-1]]) for table in (scale, shift)
    )
    return x * scale + shift


@keras.saving.register_keras_serializable("prodimg")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalisation whose scale and shift are learned for each class (Dumoulin et al. 2017).

    Called on ``[x, one_hot]``: x [n, ..., channels], one_hot [n, classes].
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.normalise = batch_normalisation(scale=False, center=False)

    def build(self, shapes):
        x, one_hot = shapes
        self.normalise.build(x)
        shape = (one_hot[-1], x[-1])
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")
        self.shift = self.add_weight(name="shift", shape=shape, initializer="zeros")

    def call(self, inputs, training=False):
        x, one_hot = inputs
        x = self.normalise(x, training=training)
        return modulate(x, one_hot, self.scale.value, self.shift.value)

    def compute_output_shape(self, shapes):
        return shapes[0]


@keras.saving.register_keras_serializable("prodimg")
class FiLM(keras.layers.Layer):
    """Feature-wise linear modulation by class (Perez et al. 2018): channel i of class c becomes
    scale[c, i] x + shift[c, i].

    Called on ``[x, one_hot]``: x [n, ..., channels], one_hot [n, classes]. It starts as the
    identity.
    """

    def build(self, shapes):
        x, one_hot = shapes
        shape = (one_hot[-1], x[-1])
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")
        self.shift = self.add_weight(name="shift", shape=shape, initializer="zeros")

    def call(self, inputs):
        x, one_hot = inputs
        return modulate(x, one_hot, self.scale.value, self.shift.value)

    def compute_output_shape(self, shapes):
        return shapes[0]


@keras.saving.register_keras_serializable("prodimg")
class MinibatchStddev(keras.layers.Layer):
    """Adds a channel that says how much the images of this batch differ (Karras et al. 2018).

    [n, h, w, c] -> [n, h, w, c + 1]; the new value is one number for the whole batch, the mean over
    positions and channels of the standard deviation over images: 0 for a batch of clones. With it a
    discriminator sees collapse directly; but its logits then depend on the whole batch, on however
    many devices.
    """

    def call(self, x):
        (exact,) = precise(x)
        off = exact - replicas.mean(tf.reduce_mean(exact, axis=0))
        variance = replicas.mean(tf.reduce_mean(tf.square(off), axis=0))
        # The small constant keeps the square root differentiable at 0, where clones are.
        spread = tf.reduce_mean(tf.sqrt(variance + 1e-8)) - 1e-4
        channel = tf.fill([*tf.unstack(tf.shape(x)[:3]), 1], tf.cast(spread, x.dtype))
        return tf.concat([x, channel], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], shape[-1] + 1)
