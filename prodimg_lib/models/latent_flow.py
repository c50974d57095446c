"""Latent flow: an autoencoder for the pixels, a flow for what is left (Rombach et al. 2022)."""

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib import elbo
from prodimg_lib.data.images import to_model, to_uint8
from prodimg_lib.models import inputs, networks, replicas
from prodimg_lib.models.autoencoder import EVALUATION_STREAM, Autoencoder
from prodimg_lib.models.config import LatentFlowConfig
from prodimg_lib.models.flow import Flow
from prodimg_lib.models.latent import active_units
from prodimg_lib.models.layers import reparametrise, step_noise

_DECAY = 0.99  # of the running mean and variance of latents


@keras.saving.register_keras_serializable("prodimg")
class LatentFlow(Flow, Autoencoder):
    """A flow on the latents of a small VAE, which has a grid of them where an image has pixels.

    Args:
        config: a ``LatentFlowConfig``, a dict of its fields, or nothing; fields may also be
            keywords.

    For the first ``codec_steps`` steps the autoencoder descends its bound, -log p(x | z) + beta *
    KL, with one tracked noise level as in the ``VAE``. Then it stays as it is, and the flow learns
    where its latents lie, as in ``Flow``: they are drawn from q(z | x), moved to mean 0 and scaled
    to variance 1 for each channel. ``loss`` is the flow's; until it begins it guesses 0, for a loss
    of about 2. N(0, I) is the prior of the bound alone: images come from the flow.

    A latent is the noise that the flow starts from: side * side * latent_dim numbers, flat, of
    which there are fewer than pixels. ``decode`` takes that; ``reconstruct`` takes photographs.

    Attributes:
        encoder: ``keras.Model``, image -> mean and log variance of q(z | x), as channels of a grid.
        decoder: ``keras.Model``, grid -> image mean.
        network, ema_network: the flow's, see ``unet``.
        center, power: running means of each channel of the latents and of its square.
    """

    Config = LatentFlowConfig
    PANELS = (("loss",), ("sigma",), ("gradient_norm",))
    FIGURES = ("loss", "gradient_norm", "sigma")
    REACH = 4.0  # standard deviations of a latent

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        shape = {"size": c.size, "channels": c.channels, "width": c.codec_width}
        self.encoder = networks.code_encoder(latent_dim=2 * c.latent_dim, **shape)
        self.decoder = networks.code_decoder(latent_dim=c.latent_dim, **shape)
        self._add_log_sigma()
        self.center, self.power = (
            self.add_weight(name=name, shape=(c.latent_dim,), initializer=start, trainable=False)
            for name, start in (("center", "zeros"), ("power", "ones"))
        )

    @property
    def place_shape(self):
        side = networks.base(self.config.size)
        return side, side, self.config.latent_dim

    def shipped(self):
        return self

    def after_loading(self):
        """All of it came with the file."""

    def _posterior(self, images, training=False):
        """Mean and log variance of q(z | x), each [n, side, side, latent_dim]."""
        return tf.split(self.encoder(images, training=training), 2, axis=3)

    def _bound(self, images, noise, training=False):
        """Reconstruction and KL, both [n], and latents drawn with ``noise`` of their shape."""
        mean, log_var = self._posterior(images, training)
        z = reparametrise(mean, log_var, noise)
        output = self.decoder(z, training=training)
        reconstruction = elbo.reconstruction(images, (output, self.log_sigma.value), "sigma")
        kl = elbo.kl_standard_normal(*(_flat(part) for part in (mean, log_var)))
        return reconstruction, kl, z

    def terms(self, images, labels, noise, training=False):
        """Reconstruction and KL to N(0, I) for each image, both [n]; labels are not used.

        Args:
            images: float [n, size, size, channels] in [-1, 1].
            noise: standard normal [n, noise_dim].
        """
        return self._bound(images, tf.reshape(noise, [-1, *self.place_shape]), training)[:2]

    def _draw_noise(self, images, stream):
        shape = [tf.shape(images)[0], *self.place_shape]
        return step_noise(shape, self.config.seed, self.step.value, stream)

    def _scale(self):
        return tf.sqrt(tf.maximum(self.power.value - tf.square(self.center.value), 1e-6))

    def _standard(self, z):
        return tf.stop_gradient((z - self.center.value) / self._scale())

    def train_step(self, data):
        images, labels = self._unpack(data)
        replicas.allow(self.config)
        noise = self._draw_noise(images, "latents")
        values = tf.cond(
            self.step.value < self.config.codec_steps,
            lambda: self._learn_codec(images, labels, noise),
            lambda: self._learn_flow(images, labels, noise),
        )
        self.step.assign_add(1)
        return self._report(*values)

    def _learn_codec(self, images, labels, noise):
        with tf.GradientTape() as tape:
            reconstruction, kl, z = self._bound(images, noise, training=True)
            loss = tf.reduce_mean(reconstruction + self.config.beta * kl)
        variables = self.encoder.trainable_variables + self.decoder.trainable_variables
        norm = replicas.descend(self.optimizer, tape.gradient(loss, variables), variables)
        self._track_sigma(reconstruction, images)
        self._track_latents(z)
        loss = self.objective(self._standard(z), labels, self.step.value)
        return tf.reduce_mean(loss), norm

    def _learn_flow(self, images, labels, noise):
        mean, log_var = self._posterior(images)
        z = reparametrise(mean, log_var, noise)
        return self.descend(self._standard(z), labels)

    @property
    def flow_step(self):
        return self.step.value - self.config.codec_steps

    def _track_latents(self, z):
        step = tf.cast(self.step.value, tf.float32)
        decay = tf.minimum(_DECAY, (1.0 + step) / (10.0 + step))
        for average, value in ((self.center, z), (self.power, tf.square(z))):
            value = tf.reduce_mean(value, axis=[0, 1, 2])
            average.assign(value + decay * (average.value - value))

    def test_step(self, data):
        """The flow's loss, without dropped labels, by its averaged network; no gradient."""
        images, labels = self._unpack(data)
        mean, log_var = self._posterior(images)
        z = reparametrise(mean, log_var, self._draw_noise(images, EVALUATION_STREAM))
        loss = self.objective(self._standard(z), labels, self.step.value, EVALUATION_STREAM)
        return self._report(loss, 0.0)

    def _report(self, *values):
        return super()._report(*values, tf.exp(self.log_sigma.value))

    def finish(self, x):
        return self.decoder(x * self._scale() + self.center.value, training=False)

    def reconstruct(self, images, labels=None, batch_size=256):
        """uint8 images -> the decoder's mean at the mean of q(z | x), uint8; labels are not used.

        Raises:
            InputError: images of another type or shape.
        """
        means = self._mean_codes(images, batch_size)
        parts = [self.decoder(means[rows]) for rows in inputs.rows(len(means), batch_size)]
        return np.concatenate([to_uint8(np.asarray(part)) for part in parts])

    def _mean_codes(self, images, batch_size=256):
        """uint8 images -> mean of q(z | x), float32 [n, side, side, latent_dim]."""
        images = inputs.images(images, self.config)
        parts = [
            np.asarray(self._posterior(to_model(images[rows]))[0])
            for rows in inputs.rows(len(images), batch_size)
        ]
        return np.concatenate(parts)

    def latent_use(self, images, labels=None):
        means = self._mean_codes(images).reshape(len(images), -1)
        active = int(active_units(means).sum())
        return {"active_units": {"value": active, "n": len(means), "d": self.noise_dim}}


def _flat(x):
    return tf.reshape(x, [tf.shape(x)[0], -1])
