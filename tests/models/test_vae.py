"""The VAE's step, its reductions, and the mistakes that its loss must not make."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import VAE, elbo
from prodimg_lib.data import to_model
from prodimg_lib.data.batches import batches
from prodimg_lib.models.layers import reparametrise, step_noise
from tests.samples import TINY, tiny_images


def test_step_is_one_gradient_step_on_the_negative_elbo(batch):
    images, _ = batch
    model = VAE(**TINY, beta=2.0)
    model.compile(keras.optimizers.SGD(1e-4))
    noise = step_noise([8, TINY["latent_dim"]], 0, 0)
    with tf.GradientTape() as tape:
        mean, log_var = model.encoder(images)
        output = model.decoder(mean + tf.exp(log_var / 2) * noise)
        sigma = tf.exp(model.log_sigma.value)
        square = tf.reduce_sum((images - output) ** 2, (1, 2, 3))
        nll = square / (2 * sigma**2) + 784 * (model.log_sigma.value + 0.5 * np.log(2 * np.pi))
        kl = -0.5 * tf.reduce_sum(1 + log_var - mean**2 - tf.exp(log_var), 1)
        loss = tf.reduce_mean(nll + 2.0 * kl)
    gradients = tape.gradient(loss, model.trainable_variables)
    before = [v.numpy() for v in model.trainable_variables]
    logs = model.train_step(images)
    # Step 0: sigma^2 = 0.1 of the old value (1) + 0.9 of the mean squared error of this batch.
    mse = float(tf.reduce_mean(square)) / 784
    assert float(logs["sigma"]) == pytest.approx(np.sqrt(0.1 + 0.9 * mse), rel=1e-4)
    assert float(logs["loss"]) == pytest.approx(float(loss), rel=1e-5)
    assert float(logs["kl"]) == pytest.approx(float(tf.reduce_mean(kl)), rel=1e-4)
    for old, new, gradient in zip(before, model.trainable_variables, gradients, strict=True):
        np.testing.assert_allclose(new.numpy(), old - 1e-4 * gradient.numpy(), rtol=1e-3, atol=1e-6)


def test_reparametrised_sample_has_the_stated_moments_and_gradients():
    n = 100_000
    noise = tf.random.stateless_normal((n, 1), (1, 2))
    mean, log_var = tf.Variable([[0.3]]), tf.Variable([[-0.8]])
    with tf.GradientTape() as tape:
        z = reparametrise(mean, log_var, noise)
        target = tf.reduce_mean(z**2)  # E z^2 = mean^2 + exp(log_var)
    slopes = tape.gradient(target, [mean, log_var])
    variance = np.exp(-0.8)
    # Standard errors: of z, sqrt(var / n) = 0.0021; of z^2 below 0.0035. Four of each.
    assert float(tf.reduce_mean(z)) == pytest.approx(0.3, abs=0.009)
    assert float(target) == pytest.approx(0.09 + variance, abs=0.014)
    assert float(slopes[0][0, 0]) == pytest.approx(0.6, abs=0.02)
    assert float(slopes[1][0, 0]) == pytest.approx(variance, abs=0.02)


def test_loss_does_not_depend_on_the_batch_size(batch):
    images, labels = batch
    model = VAE(**TINY, num_classes=2)
    noise = step_noise([8, TINY["latent_dim"]], 0, 9)
    whole = model.terms(images, labels, noise)
    for i in range(8):
        one = slice(i, i + 1)
        single = model.terms(images[one], labels[one], noise[one])
        for a, b in zip(whole, single, strict=True):
            assert float(a[i]) == pytest.approx(float(b[0]), rel=1e-4)


def test_doubling_the_pixels_doubles_the_reconstruction_term():
    # Sums, not means: a mean over pixels would leave this ratio at 1.
    x = tf.zeros((1, 4, 4, 1)), tf.zeros((1, 8, 4, 1))
    small, large = (elbo.reconstruction(v, v, "gaussian") for v in x)
    assert float(large[0] / small[0]) == pytest.approx(2.0)


def test_encoder_ignores_no_input_and_decode_inverts_shapes(batch):
    model = VAE(**TINY, num_classes=2)
    images, labels = tiny_images(6)
    mean, log_var = model.encode(images, labels)
    assert mean.shape == log_var.shape == (6, TINY["latent_dim"])
    assert not np.allclose(mean, model.encode(images, 1 - labels)[0])
    again = model.reconstruct(images, labels)
    assert again.shape == images.shape
    assert again.dtype == np.uint8


def test_learns_to_reconstruct_and_uses_its_latents():
    images, _ = tiny_images(256)
    model = VAE(width=8, latent_dim=4)
    model.compile()
    blank = np.mean((images - images.mean(0)) ** 2.0)
    model.fit(batches(images, batch_size=32), steps_per_epoch=300, verbose=0, shuffle=False)
    error = np.mean((images.astype(float) - model.reconstruct(images)) ** 2)
    # The noise of +-20 grey levels (variance 133) cannot be learned; the square's place can.
    assert error < 0.1 * blank
    logs = model.evaluate(to_model(images), verbose=0, return_dict=True)
    assert logs["kl"] > np.log(2) * 0.9  # at least the one bit that says left or right
    # The learned noise level is the root mean square error on the [-1, 1] scale.
    assert logs["sigma"] == pytest.approx(np.sqrt(error) / 127.5, rel=0.3)


def test_evaluation_noise_is_not_training_noise():
    a, b = step_noise([3, 4], 0, 5), step_noise([3, 4], 0, 5, stream="other")
    assert not np.allclose(a, b)
    assert not np.allclose(a, step_noise([3, 4], 0, 6))
    assert not np.allclose(a, step_noise([3, 4], 1, 5))
    np.testing.assert_array_equal(a, step_noise([3, 4], 0, 5))


def test_fitted_prior_has_the_moments_of_the_aggregate_posterior():
    model = VAE(**TINY, num_classes=2)
    images, labels = tiny_images(400)
    before = model.generate(4, seed=1)
    model.fit_prior(images, labels)
    assert not np.array_equal(before, model.generate(4, seed=1))
    mean, log_var = model.encode(images, labels)
    rng = np.random.default_rng(0)
    for i in range(2):
        m, v = mean[labels == i], np.exp(log_var[labels == i])
        draws = (m + np.sqrt(v) * rng.normal(size=(200, *m.shape))).reshape(-1, m.shape[1])
        z = model.place(model.latents(40_000, seed=2), np.full(40_000, i))
        # 40,000 draws each side: means to 4 standard errors, standard deviations to 3 %.
        error = 4 * np.sqrt(2 * draws.var(0) / 40_000)
        assert (np.abs(z.mean(0) - draws.mean(0)) < error).all()
        np.testing.assert_allclose(z.std(0), draws.std(0), rtol=0.03)
        np.testing.assert_allclose(
            np.corrcoef(z, rowvar=False), np.corrcoef(draws, rowvar=False), atol=0.03
        )


def test_fitted_prior_is_saved_and_a_class_of_one_image_keeps_the_standard_one(tmp_path):
    model = VAE(**TINY, num_classes=2)
    model.compile()
    images, labels = tiny_images(9)
    labels[:] = 0
    labels[0] = 1
    model.fit_prior(images, labels)
    np.testing.assert_array_equal(model.prior_scale[1, 0], np.eye(TINY["latent_dim"]))
    model.save(tmp_path / "vae.keras")
    again = keras.models.load_model(tmp_path / "vae.keras")
    np.testing.assert_array_equal(model.generate(6), again.generate(6))


def test_units_are_leaky_in_colour_and_those_of_a_saved_model_stay_as_they_were():
    def kinds(model):
        networks = model.encoder, model.decoder
        layers = [layer for network in networks for layer in network.layers]
        return {a.__name__ for layer in layers if (a := getattr(layer, "activation", None))}

    large = VAE(size=64, channels=3, width=2, latent_dim=3)
    assert "leaky_relu" in kinds(large)
    assert "relu" not in kinds(large)
    assert "relu" not in kinds(VAE(size=32, channels=3, width=2, latent_dim=3))
    assert "leaky_relu" not in kinds(VAE(width=2, latent_dim=3))
    saved = large.get_config()
    del saved["config"]["activation"]
    assert "leaky_relu" not in kinds(VAE.from_config(saved))
