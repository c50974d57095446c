"""A model as one graph: the parts against SciPy and the library, whole families in test_export."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import ndtri

from prodimg_lib.errors import InputError
from prodimg_lib.models import latent_prior
from prodimg_lib.serve import graph


def test_normal_quantile_is_scipys():
    tails = np.logspace(-300, -1, 400)
    p = np.concatenate([tails, np.linspace(0.05, 0.95, 400), 1 - np.logspace(-15, -1, 100)])
    found = graph.normal_quantile(tf.constant(p)).numpy()
    np.testing.assert_allclose(found, ndtri(p), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("components", [1, 3])
def test_mixture_is_the_prior_of_generate(components):
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(components), 2)
    if components > 1:
        weights[1] = [0.0, 0.25, 0.75]  # one that is not there
    means = rng.normal(size=(2, components, 4))
    scales = np.tril(rng.normal(size=(2, components, 4, 4)))
    z = rng.normal(size=(500, 4)).astype("float32")
    group = rng.integers(0, 2, 500).astype("int32")
    right = latent_prior.place(z, group, weights, means, scales)
    found = graph.mixture(tf.constant(z), tf.constant(group), weights, means, scales).numpy()
    # Where a draw falls within rounding of two components it may go to the other.
    off = np.abs(found - right).max(1)
    assert np.sort(off)[-2] < 2e-3
    assert np.median(off) < 1e-5


def test_a_family_without_one_graph_is_refused():
    from prodimg_lib.models.vqvae import VQVAE

    model = VQVAE(width=4, codes=4, prior_width=8, prior_depth=1)
    with pytest.raises(InputError, match="VQVAE cannot be exported"):
        graph.images(model, tf.zeros([1, model.noise_dim]), None)
