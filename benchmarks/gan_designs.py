"""Published teaching designs for GANs, rebuilt from their layer lists to be measured beside ours.

Each is as published, mistakes that stop it from training excepted, and says which was repaired.
"""

import keras
import tensorflow as tf
from keras import layers

from prodimg_lib import losses


class Design:
    """Generator, discriminator and one training step on float images [n, 28, 28, 1].

    Attributes:
        scale: (low, high) of the pixel values the design works in.
        batch_size, latent_dim, generator.
    """

    scale = (-1.0, 1.0)

    def noise(self, n):
        return tf.random.normal((n, self.latent_dim))

    def sample(self, n, seed):
        """uint8 images [n, 28, 28, 1]."""
        low, high = self.scale
        parts = []
        for i in range(0, n, 500):
            z = tf.random.stateless_normal((min(500, n - i), self.latent_dim), (seed, i))
            image = (self.generator(z, training=False) - low) / (high - low)
            parts.append(tf.cast(tf.round(tf.clip_by_value(255 * image, 0, 255)), tf.uint8))
        return tf.concat(parts, 0).numpy()


class KerasWGANGP(Design):
    """keras.io ``wgan_gp`` for Fashion-MNIST. Repaired: the mixing weight is uniform (published:
    normal), and the norm's gradient is finite at zero. 3 critic steps for each of the generator.
    """

    batch_size, latent_dim = 512, 128

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

    def step(self, real):
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

    batch_size, latent_dim, scale = 64, 128, (0.0, 1.0)

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

    def step(self, real):
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


class TensorFlowDCGAN(Design):
    """tensorflow.org ``dcgan``: 5x5 kernels, batch normalisation in the generator, batch 256."""

    batch_size, latent_dim = 256, 100

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

    def step(self, real):
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

    batch_size, latent_dim, width = 64, 64, 32

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
