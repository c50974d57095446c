"""Published teaching designs for VAEs, rebuilt from their layer lists to be measured beside ours.

Each is as published, in its own scale, size and loss.
"""

import keras
import tensorflow as tf
from keras import layers


def _encoder(size, widths, latent_dim, dense=None):
    x = image = keras.Input((size, size, 1))
    for width in widths:
        x = layers.Conv2D(width, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    if dense:
        x = layers.Dense(dense, activation="relu")(x)
    return keras.Model(image, [layers.Dense(latent_dim)(x), layers.Dense(latent_dim)(x)])


class Design:
    """Encoder, decoder and one training step on uint8 images [n, 28, 28, 1].

    Args:
        latent_dim: 2 as published, where latents are drawn as a map; larger to compare with ours.

    Attributes:
        batch_size.
        own_epochs: how many its authors train it for.
        pad: pixels added on each side before the encoder, cut off after the decoder.
        weight: of the summed binary cross-entropy beside the KL.
    """

    pad, weight = 0, 1.0

    def __init__(self, latent_dim=2):
        self.latent_dim = latent_dim

    def _unit(self, images):
        x = tf.cast(images, tf.float32) / 255.0
        return tf.pad(x, [[0, 0], [self.pad, self.pad], [self.pad, self.pad], [0, 0]])

    def step(self, images):
        """One gradient step."""
        x = self._unit(images)
        with tf.GradientTape() as tape:
            mean, log_var = self.encoder(x, training=True)
            z = mean + tf.exp(0.5 * log_var) * tf.random.normal(tf.shape(mean))
            y = self.decoder(z, training=True)
            entropy = tf.reduce_sum(keras.losses.binary_crossentropy(x, y), [1, 2])
            kl = 0.5 * tf.reduce_sum(tf.exp(log_var) + mean**2 - 1 - log_var, 1)
            loss = tf.reduce_mean(self.weight * entropy + kl)
        variables = self.encoder.trainable_variables + self.decoder.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)

    def encode(self, images):
        """uint8 [n, 28, 28, 1] -> mean, log_var, each [n, latent_dim]."""
        return self.encoder(self._unit(images), training=False)

    def decode(self, z):
        """Latents -> float images [n, 28, 28, 1] in [0, 1]."""
        y = self.decoder(z, training=False)
        return y[:, self.pad : 28 + self.pad, self.pad : 28 + self.pad] if self.pad else y

    def prior(self, n, seed):
        """Latents from the prior of the design."""
        return tf.random.stateless_normal((n, self.latent_dim), (seed, 0))


class KerasVAE(Design):
    """keras.io ``vae`` (made for MNIST), summed cross-entropy plus KL."""

    batch_size, own_epochs = 128, 30

    def __init__(self, latent_dim=2):
        super().__init__(latent_dim)
        self.encoder = _encoder(28, (32, 64), self.latent_dim, dense=16)
        z = keras.Input((self.latent_dim,))
        x = layers.Dense(7 * 7 * 64, activation="relu")(z)
        x = layers.Reshape((7, 7, 64))(x)
        for width in (64, 32):
            x = layers.Conv2DTranspose(width, 3, strides=2, padding="same", activation="relu")(x)
        x = layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")(x)
        self.decoder = keras.Model(z, x)
        self.optimizer = keras.optimizers.Adam(1e-3)


class GenerativeDeepLearningVAE(Design):
    """The Fashion-MNIST VAE of *Generative Deep Learning*: 500 times the mean cross-entropy."""

    batch_size, own_epochs, pad, weight = 100, 5, 2, 500 / 32**2

    def __init__(self, latent_dim=2):
        super().__init__(latent_dim)
        self.encoder = _encoder(32, (32, 64, 128), self.latent_dim)
        z = keras.Input((self.latent_dim,))
        x = layers.Reshape((4, 4, 128))(layers.Dense(2048)(z))
        for width in (128, 64, 32):
            x = layers.Conv2DTranspose(width, 3, strides=2, padding="same", activation="relu")(x)
        x = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)
        self.decoder = keras.Model(z, x)
        self.optimizer = keras.optimizers.Adam(5e-4)


PUBLISHED = {"keras-vae": KerasVAE, "generative-deep-learning-vae": GenerativeDeepLearningVAE}
