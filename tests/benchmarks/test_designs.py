"""The rebuilt designs have the published layers, learn and draw."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import gan_designs, photo_designs, photo_diffusion, vae_designs, vae_time_to_quality

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28, 1)).astype(np.uint8)
LABELS = np.arange(16, dtype=np.int32) % 10
COLOUR = np.random.default_rng(1).integers(0, 256, (4, 64, 64, 3)).astype(np.uint8)


def learns_and_samples(network, images):
    low, high = network.scale
    before = [[w.numpy() for w in n.trainable_variables] for n in network.networks()]
    x = tf.constant(low + (high - low) * images.astype("float32") / 255)
    network.step(x, tf.constant(LABELS[: len(images)]))
    after = [[w.numpy() for w in n.trainable_variables] for n in network.networks()]
    assert all(np.isfinite(w).all() for part in after for w in part)
    for old, new in zip(before, after, strict=True):  # generator and discriminator, each
        assert sum(not np.array_equal(a, b) for a, b in zip(old, new, strict=True)) > 2
    drawn = network.sample(3, seed=1, part=2)
    assert drawn.shape == (3, *images.shape[1:])
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn, network.sample(3, seed=1, part=2))


GANS = [
    *gan_designs.PUBLISHED.values(),
    *gan_designs.CONDITIONAL.values(),
    gan_designs.PlainDCGAN,
]


# Printed by the source, or calculated from its layer list; normalisation statistics included.
PARAMETERS = {
    gan_designs.KerasWGANGP: (910_660, 4_305_409),
    gan_designs.KerasDCGAN: (1_339_905, 74_625),
    gan_designs.TensorFlowDCGAN: (2_330_944, 212_865),
    gan_designs.KerasConditionalGAN: (1_491_215, 80_385),
    vae_designs.KerasVAE: (69_076, 65_089),
    vae_designs.GenerativeDeepLearningVAE: (100_868, 246_273),
}


@pytest.mark.parametrize("design", GANS)
def test_gan_designs_learn_and_sample(design):
    network = design()
    if design in PARAMETERS:
        assert tuple(n.count_params() for n in network.networks()) == PARAMETERS[design]
    learns_and_samples(network, IMAGES)


def test_photo_gans_learn_and_sample():
    learns_and_samples(photo_designs.KerasSmallDataGAN(), COLOUR)
    learns_and_samples(gan_designs.KerasConditionalGAN(64, 3, 5), COLOUR)


def test_conditional_design_is_asked_for_classes_in_turn():
    network = gan_designs.KerasConditionalGAN(classes=3)
    assert network.requests(5).tolist() == [0, 1, 2, 0, 1]
    assert gan_designs.KerasDCGAN().requests(5) is None
    z = tf.zeros((2, network.latent_dim))
    a, b = network.decode(z, [0, 1]).numpy()
    assert not np.array_equal(a, b)  # equal latents, another class


def test_augmenter_changes_a_share_that_follows_the_accuracy():
    augmenter = photo_designs.AdaptiveAugmenter()
    images = tf.constant(COLOUR / 255.0, tf.float32)
    assert np.array_equal(augmenter(images), images)
    augmenter.update(tf.ones((20, 1)))  # right about all of them: 0.15 above the target
    assert augmenter.share.numpy() == pytest.approx(0.15 / 1000)
    augmenter.update(-tf.ones((20, 1)))
    assert augmenter.share.numpy() == 0
    augmenter.share.assign(1.0)
    assert (np.abs(augmenter(images) - images).max((1, 2, 3)) > 0.1).all()


def test_diffusion_learns_the_noise_it_sees():
    keras.utils.set_random_seed(0)
    network = photo_diffusion.KerasDDIM(COLOUR)
    x = tf.constant(COLOUR / 255.0, tf.float32)
    first = network.network.get_weights()
    network.step(x)
    latest, averaged = network.network.get_weights(), network.averaged.get_weights()
    for a, b, c in zip(first, latest, averaged, strict=True):
        np.testing.assert_allclose(c, 0.999 * a + 0.001 * b, rtol=1e-5, atol=1e-7)
    assert sum(not np.array_equal(a, b) for a, b in zip(first, latest, strict=True)) > 20


def test_diffusion_takes_images_that_cannot_be_halved_three_times():
    keras.utils.set_random_seed(0)
    network = photo_diffusion.KerasDDIM(IMAGES)
    assert network.network.input_shape[0] == (None, 32, 32, 1)
    network.step(tf.constant(IMAGES / 255.0, tf.float32))
    assert network.sample(3, seed=0).shape == (3, 28, 28, 1)


def test_diffusion_rates():
    signal, noise = (rate.numpy() for rate in photo_diffusion.rates(tf.constant([0.0, 0.3, 1.0])))
    np.testing.assert_allclose(signal**2 + noise**2, 1, rtol=1e-6)
    assert signal[0] == pytest.approx(0.95)
    assert signal[2] == pytest.approx(0.02, rel=1e-5)


def test_diffusion_walks_back_along_its_schedule():
    """With a network that calls a share a of its input noise, each step multiplies the image."""
    network = photo_diffusion.KerasDDIM.__new__(photo_diffusion.KerasDDIM)
    network.mean, network.std = np.float32([0.2, 0.5, 0.4]), np.float32([0.1, 0.2, 0.3])
    network.size, network.channels, network.margin = 60, 3, 2
    a = 0.3
    drawn = network.sample(2, seed=3, network=lambda inputs, training: a * inputs[0])
    angles = np.linspace(np.arccos(0.02), np.arccos(0.95), 21)  # from noise to image
    factor = 1.0
    for now, then in itertools.pairwise(angles):
        image = factor * (1 - a * np.sin(now)) / np.cos(now)
        factor = np.cos(then) * image + a * np.sin(then) * factor
    x = tf.random.stateless_normal((2, 64, 64, 3), (3, 0)).numpy()
    expected = np.clip(255 * (network.mean + network.std * image * x), 0, 255)[:, 2:-2, 2:-2]
    assert np.abs(drawn - expected).max() < 0.6  # rounded
    assert drawn.std() > 20


@pytest.mark.parametrize("design", vae_designs.PUBLISHED.values())
def test_vae_designs_descend_their_loss(design):
    keras.utils.set_random_seed(0)
    network = design()
    parts = network.encoder, network.decoder
    assert tuple(n.count_params() for n in parts) == PARAMETERS[design]
    adapted = vae_time_to_quality.Published(network)
    labels = np.zeros(16, int)

    def error():
        mean, _ = adapted.encode(IMAGES // 2, labels)
        return np.mean((IMAGES // 2 / 255 - adapted.decode(mean, labels)) ** 2)

    first = error()
    for _ in range(20):
        network.step(IMAGES // 2)
    assert error() < first
    assert vae_time_to_quality.samples(adapted, 5).shape == (5, 28, 28, 1)
    assert design(32).encode(IMAGES)[0].shape == (16, 32)
