"""Likelihoods against densities, integrals and the pixels that they must refuse."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib import VAE, InputError, likelihoods, to_model
from tests.samples import TINY, tiny_images


def f32(x):
    return tf.constant(np.asarray(x), tf.float32)


NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
NODES, WEIGHTS = 0.5 + 0.5 * NODES, 0.5 * WEIGHTS  # on [0, 1]


@given(st.floats(-30, 30))
def test_mean_of_the_continuous_bernoulli_is_its_integral(logit):
    # Scaled so that the largest value is 1; the quotient does not see it.
    density = np.exp(logit * NODES - max(logit, 0.0))
    expected = (WEIGHTS * NODES * density).sum() / (WEIGHTS * density).sum()
    image = likelihoods.mean(f32([logit]), "continuous_bernoulli")
    assert float(image[0]) == pytest.approx(2 * expected - 1, abs=5e-6)


@pytest.mark.parametrize("likelihood", ["bernoulli", "continuous_bernoulli"])
def test_mean_moves_with_the_logit_and_stays_an_image(likelihood):
    image = likelihoods.mean(f32(np.linspace(-60, 60, 2001)), likelihood).numpy()
    assert (np.diff(image[980:1021]) > 0).all()
    assert (np.diff(image) >= -2e-7).all()  # flat at the ends, but for rounding
    assert np.abs(image).max() <= 1
    assert image[1000] == 0


def test_the_mean_explains_the_data_best_on_average():
    # The logit with the least mean cost over pixels is the one whose mean is theirs: d/dl of the
    # cost is mean(l) - x for both families.
    x = f32([[0.2], [0.7], [0.9]])
    logit = tf.Variable(0.8)
    with tf.GradientTape() as tape:
        cost = tf.reduce_mean(likelihoods.continuous_bernoulli(x, logit * tf.ones((3, 1))))
    mean = 0.5 * (1 + float(likelihoods.mean(logit.value()[None], "continuous_bernoulli")[0]))
    assert float(tape.gradient(cost, logit)) == pytest.approx(mean - 0.6, abs=1e-5)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float32, tf.float64])
@pytest.mark.parametrize("function", ["mean", "log_normaliser"])
def test_value_and_slope_stay_finite_at_any_logit(function, dtype):
    largest = min(float(dtype.max), 1e30)
    logits = tf.cast([-largest, -17.0, -1e-3, 0.0, 1e-3, 17.0, 300.0, largest], dtype)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        if function == "mean":
            value = likelihoods.mean(logits, "continuous_bernoulli")
        else:
            value = likelihoods.log_normaliser(logits)
    assert np.isfinite(value.numpy()).all()
    slope = tape.gradient(value, logits)
    assert np.isfinite(tf.cast(slope, tf.float32).numpy()).all()


def test_normaliser_is_smooth_where_the_series_takes_over():
    logits = f32([0.0999, 0.1001, -0.0999, -0.1001])
    value = likelihoods.log_normaliser(logits).numpy()
    exact = np.log(np.abs(logits / np.tanh(np.asarray(logits, float) / 2)))
    np.testing.assert_allclose(value, exact, atol=3e-7)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: likelihoods.bernoulli(f32([[0.5]]), f32([[0.0]])),
            "black or white",
        ),
        (lambda: likelihoods.bernoulli(f32([[np.nan]]), f32([[0.0]])), "black or white"),
        (lambda: likelihoods.continuous_bernoulli(f32([[1.1]]), f32([[0.0]])), "outside 0..1"),
        (lambda: likelihoods.continuous_bernoulli(f32([[-0.1]]), f32([[0.0]])), "outside 0..1"),
        (lambda: likelihoods.binarise(np.zeros(3)), "expected uint8"),
    ],
)
def test_pixels_out_of_range_are_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.parametrize("likelihood", likelihoods.LIKELIHOODS)
def test_fit_refuses_what_the_likelihood_cannot_produce(likelihood):
    """Inside the compiled step too, and with the reason."""
    images, _ = tiny_images(8)
    model = VAE(**TINY, likelihood=likelihood)
    model.compile()
    before = model.decoder.get_weights()
    with pytest.raises(InputError, match=r"pixels lie outside -1\.\.1: scale uint8"):
        model.fit(images.astype("float32"), batch_size=8, verbose=0)
    for old, new in zip(before, model.decoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    if likelihood == "bernoulli":
        with pytest.raises(InputError, match="all black or white"):
            model.evaluate(to_model(images), batch_size=8, verbose=0)
        images = likelihoods.binarise(images)
    model.fit(to_model(images), batch_size=8, verbose=0)
    assert not np.array_equal(before[0], model.decoder.get_weights()[0])


def test_binarised_pixels_are_black_and_white_and_keep_their_mean():
    images = np.full((1, 200, 200, 1), 51, np.uint8)  # a fifth of white
    assert set(np.unique(likelihoods.binarise(tiny_images(4)[0]))) == {0, 255}
    assert likelihoods.binarise(images).max() == 0
    drawn = likelihoods.binarise(images, seed=1)
    np.testing.assert_array_equal(drawn, likelihoods.binarise(images, seed=1))
    # 40,000 pixels: standard error 0.002.
    assert (drawn == 255).mean() == pytest.approx(0.2, abs=0.008)
    extremes = np.array([0, 255], np.uint8)
    np.testing.assert_array_equal(likelihoods.binarise(extremes, seed=2), extremes)
