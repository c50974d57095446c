"""The mistakes that VAE code is known for: each must make a test of this suite fail."""

import pytest
import tensorflow as tf

from prodimg_lib import elbo, likelihoods
from prodimg_lib.data import to_model
from prodimg_lib.models import layers, vae, vqvae
from tests import samples, test_elbo, test_likelihoods
from tests.models import test_vae, test_vae_objectives, test_vqvae

EVERY = (elbo, layers, likelihoods, vae, vqvae, test_vae, test_vqvae)
RIGHT_KL = elbo.kl_standard_normal
RIGHT_GAUSSIAN = likelihoods.gaussian


def a_batch():
    images, labels = samples.tiny_images(8)
    return tf.constant(to_model(images)), tf.constant(labels, tf.int32)


def the_step():
    test_vae.test_step_is_one_gradient_step_on_the_negative_elbo(a_batch())


def mean_of_squares(x, mean, log_sigma=0.0):
    return RIGHT_GAUSSIAN(x, mean, log_sigma) / tf.cast(tf.size(x[0]), tf.float32)


# What is replaced, by what, and the test that must notice.
MISTAKES = {
    "KL with the wrong sign": (
        "kl_standard_normal",
        lambda mean, log_var: -RIGHT_KL(mean, log_var),
        test_elbo.test_kl_oracle,
    ),
    "KL with the wrong sign, in the step": (
        "kl_standard_normal",
        lambda mean, log_var: -RIGHT_KL(mean, log_var),
        the_step,
    ),
    "KL averaged over latent dimensions": (
        "kl_standard_normal",
        lambda mean, log_var: RIGHT_KL(mean, log_var) / mean.shape[1],
        test_elbo.test_kl_against_monte_carlo,
    ),
    "KL of the batch in place of each image": (
        "kl_standard_normal",
        lambda mean, log_var: tf.fill([len(mean)], tf.reduce_mean(RIGHT_KL(mean, log_var))),
        test_elbo.test_terms_do_not_depend_on_the_batch,
    ),
    "KL that takes the log variance for the log standard deviation": (
        "kl_standard_normal",
        lambda mean, log_var: RIGHT_KL(mean, 2.0 * log_var),
        test_elbo.test_kl_against_monte_carlo,
    ),
    "squared error averaged over pixels": (
        "gaussian",
        mean_of_squares,
        test_vae.test_doubling_the_pixels_doubles_the_reconstruction_term,
    ),
    "squared error averaged over pixels, KL summed": ("gaussian", mean_of_squares, the_step),
    "squared error without its half": (
        "gaussian",
        lambda x, mean, log_sigma=0.0: (
            RIGHT_GAUSSIAN(x, mean, log_sigma)
            + 0.5 * tf.reduce_sum((x - mean) ** 2, tuple(range(1, len(x.shape))))
        ),
        test_elbo.test_gaussian_terms_are_scipy_densities,
    ),
    "log sigma taken for the log variance": (
        "gaussian",
        lambda x, mean, log_sigma=0.0: RIGHT_GAUSSIAN(x, mean, 0.5 * log_sigma),
        test_elbo.test_gaussian_terms_are_scipy_densities,
    ),
    "log variance taken for the standard deviation": (
        "reparametrise",
        lambda mean, log_var, noise: mean + log_var * noise,
        test_vae.test_reparametrised_sample_has_the_stated_moments_and_gradients,
    ),
    "variance taken for the standard deviation": (
        "reparametrise",
        lambda mean, log_var, noise: mean + tf.exp(log_var) * noise,
        test_vae.test_reparametrised_sample_has_the_stated_moments_and_gradients,
    ),
    "variance taken for the standard deviation, in the step": (
        "reparametrise",
        lambda mean, log_var, noise: mean + tf.exp(log_var) * noise,
        the_step,
    ),
    "no reparametrisation: the draw is a constant": (
        "reparametrise",
        lambda mean, log_var, noise: tf.stop_gradient(mean + tf.exp(0.5 * log_var) * noise),
        the_step,
    ),
    "no noise: an autoencoder": ("reparametrise", lambda mean, log_var, noise: mean, the_step),
    "mean of logarithms for the logarithm of the mean": (
        "importance_bound",
        lambda log_weights: tf.reduce_mean(log_weights, -1),
        test_elbo.test_wrong_posterior_stays_below_and_k_climbs_towards_the_likelihood,
    ),
    "sum of the weights for their mean": (
        "importance_bound",
        lambda log_weights: tf.reduce_logsumexp(log_weights, -1),
        test_elbo.test_exact_posterior_makes_every_bound_the_likelihood,
    ),
    "importance weights that favour the worst draw": (
        "importance_bound",
        lambda w: tf.reduce_sum(tf.stop_gradient(tf.nn.softmax(-w)) * w, -1),
        lambda: test_vae_objectives.test_importance_weighted_step_descends_the_bound(a_batch()),
    ),
    "continuous Bernoulli without its normaliser": (
        "log_normaliser",
        tf.zeros_like,
        test_elbo.test_continuous_bernoulli_normaliser_at_one_half,
    ),
    "normaliser that is 0/0 in the middle": (
        "log_normaliser",
        lambda logits: tf.math.log(logits / tf.tanh(0.5 * logits)),
        test_elbo.test_continuous_bernoulli_normaliser_at_one_half,
    ),
    "parameter of the continuous Bernoulli shown for its mean": (
        "mean",
        lambda output, likelihood: tf.tanh(0.5 * output),
        test_likelihoods.test_the_mean_explains_the_data_best_on_average,
    ),
    "free bits for each image in place of their average": (
        "free_bits",
        lambda kl, nats, average=None: tf.reduce_sum(tf.maximum(kl, nats), 1),
        test_elbo.test_free_bits_charge_the_larger_of_the_average_and_the_allowance,
    ),
    "quantisation without a gradient": (
        "straight_through",
        lambda z, codes: codes,
        test_vqvae.test_straight_through_has_the_value_of_the_code_and_the_gradient_of_the_identity,
    ),
    "quantisation that never quantises": (
        "straight_through",
        lambda z, codes: z,
        test_vqvae.test_straight_through_has_the_value_of_the_code_and_the_gradient_of_the_identity,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    name, wrong, notices = MISTAKES[mistake]
    notices()  # as the library is
    for module in EVERY:
        if hasattr(module, name):
            monkeypatch.setattr(module, name, wrong)
    with pytest.raises(AssertionError):
        notices()
