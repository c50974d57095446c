"""What the settings of the VAE do to its objective, and which of them do not compose."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from prodimg_lib import VAE, InputError, elbo, likelihoods
from prodimg_lib.data import to_model
from prodimg_lib.models.config import VAEConfig
from prodimg_lib.models.layers import step_noise
from prodimg_lib.settings import parse
from tests.samples import TINY, tiny_images

D = TINY["latent_dim"]


def posterior(model, images, noise):
    mean, log_var = model.encoder(images)
    return mean, log_var, mean + tf.exp(0.5 * log_var) * noise


@pytest.mark.parametrize("likelihood", likelihoods.LIKELIHOODS)
def test_reconstruction_term_is_the_likelihood_of_the_decoders_output(batch, likelihood):
    images, _ = batch
    model = VAE(**TINY, likelihood=likelihood)
    if likelihood == "bernoulli":
        images = tf.sign(images)
    noise = step_noise([8, D], 0, 0)
    _, _, z = posterior(model, images, noise)
    output, unit = model.decoder(z), (images + 1) / 2
    expected = {
        "gaussian": lambda: likelihoods.gaussian(images, output),
        "sigma": lambda: likelihoods.gaussian(images, output),  # untrained: sigma = 1
        "bernoulli": lambda: likelihoods.bernoulli(unit, output),
        "continuous_bernoulli": lambda: likelihoods.continuous_bernoulli(unit, output),
    }[likelihood]()
    got, _ = model.terms(images, None, noise)
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_a_fixed_sigma_is_used_and_stays(batch):
    images, _ = batch
    model = VAE(**TINY, likelihood="gaussian", sigma=0.2)
    noise = step_noise([8, D], 0, 0)
    _, _, z = posterior(model, images, noise)
    expected = likelihoods.gaussian(images, model.decoder(z), np.log(0.2).astype("float32"))
    np.testing.assert_allclose(model.terms(images, None, noise)[0], expected, rtol=1e-5)
    model.compile()
    assert float(model.train_step(images)["sigma"]) == pytest.approx(0.2)


@pytest.mark.parametrize("likelihood", ["bernoulli", "continuous_bernoulli"])
def test_images_of_the_bernoulli_families_are_means(likelihood):
    model = VAE(**TINY, likelihood=likelihood)
    z = model.latents(3)
    p = tf.sigmoid(model.decoder(z)).numpy()
    images = model.decode(z)
    assert images.dtype == np.uint8
    if likelihood == "bernoulli":
        np.testing.assert_allclose(images, 255 * p, atol=0.51)
    else:
        shown, p = np.abs(images - 127.5), np.abs(255 * p - 127.5)
        assert (shown <= p + 0.51).all()  # the mean is greyer than the parameter


def test_warm_up_raises_the_weight_of_the_kl_linearly(batch):
    images, _ = batch
    model = VAE(**TINY, beta=2.0, kl_warmup=4)
    model.compile()
    weights = []
    for _ in range(6):
        model.reset_metrics()
        logs = model.train_step(images)
        weights.append(float((logs["loss"] - logs["reconstruction"]) / logs["kl"]))
    np.testing.assert_allclose(weights, [0, 0.5, 1, 1.5, 2, 2], atol=2e-3)


def test_free_bits_leave_small_dimensions_alone(batch):
    """The encoder's weights for the log variance get no KL gradient from uncharged dimensions."""
    images, _ = batch
    slopes = {}
    for nats in (0.0, 50.0):
        model = VAE(**TINY, free_bits=nats)
        with tf.GradientTape() as tape:
            objective, reconstruction, kl, _ = model.objective(images, None)
            # What is left of the objective is what is charged for the KL.
            charged = tf.reduce_mean(objective - reconstruction)
        variable = model.encoder.get_layer("log_var").kernel
        slope = tape.gradient(charged, variable.value)
        slopes[nats] = 0.0 if slope is None else float(tf.reduce_max(tf.abs(slope)))
        expected = max(nats * D, float(tf.reduce_mean(kl))) if nats else tf.reduce_mean(kl)
        assert float(charged) == pytest.approx(float(expected), rel=1e-4)
    assert slopes[0.0] > 1e-3
    assert slopes[50.0] < 1e-4  # rounding of the difference


def test_one_importance_sample_is_the_bound_with_the_kl_of_the_draw(batch):
    images, _ = batch
    model = VAE(**TINY)
    noise = step_noise([8, D], 0, 3)
    weights, reconstruction, rate = model.log_weights(images, None, noise)
    mean, log_var, z = posterior(model, images, noise)
    np.testing.assert_allclose(reconstruction[:, 0], model.terms(images, None, noise)[0], rtol=1e-5)
    # log q - log p of a normal draw, written with the noise.
    expected = 0.5 * tf.reduce_sum(z**2 - noise**2 - log_var, 1)
    np.testing.assert_allclose(rate[:, 0], expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(weights, -reconstruction - rate, rtol=1e-6)
    # Its average over draws is the closed form.
    noise = step_noise([8 * 2000, D], 0, 4)
    rate = model.log_weights(images, None, noise)[2].numpy()
    error = rate.std(1) / np.sqrt(2000)
    closed = elbo.kl_standard_normal(mean, log_var).numpy()
    assert (np.abs(rate.mean(1) - closed) < 4.5 * error + 1e-5).all()


def test_draws_of_an_image_are_its_own(batch):
    images, labels = batch
    model = VAE(**TINY, num_classes=2)
    noise = step_noise([8 * 3, D], 0, 5)
    whole = model.log_weights(images, labels, noise)[0]
    for i in range(8):
        one = model.log_weights(images[i : i + 1], labels[i : i + 1], noise[3 * i : 3 * i + 3])[0]
        np.testing.assert_allclose(whole[i], one[0], rtol=1e-4)


def test_importance_weighted_step_descends_the_bound(batch):
    import keras

    images, _ = batch
    model = VAE(**TINY, importance_samples=4)
    model.compile(keras.optimizers.SGD(1e-4))
    noise = step_noise([32, D], 0, 0)
    with tf.GradientTape() as tape:
        weights = model.log_weights(images, None, noise)[0]
        # Burda et al. (2016), equation 14: the gradient of log w, weighed by normalised weights.
        share = tf.stop_gradient(tf.nn.softmax(weights))
        surrogate = -tf.reduce_mean(tf.reduce_sum(share * weights, 1))
    slopes = tape.gradient(surrogate, model.trainable_variables)
    before = [v.numpy() for v in model.trainable_variables]
    loss = float(model.train_step(images)["loss"])
    bound = np.log(np.mean(np.exp(weights - np.max(weights, 1, keepdims=True)), 1))
    assert loss == pytest.approx(-np.mean(bound + np.max(weights, 1)), rel=1e-5)
    for old, new, slope in zip(before, model.trainable_variables, slopes, strict=True):
        np.testing.assert_allclose(new.numpy(), old - 1e-4 * slope, rtol=1e-3, atol=1e-6)


def linear_gaussian(sigma=0.5):
    """A VAE whose decoder is linear, with the exact posterior for an encoder, and the matrix."""
    import keras

    # Orthogonal columns: only then is the posterior one that a diagonal q can be.
    matrix = np.linalg.qr(np.random.default_rng(7).normal(size=(784, 2)))[0] * [0.8, 0.5]
    model = VAE(width=4, latent_dim=2, likelihood="gaussian", sigma=sigma)
    image, z = keras.Input((28, 28, 1)), keras.Input((2,))
    flat = keras.layers.Flatten()(image)
    heads = [keras.layers.Dense(2, name=name) for name in ("mean", "log_var")]
    model.encoder = keras.Model(image, [head(flat) for head in heads])
    dense = keras.layers.Dense(784, use_bias=False)
    model.decoder = keras.Model(z, keras.layers.Reshape((28, 28, 1))(dense(z)))
    covariance = np.linalg.inv(np.eye(2) + matrix.T @ matrix / sigma**2)
    dense.kernel.assign(matrix.T)
    heads[0].kernel.assign(matrix @ covariance / sigma**2)
    heads[1].kernel.assign(np.zeros((784, 2)))
    heads[1].bias.assign(np.log(np.diag(covariance)))
    return model, matrix


def test_bounds_of_the_model_with_the_exact_posterior_are_its_likelihood():
    model, matrix = linear_gaussian()
    images, _ = tiny_images(24)
    x = to_model(images).reshape(24, 784)
    covariance = matrix @ matrix.T + 0.25 * np.eye(784)
    exact = stats.multivariate_normal(np.zeros(784), covariance).logpdf(x)
    for k in (1, 7):
        # Values near -1400 in float32: sums of 784 terms, good to 1e-5 of them.
        np.testing.assert_allclose(model.importance_bound(images, samples=k), exact, rtol=2e-5)
    # The ELBO with the closed KL is the same on average over draws: here over 4,000.
    noise = step_noise([4000, 2], 0, 8)
    one = tf.repeat(tf.constant(to_model(images[:1])), 4000, axis=0)
    reconstruction, kl = (part.numpy() for part in model.terms(one, None, noise))
    error = reconstruction.std() / np.sqrt(4000)
    assert -(reconstruction + kl).mean() == pytest.approx(exact[0], abs=4 * error + 0.02)
    # With any other posterior every bound is below, and draws make up for it.
    model.encoder.get_layer("log_var").bias.assign([0.0, 0.0])
    model.encoder.get_layer("mean").bias.assign([0.6, -0.6])
    gaps = [(exact - model.importance_bound(images, samples=k)).mean() for k in (1, 4, 400)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.5
    assert abs(gaps[2]) < 0.05


def test_bound_of_a_model_rises_with_samples_and_one_sample_is_the_elbo():
    images, labels = tiny_images(24)
    model = VAE(**TINY, num_classes=2)
    bounds = {k: model.importance_bound(images, labels, k) for k in (1, 8, 64)}
    assert bounds[1].shape == (24,)
    means = [bounds[k].mean() for k in (1, 8, 64)]
    assert means == sorted(means)
    noise = np.random.default_rng(0).standard_normal((24, D), np.float32)
    tensors = tf.constant(to_model(images)), tf.constant(labels, tf.int32)
    parts = model.terms(*tensors, noise)
    # The same draws: they differ in the KL of the draw against its average.
    assert means[0] == pytest.approx(-float(np.mean(parts[0] + parts[1])), abs=4 * D)
    np.testing.assert_array_equal(bounds[8], model.importance_bound(images, labels, 8))
    with pytest.raises(InputError, match="samples = 0"):
        model.importance_bound(images, labels, 0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sigma": 0.1}, "learns its noise level"),
        ({"sigma": 0.1, "likelihood": "bernoulli"}, "has no noise level"),
        ({"importance_samples": 5, "beta": 2.0}, "no KL of its own"),
        ({"importance_samples": 5, "free_bits": 0.1}, "free_bits = 0.1"),
        ({"importance_samples": 5, "kl_warmup": 10}, "kl_warmup = 10"),
        ({"beta": 0.0, "free_bits": 0.1}, "free_bits needs a KL"),
        ({"beta": 0.0, "kl_warmup": 5}, "kl_warmup needs a KL"),
        ({"likelihood": "poisson"}, "likelihood = 'poisson'"),
        ({"importance_samples": 0}, "importance_samples = 0"),
    ],
)
def test_what_does_not_compose_says_why(settings, words):
    with pytest.raises(InputError, match=words):
        parse(VAEConfig, settings)
