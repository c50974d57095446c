"""The mistakes that model code is known for: each must make a test of this suite fail."""

import pytest
import tensorflow as tf

from prodimg_lib import elbo, likelihoods
from prodimg_lib.models import augment, conditioning, latent_prior, layers, vae, vqvae
from prodimg_lib.models.layers import MinibatchStddev, _SpectralNorm
from tests.mistakes import must_be_noticed, on_a_batch
from tests.models import (
    test_augment,
    test_conditioning,
    test_latent_prior,
    test_layers,
    test_vae,
    test_vae_objectives,
    test_vqvae,
)

PLACES = (
    *(elbo, likelihoods, augment, augment.AUGMENTATIONS, latent_prior, layers, vae, vqvae),
    *(MinibatchStddev, _SpectralNorm),
    *(conditioning, test_vae, test_vqvae, test_augment),
)
RIGHT_KL = elbo.kl_per_dimension
RIGHT_GAUSSIAN = likelihoods.gaussian


def mean_of_squares(x, mean, log_sigma=0.0):
    return RIGHT_GAUSSIAN(x, mean, log_sigma) / tf.cast(tf.size(x[0]), tf.float32)


vae_step = on_a_batch(test_vae.test_step_is_one_gradient_step_on_the_negative_elbo)
moments = test_vae.test_reparametrised_sample_has_the_stated_moments_and_gradients
through = (
    test_vqvae.test_straight_through_has_the_value_of_the_code_and_the_gradient_of_the_identity
)
AUTOENCODERS = {
    "KL with the wrong sign, in the step": (
        "kl_per_dimension",
        lambda mean, log_var: -RIGHT_KL(mean, log_var),
        vae_step,
    ),
    "squared error averaged over pixels": (
        "gaussian",
        mean_of_squares,
        test_vae.test_doubling_the_pixels_doubles_the_reconstruction_term,
    ),
    "squared error averaged over pixels, KL summed": ("gaussian", mean_of_squares, vae_step),
    "log variance taken for the standard deviation": (
        "reparametrise",
        lambda mean, log_var, noise: mean + log_var * noise,
        moments,
    ),
    "variance taken for the standard deviation": (
        "reparametrise",
        lambda mean, log_var, noise: mean + tf.exp(log_var) * noise,
        moments,
    ),
    "variance taken for the standard deviation, in the step": (
        "reparametrise",
        lambda mean, log_var, noise: mean + tf.exp(log_var) * noise,
        vae_step,
    ),
    "no reparametrisation: the draw is a constant": (
        "reparametrise",
        lambda mean, log_var, noise: tf.stop_gradient(mean + tf.exp(0.5 * log_var) * noise),
        vae_step,
    ),
    "no noise: an autoencoder": ("reparametrise", lambda mean, log_var, noise: mean, vae_step),
    "importance weights that favour the worst draw": (
        "importance_bound",
        lambda w: tf.reduce_sum(tf.stop_gradient(tf.nn.softmax(-w)) * w, -1),
        on_a_batch(test_vae_objectives.test_importance_weighted_step_descends_the_bound),
    ),
    "quantisation without a gradient": ("straight_through", lambda z, codes: codes, through),
    "quantisation that never quantises": ("straight_through", lambda z, codes: z, through),
    "nearest code by an expanded square far from zero": (
        "nearest_codes",
        lambda vectors, codebook: tf.argmin(
            tf.reduce_sum(codebook**2, 1) - 2 * tf.matmul(vectors, codebook, transpose_b=True), 1
        ),
        lambda: test_vqvae.test_nearest_code_is_the_nearest_far_from_zero(1e2),
    ),
    "code by its direction alone": (
        "nearest_codes",
        lambda vectors, codebook: tf.argmax(tf.matmul(vectors, codebook, transpose_b=True), 1),
        test_vqvae.test_nearest_code_is_the_nearest,
    ),
    "covariance without the variance of each posterior": (
        "_maximise",
        lambda shares, mean, variance, right=latent_prior._maximise: right(
            shares, mean, 1e-6 * variance
        ),
        test_latent_prior.test_one_component_has_the_moments_of_the_aggregate_posterior,
    ),
}


def divided_by(norm):
    """The property ``kernel`` of a layer that divides by ``norm(matrix, u)``."""

    def kernel(self):
        w = self._matrix()
        return tf.reshape(w / norm(w, self.u.value), self._kernel.shape)

    return property(kernel)


def largest(w, u):
    return tf.norm(tf.linalg.matvec(w, u))


def advances(self):
    """A kernel that moves ``u`` whenever it is asked for."""
    self.power_iterate()
    return divided_by(largest).fget(self)


def wrong_matrix(self):
    return tf.reshape(self._kernel.value, [self._kernel.shape[0], -1])


def one_sided(self, times=1):
    """Never back through the transposed kernel: ``u`` stays where it was."""
    for _ in range(times):
        tf.math.l2_normalize(tf.linalg.matvec(self._matrix(), self.u.value))


def by_svd(kind):
    return lambda: test_layers.test_normalised_kernel_has_norm_1_by_svd(
        test_layers.make_spectral(kind)
    )


LAYERS = {
    "power iteration on one side only": ("power_iterate", one_sided, by_svd("dense")),
    "divided by the Frobenius norm": (
        "kernel",
        divided_by(lambda w, u: tf.norm(w)),
        by_svd("conv"),
    ),
    "divided by the square of the norm": (
        "kernel",
        divided_by(lambda w, u: largest(w, u) ** 2),
        by_svd("dense"),
    ),
    "norm without a gradient": (
        "kernel",
        divided_by(lambda w, u: tf.stop_gradient(largest(w, u))),
        test_layers.test_gradient_goes_through_the_division,
    ),
    "a call that moves the estimate": (
        "kernel",
        property(advances),
        lambda: test_layers.test_calls_change_nothing(test_layers.make_spectral("dense")),
    ),
    "a kernel of zeros divided by zero": (
        "kernel",
        divided_by(largest),
        lambda: test_layers.test_a_kernel_of_zeros_has_a_gradient_and_comes_back(
            test_layers.make_spectral("dense")
        ),
    ),
    "deviation over pixels, not over images": (
        "call",
        lambda self, x: tf.concat(
            [
                x,
                tf.fill([*x.shape[:3], 1], tf.reduce_mean(tf.math.reduce_std(x, axis=[1, 2]))),
            ],
            axis=-1,
        ),
        test_layers.test_minibatch_stddev,
    ),
}


def lopsided(images, seed, share=1 / 2):
    """The centre on a pixel, whether the square has a middle pixel or not."""
    n, h, w, _ = images.shape
    inside = []
    for axis, side in (("rows", h), ("columns", w)):
        centre = layers.replicas.uniform(
            [n, 1], augment.fold_in(seed, axis), maxval=side, dtype=tf.int32
        )
        first, length = centre - int(side * share) // 2, int(side * share)
        place = tf.range(side)[None]
        inside.append((place >= first) & (place < first + length))
    return tf.where(inside[0][:, :, None, None] & inside[1][:, None, :, None], 0.0, images)


def one_for_all(images, seed):
    mirrored = tf.random.stateless_uniform([], seed) < 0.5
    return images[:, :, ::-1] if mirrored else images


AUGMENTATIONS = {
    "cutout that leaves the right edge alone": (
        "cutout",
        lopsided,
        lambda: test_augment.test_cutout_covers_left_as_often_as_right(28),
    ),
    "one flip for the whole batch": (
        "flip",
        one_for_all,
        lambda: test_augment.test_seeded_per_image_and_differentiable("flip"),
    ),
    "mirrored up and down": (
        "flip",
        lambda images, seed: tf.where(
            layers.replicas.uniform([len(images), 1, 1, 1], seed) < 0.5, images[:, ::-1], images
        ),
        test_augment.test_flip_mirrors_about_half,
    ),
    "what moves in is black": (
        "translation",
        lambda images, seed, right=augment.translation: -right(-images, seed),
        test_augment.test_translation_moves_whole_images_onto_white,
    ),
}


RIGHT_MISMATCH, RIGHT_REQUESTS = conditioning.mismatch, conditioning.draw_requests


def requests_that_move_codes(codes, draws, *rest):
    z, classes = RIGHT_REQUESTS(codes, draws, *rest)
    return tf.where(tf.reduce_all(z == codes, axis=1, keepdims=True), codes, z), classes


by_definition = test_conditioning.test_mismatch_equals_its_definition
CONDITIONING = {
    "all classes matched as one": (
        "mismatch",
        lambda codes, labels: RIGHT_MISMATCH(codes, tf.zeros_like(labels)),
        by_definition,
    ),
    "codes matched with themselves too": (
        "mismatch",
        lambda codes, labels: RIGHT_MISMATCH(tf.repeat(codes, 2, 0), tf.repeat(labels, 2, 0))[::2],
        by_definition,
    ),
    "requests that move the codes": (
        "draw_requests",
        requests_that_move_codes,
        on_a_batch(test_conditioning.test_a_step_descends_its_own_terms),
    ),
}
MISTAKES = AUTOENCODERS | LAYERS | AUGMENTATIONS | CONDITIONING


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    must_be_noticed(monkeypatch, PLACES, *MISTAKES[mistake])
