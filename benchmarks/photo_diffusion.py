"""The keras.io ``ddim`` example, rebuilt from its layer list: diffusion for 64 px in colour."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.gan_designs import Design
from benchmarks.photo_designs import SIZE

WIDTHS, BLOCKS = (32, 64, 96, 128), 2
EMBEDDING, HIGHEST_FREQUENCY = 32, 1000.0
MOST_SIGNAL, LEAST_SIGNAL = 0.95, 0.02  # rates at times 0 and 1
STEPS = 20  # from noise to image


def rates(time):
    """Signal and noise rates at times in 0..1: cosine and sine of an angle linear in time."""
    first, last = math.acos(MOST_SIGNAL), math.acos(LEAST_SIGNAL)
    angle = first + time * (last - first)
    return tf.cos(angle), tf.sin(angle)


@keras.saving.register_keras_serializable("benchmarks")
class Sinusoids(layers.Layer):
    """A number for each image, [n, 1, 1, 1] -> sines and cosines of it, [n, 1, 1, EMBEDDING]."""

    def call(self, x):
        frequencies = np.geomspace(1.0, HIGHEST_FREQUENCY, EMBEDDING // 2)
        angles = tf.constant(2 * math.pi * frequencies, tf.float32) * x
        return tf.concat([tf.sin(angles), tf.cos(angles)], -1)


def _residual(x, width):
    shortcut = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.BatchNormalization(center=False, scale=False)(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    return layers.Add()([shortcut, layers.Conv2D(width, 3, padding="same")(x)])


def unet(size=SIZE, channels=3):
    """Noisy images [n, size, size, channels] and noise variances [n, 1, 1, 1] -> the noise."""
    image, variance = keras.Input((size, size, channels)), keras.Input((1, 1, 1))
    e = layers.UpSampling2D(size, interpolation="nearest")(Sinusoids()(variance))
    x = layers.Concatenate()([layers.Conv2D(WIDTHS[0], 1)(image), e])
    skips = []
    for width in WIDTHS[:-1]:
        for _ in range(BLOCKS):
            x = _residual(x, width)
            skips.append(x)
        x = layers.AveragePooling2D(2)(x)
    for _ in range(BLOCKS):
        x = _residual(x, WIDTHS[-1])
    for width in reversed(WIDTHS[:-1]):
        x = layers.UpSampling2D(interpolation="bilinear")(x)
        for _ in range(BLOCKS):
            x = _residual(layers.Concatenate()([x, skips.pop()]), width)
    noise = layers.Conv2D(channels, 1, kernel_initializer="zeros")(x)
    return keras.Model([image, variance], noise)


class KerasDDIM(Design):
    """Predicts the noise in a noisy image; draws by 20 steps back along its schedule.

    Args:
        data: uint8 images [n, size, size, channels], for mean and variance of each channel. Images
            whose side cannot be halved three times, such as 28 px, are padded with black, and what
            is drawn is cropped again.
    """

    batch_size, own_epochs, scale, ema = 64, 50, (0.0, 1.0), 0.999

    def __init__(self, data):
        self.mean = (data / 255.0).mean((0, 1, 2)).astype("float32")
        self.std = (data / 255.0).std((0, 1, 2)).astype("float32")
        _, self.size, _, self.channels = data.shape
        self.margin = -self.size % 2 ** (len(WIDTHS) - 1) // 2
        shape = self.size + 2 * self.margin, self.channels
        self.network, self.averaged = unet(*shape), unet(*shape)
        self.averaged.set_weights(self.network.get_weights())
        self.optimizer = keras.optimizers.AdamW(1e-3, weight_decay=1e-4)

    def networks(self):
        return [self.network]

    def step(self, real, labels=None):
        margin = (self.margin, self.margin)
        x = (tf.pad(real, ((0, 0), margin, margin, (0, 0))) - self.mean) / self.std
        noise = tf.random.normal(tf.shape(x))
        signal_rate, noise_rate = rates(tf.random.uniform((tf.shape(x)[0], 1, 1, 1)))
        noisy = signal_rate * x + noise_rate * noise
        with tf.GradientTape() as tape:
            found = self.network([noisy, noise_rate**2], training=True)
            loss = tf.reduce_mean(tf.abs(noise - found))
        variables = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        for average, value in zip(self.averaged.variables, self.network.variables, strict=True):
            average.assign(self.ema * average + (1 - self.ema) * value)

    def sample(self, n, seed, part=50, network=None):
        """n uint8 images from ``network``, by default the averaged one."""
        network = network or self.averaged

        @tf.function
        def step_back(x, time):
            signal_rate, noise_rate = rates(time)
            noise = network([x, noise_rate**2], training=False)
            image = (x - noise_rate * noise) / signal_rate
            signal_rate, noise_rate = rates(time - 1 / STEPS)
            return signal_rate * image + noise_rate * noise, image

        side, inner = self.size + 2 * self.margin, slice(self.margin, self.margin + self.size)
        parts = []
        for i in range(0, n, part):
            count = min(part, n - i)
            x = tf.random.stateless_normal((count, side, side, self.channels), (seed, i))
            for k in range(STEPS):
                time = tf.fill((count, 1, 1, 1), np.float32(1 - k / STEPS))
                x, image = step_back(x, time)
            image = 255 * (self.mean + self.std * image[:, inner, inner])
            parts.append(tf.cast(tf.round(tf.clip_by_value(image, 0, 255)), tf.uint8))
        return tf.concat(parts, 0).numpy()

    def sample_latest(self, n, seed, part=50):
        """As ``sample``, from the weights of the last step: early on the average is mostly the
        random start.
        """
        return self.sample(n, seed, part, self.network)
