"""VAE: an encoder and a decoder trained on the evidence lower bound (Kingma & Welling 2014)."""

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib import elbo, networks, replicas
from prodimg_lib.config import VAEConfig
from prodimg_lib.data import to_model
from prodimg_lib.generative import GenerativeModel, with_labels
from prodimg_lib.layers import reparametrise, step_noise

_EVALUATION_STREAM = 1  # noise of test_step: never the noise of a training step


@keras.saving.register_keras_serializable("prodimg")
class VAE(GenerativeModel):
    """Convolutional variational autoencoder, conditional on class or not.

    Args:
        config: a ``VAEConfig``, a dict of its fields, or nothing; fields may also be keywords.

    ``fit`` takes float images in [-1, 1], or (images, labels) if ``num_classes > 0``. The loss is
    the mean over the batch of reconstruction + beta * KL, each summed over its dimensions, in nats
    per image. With likelihood ``sigma`` one noise level for all pixels is learned (sigma-VAE,
    Rybkin et al. 2021), which sets the balance of the two terms from the data. The best level has
    a closed form, sigma^2 = the mean squared error, so it is tracked rather than descended to.

    ``generate`` draws latents from N(0, I) until ``fit_prior`` has been called, and from the fitted
    prior after it.

    Attributes:
        encoder, decoder: ``keras.Model``.
        log_sigma: log standard deviation of a pixel, in units of the [-1, 1] range.
    """

    Config = VAEConfig

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        keras.utils.set_random_seed(c.seed)
        shape = {"size": c.size, "channels": c.channels, "num_classes": c.num_classes}
        self.encoder = networks.encoder(latent_dim=c.latent_dim, width=c.width, **shape)
        self.decoder = networks.decoder(latent_dim=c.latent_dim, width=c.width, **shape)
        self.log_sigma = self.add_weight(
            name="log_sigma",
            shape=(),
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        classes = max(1, c.num_classes)
        self.prior_mean = self.add_weight(
            name="prior_mean", shape=(classes, c.latent_dim), initializer="zeros", trainable=False
        )
        self.prior_scale = self.add_weight(
            name="prior_scale",
            shape=(classes, c.latent_dim, c.latent_dim),
            initializer=keras.initializers.Constant(np.eye(c.latent_dim)),
            trainable=False,
        )
        self._means = [
            keras.metrics.Mean(name) for name in ("loss", "reconstruction", "kl", "sigma")
        ]
        self.built = True

    @property
    def sampler(self):
        return self.decoder

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

    def terms(self, images, labels, noise, training=False):
        """Reconstruction and KL for each image, both [n], from one reparametrised draw.

        Args:
            images: float [n, size, size, channels] in [-1, 1].
            labels: int [n], or None for an unconditional model.
            noise: standard normal [n, latent_dim].
        """
        mean, log_var = self.encoder(with_labels(images, labels), training=training)
        z = reparametrise(mean, log_var, noise)
        output = self.decoder(with_labels(z, labels), training=training)
        params = (output, self.log_sigma.value) if self.config.likelihood == "sigma" else output
        return (
            elbo.reconstruction(images, params, self.config.likelihood),
            elbo.kl_standard_normal(mean, log_var),
        )

    def _noise(self, images, step, stream=0):
        return step_noise(
            [tf.shape(images)[0], self.config.latent_dim], self.config.seed, step, stream
        )

    def _report(self, loss, reconstruction, kl):
        values = (
            loss,
            tf.reduce_mean(reconstruction),
            tf.reduce_mean(kl),
            tf.exp(self.log_sigma.value),
        )
        for mean, value in zip(self._means, values, strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self._means}

    def train_step(self, data):
        images, labels = self._unpack(data)
        noise = self._noise(images, self.step.value)
        with tf.GradientTape() as tape:
            reconstruction, kl = self.terms(images, labels, noise, training=True)
            loss = tf.reduce_mean(reconstruction + self.config.beta * kl)
        variables = self.trainable_variables
        replicas.descend(self.optimizer, tape.gradient(loss, variables), variables)
        if self.config.likelihood == "sigma":
            self._track_sigma(reconstruction, images)
        self.step.assign_add(1)
        return self._report(loss, reconstruction, kl)

    def _track_sigma(self, reconstruction, images):
        """Move sigma^2 towards the mean squared error: a running average over some 20 steps."""
        pixels = tf.cast(tf.size(images[0]), tf.float32)
        variance = tf.exp(2.0 * self.log_sigma.value)
        # The error back out of -log p = pixels (log sigma + log(2 pi) / 2) + SSE / (2 sigma^2).
        constant = pixels * (self.log_sigma.value + 0.5 * elbo.LOG_2PI)
        excess = replicas.mean(tf.reduce_mean(reconstruction - constant))
        error = 2.0 * variance * excess / pixels
        step = tf.cast(self.step.value, tf.float32)
        decay = tf.minimum(0.95, (1.0 + step) / (10.0 + step))
        variance = decay * variance + (1.0 - decay) * tf.maximum(error, 1e-6)
        self.log_sigma.assign(0.5 * tf.math.log(variance))

    def test_step(self, data):
        images, labels = self._unpack(data)
        noise = self._noise(images, self.step.value, _EVALUATION_STREAM)
        reconstruction, kl = self.terms(images, labels, noise)
        return self._report(
            tf.reduce_mean(reconstruction + self.config.beta * kl), reconstruction, kl
        )

    def fit_prior(self, images, labels=None):
        """Fit the distribution that ``generate`` draws latents from to where the data really lie.

        One normal distribution per class (or one in all), with the mean and full covariance of the
        aggregate posterior, the average of q(z | x) over the images. N(0, I) has regions that no
        product was encoded to, and what is decoded from there looks like none (Dai & Wipf 2019;
        Ghosh et al. 2020). The decoder and the bound do not change.

        Args:
            images: uint8 training images [n, size, size, channels]; a few thousand are enough.
            labels: int [n] for a conditional model. A class with fewer than two images keeps
                N(0, I).
        """
        mean, log_var = self.encode(images, labels)
        group = np.zeros(len(mean), int) if labels is None else np.asarray(labels)
        means, scales = self.prior_mean.numpy(), self.prior_scale.numpy()
        for i in np.unique(group):
            m, v = mean[group == i], np.exp(log_var[group == i])
            if len(m) < 2:
                continue
            # Variance of a mixture: of the means, plus the mean of the variances. The second part
            # is positive, so the sum has a Cholesky factor even with fewer images than dimensions.
            covariance = np.cov(m, rowvar=False).reshape(m.shape[1], -1) + np.diag(v.mean(0))
            means[i], scales[i] = m.mean(0), np.linalg.cholesky(covariance)
        self.prior_mean.assign(means)
        self.prior_scale.assign(scales)

    def place(self, latents, labels):
        group = np.zeros(len(latents), int) if labels is None else labels
        return self.prior_mean.numpy()[group] + np.einsum(
            "nij,nj->ni", self.prior_scale.numpy()[group], latents
        )

    def encode(self, images, labels=None, batch_size=256):
        """uint8 images [n, s, s, c] -> mean and log_var of q(z | x), each [n, latent_dim]."""
        parts = []
        for start in range(0, len(images), batch_size):
            y = None if labels is None else labels[start : start + batch_size]
            x = to_model(images[start : start + batch_size])
            parts.append([np.asarray(p) for p in self.encoder(with_labels(x, y), training=False)])
        mean, log_var = (np.concatenate(p) for p in zip(*parts, strict=True))
        return mean, log_var

    def reconstruct(self, images, labels=None):
        """uint8 images -> their reconstructions from the mean of q(z | x), uint8."""
        return self.decode(self.encode(images, labels)[0], labels)
