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
        (np.zeros((14, 14)), np.zeros((14, 14)), None, "data_range = None"),
        (np.zeros((14, 14)), np.zeros((14, 14)), True, "data_range = True"),
        (np.zeros((14, 14)), np.zeros((14, 14)), np.nan, "data_range = nan"),
        (np.zeros((14, 14)), np.full((14, 14), 1e160), 1e160, "data_range|too large"),
    ],
)
def test_bad_input_is_named(metric, a, b, span, words):
    with pytest.raises(InputError, match=words):
        metric(a, b, span)


EVERY = (metrics.psnr, metrics.ssim, metrics.ms_ssim)


@settings(max_examples=40)
@given(
    st.integers(0, 255),
    st.integers(0, 255),
    SEEDS,
    st.sampled_from([np.uint8, np.int64, np.float32, np.float64]),
)
def test_photographs_in_every_honest_form_are_accepted(low, high, seed, dtype):
    """Also black ones, and ones of a single grey level."""
    low, high = sorted((low, high))
    a, b = np.random.default_rng(seed).integers(low, high + 1, (2, 2, 12, 12, 1), np.uint8)
    known = metrics.psnr(a, b, 255)
    assert metrics.psnr(a.astype(dtype), b, 255) == pytest.approx(known)
    assert metrics.psnr(a, b.astype(dtype), 255) == pytest.approx(known)
    assert metrics.psnr(a.astype(dtype), b.astype(dtype), 255) == pytest.approx(known)
    scaled = (v.astype(np.float32) / 255 for v in (a, b))
    assert metrics.psnr(*scaled, 1) == pytest.approx(known, rel=1e-4)
    model = (v.astype(np.float32) / np.float32(127.5) - 1 for v in (a, b))
    assert metrics.psnr(*model, 2) == pytest.approx(known, rel=1e-4)


def test_unrounded_images_are_accepted_beside_their_bytes():
    black = np.zeros((12, 12), np.uint8)
    assert metrics.psnr(black, black + 0.5, 255) == pytest.approx(20 * np.log10(510))
    grey = np.full((12, 12), 90, np.uint8)
    assert metrics.psnr(grey, grey + 0.5, 255) == pytest.approx(20 * np.log10(510))


@settings(max_examples=40)
@given(SEEDS, st.floats(0.01, 1), st.sampled_from(EVERY), st.sampled_from([255, 65535]))
def test_a_range_that_is_too_wide_is_refused(seed, top, metric, span):
    """[0, 1] or [-1, 1] where grey levels were promised would score 48 dB too well."""
    rng = np.random.default_rng(seed)
    a, b = top * rng.random((2, 12, 12))
    bright = rng.integers(2, 256, (12, 12), np.uint8)
    for pair in ((a, b), (2 * a - 1, b), (bright, b), (a, bright)):
        if span != 255 and np.uint8 in (pair[0].dtype, pair[1].dtype):
            continue
        with pytest.raises(InputError, match=f"in fractions, data_range = {span}"):
            metric(*pair, span)


@pytest.mark.parametrize("metric", EVERY)
def test_bytes_and_masks_have_one_range(metric):
    a, b = np.random.default_rng(0).integers(0, 2, (2, 12, 12), np.uint8)
    for wrong in (1, 2, 256):
        with pytest.raises(InputError, match=f"data_range = {wrong}, but a is uint8: expected 255"):
            metric(a, b, wrong)
    with pytest.raises(InputError, match="data_range = 255, but b is bool: expected 1"):
        metric(a, b > 0, 255)
    assert metric(a > 0, b > 0, 1) == metric(a.astype(float), b.astype(float), 1)


@pytest.mark.parametrize("metric", EVERY)
def test_the_range_may_be_any_kind_of_number(metric):
    a, b = np.random.default_rng(0).integers(0, 256, (2, 12, 12), np.uint8)
    for same in (np.uint8(255), np.float32(255), np.array(255)):
        assert metric(a, b, same) == metric(a, b, 255)  # 255^2 is 1 in bytes


def test_ssim_wants_black_to_be_0():
    """The warning in its docstring."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (28, 28), np.uint8)
    b = np.clip(a + rng.normal(0, 40, a.shape), 0, 255).astype(np.uint8)
    centred = [v / 127.5 - 1 for v in (a, b)]
    assert metrics.psnr(*centred, 2) == pytest.approx(metrics.psnr(a, b, 255))
    assert metrics.ssim(*centred, 2) < metrics.ssim(a, b, 255) - 0.02


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="11x11"):
        metrics.ssim(np.zeros((9, 30)), np.zeros((9, 30)), 1)
    with pytest.raises(InputError, match="scales = 3: expected 1 to 2"):
        metrics.ms_ssim(np.zeros((28, 28)), np.zeros((28, 28)), 1, scales=3)
    with pytest.raises(InputError, match=r"side = 28\.0"):
        metrics.max_scales(28.0)
