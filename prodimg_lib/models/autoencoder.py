"""What the VAE and the VQ-VAE share: the tracked noise level, reconstructions."""

import keras
import tensorflow as tf

from prodimg_lib import likelihoods
from prodimg_lib.models import replicas
from prodimg_lib.models.base import GenerativeModel

EVALUATION_STREAM = "latents of evaluation"  # never the noise of a training step


class Autoencoder(GenerativeModel):
    """A ``GenerativeModel`` that also encodes.

    Subclasses define ``encode``, ``terms``, ``reconstruct`` and ``latent_use``.
    """

    ENCODES = True

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        keras.utils.set_random_seed(self.config.seed)

    def _add_log_sigma(self, log_sigma=0.0):
        self.log_sigma = self.add_weight(
            name="log_sigma",
            shape=(),
            initializer=keras.initializers.Constant(log_sigma),
            trainable=False,
            aggregation="only_first_replica",
        )

    def _track_sigma(self, reconstruction, images):
        """Move sigma^2 towards the mean squared error: a running average over some 20 steps."""
        pixels = tf.cast(tf.size(images[0]), tf.float32)
        variance = tf.exp(2.0 * self.log_sigma.value)
        # The error back out of -log p = pixels (log sigma + log(2 pi) / 2) + SSE / (2 sigma^2).
        constant = pixels * (self.log_sigma.value + 0.5 * likelihoods.LOG_2PI)
        excess = replicas.mean(tf.reduce_mean(reconstruction - constant))
        error = 2.0 * variance * excess / pixels
        step = tf.cast(self.step.value, tf.float32)
        decay = tf.minimum(0.95, (1.0 + step) / (10.0 + step))
        variance = decay * variance + (1.0 - decay) * tf.maximum(error, 1e-6)
        self.log_sigma.assign(0.5 * tf.math.log(variance))

    def reconstruct(self, images, labels=None):
        """uint8 images -> their reconstructions, uint8."""
        raise NotImplementedError

    def latent_use(self, images, labels=None):
        """How much of its latent space the model uses for these images: facts by metric name.

        Each entry has ``value``, ``n`` images and ``d``, of how many; see ``metrics.Scores``.
        """
        raise NotImplementedError
