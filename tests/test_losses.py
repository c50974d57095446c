"""Adversarial losses against hand-computed values, closed forms and central differences."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from prodimg_lib import InputError, losses

LN2 = math.log(2)
logits = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=8)


def column(values):
    return tf.constant(np.reshape(values, (-1, 1)), tf.float32)


@pytest.mark.parametrize(
    ("name", "d_expected", "g_expected"),
    [
        # softplus(-1) = 0.313262, softplus(1) = 1.313262
        ("non_saturating", 1.626523, 0.313262),
        ("minimax", 1.626523, -1.313262),
        ("least_squares", 0.5, 0.0),
        ("hinge", 2.0, -1.0),
        ("wasserstein", 0.0, -1.0),
        ("relativistic", LN2, LN2),
    ],
)
def test_all_logits_one(name, d_expected, g_expected):
    d_loss, g_loss = losses.LOSSES[name](column([1, 1, 1]), column([1, 1, 1]))
    assert float(d_loss) == pytest.approx(d_expected, abs=1e-6)
    assert float(g_loss) == pytest.approx(g_expected, abs=1e-6)


def test_undecided_discriminator_scores_two_ln_two():
    d_loss, g_loss = losses.non_saturating(column([0, 0]), column([0, 0]))
    assert float(d_loss) == pytest.approx(2 * LN2, abs=1e-6)
    assert float(g_loss) == pytest.approx(LN2, abs=1e-6)


@given(logits, logits)
def test_non_saturating_is_cross_entropy_in_float64(real, fake):
    d_loss, g_loss = losses.non_saturating(column(real), column(fake))

    # An independent route: probabilities in float64, -log D and -log(1 - D) = -log D(-l).
    def minus_log_sigmoid(values):
        return -np.log(1 / (1 + np.exp(-np.asarray(values, np.float64))))

    expected = minus_log_sigmoid(real).mean() + minus_log_sigmoid(np.negative(fake)).mean()
    # float32 carries 1.2e-7 relative; the sum has at most 16 terms of size up to 30.
    assert float(d_loss) == pytest.approx(expected, rel=2e-6, abs=1e-6)
    assert float(g_loss) == pytest.approx(minus_log_sigmoid(fake).mean(), rel=2e-6, abs=1e-6)


@given(logits)
def test_extreme_logits_stay_finite_with_gradient(values):
    x = column(np.asarray(values) * 1e3)
    for loss in losses.LOSSES.values():
        with tf.GradientTape() as tape:
            tape.watch(x)
            d_loss, g_loss = loss(x, x[::-1])
            total = d_loss + g_loss
        gradient = tape.gradient(total, x, unconnected_gradients="zero")
        assert np.isfinite(float(d_loss))
        assert np.isfinite(float(g_loss))
        assert np.isfinite(gradient.numpy()).all()


def test_saturating_gradient_dies_where_the_other_lives():
    # At logit -10 the discriminator is sure: d/dl of -softplus(l) is -sigmoid(l) = -4.5e-5, of
    # softplus(-l) it is sigmoid(l) - 1 = -0.99995.
    fake = column([-10.0])
    slopes = []
    for loss in (losses.minimax, losses.non_saturating):
        with tf.GradientTape() as tape:
            tape.watch(fake)
            g_loss = loss(fake, fake)[1]
        slopes.append(float(tape.gradient(g_loss, fake)[0, 0]))
    assert slopes == pytest.approx([-4.5398e-5, -0.9999546], rel=1e-4)


@pytest.mark.parametrize("name", list(losses.LOSSES))
def test_direction(name):
    """More separation never raises the discriminator's loss; higher fakes lower the generator's."""
    loss = losses.LOSSES[name]
    near = loss(column([0.2]), column([-0.2]))
    far = loss(column([0.7]), column([-0.7]))
    assert float(far[0]) < float(near[0])
    assert float(far[1]) > float(near[1])


def test_hinge_leaves_alone_what_is_beyond_the_margin():
    real, fake = column([0.5, 1.5]), column([-0.5, -1.5])
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        d_loss, _ = losses.hinge(real, fake)
    slopes = tape.gradient(d_loss, [real, fake])
    np.testing.assert_array_equal(slopes[0][:, 0], [-0.5, 0.0])
    np.testing.assert_array_equal(slopes[1][:, 0], [0.5, 0.0])


def test_least_squares_pulls_real_to_one_and_fake_to_zero():
    assert [float(v) for v in losses.least_squares(column([1.0]), column([0.0]))] == [0.0, 0.5]
    assert [float(v) for v in losses.least_squares(column([3.0]), column([4.0]))] == [10.0, 4.5]


def test_relativistic_compares_pair_by_pair():
    # Margins -10 and 10: softplus(10) = 10.0000454, softplus(-10) = 0.0000454. Against the mean of
    # the other side the margins would be -5 and 5.
    d_loss, g_loss = losses.relativistic(column([0.0, 10.0]), column([10.0, 0.0]))
    assert float(d_loss) == pytest.approx(5.0000454, rel=1e-6)
    assert float(g_loss) == pytest.approx(5.0000454, rel=1e-6)


def linear_critic(w):
    return lambda x: tf.tensordot(tf.reshape(x, (tf.shape(x)[0], -1)), w, 1)[:, None]


def test_penalties_of_a_linear_critic():
    # D(x) = <w, x> has gradient w everywhere: penalty (|w| - 1)^2, R1 |w|^2.
    rng = np.random.default_rng(0)
    w = tf.constant(rng.normal(size=12), tf.float32)
    x, y = (tf.constant(rng.normal(size=(5, 2, 2, 3)), tf.float32) for _ in range(2))
    norm = float(tf.norm(w))
    assert float(losses.gradient_penalty(linear_critic(w), x, y)) == pytest.approx(
        (norm - 1) ** 2, rel=1e-5
    )
    assert float(losses.r1_penalty(linear_critic(w), x)) == pytest.approx(norm**2, rel=1e-5)


def test_gradient_penalty_of_a_dead_critic_has_a_gradient():
    w = tf.Variable(tf.zeros(4))
    x = tf.ones((3, 2, 2, 1))
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(linear_critic(w), x, -x)
    assert float(penalty) == pytest.approx(1.0, abs=1e-5)
    assert np.isfinite(tape.gradient(penalty, w).numpy()).all()


def test_gradient_penalty_points_lie_between_real_and_fake():
    seen = []

    def critic(x):
        seen.append(x.numpy())
        return tf.reduce_sum(x, axis=(1, 2, 3))[:, None]

    real, fake = tf.zeros((64, 2, 2, 1)), tf.ones((64, 2, 2, 1))
    losses.gradient_penalty(critic, real, fake, seed=(1, 2))
    weights = seen[0][:, 0, 0, 0]
    assert (seen[0] == weights[:, None, None, None]).all()  # one weight an image
    assert weights.min() >= 0
    assert weights.max() <= 1
    # Uniform, not normal: 64 draws have mean 0.5 with standard error 0.036; 4 of them allowed.
    assert abs(weights.mean() - 0.5) < 4 * math.sqrt(1 / 12 / 64)


def test_gradient_penalty_has_the_gradient_of_its_formula():
    # (|w| - 1)^2 has slope 2 (|w| - 1) w / |w| in w.
    w, x = tf.Variable([3.0, 4.0]), tf.ones((3, 2))
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(linear_critic(w), x, -x)
    slope = tape.gradient(penalty, w, unconnected_gradients="zero")
    np.testing.assert_allclose(slope, 8 * np.array([0.6, 0.8]), rtol=1e-5)


def test_penalty_gradient_against_central_differences():
    # R1 of D(x) = sum((a x)^2) / 2 is the mean of a^4 |x|^2, with slope 4 a^3 |x|^2 in a.
    x = tf.constant(np.random.default_rng(1).normal(size=(6, 2, 2, 1)), tf.float32)
    a = tf.Variable(1.3)
    with tf.GradientTape() as tape:
        penalty = losses.r1_penalty(lambda v: 0.5 * tf.reduce_sum((a * v) ** 2, axis=(1, 2, 3)), x)
    mean_square = float(tf.reduce_mean(tf.reduce_sum(x**2, axis=(1, 2, 3))))
    assert float(penalty) == pytest.approx(1.3**4 * mean_square, rel=1e-5)
    slope = tape.gradient(penalty, a, unconnected_gradients="zero")
    assert float(slope) == pytest.approx(4 * 1.3**3 * mean_square, rel=1e-5)


@pytest.mark.parametrize("name", list(losses.LOSSES))
def test_a_row_beside_a_column_is_refused(name):
    with pytest.raises(InputError, match=r"real_logits have shape \(3,\), fake_logits \(3, 1\)"):
        losses.LOSSES[name](tf.zeros(3), tf.zeros((3, 1)))


def test_pairs_need_as_many_reals_as_fakes():
    with pytest.raises(InputError, match=r"real_logits has shape \(4, 1\), fake_logits \(1, 1\)"):
        losses.relativistic(tf.zeros((4, 1)), tf.zeros((1, 1)))


@pytest.mark.parametrize("name", list(losses.LOSSES))
@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_half_precision_loses_nothing_but_the_digits_of_the_logits(name, dtype):
    real, fake = (tf.cast(column(v), dtype) for v in ([3.0, -1e4, 0.3], [1e4, 0.1, 20.0]))
    with tf.GradientTape() as tape:
        tape.watch(fake)
        values = losses.LOSSES[name](real, fake)
    slope = tape.gradient(values[0] + values[1], fake, unconnected_gradients="zero")
    expected = losses.LOSSES[name](tf.cast(real, tf.float32), tf.cast(fake, tf.float32))
    np.testing.assert_array_equal(values, expected)
    assert np.isfinite(tf.cast(slope, tf.float32).numpy()).all()


def test_gradient_penalty_of_a_dead_critic_has_a_gradient_in_half_precision():
    w = tf.Variable(tf.zeros(4, tf.float16))
    x = tf.ones((3, 2, 2, 1), tf.float16)
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(linear_critic(w), x, -x, alpha=tf.fill([3, 1, 1, 1], 0.5))
    assert float(penalty) == pytest.approx(1.0, abs=1e-5)
    assert np.isfinite(tape.gradient(penalty, w).numpy()).all()


def test_steep_critics_have_penalties_in_half_precision():
    # A slope of 300 in 4 pixels: |grad|^2 = 360,000 is beyond float16, the penalty 599^2 as well.
    x = tf.ones((3, 2, 2, 1), tf.float16)
    steep = linear_critic(tf.fill([4], tf.constant(300.0, tf.float16)))
    assert float(losses.r1_penalty(steep, x)) == pytest.approx(600**2, rel=1e-5)
    assert float(losses.gradient_penalty(steep, x, -x)) == pytest.approx(599**2, rel=1e-5)


def test_the_norm_is_that_of_each_image_alone():
    # Slopes of norm 0 and 2: (0 - 1)^2 and (2 - 1)^2 have mean 1. One norm for the batch, 2, or the
    # square of the mean norm, 0, would give 1 and 0; so a third image of norm 5 tells: 18 / 3.
    slopes = tf.constant([[0.0, 0.0], [2.0, 0.0], [3.0, 4.0]])
    x = tf.ones((3, 2))

    def critic(v):
        return tf.reduce_sum(slopes * v, axis=1)

    assert float(losses.gradient_penalty(critic, x, -x)) == pytest.approx(6.0, rel=1e-5)
    assert float(losses.r1_penalty(critic, x)) == pytest.approx(29 / 3, rel=1e-5)


def test_r1_is_taken_where_it_is_told():
    # D(x) = |x|^2 / 2 has slope x.
    x = tf.constant([[3.0, 4.0], [0.0, 1.0]])
    penalty = losses.r1_penalty(lambda v: 0.5 * tf.reduce_sum(v**2, axis=1), x)
    assert float(penalty) == pytest.approx(13.0, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda f, x: losses.gradient_penalty(f, x, x[:1]), r"real has shape .* fake .*\(1, 2\)"),
        (lambda f, x: losses.r1_penalty(lambda v: tf.reduce_mean(f(v)), x), r"shape \(\)"),
        (lambda f, x: losses.r1_penalty(lambda v: v, x), r"shape \(3, 2\)"),
        (lambda f, x: losses.r1_penalty(lambda v: tf.zeros(3), x), "do not depend on the images"),
    ],
)
def test_what_has_no_penalty_is_refused_on_one_line(call, words):
    with pytest.raises(InputError, match=words) as caught:
        call(lambda v: tf.reduce_sum(v, axis=1), tf.ones((3, 2)))
    assert "\n" not in str(caught.value)
