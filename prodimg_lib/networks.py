"""Generator, discriminator, encoder and decoder for 28, 32 and 64 px, grey and RGB.

All are functional Keras models on float images in [-1, 1]. With ``num_classes > 0`` each takes the
integer class label [n] as a second input. Layers are made once, here; calling a network again
reuses its weights.
"""

import keras
from keras import layers

from prodimg_lib.errors import InputError

# Image size -> (side of the smallest feature map, number of doublings from there).
_GRID = {28: (7, 2), 32: (8, 2), 64: (8, 3)}


def _grid(size):
    if size not in _GRID:
        raise InputError(
            f"image size {size} is not supported: choose one of {', '.join(map(str, _GRID))}"
        )
    return _GRID[size]


def _label_input(num_classes):
    return keras.Input((), dtype="int32", name="label") if num_classes else None


def _inputs(first, label):
    return first if label is None else [first, label]


def _one_hot(label, num_classes):
    return keras.ops.one_hot(label, num_classes)


def _grow(x, size, width, init, normalise):
    """Vector -> feature map of half the image side, ``width`` channels. Kernel 4 at stride 2: the
    kernel is a multiple of the stride, so outputs overlap evenly (no checkerboard, Odena 2016).
    """
    base, doublings = _grid(size)

    def block(x):
        if normalise:
            x = layers.BatchNormalization(momentum=0.9)(x)
        return layers.Activation("relu")(x)

    options = {"use_bias": not normalise, "kernel_initializer": init}
    channels = width * 2 ** (doublings - 1)
    x = layers.Dense(base * base * channels, **options)(x)
    x = layers.Reshape((base, base, channels))(block(x))
    for _ in range(doublings - 1):
        channels //= 2
        x = layers.Conv2DTranspose(channels, 4, strides=2, padding="same", **options)(x)
        x = block(x)
    return x


def _shrink(x, size, width, init, activation):
    """Image -> feature map [base, base, width * 2^doublings / 2] by strided convolutions."""
    _, doublings = _grid(size)
    for i in range(doublings):
        x = layers.Conv2D(width * 2**i, 4, strides=2, padding="same", kernel_initializer=init)(x)
        x = activation()(x)
    return x


def generator(size, channels, latent_dim, width, num_classes=0):
    """Latent [n, latent_dim] (and label [n]) -> image [n, size, size, channels] in [-1, 1].

    The DCGAN design (Radford et al. 2016): batch normalisation everywhere but at the output, tanh.
    """
    init = keras.initializers.RandomNormal(stddev=0.02)
    z = keras.Input((latent_dim,), name="z")
    label = _label_input(num_classes)
    x = z if label is None else layers.Concatenate()([z, _one_hot(label, num_classes)])
    x = _grow(x, size, 2 * width, init, normalise=True)
    x = layers.Conv2DTranspose(
        channels, 4, strides=2, padding="same", activation="tanh", kernel_initializer=init
    )(x)
    return keras.Model(_inputs(z, label), x, name="generator")


def discriminator(size, channels, width, num_classes=0):
    """Image [n, size, size, channels] (and label [n]) -> logit [n, 1]; the last layer is linear.

    No batch normalisation: the logit of an image depends on that image alone. A label enters by
    projection, logit = linear(h) + <embedding(label), h> (Miyato & Koyama 2018).
    """
    init = keras.initializers.RandomNormal(stddev=0.02)
    image = keras.Input((size, size, channels), name="image")
    label = _label_input(num_classes)
    x = _shrink(image, size, width, init, lambda: layers.LeakyReLU(0.2))
    x = layers.Conv2D(4 * width, 3, strides=2, padding="same", kernel_initializer=init)(x)
    h = layers.Flatten()(layers.LeakyReLU(0.2)(x))
    logit = layers.Dense(1, kernel_initializer=init)(h)
    if label is not None:
        # One row of weights per class: an embedding, written as a product so its gradient is dense.
        wanted = layers.Dense(h.shape[-1], use_bias=False, kernel_initializer=init)
        match = layers.Dot(axes=1)([wanted(_one_hot(label, num_classes)), h])
        logit = layers.Add()([logit, match])
    return keras.Model(_inputs(image, label), logit, name="discriminator")


def encoder(size, channels, latent_dim, width, num_classes=0):
    """Image [n, size, size, channels] (and label [n]) -> mean, log_var, each [n, latent_dim]."""
    image = keras.Input((size, size, channels), name="image")
    label = _label_input(num_classes)
    x = _shrink(image, size, width, "he_normal", lambda: layers.Activation("relu"))
    x = layers.Flatten()(x)
    if label is not None:
        x = layers.Concatenate()([x, _one_hot(label, num_classes)])
    x = layers.Dense(8 * width, activation="relu", kernel_initializer="he_normal")(x)
    mean = layers.Dense(latent_dim, name="mean")(x)
    log_var = layers.Dense(latent_dim, name="log_var")(x)
    return keras.Model(_inputs(image, label), [mean, log_var], name="encoder")


def decoder(size, channels, latent_dim, width, num_classes=0):
    """Latent [n, latent_dim] (and label [n]) -> image mean [n, size, size, channels] in [-1, 1]."""
    z = keras.Input((latent_dim,), name="z")
    label = _label_input(num_classes)
    x = z if label is None else layers.Concatenate()([z, _one_hot(label, num_classes)])
    x = layers.Dense(8 * width, activation="relu", kernel_initializer="he_normal")(x)
    x = _grow(x, size, 2 * width, "he_normal", normalise=False)
    x = layers.Conv2DTranspose(channels, 4, strides=2, padding="same", activation="tanh")(x)
    return keras.Model(_inputs(z, label), x, name="decoder")
