"""Generator, discriminator, encoder, decoder and classifier for 28, 32 and 64 px, grey and RGB.

All are functional Keras models on float images in [-1, 1]. With ``num_classes > 0`` each takes the
integer class label [n] as a second input. Layers are made once, here; calling a network again
reuses its weights.

Arguments that several share: ``size`` is the side of an image, 28, 32 or 64; ``channels`` 1 (grey)
or 3 (RGB); ``latent_dim`` the length of a latent; ``width`` the channels of the layer nearest to
the image, doubled at every halving of the side. All raise an ``InputError`` for another size.
"""

import keras
from keras import layers

from prodimg_lib.errors import InputError
from prodimg_lib.models.layers import (
    ConditionalBatchNormalization,
    FiLM,
    MinibatchStddev,
    SpectralConv2D,
    SpectralDense,
    batch_normalisation,
)

# Image size -> (side of the smallest feature map, number of doublings from there).
_GRID = {28: (7, 2), 32: (8, 2), 64: (8, 3)}


def _grid(size):
    if size not in _GRID:
        raise InputError(
            f"image size {size} is not supported: choose one of {', '.join(map(str, _GRID))}"
        )
    return _GRID[size]


def base(size):
    """Side of the smallest feature map of images of side ``size``; an ``InputError`` for others."""
    return _grid(size)[0]


def _one_of(name, value, known):
    if value not in known:
        raise InputError(f"{name} = {value!r}: choose one of {', '.join(map(repr, known))}")


def _label_input(num_classes):
    return keras.Input((), dtype="int32", name="label") if num_classes else None


def _inputs(first, label):
    return first if label is None else [first, label]


def _one_hot(label, num_classes):
    return keras.ops.one_hot(label, num_classes)


def _grow(x, size, width, init, normalise=None, enlarge=None, activation="relu"):
    """Vector -> feature map of half the image side, ``width`` channels.

    ``normalise``: made for each block, in place of a bias, or None; ``enlarge``: (channels,
    options) -> layer that doubles the side.
    """
    base, doublings = _grid(size)
    channels = width * 2 ** (doublings - 1)
    options = {"use_bias": not normalise, "kernel_initializer": init}
    x = layers.Dense(base * base * channels, **options)(x)
    x = layers.Reshape((base, base, channels))(_activate(x, normalise, activation))
    return _double(x, doublings - 1, init, normalise, enlarge, activation)


def _double(x, times, init, normalise=None, enlarge=None, activation="relu"):
    """Feature map -> one of ``times`` twice the side and half the channels; options of _grow."""
    enlarge, channels = enlarge or _transposed, x.shape[-1]
    options = {"use_bias": not normalise, "kernel_initializer": init}
    for _ in range(times):
        channels //= 2
        x = _activate(enlarge(x, channels, **options), normalise, activation)
    return x


def _activate(x, normalise=None, activation="relu"):
    return layers.Activation(activation)(normalise(x) if normalise else x)


def _transposed(x, channels, **options):
    """Doubles the side. Kernel 4 at stride 2: the kernel is a multiple of the stride, so outputs
    overlap evenly (no checkerboard, Odena 2016).
    """
    return layers.Conv2DTranspose(channels, 4, strides=2, padding="same", **options)(x)


def _resized(x, channels, **options):
    """Doubles the side by repeating pixels, then a 3x3 convolution: even by construction."""
    x = layers.UpSampling2D(interpolation="nearest")(x)
    return layers.Conv2D(channels, 3, padding="same", **options)(x)


def _shrink(x, size, width, init, activation, conv=layers.Conv2D):
    """Image -> feature map [base, base, width * 2^doublings / 2] by strided convolutions."""
    _, doublings = _grid(size)
    for i in range(doublings):
        x = conv(width * 2**i, 4, strides=2, padding="same", kernel_initializer=init)(x)
        x = activation(x)
    return x


def generator(
    size,
    channels,
    latent_dim,
    width,
    num_classes=0,
    conditioning="input",
    upsampling="transposed",
):
    """Latent [n, latent_dim] (and label [n]) -> image [n, size, size, channels] in [-1, 1].

    The DCGAN design (Radford et al. 2016): batch normalisation everywhere but at the output, tanh.

    Args:
        conditioning: where a label enters. "input": beside the latent; "batch_normalisation": in
            the scale and shift of every normalisation as well (needs classes).
        upsampling: "transposed", convolutions of kernel 4 at stride 2, or "resize", repeated pixels
            and a convolution (Odena et al. 2016).

    Raises:
        InputError: another size or option, or conditioning of the normalisation without classes.
    """
    _one_of("conditioning", conditioning, ("input", "batch_normalisation"))
    _one_of("upsampling", upsampling, ("transposed", "resize"))
    if conditioning == "batch_normalisation" and not num_classes:
        raise InputError(
            "conditioning = 'batch_normalisation' needs classes: set num_classes, or leave it at "
            "'input'"
        )
    init = keras.initializers.RandomNormal(stddev=0.02)
    z = keras.Input((latent_dim,), name="z")
    label = _label_input(num_classes)
    one_hot = None if label is None else _one_hot(label, num_classes)
    x = z if label is None else layers.Concatenate()([z, one_hot])
    enlarge = _transposed if upsampling == "transposed" else _resized

    def normalise(x):
        if conditioning == "batch_normalisation":
            return ConditionalBatchNormalization()([x, one_hot])
        return batch_normalisation()(x)

    x = _grow(x, size, 2 * width, init, normalise, enlarge)
    x = enlarge(x, channels, activation="tanh", kernel_initializer=init)
    return keras.Model(_inputs(z, label), x, name="generator")


def discriminator(
    size, channels, width, num_classes=0, normalisation="none", minibatch_stddev=False
):
    """Image [n, size, size, channels] (and label [n]) -> logit [n, 1]; the last layer is linear.

    Without batch normalisation and ``minibatch_stddev`` the logit of an image depends on that image
    alone. A label enters by projection, logit = linear(h) + <embedding(label), h> (Miyato & Koyama
    2018).

    Args:
        normalisation: "none"; "spectral", every layer with a largest singular value of 1 (Miyato et
            al. 2018); "batch", on all feature maps but the first, as in DCGAN.
        minibatch_stddev: a channel that says how much the images of the batch differ (Karras et
            al. 2018).

    Raises:
        InputError: another size or normalisation.
    """
    _one_of("normalisation", normalisation, ("none", "spectral", "batch"))
    spectral = normalisation == "spectral"
    conv, dense = (SpectralConv2D, SpectralDense) if spectral else (layers.Conv2D, layers.Dense)
    # Divided by its norm a kernel's scale is lost; a larger start only helps the power iteration.
    init = "glorot_uniform" if spectral else keras.initializers.RandomNormal(stddev=0.02)
    image = keras.Input((size, size, channels), name="image")
    label = _label_input(num_classes)
    first = True

    def activation(x):
        nonlocal first
        if normalisation == "batch" and not first:  # none on the first, as in DCGAN
            x = batch_normalisation()(x)
        first = False
        return layers.LeakyReLU(0.2)(x)

    x = _shrink(image, size, width, init, activation, conv)
    if minibatch_stddev:
        x = MinibatchStddev()(x)
    x = conv(4 * width, 3, strides=2, padding="same", kernel_initializer=init)(x)
    h = layers.Flatten()(activation(x))
    logit = dense(1, kernel_initializer=init)(h)
    if label is not None:
        # One row of weights per class: an embedding, written as a product so its gradient is dense.
        wanted = dense(h.shape[-1], use_bias=False, kernel_initializer=init)
        match = layers.Dot(axes=1)([wanted(_one_hot(label, num_classes)), h])
        logit = layers.Add()([logit, match])
    return keras.Model(_inputs(image, label), logit, name="discriminator")


def encoder(
    size, channels, latent_dim, width, num_classes=0, conditioning="input", activation="relu"
):
    """Image [n, size, size, channels] (and label [n]) -> mean, log_var, each [n, latent_dim].

    Both are linear: ``log_var`` is the log variance of q(z | x), any real number.

    Args:
        conditioning: where a label enters. "input": beside the last feature map; "film": in the
            scale and shift of the features of every block as well (needs classes).
        activation: of the hidden layers, by its Keras name.

    Raises:
        InputError: another size or option, or "film" without classes.
    """
    image = keras.Input((size, size, channels), name="image")
    label = _label_input(num_classes)
    one_hot = None if label is None else _one_hot(label, num_classes)
    modulate = _film(conditioning, one_hot)
    x = _shrink(image, size, width, "he_normal", lambda x: _activate(x, modulate, activation))
    x = layers.Flatten()(x)
    if label is not None:
        x = layers.Concatenate()([x, one_hot])
    x = layers.Dense(8 * width, kernel_initializer="he_normal")(x)
    x = _activate(x, modulate, activation)
    mean = layers.Dense(latent_dim, name="mean")(x)
    log_var = layers.Dense(latent_dim, name="log_var")(x)
    return keras.Model(_inputs(image, label), [mean, log_var], name="encoder")


def _film(conditioning, one_hot):
    """Features -> features scaled and shifted by class, made for each block; None for "input"."""
    _one_of("conditioning", conditioning, ("input", "film"))
    if conditioning == "input":
        return None
    if one_hot is None:
        raise InputError(
            "conditioning = 'film' needs classes: set num_classes, or leave it at 'input'"
        )
    return lambda x: FiLM()([x, one_hot])


def decoder(
    size,
    channels,
    latent_dim,
    width,
    num_classes=0,
    logits=False,
    conditioning="input",
    activation="relu",
):
    """Latent [n, latent_dim] (and label [n]) -> image mean [n, size, size, channels] in [-1, 1].

    Args:
        logits: the last layer is linear, for the Bernoulli families.
        conditioning: where a label enters. "input": beside the latent; "film": in the scale and
            shift of the features of every block as well (needs classes).
        activation: of the hidden layers, by its Keras name.

    Raises:
        InputError: another size or option, or "film" without classes.
    """
    z = keras.Input((latent_dim,), name="z")
    label = _label_input(num_classes)
    one_hot = None if label is None else _one_hot(label, num_classes)
    x = z if label is None else layers.Concatenate()([z, one_hot])
    modulate = _film(conditioning, one_hot)
    x = layers.Dense(8 * width, use_bias=not modulate, kernel_initializer="he_normal")(x)
    x = _activate(x, modulate, activation)
    x = _grow(x, size, 2 * width, "he_normal", modulate, activation=activation)
    last = None if logits else "tanh"
    x = layers.Conv2DTranspose(channels, 4, strides=2, padding="same", activation=last)(x)
    return keras.Model(_inputs(z, label), x, name="decoder")


def classifier(size, channels, width, num_classes):
    """Image [n, size, size, channels] -> logits [n, num_classes].

    Raises:
        InputError: another size.
    """
    image = keras.Input((size, size, channels), name="image")
    options = {"activation": "relu", "kernel_initializer": "he_normal"}
    x = _shrink(image, size, width, "he_normal", layers.Activation("relu"))
    x = layers.Conv2D(4 * width, 3, strides=2, padding="same", **options)(x)
    logits = layers.Dense(num_classes)(layers.Flatten()(x))
    return keras.Model(image, logits, name="classifier")


def code_encoder(size, channels, latent_dim, width):
    """Image -> grid of vectors [n, base, base, latent_dim], one for each place of a VQ-VAE's codes.

    ``base`` is 7 at 28 px and 8 at 32 and 64 px. The vectors are linear in the last features: they
    are what codes are chosen for.

    Raises:
        InputError: another size.
    """
    image = keras.Input((size, size, channels), name="image")
    x = _shrink(image, size, width, "he_normal", layers.Activation("relu"))
    options = {"padding": "same", "kernel_initializer": "he_normal"}
    x = layers.Conv2D(4 * width, 3, activation="relu", **options)(x)
    return keras.Model(image, layers.Conv2D(latent_dim, 1)(x), name="code_encoder")


def code_decoder(size, channels, latent_dim, width):
    """Grid of code vectors [n, base, base, latent_dim] -> image mean [n, size, size, channels].

    In [-1, 1]; ``base`` as for ``code_encoder``.

    Raises:
        InputError: another size.
    """
    base, doublings = _grid(size)
    z = keras.Input((base, base, latent_dim), name="z")
    options = {"padding": "same", "kernel_initializer": "he_normal"}
    x = layers.Conv2D(2 * width * 2 ** (doublings - 1), 3, activation="relu", **options)(z)
    x = _double(x, doublings - 1, "he_normal")
    x = layers.Conv2DTranspose(channels, 4, strides=2, padding="same", activation="tanh")(x)
    return keras.Model(z, x, name="code_decoder")
