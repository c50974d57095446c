"""Network shapes, checkerboards and what enters where."""

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import InputError
from prodimg_lib.models import networks


@pytest.mark.parametrize("size", [28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("classes", [0, 4])
def test_shapes(size, channels, classes):
    z, x, y = tf.zeros((2, 5)), tf.zeros((2, size, size, channels)), tf.constant([0, 3])
    joined = (lambda v: [v, y]) if classes else (lambda v: v)
    make = {"size": size, "channels": channels, "width": 4, "num_classes": classes}
    assert networks.generator(latent_dim=5, **make)(joined(z)).shape == x.shape
    assert networks.decoder(latent_dim=5, **make)(joined(z)).shape == x.shape
    assert networks.discriminator(**make)(joined(x)).shape == (2, 1)
    mean, log_var = networks.encoder(latent_dim=5, **make)(joined(x))
    assert mean.shape == log_var.shape == (2, 5)


def test_unsupported_size_names_the_supported_ones():
    with pytest.raises(InputError, match="48 is not supported: choose one of 28, 32, 64"):
        networks.discriminator(48, 1, 4)


@pytest.mark.parametrize("make", ["code_encoder", "code_decoder", "encoder", "decoder"])
def test_every_network_refuses_another_size(make):
    with pytest.raises(InputError, match="48 is not supported"):
        getattr(networks, make)(size=48, channels=1, latent_dim=4, width=4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: networks.generator(28, 1, 5, 4, upsampling="resized"),
            "upsampling = 'resized': choose one of 'transposed', 'resize'",
        ),
        (
            lambda: networks.generator(28, 1, 5, 4, 2, conditioning="batch"),
            "conditioning = 'batch': choose one of 'input', 'batch_normalisation'",
        ),
        (
            lambda: networks.generator(28, 1, 5, 4, conditioning="batch_normalisation"),
            "needs classes",
        ),
        (
            lambda: networks.discriminator(28, 1, 4, normalisation="layer"),
            "normalisation = 'layer': choose one of 'none', 'spectral', 'batch'",
        ),
    ],
)
def test_an_unknown_option_names_the_known_ones(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_generator_stays_in_range():
    g = networks.generator(28, 1, 5, 4)
    g.set_weights([50 * w for w in g.get_weights()])
    out = g(tf.random.stateless_normal((8, 5), (0, 1))).numpy()
    assert np.abs(out).max() <= 1.0


def test_upsampling_covers_every_pixel_equally():
    """A constant map through a stride-2 kernel-4 transposed convolution of ones stays constant."""
    import keras

    layer = keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", kernel_initializer="ones")
    inner = layer(tf.ones((1, 6, 6, 1))).numpy()[0, 2:-2, 2:-2, 0]
    assert np.ptp(inner) == 0
    uneven = keras.layers.Conv2DTranspose(
        1, 3, strides=2, padding="same", kernel_initializer="ones"
    )
    assert np.ptp(uneven(tf.ones((1, 6, 6, 1))).numpy()[0, 2:-2, 2:-2, 0]) > 0
    for layer in networks.generator(32, 3, 5, 4).layers:
        if isinstance(layer, keras.layers.Conv2DTranspose):
            assert layer.kernel_size[0] % layer.strides[0] == 0
