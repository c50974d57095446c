"""Published teaching designs for GANs, rebuilt from their layer lists to be measured beside ours.

Each is as published, mistakes that stop it from training excepted, and says which was repaired.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from prodimg_lib import losses


class Design:
    """Generator, discriminator and one training step on a batch of float images and its labels.

    Attributes:
        scale: (low, high) of the pixel values the design works in.
        batch_size, latent_dim, generator.
        own_epochs: how many its authors train it for.
        classes: how many it can be asked for; 0 where it knows no labels.
    """

    scale = (-1.0, 1.0)
    classes = 0

    def networks(self):
        """Those that are trained."""
        return [self.generator, self.discriminator]

    def noise(self, n):
        return tf.random.normal((n, self.latent_dim))

    def decode(self, z, labels):
        """Latents (and class indices, of a design that knows them) -> images in ``scale``."""
        return self.generator(z, training=False)

    def requests(self, n):
        """The class asked for with each of n samples, in turn; None where there are no classes."""
        return np.arange(n) % self.classes if self.classes else None

    def sample(self, n, seed, part=500):
        """n uint8 images [n, h, w, c], ``part`` at a time."""
        low, high = self.scale
        labels = self.requests(n)
        parts = []
        for i in range(0, n, part):
            rows = slice(i, min(n, i + part))
            z = tf.random.stateless_normal((rows.stop - i, self.latent_dim), (seed, i))
            image = self.decode(z, None if labels is None else labels[rows])
            image = 255 * (image - low) / (high - low)
            parts.append(tf.cast(tf.round(tf.clip_by_value(image, 0, 255)), tf.uint8))
        return tf.concat(parts, 0).numpy()


class KerasWGANGP(Design):
    """keras.io ``wgan_gp`` for Fashion-MNIST. Repaired: the mixing weight is uniform (published:
    normal), and the norm's gradient is finite at zero. 3 critic steps for each of the generator.
    """

    batch_size, latent_dim, own_epochs = 512, 128, 20

    def __init__(self):
        x = image = keras.Input((28, 28, 1))
        x = layers.ZeroPadding2D(2)(x)
        for width, drop in ((64, 0), (128, 0.3), (256, 0.3), (512, 0)):
            x = layers.Conv2D(width, 5, strides=2, padding="same")(x)
            x = layers.LeakyReLU(0.2)(x)
            x = layers.Dropout(drop)(x) if drop else x
        x = layers.Dropout(0.2)(layers.Flatten()(x))
        self.critic = keras.Model(image, layers.Dense(1)(x))

        z = keras.Input((self.latent_dim,))
        x = layers.Dense(4 * 4 * 256, use_bias=False)(z)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
        x = layers.Reshape((4, 4, 256))(x)
        for width in (128, 64, 1):
            x = layers.UpSampling2D()(x)
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.LeakyReLU(0.2)(x) if width > 1 else layers.Activation("tanh")(x)
        self.generator = keras.Model(z, layers.Cropping2D(2)(x))
        self.g_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.9)
        self.d_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.9)

    def networks(self):
        return [self.generator, self.critic]

    def step(self, real, labels=None):
        n = tf.shape(real)[0]
        for _ in range(3):
            with tf.GradientTape() as tape:
                fake = self.generator(self.noise(n), training=True)
                d_loss, _ = losses.wasserstein(
                    self.critic(real, training=True), self.critic(fake, training=True)
                )
                d_loss += 10 * losses.gradient_penalty(
                    lambda x: self.critic(x, training=True), real, fake
                )
            variables = self.critic.trainable_variables
            self.d_optimizer.apply(tape.gradient(d_loss, variables), variables)
        with tf.GradientTape() as tape:
            fake = self.generator(self.noise(n), training=True)
            g_loss = -tf.reduce_mean(self.critic(fake, training=True))
        variables = self.generator.trainable_variables
        self.g_optimizer.apply(tape.gradient(g_loss, variables), variables)


class KerasDCGAN(Design):
    """keras.io ``dcgan_overriding_train_step``, its 28 px version: no batch normalisation, labels
    with noise, the generator's update on fresh noise.
    """

    batch_size, latent_dim, own_epochs, scale = 64, 128, 30, (0.0, 1.0)

    def __init__(self):
        x = image = keras.Input((28, 28, 1))
        for width in (64, 128):
            x = layers.Conv2D(width, 3, strides=2, padding="same")(x)
            x = layers.LeakyReLU(0.2)(x)
        self.discriminator = keras.Model(image, layers.Dense(1)(layers.GlobalMaxPooling2D()(x)))
        z = keras.Input((self.latent_dim,))
        x = layers.LeakyReLU(0.2)(layers.Dense(7 * 7 * 128)(z))
        x = layers.Reshape((7, 7, 128))(x)
        for _ in range(2):
            x = layers.Conv2DTranspose(128, 4, strides=2, padding="same")(x)
            x = layers.LeakyReLU(0.2)(x)
        x = layers.Conv2D(1, 7, padding="same", activation="sigmoid")(x)
        self.generator = keras.Model(z, x)
        self.g_optimizer = keras.optimizers.Adam(3e-4)
        self.d_optimizer = keras.optimizers.Adam(3e-4)
        self.loss = keras.losses.BinaryCrossentropy(from_logits=True)

    def step(self, real, labels=None):
        n = tf.shape(real)[0]
        fake = self.generator(self.noise(n), training=True)
        both = tf.concat([fake, real], 0)
        labels = tf.concat([tf.ones((n, 1)), tf.zeros((n, 1))], 0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            d_loss = self.loss(labels, self.discriminator(both, training=True))
        variables = self.discriminator.trainable_variables
        self.d_optimizer.apply(tape.gradient(d_loss, variables), variables)
        with tf.GradientTape() as tape:
            fake = self.generator(self.noise(n), training=True)
            g_loss = self.loss(tf.zeros((n, 1)), self.discriminator(fake, training=True))
        variables = self.generator.trainable_variables
        self.g_optimizer.apply(tape.gradient(g_loss, variables), variables)


class KerasConditionalGAN(Design):
    """keras.io ``conditional_gan``: one-hot labels beside the latents, and as constant channels
    beside the pixels. Made for 28 px grey; at 64 px both networks get a third stage of 128
    channels, as the same author's DCGAN for 64 px has, and the images their colours.
    """

    batch_size, latent_dim, own_epochs, scale = 64, 128, 20, (0.0, 1.0)

    def __init__(self, size=28, channels=1, classes=10):
        self.classes = classes
        stages = 2 if size == 28 else 3
        x = image = keras.Input((size, size, channels + classes))
        for width in (64, 128, 128)[:stages]:
            x = layers.Conv2D(width, 3, strides=2, padding="same")(x)
            x = layers.LeakyReLU(0.2)(x)
        self.discriminator = keras.Model(image, layers.Dense(1)(layers.GlobalMaxPooling2D()(x)))
        side, inputs = size // 2**stages, self.latent_dim + classes
        z = keras.Input((inputs,))
        x = layers.LeakyReLU(0.2)(layers.Dense(side * side * inputs)(z))
        x = layers.Reshape((side, side, inputs))(x)
        for _ in range(stages):
            x = layers.Conv2DTranspose(128, 4, strides=2, padding="same")(x)
            x = layers.LeakyReLU(0.2)(x)
        x = layers.Conv2D(channels, 7, padding="same", activation="sigmoid")(x)
        self.generator = keras.Model(z, x)
        self.g_optimizer = keras.optimizers.Adam(3e-4)
        self.d_optimizer = keras.optimizers.Adam(3e-4)
        self.loss = keras.losses.BinaryCrossentropy(from_logits=True)

    def _beside(self, images, labels):
        """Images with their labels as further channels, each constant over the image."""
        one_hot = tf.one_hot(labels, self.classes)[:, None, None]
        shape = tf.concat([tf.shape(images)[:3], [self.classes]], 0)
        return tf.concat([images, tf.broadcast_to(one_hot, shape)], -1)

    def _generate(self, z, labels, training):
        return self.generator(
            tf.concat([z, tf.one_hot(labels, self.classes)], 1), training=training
        )

    def decode(self, z, labels):
        return self._generate(z, labels, training=False)

    def step(self, real, labels=None):
        n = tf.shape(real)[0]
        fake = self._generate(self.noise(n), labels, training=True)
        both = self._beside(tf.concat([fake, real], 0), tf.concat([labels, labels], 0))
        targets = tf.concat([tf.ones((n, 1)), tf.zeros((n, 1))], 0)
        with tf.GradientTape() as tape:
            d_loss = self.loss(targets, self.discriminator(both, training=True))
        variables = self.discriminator.trainable_variables
        self.d_optimizer.apply(tape.gradient(d_loss, variables), variables)
        with tf.GradientTape() as tape:
            fake = self._generate(self.noise(n), labels, training=True)
            logits = self.discriminator(self._beside(fake, labels), training=True)
            g_loss = self.loss(tf.zeros((n, 1)), logits)
        variables = self.generator.trainable_variables
        self.g_optimizer.apply(tape.gradient(g_loss, variables), variables)


class TensorFlowDCGAN(Design):
    """tensorflow.org ``dcgan``: 5x5 kernels, batch normalisation in the generator, batch 256."""

    batch_size, latent_dim, own_epochs = 256, 100, 50

    def __init__(self):
        x = image = keras.Input((28, 28, 1))
        for width in (64, 128):
            x = layers.Conv2D(width, 5, strides=2, padding="same")(x)
            x = layers.Dropout(0.3)(layers.LeakyReLU(0.3)(x))
        self.discriminator = keras.Model(image, layers.Dense(1)(layers.Flatten()(x)))
        z = keras.Input((self.latent_dim,))
        x = layers.Dense(7 * 7 * 256, use_bias=False)(z)
        x = layers.LeakyReLU(0.3)(layers.BatchNormalization()(x))
        x = layers.Reshape((7, 7, 256))(x)
        for width, stride in ((128, 1), (64, 2)):
            x = layers.Conv2DTranspose(width, 5, strides=stride, padding="same", use_bias=False)(x)
            x = layers.LeakyReLU(0.3)(layers.BatchNormalization()(x))
        x = layers.Conv2DTranspose(
            1, 5, strides=2, padding="same", use_bias=False, activation="tanh"
        )(x)
        self.generator = keras.Model(z, x)
        self.g_optimizer = keras.optimizers.Adam(1e-4)
        self.d_optimizer = keras.optimizers.Adam(1e-4)

    def step(self, real, labels=None):
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(self.noise(tf.shape(real)[0]), training=True)
            d_loss, g_loss = losses.non_saturating(
                self.discriminator(real, training=True), self.discriminator(fake, training=True)
            )
        for loss, network, optimizer in (
            (g_loss, self.generator, self.g_optimizer),
            (d_loss, self.discriminator, self.d_optimizer),
        ):
            variables = network.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)


class PlainDCGAN(Design):
    """The DCGAN paper's recipe at 32 channels: one generator pass for both updates, batch 64."""

    batch_size, latent_dim, own_epochs, width = 64, 64, None, 32

    def __init__(self):
        init = keras.initializers.RandomNormal(stddev=0.02)
        w = self.width
        x = image = keras.Input((28, 28, 1))
        for width in (w, 2 * w):
            x = layers.Conv2D(width, 4, strides=2, padding="same", kernel_initializer=init)(x)
            x = layers.LeakyReLU(0.2)(x)
        logit = layers.Dense(1, kernel_initializer=init)(layers.Flatten()(x))
        self.discriminator = keras.Model(image, logit)
        z = keras.Input((self.latent_dim,))
        options = {"use_bias": False, "kernel_initializer": init}
        x = layers.Dense(7 * 7 * 2 * w, **options)(z)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Reshape((7, 7, 2 * w))(x)
        x = layers.Conv2DTranspose(w, 4, strides=2, padding="same", **options)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Conv2DTranspose(
            1, 4, strides=2, padding="same", activation="tanh", kernel_initializer=init
        )(x)
        self.generator = keras.Model(z, x)
        self.g_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
        self.d_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)

    step = TensorFlowDCGAN.step


PUBLISHED = {
    "keras-wgan-gp": KerasWGANGP,
    "keras-dcgan": KerasDCGAN,
    "tensorflow-dcgan": TensorFlowDCGAN,
}
CONDITIONAL = {"keras-conditional-gan": KerasConditionalGAN}
