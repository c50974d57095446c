"""GAN: a generator and a discriminator trained against each other (Goodfellow et al. 2014)."""

import keras
import tensorflow as tf

from prodimg_lib import losses, networks
from prodimg_lib.config import GANConfig
from prodimg_lib.generative import GenerativeModel, with_labels
from prodimg_lib.layers import step_noise


@keras.saving.register_keras_serializable("prodimg")
class GAN(GenerativeModel):
    """Deep convolutional GAN with two optimizers and an averaged generator.

    Args:
        config: a ``GANConfig``, a dict of its fields, or nothing; fields may also be keywords.

    ``fit`` takes float images in [-1, 1], or (images, labels) if ``num_classes > 0``. Each step
    makes one batch of fakes, used by both updates: both gradients are taken at the same
    weights, then both optimizers step. Images come from ``ema_generator``, the running average of
    the generator (Yazici et al. 2019), batch-normalisation statistics included.

    Attributes:
        generator, discriminator, ema_generator: ``keras.Model``.
        g_optimizer, d_optimizer: set by ``compile``.
    """

    Config = GANConfig

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        keras.utils.set_random_seed(c.seed)
        shape = {"size": c.size, "channels": c.channels, "num_classes": c.num_classes}
        self.generator = networks.generator(latent_dim=c.latent_dim, width=c.width, **shape)
        self.ema_generator = networks.generator(latent_dim=c.latent_dim, width=c.width, **shape)
        self.ema_generator.set_weights(self.generator.get_weights())
        self.ema_generator.trainable = False
        self.discriminator = networks.discriminator(width=c.width, **shape)
        self._means = [
            keras.metrics.Mean(name)
            for name in ("d_loss", "g_loss", "d_real_accuracy", "d_fake_accuracy")
        ]
        self.built = True

    @property
    def sampler(self):
        return self.ema_generator

    def compile(self, g_optimizer=None, d_optimizer=None, **options):
        """Set the two optimizers (default: Adam at the config's rates) and build their slots."""
        c = self.config
        self.d_optimizer = d_optimizer or keras.optimizers.Adam(
            c.d_learning_rate, beta_1=c.beta_1, beta_2=c.beta_2
        )
        super().compile(
            optimizer=g_optimizer
            or keras.optimizers.Adam(c.g_learning_rate, beta_1=c.beta_1, beta_2=c.beta_2),
            **{"jit_compile": False, **options},
        )
        # An optimizer that is not built when a file is loaded skips its slots with only a warning.
        self.optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)

    @property
    def g_optimizer(self):
        """The generator's optimizer (``optimizer`` to Keras callbacks)."""
        return self.optimizer

    def get_compile_config(self):
        return {
            "g_optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "d_optimizer": keras.saving.serialize_keras_object(self.d_optimizer),
        }

    def compile_from_config(self, config):
        self.compile(**{k: keras.saving.deserialize_keras_object(v) for k, v in config.items()})

    @property
    def metrics(self):
        return self._means

    def train_step(self, data):
        real, labels = self._unpack(data)
        z = step_noise(
            [tf.shape(real)[0], self.config.latent_dim], self.config.seed, self.step.value
        )
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(with_labels(z, labels), training=True)
            real_logits = self.discriminator(with_labels(real, labels), training=True)
            fake_logits = self.discriminator(with_labels(fake, labels), training=True)
            d_loss, g_loss = losses.LOSSES[self.config.loss](real_logits, fake_logits)
        d_variables = self.discriminator.trainable_variables
        g_variables = self.generator.trainable_variables
        d_gradients = tape.gradient(d_loss, d_variables)
        g_gradients = tape.gradient(g_loss, g_variables)
        del tape
        self.d_optimizer.apply(d_gradients, d_variables)
        self.optimizer.apply(g_gradients, g_variables)
        self._average_generator()
        self.step.assign_add(1)

        values = (
            d_loss,
            g_loss,
            tf.reduce_mean(tf.cast(real_logits > 0, tf.float32)),
            tf.reduce_mean(tf.cast(fake_logits < 0, tf.float32)),
        )
        for mean, value in zip(self._means, values, strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self._means}

    def _average_generator(self):
        """EMA with ramp-up: early on the decay is small, or a short run would sample its start."""
        step = tf.cast(self.step.value, tf.float32)
        decay = tf.minimum(self.config.ema_decay, (1.0 + step) / (10.0 + step))
        for average, value in zip(
            self.ema_generator.variables, self.generator.variables, strict=True
        ):
            average.assign(value + decay * (average - value))
