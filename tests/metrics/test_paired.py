"""Metrics of pairs: published oracles, scikit-image, invariances, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from prodimg_lib import InputError, metrics
from prodimg_lib.metrics.paired import MS_WEIGHTS

SPANS = st.sampled_from([1.0, 2.0, 255.0])
SEEDS = st.integers(0, 2**32 - 1)


def wang(a, b, span, **options):
    """scikit-image with the settings of Wang et al. (2004), on [h, w, c]."""
    return structural_similarity(
        a,
        b,
        data_range=span,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=-1,
        **options,
    )


def noisy_pair(shape, span, seed, noise=0.2):
    rng = np.random.default_rng(seed)
    a = rng.random(shape) * span
    return a, np.clip(a + rng.normal(size=a.shape) * span * noise, 0, span)


def test_published_oracles():
    x, y = np.meshgrid(np.arange(28), np.arange(28))
    a = (np.sin(x / 3) * np.cos(y / 4) + 1) / 2
    b = np.clip(a + 0.1 * np.cos(x * y / 9), 0, 1)
    assert metrics.psnr(a, b, 1) == pytest.approx(23.0037227641, abs=1e-9)
    assert metrics.ssim(a, b, 1) == pytest.approx(0.8729412845, abs=1e-9)
    flat = np.full((28, 28), 0.5)
    assert metrics.ssim(flat, flat + 0.2, 1) == pytest.approx(0.94595325, abs=1e-8)
    assert metrics.psnr(flat, flat + 0.1, 1) == pytest.approx(20.0, abs=1e-9)
    grey = np.full((28, 28, 1), 7, np.uint8)
    assert metrics.psnr(grey, grey + np.uint8(1), 255) == pytest.approx(48.1308, abs=1e-4)
    assert metrics.psnr(flat, flat, 1) == np.inf
    assert metrics.ssim(a, a, 1) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=40)
@given(st.integers(11, 90), st.integers(11, 40), st.sampled_from([1, 3]), SPANS, SEEDS)
def test_agreement_with_scikit_image(h, w, c, span, seed):
    a, b = noisy_pair((h, w, c), span, seed)
    assert metrics.ssim(a, b, span) == pytest.approx(wang(a, b, span), abs=1e-7)
    expected = peak_signal_noise_ratio(a, b, data_range=span)
    assert metrics.psnr(a, b, span) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=20)
@given(SEEDS)
def test_uint8_and_float_images_of_the_same_values_agree(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 256, (2, 3, 16, 16, 1), np.uint8)
    for metric in (metrics.psnr, metrics.ssim, metrics.ms_ssim):
        assert metric(a, b, 255) == pytest.approx(metric(a / 255, b / 255, 1), rel=1e-9)


@settings(max_examples=20)
@given(st.integers(1, 80), SPANS, SEEDS)
def test_an_image_is_scored_the_same_alone_and_in_any_batch(n, span, seed):
    a, b = noisy_pair((n, 14, 17, 3), span, seed)
    for metric in (metrics.psnr, metrics.ssim):
        batch = metric(a, b, span)
        assert batch.shape == (n,)
        assert batch == pytest.approx([metric(x, y, span) for x, y in zip(a, b, strict=True)])


@settings(max_examples=20)
@given(SEEDS)
def test_symmetry_and_range(seed):
    a, b = noisy_pair((4, 24, 24, 1), 1.0, seed, noise=0.5)
    for metric in (metrics.psnr, metrics.ssim, metrics.ms_ssim):
        assert metric(a, b, 1) == pytest.approx(metric(b, a, 1), abs=1e-9)
        assert (metric(a, b, 1) < metric(a, a, 1)).all()
    assert (np.abs(metrics.ssim(a, b, 1)) <= 1).all()


def test_noise_lowers_every_score_step_by_step():
    rng = np.random.default_rng(0)
    a = np.full((50, 28, 28, 1), 0.5) + rng.uniform(-0.2, 0.2, (50, 28, 28, 1))
    noise = rng.normal(size=a.shape)
    for metric in (metrics.psnr, metrics.ssim, metrics.ms_ssim):
        means = [metric(a, np.clip(a + s * noise, 0, 1), 1).mean() for s in (0.02, 0.1, 0.3)]
        assert means == sorted(means, reverse=True)


def test_ms_ssim_from_its_definition():
    """One scale at a time with scikit-image, means of 2x2 between, the weights as exponents."""
    a, b = noisy_pair((64, 64, 1), 1.0, 3, noise=0.05)
    assert metrics.max_scales(64) == 3
    weights = np.array(MS_WEIGHTS[:3]) / sum(MS_WEIGHTS[:3])
    expected, x, y = 1.0, a, b
    for i, weight in enumerate(weights):
        if i:
            x, y = (v.reshape(len(v) // 2, 2, len(v) // 2, 2, 1).mean((1, 3)) for v in (x, y))
        if i == 2:
            term = wang(x, y, 1.0)
        else:
            # Luminance is 1 for pairs of equal local means; divide it out of the full map.
            _, full = wang(x, y, 1.0, full=True)
            _, luminance = _luminance(x, y)
            crop = slice(5, -5)
            term = (full[crop, crop] / luminance[crop, crop]).mean()
        expected *= term**weight
    assert metrics.ms_ssim(a, b, 1) == pytest.approx(expected, abs=1e-9)


def _luminance(x, y):
    from scipy.ndimage import gaussian_filter

    mx, my = (gaussian_filter(v, (1.5, 1.5, 0), truncate=3.5) for v in (x, y))
    c1 = 0.01**2
    return None, (2 * mx * my + c1) / (mx**2 + my**2 + c1)


@pytest.mark.parametrize(("side", "scales"), [(28, 2), (32, 2), (64, 3), (175, 4), (176, 5)])
def test_scales_that_fit(side, scales):
    assert metrics.max_scales(side) == scales


def test_ms_ssim_of_negative_structure_is_a_number():
    a = np.indices((28, 28)).sum(0) % 2.0
    assert metrics.ms_ssim(a, 1 - a, 1) == 0.0  # a fractional power of a negative would be NaN


@pytest.mark.parametrize("metric", [metrics.psnr, metrics.ssim, metrics.ms_ssim])
@pytest.mark.parametrize(
    ("a", "b", "span", "words"),
    [
        (np.zeros((14, 14)), np.zeros((14, 15)), 1, "shape"),
        (np.full((14, 14), np.nan), np.zeros((14, 14)), 1, "NaN"),
        (np.zeros((14, 14)), np.full((14, 14), 2.0), 1, "data_range"),
        (np.full((14, 14), -3.0), np.zeros((14, 14)), 2, "data_range"),
        (np.zeros((3, 14, 14)), np.zeros((3, 14, 14)), 1, "channels|11"),
        (np.zeros((0, 14, 14, 1)), np.zeros((0, 14, 14, 1)), 1, "empty"),
        (np.zeros((14, 14)), np.zeros((14, 14)), "255", "data_range"),
        (np.zeros((14, 14)), np.zeros((14, 14)), 0, "data_range"),
    ],
)
def test_bad_input_is_named(metric, a, b, span, words):
    with pytest.raises(InputError, match=words):
        metric(a, b, span)


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="11x11"):
        metrics.ssim(np.zeros((9, 30)), np.zeros((9, 30)), 1)
    with pytest.raises(InputError, match="scales = 3: expected 1 to 2"):
        metrics.ms_ssim(np.zeros((28, 28)), np.zeros((28, 28)), 1, scales=3)
