"""GAN: a generator and a discriminator trained against each other (Goodfellow et al. 2014)."""

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib import losses
from prodimg_lib.data.images import to_uint8
from prodimg_lib.models import networks, replicas
from prodimg_lib.models.augment import augment
from prodimg_lib.models.base import with_labels
from prodimg_lib.models.between import told_of_shares
from prodimg_lib.models.clustered import ClusteredModel
from prodimg_lib.models.config import GANConfig
from prodimg_lib.models.layers import power_iterate, step_noise
from prodimg_lib.seeds import step_seed

# What is drawn in a step, each from a stream of its own.
_FAKES, _OWN_FAKES, _MIX = "latents", "latents of the generator's own turn", "penalty mix"
_AUGMENT_REAL, _AUGMENT_FAKE = "augment real", "augment fake"


@keras.saving.register_keras_serializable("prodimg")
class GAN(ClusteredModel):
    """Deep convolutional GAN with two optimizers and an averaged generator.

    Args:
        config: a ``GANConfig``, a dict of its fields, or nothing; fields may also be keywords.

    ``fit`` takes float images in [-1, 1], or (images, labels) if ``num_classes > 0``. Each step
    makes one batch of fakes, used by both updates: both gradients are taken at the same weights,
    then both optimizers step. With ``critic_steps`` above 1 each step updates the discriminator,
    and every so many the generator, on fakes of its own. Images come from ``ema_generator``, the
    running average of the generator (Yazici et al. 2019), batch-normalisation statistics included.

    Without labels the networks are told the cluster of an image in place of its class (see
    ``ClusteredModel``), unless ``pseudo_classes`` is 0.

    Attributes:
        generator, discriminator, ema_generator: ``keras.Model``.
        g_optimizer, d_optimizer: set by ``compile``.
    """

    Config = GANConfig
    PANELS = (
        ("d_loss", "g_loss"),
        ("d_real_accuracy", "d_fake_accuracy"),
        ("d_gradient_norm", "g_gradient_norm"),
    )
    FIGURES = tuple(name for panel in PANELS for name in panel)
    ADVERSARIAL = True

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        keras.utils.set_random_seed(c.seed)
        shape = {"size": c.size, "channels": c.channels, "num_classes": c.num_classes or c.clusters}
        options = {
            "latent_dim": c.latent_dim,
            "width": c.width,
            "conditioning": c.g_conditioning,
            "upsampling": c.upsampling,
        }
        self.generator = networks.generator(**options, **shape)
        self.ema_generator = networks.generator(**options, **shape)
        self.ema_generator.set_weights(self.generator.get_weights())
        self.ema_generator.trainable = False
        self.discriminator = networks.discriminator(
            width=c.width,
            normalisation=c.d_normalisation,
            minibatch_stddev=c.minibatch_stddev,
            **shape,
        )
        # What the metrics average, as it was in the last step alone.
        self.last = self.add_weight(
            name="last",
            shape=(len(self.FIGURES),),
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        self.built = True

    @property
    def sampler(self):
        return self.ema_generator if self.clusters is None else self._of_drawn_clusters

    def _of_drawn_clusters(self, latents, training=False):
        return self.ema_generator(self.with_clusters(latents), training=training)

    def decode_mixed(self, latents, shares):
        return to_uint8(np.asarray(told_of_shares(self.ema_generator)([latents, shares])))

    def shipped(self):
        return self.ema_generator

    def after_loading(self):
        self.generator.set_weights(self.ema_generator.get_weights())

    def compile(self, g_optimizer=None, d_optimizer=None, **options):  # type: ignore[override]
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
        self.d_optimizer.build(self.discriminator.trainable_variables)

    @property
    def optimized(self):
        return self.generator.trainable_variables

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

    def state(self):
        return [*super().state(), *self.d_optimizer.variables]

    def take_over(self, told):
        self.last.assign([told[name] for name in self.FIGURES])
        return super().take_over(told)

    def train_step(self, data):
        real, labels = self._unpack(data)
        labels = labels if self.clusters is None else self.clusters(real)
        replicas.allow(self.config)
        power_iterate(self.discriminator)
        if self.config.critic_steps == 1:
            values = self._update_both(real, labels)
        else:
            values = self._update_discriminator(real, labels)
            turn = (self.step.value + 1) % self.config.critic_steps == 0
            norm = tf.cond(
                turn, lambda: self._update_generator(real, labels), lambda: self.last.value[-1]
            )
            values = (*values, norm)
        self.last.assign(tf.stack(values))
        self._average_generator()
        self.step.assign_add(1)
        return self._report(*values)

    def _fakes(self, labels, n, stream=_FAKES):
        z = step_noise([n, self.config.latent_dim], self.config.seed, self.step.value, stream)
        return self.generator(with_labels(z, labels), training=True)

    def _judge(self, images, labels, stream):
        """Logits of images, augmented if the config says so; real and fake with their own draws."""
        c = self.config
        if c.augment:
            seed = step_seed(c.seed, self.step.value, stream)
            images = augment(images, c.augment, seed)
        return self.discriminator(with_labels(images, labels), training=True)

    def _penalty(self, real, fake, labels):
        """The weighted penalty, 0 on the steps where a lazy one rests."""
        c = self.config
        every = c.penalty_interval

        def critic(images, stream=_AUGMENT_REAL):
            return self._judge(images, labels, stream)

        def measure():
            if c.penalty == "gradient":
                seed = step_seed(c.seed, self.step.value, _MIX)
                alpha = replicas.uniform([tf.shape(real)[0], 1, 1, 1], seed)
                bare = losses.gradient_penalty(critic, real, fake, alpha=alpha)
            else:
                bare = losses.r1_penalty(critic, real)
                if c.penalty == "r1_r2":
                    bare += losses.r1_penalty(lambda x: critic(x, _AUGMENT_FAKE), fake)
            return every * c.penalty_scale * bare

        if every == 1:
            return measure()
        return tf.cond(self.step.value % every == 0, measure, lambda: 0.0)

    def _logits(self, real, fake, labels):
        return self._judge(real, labels, _AUGMENT_REAL), self._judge(fake, labels, _AUGMENT_FAKE)

    def _game(self, real, fake, labels):
        """Both losses, and how often the discriminator is right about real and fake images."""
        real_logits, fake_logits = self._logits(real, fake, labels)
        d_loss, g_loss = losses.LOSSES[self.config.loss](real_logits, fake_logits)
        if self.config.penalty != "none":
            d_loss += self._penalty(real, tf.stop_gradient(fake), labels)
        right = [tf.reduce_mean(tf.cast(v > 0, tf.float32)) for v in (real_logits, -fake_logits)]
        return d_loss, g_loss, *right

    def _update_both(self, real, labels):
        """One batch of fakes for both updates, and both gradients at the same weights."""
        with tf.GradientTape(persistent=True) as tape:
            fake = self._fakes(labels, tf.shape(real)[0])
            values = self._game(real, fake, labels)
        d_variables = self.discriminator.trainable_variables
        g_variables = self.generator.trainable_variables
        d_gradients = tape.gradient(values[0], d_variables)
        g_gradients = tape.gradient(values[1], g_variables)
        del tape
        return (
            *replicas.mean(values),
            replicas.descend(self.d_optimizer, d_gradients, d_variables),
            replicas.descend(self.optimizer, g_gradients, g_variables),
        )

    def _update_discriminator(self, real, labels):
        fake = self._fakes(labels, tf.shape(real)[0])
        with tf.GradientTape() as tape:
            values = self._game(real, fake, labels)
        variables = self.discriminator.trainable_variables
        gradients = tape.gradient(values[0], variables)
        return *values, replicas.descend(self.d_optimizer, gradients, variables)

    def _update_generator(self, real, labels):
        """On fakes of its own, as the discriminator has answered the others; returns the norm."""
        with tf.GradientTape() as tape:
            fake = self._fakes(labels, tf.shape(real)[0], _OWN_FAKES)
            _, loss = losses.LOSSES[self.config.loss](*self._logits(real, fake, labels))
        variables = self.generator.trainable_variables
        return replicas.descend(self.optimizer, tape.gradient(loss, variables), variables)

    def _average_generator(self):
        """EMA with ramp-up: early on the decay is small, or a short run would sample its start."""
        step = tf.cast(self.step.value, tf.float32)
        decay = tf.minimum(self.config.ema_decay, (1.0 + step) / (10.0 + step))
        for average, value in zip(
            self.ema_generator.variables, self.generator.variables, strict=True
        ):
            average.assign(value + decay * (average - value))
