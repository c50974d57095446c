"""Oracle values of the metrics, and agreement with scikit-image and SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from prodimg_lib import InputError, metrics


def waves():
    x, y = np.meshgrid(np.arange(28), np.arange(28))
    a = (np.sin(x / 3) * np.cos(y / 4) + 1) / 2
    return a, np.clip(a + 0.1 * np.cos(x * y / 9), 0, 1)


def test_paired_oracles():
    a, b = waves()
    assert metrics.psnr(a, b, 1) == pytest.approx(23.0037227641, abs=1e-9)
    assert metrics.ssim(a, b, 1) == pytest.approx(0.8729412845, abs=1e-9)
    flat = np.full((28, 28), 0.5)
    assert metrics.ssim(flat, flat + 0.2, 1) == pytest.approx(0.94595325, abs=1e-8)
    assert metrics.psnr(flat, flat + 0.1, 1) == pytest.approx(20.0, abs=1e-9)
    assert metrics.psnr(flat, flat, 1) == np.inf
    assert metrics.ssim(a, a, 1) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=25)
@given(
    st.integers(11, 40),
    st.integers(11, 40),
    st.sampled_from([1, 3]),
    st.sampled_from([1.0, 2.0, 255.0]),
    st.integers(0, 2**32 - 1),
)
def test_agreement_with_scikit_image(h, w, c, span, seed):
    rng = np.random.default_rng(seed)
    a = rng.random((h, w, c)) * span
    b = np.clip(a + rng.normal(size=a.shape) * span * 0.2, 0, span)
    expected = structural_similarity(
        a, b, data_range=span, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, channel_axis=-1,
    )  # fmt: skip
    assert metrics.ssim(a, b, span) == pytest.approx(expected, abs=1e-7)
    expected = peak_signal_noise_ratio(a, b, data_range=span)
    assert metrics.psnr(a, b, span) == pytest.approx(expected, abs=1e-9)
    batch = metrics.ssim(np.stack([a, b, a]), np.stack([b, b, b]), span)
    assert batch == pytest.approx([metrics.ssim(v, b, span) for v in (a, b, a)], abs=1e-12)


def test_diversity_oracle():
    images = np.stack([np.full((176, 176, 1), v) for v in (1, 0.7, 0)])
    assert metrics.pairwise_diversity(images, 255) == pytest.approx(0.98998868, abs=1e-8)


def test_distribution_oracles():
    real = np.array([[2, 1]] * 50 + [[1, 1]] * 50)
    fake = np.array([[9, 9]] * 50 + [[2, 9]] * 50)
    assert metrics.frechet_distance(real, fake) == pytest.approx(89.0909091, abs=1e-6)
    x, y = np.array([[0, 0], [1, 0]]), np.array([[0, 1], [1, 1]])
    assert metrics.kernel_distance(x, y, subsets=1)[0] == pytest.approx(1.1875, abs=1e-12)
    assert metrics.inception_score(np.eye(10).repeat(3, 0))[0] == pytest.approx(10, abs=1e-9)
    assert metrics.inception_score(np.full((6, 4), 0.25))[0] == pytest.approx(1, abs=1e-9)


def test_frechet_against_sqrtm_and_its_bias():
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(6, 6))
    x, y = rng.normal(size=(500, 6)) @ mix, rng.normal(size=(400, 6)) + 0.3
    s1, s2 = np.cov(x.T), np.cov(y.T)
    gap = x.mean(0) - y.mean(0)
    expected = gap @ gap + np.trace(s1 + s2 - 2 * np.real(sqrtm(s1 @ s2)))
    assert metrics.frechet_distance(x, y) == pytest.approx(expected, rel=1e-7)
    assert metrics.frechet_distance(3 * x, 3 * y) == pytest.approx(9 * expected, rel=1e-7)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    assert metrics.frechet_distance(x @ turn, y @ turn) == pytest.approx(expected, rel=1e-7)
    draws = [metrics.frechet_distance(*rng.normal(size=(2, 500, 16))) for _ in range(20)]
    # First order in 1/n; the next order and the mean of 20 draws (sd about 0.03) stay below 5 %.
    assert np.mean(draws) == pytest.approx(metrics.frechet_bias(500, 16), rel=0.05)


def test_neighbour_metrics_by_explicit_loops():
    rng = np.random.default_rng(1)
    real, fake, k = rng.normal(size=(60, 3)), 0.7 * rng.normal(size=(60, 3)) + 0.3, 3
    distance = lambda a, b: np.linalg.norm(a[:, None] - b[None], axis=2)  # noqa: E731

    def inside(points, centres):
        radius = np.sort(distance(centres, centres), 1)[:, k]
        return (distance(points, centres) <= radius).any(1).mean()

    assert metrics.precision_recall(real, fake, k) == (inside(fake, real), inside(real, fake))
    same = np.zeros((20, 3))
    assert metrics.precision_recall(same, same) == (1.0, 1.0)
    density, coverage = metrics.density_coverage(real, real + 0.0)
    assert coverage == 1.0
    assert density > 0.9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.psnr(np.zeros((4, 4)), np.zeros((4, 5)), 1), "shape"),
        (lambda: metrics.ssim(np.zeros((9, 9)), np.zeros((9, 9)), 1), "11"),
        (lambda: metrics.psnr(np.full((4, 4), np.nan), np.zeros((4, 4)), 1), "NaN"),
        (lambda: metrics.frechet_distance(np.zeros((1, 3)), np.zeros((5, 3))), "2"),
        (lambda: metrics.inception_score(np.full((3, 3), 0.9)), "sum"),
        (lambda: metrics.precision_recall(np.zeros((3, 2)), np.zeros((3, 2)), k=3), "k"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
