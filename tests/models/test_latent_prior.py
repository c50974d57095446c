"""The sampling prior: expectation maximisation, and draws that follow the mixture exactly."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from prodimg_lib import VAE, InputError
from prodimg_lib.models import latent_prior as prior
from tests.samples import TINY, tiny_images

D = 3


def two_clouds(n=3000, seed=0):
    """Posterior means and variances around two centres of unequal weight."""
    rng = np.random.default_rng(seed)
    second = rng.random(n) < 0.25
    mean = rng.normal(size=(n, D)) * np.where(second[:, None], 0.3, 0.8)
    mean += np.where(second[:, None], 3.0, -1.0)
    return mean, rng.uniform(0.05, 0.1, (n, D)), second


def log_density(z, weights, means, scales):
    return logsumexp(
        [
            np.log(w) + stats.multivariate_normal(m, s @ s.T).logpdf(z)
            for w, m, s in zip(weights, means, scales, strict=True)
            if w > 0
        ],
        axis=0,
    )


def test_one_component_has_the_moments_of_the_aggregate_posterior():
    mean, variance, _ = two_clouds()
    weights, means, scales = prior.fit_mixture(mean, variance)
    np.testing.assert_array_equal(weights, [1])
    np.testing.assert_allclose(means[0], mean.mean(0))
    np.testing.assert_allclose(
        scales[0] @ scales[0].T, np.cov(mean, rowvar=False) + np.diag(variance.mean(0)), rtol=1e-9
    )


def test_components_find_the_clouds():
    mean, variance, second = two_clouds()
    weights, means, scales = prior.fit_mixture(mean, variance, 2)
    order = np.argsort(-weights)
    assert weights[order[1]] == pytest.approx(second.mean(), abs=0.01)
    for i, own in zip(order, (~second, second), strict=True):
        np.testing.assert_allclose(means[i], mean[own].mean(0), atol=0.05)
        covariance = np.cov(mean[own], rowvar=False) + np.diag(variance[own].mean(0))
        np.testing.assert_allclose(scales[i] @ scales[i].T, covariance, atol=0.03)


def test_more_components_explain_new_latents_better():
    mean, variance, _ = two_clouds()
    rng = np.random.default_rng(1)
    new, spread, _ = two_clouds(seed=2)
    z = new + np.sqrt(spread) * rng.normal(size=new.shape)
    one, two = (log_density(z, *prior.fit_mixture(mean, variance, k)).mean() for k in (1, 2))
    assert two > one + 0.5


def test_few_images_leave_spare_components_empty():
    mean, variance, _ = two_clouds(n=60)
    weights, means, scales = prior.fit_mixture(mean, variance, 6)
    assert weights.shape == (6,)
    assert weights.sum() == pytest.approx(1)
    empty = weights == 0
    assert empty.sum() == 4  # sixty images make two components of 25
    two = prior.fit_mixture(mean[:2], variance[:2], 6)
    np.testing.assert_array_equal(two[0], [1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(means[empty], np.zeros((empty.sum(), D)))
    np.testing.assert_array_equal(scales[empty], np.tile(np.eye(D), (empty.sum(), 1, 1)))


@pytest.mark.parametrize("different", [1, 2])
def test_equal_latents_leave_spare_components_empty_without_a_warning(different, recwarn):
    mean = np.repeat(np.arange(different)[:, None] * np.ones(D), 200, axis=0)
    weights, means, scales = prior.fit_mixture(mean, np.full(mean.shape, 0.1), 4, seed=1)
    assert not recwarn
    used = weights > 0
    assert used.sum() == different
    np.testing.assert_allclose(weights[used], 1 / different)
    np.testing.assert_allclose(np.sort(means[used, 0]), np.arange(different), atol=1e-5)
    np.testing.assert_allclose(
        scales[used] ** 2, np.tile(0.1 * np.eye(D), (different, 1, 1)), atol=1e-5
    )


@pytest.mark.parametrize(
    ("mean", "words"), [(np.zeros((1, D)), "1 images"), (np.full((9, D), np.nan), "diverged")]
)
def test_what_has_no_distribution_is_refused(mean, words):
    with pytest.raises(InputError, match=words):
        prior.fit_mixture(mean, np.ones_like(mean))


def test_a_seed_gives_the_same_mixture():
    mean, variance, _ = two_clouds(n=300)
    for a, b in zip(*(prior.fit_mixture(mean, variance, 5, seed=3) for _ in range(2)), strict=True):
        np.testing.assert_array_equal(a, b)


def draws(n, truncation=None, weights=(0.0, 0.3, 0.7)):
    """Latents like a model's, placed in three components, the first of them empty."""
    model = VAE(latent_dim=D, width=4)
    latents = model.latents(n, 1, truncation)
    means = np.array([np.full(D, 99.0), np.zeros(D), np.full(D, 50.0)])
    scales = np.stack([np.eye(D), np.tril(np.ones((D, D))), 2 * np.eye(D)])
    mixture = np.array(weights)[None], means[None], scales[None]
    return latents, prior.place(latents, np.zeros(n, int), *mixture, truncation)


def test_placed_latents_follow_the_mixture():
    n = 40_000
    _, z = draws(n)
    first = z[:, 0] < 25
    assert first.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / n))
    assert z.max() < 75  # nothing from the empty component
    # Each component is the normal it should be, in every direction and in pairs.
    white = (z[~first] - 50) / 2
    lower = np.linalg.solve(np.tril(np.ones((D, D))), z[first].T).T
    for x in (white, lower):
        assert min(stats.kstest(x[:, j], "norm").pvalue for j in range(D)) > 1e-3
        np.testing.assert_allclose(np.corrcoef(x, rowvar=False), np.eye(D), atol=0.04)


def test_truncation_cuts_within_each_component():
    _, z = draws(4000, truncation=0.5)
    first = z[:, 0] < 25
    assert first.mean() == pytest.approx(0.3, abs=0.03)  # the shares stay
    white = (z[~first] - 50) / 2
    assert np.abs(white).max() <= 0.5 + 1e-5
    assert stats.kstest(white[:, 0], stats.truncnorm(-0.5, 0.5).cdf).pvalue > 1e-3


def test_a_draw_is_a_function_of_its_own_latent_and_group():
    latents, _ = draws(50)
    rng = np.random.default_rng(3)
    weights, means = rng.dirichlet(np.ones(2), 4), rng.normal(size=(4, 2, D))
    scales, group = np.tile(np.eye(D), (4, 2, 1, 1)), np.arange(50) % 4
    whole = prior.place(latents, group, weights, means, scales)
    part = prior.place(latents[7:9], group[7:9], weights, means, scales)
    np.testing.assert_array_equal(whole[7:9], part)
    for i in range(4):
        own = prior.place(latents, np.full(50, i), weights, means, scales)
        np.testing.assert_array_equal(whole[group == i], own[group == i])
    # One component: the plain affine map, whatever the latent.
    single = prior.place(latents, group, weights[:, :1], means[:, :1], scales[:, :1])
    np.testing.assert_allclose(single, means[group, 0] + latents, rtol=1e-6)


def test_a_models_mixture_is_saved_with_it(tmp_path):
    import keras

    images, labels = tiny_images(160)
    model = VAE(**TINY, num_classes=2, prior_components=3)
    model.compile()
    before = model.generate(6, seed=1)
    model.fit_prior(images, labels)
    np.testing.assert_allclose(model.prior_weight.numpy().sum(1), 1, rtol=1e-5)
    assert not np.array_equal(before, model.generate(6, seed=1))
    model.save(tmp_path / "vae.keras")
    again = keras.models.load_model(tmp_path / "vae.keras")
    np.testing.assert_array_equal(model.generate(6, seed=1), again.generate(6, seed=1))
