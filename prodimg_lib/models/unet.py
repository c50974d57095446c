"""The network of a flow: a small U-Net that hears of time and class, for 28, 32 and 64 px.

Made for processors: it works on patches, so that no convolution runs at the image's own resolution,
and most of its weights are where the map is smallest. The maps of an autoencoder, of 7 or 8 places
a side, are taken place by place.
"""

import itertools
import math

import keras
import tensorflow as tf
from keras import layers

from prodimg_lib.errors import InputError

# Image side -> side of a patch: maps of 14 and 7, or 16 and 8. Of latents: of 7 and 4, or 8 and 4.
_PATCH = {28: 2, 32: 2, 64: 4, 7: 1, 8: 1}
_FREQUENCIES = 32


@keras.saving.register_keras_serializable("prodimg")
class TimeFeatures(layers.Layer):
    """Times [n] in 0..1 -> sines and cosines of 32 frequencies, 1 to 1000 radians: [n, 64]."""

    def call(self, t):
        frequencies = tf.exp(tf.linspace(0.0, math.log(1000.0), _FREQUENCIES))
        angles = t[:, None] * frequencies
        return tf.concat([tf.sin(angles), tf.cos(angles)], axis=1)

    def compute_output_shape(self, shape):
        return (shape[0], 2 * _FREQUENCIES)


def unet(size, channels, width, num_labels=0):
    """(x_t, time [n]) and, with ``num_labels``, label [n] -> prediction of the shape of x_t.

    x_t is float [n, size, size, channels], time in 0..1, a label in 0..num_labels - 1. Residual
    blocks of two convolutions at 1/2 and 1/4 of the side (64 px: 1/4 and 1/8; latents of 7 or 8
    places: 1 and 1/2), with ``width`` and 2
    ``width`` channels and one bridge; time and class scale and shift what is between the two (Perez
    et al. 2018). The last layer and the last of each block start at 0: an untrained network is
    0, whatever goes in.

    Raises:
        InputError: another size.
    """
    if size not in _PATCH:
        raise InputError(
            f"image size {size} is not supported: choose one of {', '.join(map(str, _PATCH))}"
        )
    patch = _PATCH[size]
    kernel = max(3, 2 * patch)
    image = keras.Input((size, size, channels), name="x")
    time = keras.Input((), name="time")
    inputs = [image, time]
    context = layers.Dense(4 * width)(TimeFeatures()(time))
    if num_labels:
        label = keras.Input((), dtype="int32", name="label")
        inputs.append(label)
        # One row of weights per class: an embedding, written as a product so its gradient is dense.
        embedding = layers.Dense(4 * width, use_bias=False)(keras.ops.one_hot(label, num_labels))
        context = layers.Add()([context, embedding])
    context = layers.Dense(4 * width, activation="silu")(_silu(context))
    widths = [width, 2 * width, 2 * width, 2 * width, width]
    modulations = iter(_modulations(context, widths))

    x = layers.Conv2D(width, kernel, strides=patch, padding="same")(image)
    x = bridge = _block(x, *next(modulations))
    x = layers.Conv2D(2 * width, 3, strides=2, padding="same")(x)
    for _ in range(3):
        x = _block(x, *next(modulations))
    x = layers.Conv2DTranspose(width, 4, strides=2, padding="same")(x)
    if odd := x.shape[1] - bridge.shape[1]:  # 7 -> 4 -> 8
        x = layers.Cropping2D(((0, odd), (0, odd)))(x)
    x = _block(layers.Concatenate()([x, bridge]), *next(modulations))
    x = _silu(_normalise(x))
    x = layers.Conv2DTranspose(
        channels, kernel, strides=patch, padding="same", kernel_initializer="zeros"
    )(x)
    return keras.Model(inputs, x, name="unet")


def _silu(x):
    return layers.Activation("silu")(x)


def _normalise(x):
    return layers.RMSNormalization()(x)


def _modulations(context, widths):
    """(scale, shift) for each block, [n, 1, 1, width], from one product.

    From a layer for each, the gradient of ``context`` would be a sum of many, which TensorFlow adds
    up in the order in which they come: no two runs would be equal.
    """
    sizes = [size for width in widths for size in (width, width)]
    ends = list(itertools.accumulate(sizes))
    product = layers.Dense(ends[-1], kernel_initializer="zeros")(context)
    parts = keras.ops.split(layers.Reshape((1, 1, ends[-1]))(product), ends[:-1], axis=3)
    return zip(parts[::2], parts[1::2], strict=True)


def _block(x, scale, shift):
    """Residual block of two convolutions, with h -> (1 + scale) h + shift between them."""
    width = scale.shape[-1]
    h = _silu(_normalise(x))
    h = _normalise(layers.Conv2D(width, 3, padding="same", kernel_initializer="he_normal")(h))
    h = _silu(h * (1.0 + scale) + shift)
    h = layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros")(h)
    return layers.Add()([x if x.shape[-1] == width else layers.Conv2D(width, 1)(x), h])
