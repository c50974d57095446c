"""The mistakes that bounds and seeds are known for: each must make a test of this suite fail."""

import pytest
import tensorflow as tf

from prodimg_lib import elbo, likelihoods, seeds
from tests import test_elbo, test_likelihoods, test_seeds
from tests.mistakes import example, must_be_noticed

PLACES = (elbo, likelihoods, seeds, test_seeds)
RIGHT_KL = elbo.kl_standard_normal
RIGHT_GAUSSIAN = likelihoods.gaussian


def mean_of_squares(x, mean, log_sigma=0.0):
    return RIGHT_GAUSSIAN(x, mean, log_sigma) / tf.cast(tf.size(x[0]), tf.float32)


BOUNDS = {
    "KL with the wrong sign": (
        "kl_standard_normal",
        lambda mean, log_var: -RIGHT_KL(mean, log_var),
        test_elbo.test_kl_oracle,
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
    "KL that cancels near the prior": (
        "kl_standard_normal",
        lambda mean, log_var: (
            0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_var) - 1.0 - log_var, axis=1)
        ),
        example(test_elbo.test_kl_is_never_below_zero_and_keeps_its_digits, 0.3, -5.0),
    ),
    "squared error without its half": (
        "gaussian",
        lambda x, mean, log_sigma=0.0: (
            RIGHT_GAUSSIAN(x, mean, log_sigma)
            + 0.5 * tf.reduce_sum((x - mean) ** 2, tuple(range(1, len(x.shape))))
        ),
        test_elbo.test_gaussian_terms_are_scipy_densities,
    ),
    "squared error averaged over pixels": (
        "gaussian",
        mean_of_squares,
        test_elbo.test_gaussian_terms_are_scipy_densities,
    ),
    "log sigma taken for the log variance": (
        "gaussian",
        lambda x, mean, log_sigma=0.0: RIGHT_GAUSSIAN(x, mean, 0.5 * log_sigma),
        test_elbo.test_gaussian_terms_are_scipy_densities,
    ),
    "density that is 0 times infinity at its mean": (
        "normal_log_prob",
        lambda x, mean, log_var: (
            -0.5
            * tf.reduce_sum(
                likelihoods.LOG_2PI + log_var + tf.square(x - mean) * tf.exp(-log_var), axis=1
            )
        ),
        lambda: test_elbo.test_density_at_the_mean_is_finite_however_narrow(-90.0),
    ),
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
    "normaliser whose series is left out, but not its slope": (
        "_around_zero",
        lambda x, radius: (tf.abs(x) < radius, x, tf.where(tf.abs(x) < radius, 1.0, x)),
        lambda: test_likelihoods.test_value_and_slope_stay_finite_at_any_logit("mean", tf.float32),
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
}


def added_up(seed, step, stream):
    number = len(stream)
    return tf.stack([tf.cast(seed * 1009 + number, tf.int64), tf.cast(step, tf.int64)])


STREAMS = {
    "streams added to the seed": (
        "step_seed",
        added_up,
        example(test_seeds.test_no_two_streams_or_draws_share_a_seed, [(1, 0, "1"), (1, 0, "a")]),
    ),
    "draws added to the seed": (
        "fold_in",
        lambda seed, name: seed + tf.constant([{"rows": 1, "columns": 2}[name], 0], tf.int64),
        example(
            test_seeds.test_no_two_streams_or_draws_share_a_seed,
            [(1, 0, "1"), (1, 0, "a"), (2, 0, "a")],
        ),
    ),
    "seeds that forget the step": (
        "step_seed",
        lambda seed, step, stream: tf.constant([seeds.key(seed, stream), 0], tf.int64),
        example(test_seeds.test_no_two_streams_or_draws_share_a_seed, [(1, 0, "a"), (1, 1, "a")]),
    ),
}
MISTAKES = BOUNDS | STREAMS


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    must_be_noticed(monkeypatch, PLACES, *MISTAKES[mistake])
