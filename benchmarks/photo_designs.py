"""Published teaching designs for small sets of colour photographs, 64 px, rebuilt from their layer
lists; ``photo_diffusion`` has the diffusion model.

Each is as published, its sampler and its averaged weights included; nothing had to be repaired.
"""

import keras
import tensorflow as tf
from keras import layers

from benchmarks.gan_designs import Design
from prodimg_lib import losses

SIZE = 64


class AdaptiveAugmenter(layers.Layer):
    """Flip, shift, turn and zoom a share p of the images, real and generated alike.

    p follows how often the discriminator is right about real images: above ``target`` it has begun
    to know them by heart, and p rises; below, p falls (Karras et al. 2020, by accuracy).
    """

    target, integration_steps = 0.85, 1000

    def __init__(self):
        super().__init__()
        self.share = self.add_weight(name="share", initializer="zeros", trainable=False)
        self.changes = [
            layers.RandomFlip("horizontal"),
            layers.RandomTranslation(0.125, 0.125, interpolation="nearest"),
            layers.RandomRotation(0.125),
            layers.RandomZoom((-0.25, 0.25), (-0.25, 0.25)),
        ]

    def call(self, images):
        changed = images
        for change in self.changes:
            changed = change(changed, training=True)
        chosen = tf.random.uniform((tf.shape(images)[0], 1, 1, 1)) < self.share
        return tf.where(chosen, changed, images)

    def update(self, real_logits):
        """Move p by how far the accuracy on real images is from its target."""
        accuracy = tf.reduce_mean(tf.cast(real_logits > 0, tf.float32))
        step = (accuracy - self.target) / self.integration_steps
        self.share.assign(tf.clip_by_value(self.share + step, 0.0, 1.0))


class KerasSmallDataGAN(Design):
    """keras.io ``gan_ada``: DCGAN with adaptive augmentation and an averaged generator."""

    batch_size, latent_dim, own_epochs, scale = 128, 64, 400, (0.0, 1.0)
    width, depth, ema = 128, 4, 0.99

    def __init__(self):
        self.generator, self.averaged = self._generator(), self._generator()
        self.averaged.set_weights(self.generator.get_weights())
        x = image = keras.Input((SIZE, SIZE, 3))
        for _ in range(self.depth):
            x = layers.Conv2D(self.width, 4, strides=2, padding="same", use_bias=False)(x)
            x = layers.LeakyReLU(0.2)(layers.BatchNormalization(scale=False)(x))
        x = layers.Dropout(0.4)(layers.Flatten()(x))
        self.discriminator = keras.Model(image, layers.Dense(1)(x))
        self.augmenter = AdaptiveAugmenter()
        self.g_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
        self.d_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)

    def _generator(self):
        z = keras.Input((self.latent_dim,))
        x = layers.Dense(4 * 4 * self.width, use_bias=False)(z)
        x = layers.ReLU()(layers.BatchNormalization(scale=False)(x))
        x = layers.Reshape((4, 4, self.width))(x)
        for _ in range(self.depth - 1):
            x = layers.Conv2DTranspose(self.width, 4, strides=2, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization(scale=False)(x))
        x = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="sigmoid")(x)
        return keras.Model(z, x)

    def decode(self, z, labels):
        return self.averaged(z, training=False)

    def step(self, real, labels=None):
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(self.noise(tf.shape(real)[0]), training=True)
            real_logits = self.discriminator(self.augmenter(real), training=True)
            fake_logits = self.discriminator(self.augmenter(fake), training=True)
            d_loss, g_loss = losses.non_saturating(real_logits, fake_logits)
            d_loss /= 2  # published: the mean over real and generated together
        for loss, network, optimizer in (
            (g_loss, self.generator, self.g_optimizer),
            (d_loss, self.discriminator, self.d_optimizer),
        ):
            variables = network.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
        self.augmenter.update(real_logits)
        for average, value in zip(self.averaged.variables, self.generator.variables, strict=True):
            if average.dtype.startswith("float"):  # no state of a random generator
                average.assign(self.ema * average + (1 - self.ema) * value)
