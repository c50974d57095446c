"""What the VAE and the VQ-VAE share: one optimizer, the tracked noise level, reconstructions."""

import keras
import tensorflow as tf

from prodimg_lib import likelihoods
from prodimg_lib.models import replicas
from prodimg_lib.models.base import GenerativeModel

EVALUATION_STREAM = "latents of evaluation"  # never the noise of a training step


class Autoencoder(GenerativeModel):
    """A ``GenerativeModel`` that also encodes.

    Subclasses define ``encode``, ``terms``, ``reconstruct`` and ``latent_use``; ``FIGURES`` names
    what a step reports, in order.
    """

    ENCODES = True
    FIGURES: tuple[str, ...] = ()

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        keras.utils.set_random_seed(self.config.seed)
        self._means = [keras.metrics.Mean(name) for name in self.FIGURES]

    def _add_log_sigma(self, log_sigma=0.0):
        self.log_sigma = self.add_weight(
            name="log_sigma",
            shape=(),
            initializer=keras.initializers.Constant(log_sigma),
            trainable=False,
            aggregation="only_first_replica",
        )

    def compile(self, optimizer=None, **options):
        """Set the optimizer (Adam at the config's rate by default) and build its slots."""
        super().compile(
            optimizer=optimizer or keras.optimizers.Adam(self.config.learning_rate),
            **{"jit_compile": False, **options},
        )
        # An optimizer that is not built when a file is loaded skips its slots with only a warning.
        self.optimizer.build(self.trainable_variables)

    def get_compile_config(self):
        return {"optimizer": keras.saving.serialize_keras_object(self.optimizer)}

    def compile_from_config(self, config):
        self.compile(**{k: keras.saving.deserialize_keras_object(v) for k, v in config.items()})

    @property
    def metrics(self):
        return self._means

    def _report(self, *values):
        for mean, value in zip(self._means, values, strict=True):
            mean.update_state(tf.reduce_mean(value))
        return {mean.name: mean.result() for mean in self._means}

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
