"""Layers against linear algebra: singular values, statistics, gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib.models import layers


def largest_singular_value(kernel):
    kernel = np.asarray(kernel)
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


@pytest.fixture(params=["dense", "conv"])
def spectral(request):
    return make_spectral(request.param)


def make_spectral(kind):
    keras.utils.set_random_seed(0)
    if kind == "dense":
        layer, shape = layers.SpectralDense(7), (None, 12)
    else:
        layer, shape = layers.SpectralConv2D(7, 3), (None, 8, 8, 2)
    layer.build(shape)
    return layer


def test_normalised_kernel_has_norm_1_by_svd(spectral):
    spectral.power_iterate(200)
    assert largest_singular_value(spectral.kernel) == pytest.approx(1, abs=1e-4)
    raw = np.asarray(spectral._kernel)
    assert np.asarray(spectral.kernel) == pytest.approx(raw / largest_singular_value(raw), abs=1e-4)


@pytest.mark.parametrize("scale", [1e-30, 1e-10, 1e10])
def test_the_scale_of_a_kernel_does_not_matter(spectral, scale):
    spectral.power_iterate(200)
    before = np.asarray(spectral.kernel)
    spectral._kernel.assign(scale * np.asarray(spectral._kernel))
    spectral.power_iterate()
    assert np.asarray(spectral.kernel) == pytest.approx(before, abs=1e-4)


def test_a_kernel_of_zeros_has_a_gradient_and_comes_back(spectral):
    first = np.asarray(spectral._kernel)
    spectral._kernel.assign(0 * first)
    spectral.power_iterate()
    with tf.GradientTape() as tape:
        kernel = spectral.kernel
        value = tf.reduce_sum(kernel * first)
    assert np.array_equal(kernel, 0 * first)
    assert np.asarray(tape.gradient(value, spectral._kernel.value)) == pytest.approx(first)
    spectral._kernel.assign(first)
    spectral.power_iterate(200)  # had u become 0, it would stay
    assert largest_singular_value(spectral.kernel) == pytest.approx(1, abs=1e-4)


def test_one_iteration_a_step_keeps_up_with_training(spectral):
    rng = np.random.default_rng(0)
    for _ in range(100):
        change = 0.01 * rng.normal(size=spectral._kernel.shape)
        spectral._kernel.assign(spectral._kernel + change)
        spectral.power_iterate()
    assert largest_singular_value(spectral.kernel) == pytest.approx(1, abs=0.05)


def test_calls_change_nothing(spectral):
    shape = (2, 8, 8, 2) if isinstance(spectral, keras.layers.Conv2D) else (2, 12)
    x = tf.random.stateless_normal(shape, (0, 0))
    before = [np.asarray(v) for v in spectral.variables]
    first, second = spectral(x), spectral(x)
    assert np.array_equal(first, second)
    assert all(np.array_equal(a, b) for a, b in zip(before, spectral.variables, strict=True))


def test_gradient_goes_through_the_division():
    """f(W) = <A, W / sigma(W)>: by finite differences with sigma from the SVD."""
    layer = layers.SpectralDense(3, use_bias=False, dtype="float64")
    layer.build((None, 4))
    layer.power_iterate(500)
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4, 3))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(a * layer.kernel)
    gradient = tape.gradient(value, layer._kernel.value).numpy()

    def f(w):
        return (a * w / np.linalg.svd(w, compute_uv=False)[0]).sum()

    w, step = np.asarray(layer._kernel), 1e-6
    for index in np.ndindex(4, 3):
        move = np.zeros((4, 3))
        move[index] = step
        expected = (f(w + move) - f(w - move)) / (2 * step)
        assert gradient[index] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    # The scale of W is lost, so the gradient is orthogonal to W.
    assert (gradient * w).sum() == pytest.approx(0, abs=1e-6)


def test_conditional_batch_normalisation():
    layer = layers.ConditionalBatchNormalization()
    rng = np.random.default_rng(0)
    x = tf.constant(3 + 2 * rng.normal(size=(64, 5, 5, 4)), tf.float32)
    one_hot = tf.one_hot(np.arange(64) % 3, 3)
    out = layer([x, one_hot], training=True).numpy()
    assert out.mean((0, 1, 2)) == pytest.approx(np.zeros(4), abs=1e-4)
    assert out.std((0, 1, 2)) == pytest.approx(np.ones(4), abs=1e-2)
    layer.scale.assign([[1.0] * 4, [2.0] * 4, [3.0] * 4])
    layer.shift.assign([[0.0] * 4, [0.0] * 4, [7.0] * 4])
    again = layer([x, one_hot], training=True).numpy()
    assert again[1::3] == pytest.approx(2 * out[1::3], abs=1e-4)
    assert again[2::3] == pytest.approx(3 * out[2::3] + 7, abs=1e-4)


def test_minibatch_stddev():
    layer = layers.MinibatchStddev()
    clones = tf.ones((6, 4, 4, 3))
    out = layer(clones)
    assert out.shape == (6, 4, 4, 4)
    assert np.array_equal(out[..., :3], clones)
    assert np.asarray(out[..., 3]) == pytest.approx(np.zeros((6, 4, 4)), abs=1e-6)
    x = np.random.default_rng(0).normal(size=(50, 4, 4, 3)).astype("float32")
    expected = x.std(0).mean()
    assert np.asarray(layer(x)[..., 3]) == pytest.approx(np.full((50, 4, 4), expected), abs=1e-3)
    with tf.GradientTape() as tape:
        tape.watch(clones)
        value = tf.reduce_sum(layer(clones))
    assert np.isfinite(tape.gradient(value, clones)).all()


def test_half_precision_has_finite_gradients():
    clones = tf.ones((6, 4, 4, 3), tf.float16)
    norm = layers.SpectralDense(5, dtype="mixed_float16")
    with tf.GradientTape() as tape:
        tape.watch(clones)
        out = layers.MinibatchStddev(dtype="float16")(clones)
        value = tf.reduce_sum(tf.cast(out, tf.float32)) + tf.reduce_sum(
            tf.cast(norm(clones), tf.float32)
        )
    assert out.dtype == tf.float16
    assert np.isfinite(tape.gradient(value, clones).numpy()).all()


def normalise_in_training(kind, x, upstream, **options):
    """Output, gradients by x and by the layer's own, and running statistics after one call."""
    layer = kind(momentum=0.8, **options)
    layer.build(x.shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        value = tf.reduce_sum(upstream * y)
    gradients = tape.gradient(value, [x, *layer.trainable_variables])
    return [np.asarray(a) for a in (y, *gradients, *layer.non_trainable_variables)]


@pytest.mark.parametrize("own", [True, False])
def test_fused_normalisation_is_the_function_of_keras(own):
    rng = np.random.default_rng(0)
    shape = (3, 4, 5, 2)  # 60 values a channel: a variance divided by 59 is 1.7 % off
    x = rng.normal(3, [0.1, 20], shape).astype("float32")
    upstream = rng.normal(size=shape).astype("float32")
    found, expected = (
        normalise_in_training(kind, x, upstream, scale=own, center=own)
        for kind in (layers.BatchNormalization, keras.layers.BatchNormalization)
    )
    # float32 of variances that lie 4e4 apart, 30 standard deviations from 0
    for a, b in zip(found, expected, strict=True):
        assert a == pytest.approx(b, rel=2e-4, abs=2e-4)


def test_frozen_or_in_use_a_layer_normalises_by_its_running_statistics():
    layer = layers.batch_normalisation()
    x = np.random.default_rng(0).normal(5, 2, (4, 3, 3, 2)).astype("float32")
    layer.build(x.shape)
    as_it_was = x / np.sqrt(1 + layer.epsilon)
    assert np.asarray(layer(x, training=False)) == pytest.approx(as_it_was, rel=1e-5)
    layer.trainable = False
    assert np.asarray(layer(x, training=True)) == pytest.approx(as_it_was, rel=1e-5)
