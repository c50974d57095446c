"""The mistakes that GAN losses and penalties are known for: each must make a test fail."""

import pytest
import tensorflow as tf

from prodimg_lib import losses
from tests import test_losses
from tests.mistakes import example, must_be_noticed

PLACES = (losses, losses.LOSSES)
RIGHT = dict(losses.LOSSES)
RIGHT_SQUARE_NORM = losses._gradient_square_norm


def mean(x):
    return tf.reduce_mean(x)


def numbers(name):
    """``test_all_logits_one`` for a loss, with the numbers that stand there."""
    rows = test_losses.test_all_logits_one.pytestmark[0].args[1]
    row = next(row for row in rows if row[0] == name)
    return lambda: test_losses.test_all_logits_one(*row)


def direction(name):
    return lambda: test_losses.test_direction(name)


def with_g_loss(name, g_loss):
    return lambda real, fake: (RIGHT[name](real, fake)[0], g_loss(fake))


def with_d_loss(name, d_loss):
    return lambda real, fake: (d_loss(real, fake), RIGHT[name](real, fake)[1])


LOSSES = {
    "sigmoid in front of a loss of logits": (
        "non_saturating",
        lambda real, fake: RIGHT["non_saturating"](tf.sigmoid(real), tf.sigmoid(fake)),
        example(test_losses.test_non_saturating_is_cross_entropy_in_float64, [3.0], [-1.0, 2.0]),
    ),
    "logarithm of a sigmoid": (
        "non_saturating",
        lambda real, fake: (
            -mean(tf.math.log(tf.sigmoid(real))) - mean(tf.math.log(1.0 - tf.sigmoid(fake))),
            -mean(tf.math.log(tf.sigmoid(fake))),
        ),
        example(test_losses.test_extreme_logits_stay_finite_with_gradient, [10.0, -10.0]),
    ),
    "mean of the halves for their sum": (
        "non_saturating",
        with_d_loss("non_saturating", lambda r, f: 0.5 * RIGHT["non_saturating"](r, f)[0]),
        test_losses.test_undecided_discriminator_scores_two_ln_two,
    ),
    "sum over the batch for its mean": (
        "non_saturating",
        lambda r, f: [len(r) * v for v in RIGHT["non_saturating"](r, f)],
        numbers("non_saturating"),
    ),
    "real and fake exchanged": (
        "non_saturating",
        with_d_loss("non_saturating", lambda r, f: RIGHT["non_saturating"](f, r)[0]),
        direction("non_saturating"),
    ),
    "generator loss without its minus": (
        "non_saturating",
        with_g_loss("non_saturating", lambda f: mean(tf.nn.softplus(f))),
        direction("non_saturating"),
    ),
    "saturating for non-saturating": (
        "non_saturating",
        with_g_loss("non_saturating", lambda f: -mean(tf.nn.softplus(f))),
        test_losses.test_saturating_gradient_dies_where_the_other_lives,
    ),
    "non-saturating for minimax": (
        "minimax",
        with_g_loss("minimax", lambda f: mean(tf.nn.softplus(-f))),
        test_losses.test_saturating_gradient_dies_where_the_other_lives,
    ),
    "hinge without its margin": (
        "hinge",
        with_d_loss("hinge", lambda r, f: mean(tf.nn.relu(-r)) + mean(tf.nn.relu(f))),
        numbers("hinge"),
    ),
    "hinge that is not cut off": (
        "hinge",
        with_d_loss("hinge", lambda r, f: mean(1.0 - r) + mean(1.0 + f)),
        test_losses.test_hinge_leaves_alone_what_is_beyond_the_margin,
    ),
    "hinge cut off after the mean": (
        "hinge",
        with_d_loss("hinge", lambda r, f: tf.nn.relu(mean(1.0 - r)) + tf.nn.relu(mean(1.0 + f))),
        test_losses.test_hinge_leaves_alone_what_is_beyond_the_margin,
    ),
    "hinge for the generator too": (
        "hinge",
        with_g_loss("hinge", lambda f: mean(tf.nn.relu(1.0 - f))),
        numbers("hinge"),
    ),
    "least squares with exchanged targets": (
        "least_squares",
        with_d_loss("least_squares", lambda r, f: RIGHT["least_squares"](f, r)[0]),
        direction("least_squares"),
    ),
    "least squares that pulls fakes to the generator's old target": (
        "least_squares",
        with_g_loss("least_squares", lambda f: 0.5 * mean(tf.square(f))),
        numbers("least_squares"),
    ),
    "least squares with targets -1 and 1": (
        "least_squares",
        with_d_loss(
            "least_squares", lambda r, f: 0.5 * (mean((r - 1.0) ** 2) + mean((f + 1.0) ** 2))
        ),
        test_losses.test_least_squares_pulls_real_to_one_and_fake_to_zero,
    ),
    "least squares without its half": (
        "least_squares",
        lambda r, f: [2.0 * v for v in RIGHT["least_squares"](r, f)],
        numbers("least_squares"),
    ),
    "least squares of probabilities": (
        "least_squares",
        lambda r, f: RIGHT["least_squares"](tf.sigmoid(r), tf.sigmoid(f)),
        numbers("least_squares"),
    ),
    "Wasserstein critic with the wrong sign": (
        "wasserstein",
        with_d_loss("wasserstein", lambda r, f: mean(r) - mean(f)),
        direction("wasserstein"),
    ),
    "Wasserstein generator with the wrong sign": (
        "wasserstein",
        with_g_loss("wasserstein", mean),
        direction("wasserstein"),
    ),
    "relativistic against the mean of the other side": (
        "relativistic",
        lambda r, f: (
            mean(tf.nn.softplus(mean(f) - r)),
            mean(tf.nn.softplus(mean(r) - f)),
        ),
        test_losses.test_relativistic_compares_pair_by_pair,
    ),
    "relativistic, every real with every fake": (
        "relativistic",
        lambda r, f: (
            mean(tf.nn.softplus(tf.transpose(f) - r)),
            mean(tf.nn.softplus(r - tf.transpose(f))),
        ),
        test_losses.test_relativistic_compares_pair_by_pair,
    ),
    "relativistic generator that helps the discriminator": (
        "relativistic",
        lambda r, f: (mean(tf.nn.softplus(f - r)),) * 2,
        direction("relativistic"),
    ),
    "loss computed in half precision": (
        "least_squares",
        lambda r, f: (0.5 * (mean((r - 1.0) ** 2) + mean(f**2)), 0.5 * mean((f - 1.0) ** 2)),
        lambda: test_losses.test_half_precision_loses_nothing_but_the_digits_of_the_logits(
            "least_squares", tf.float16
        ),
    ),
}


def penalty(of_square, alpha=None):
    """A gradient penalty that does ``of_square`` with the squared norms [n]."""

    def wrong(critic, real, fake, seed=None, **_):
        shape = [len(real)] + [1] * (len(real.shape) - 1)
        share = tf.random.stateless_uniform(shape, seed or (0, 0), dtype=real.dtype)
        share = share if alpha is None else alpha(shape)
        return of_square(RIGHT_SQUARE_NORM(critic, real + share * (fake - real)))

    return wrong


def distance_to_one(square):
    return mean((tf.sqrt(square + 1e-12) - 1.0) ** 2)


def slope_without_a_past(critic, images):
    """The gradient as a number: right in value, but nothing to train by."""
    return tf.stop_gradient(RIGHT_SQUARE_NORM(critic, images))


linear, dead, points = (
    test_losses.test_penalties_of_a_linear_critic,
    test_losses.test_gradient_penalty_of_a_dead_critic_has_a_gradient,
    test_losses.test_gradient_penalty_points_lie_between_real_and_fake,
)
PENALTIES = {
    "one norm for the whole batch": (
        "gradient_penalty",
        penalty(lambda square: (tf.sqrt(tf.reduce_sum(square) + 1e-12) - 1.0) ** 2),
        test_losses.test_the_norm_is_that_of_each_image_alone,
    ),
    "penalty on one side": (
        "gradient_penalty",
        penalty(lambda square: mean(tf.nn.relu(tf.sqrt(square + 1e-12) - 1.0) ** 2)),
        dead,
    ),
    "distance of the squared norm": (
        "gradient_penalty",
        penalty(lambda square: mean((square - 1.0) ** 2)),
        linear,
    ),
    "distance that is not squared": (
        "gradient_penalty",
        penalty(lambda square: mean(tf.abs(tf.sqrt(square + 1e-12) - 1.0))),
        linear,
    ),
    "norm without a centre": ("gradient_penalty", penalty(mean), linear),
    "bare square root": (
        "gradient_penalty",
        penalty(lambda square: mean((tf.sqrt(square) - 1.0) ** 2)),
        dead,
    ),
    "weight inside": (
        "gradient_penalty",
        penalty(lambda square: 10.0 * distance_to_one(square)),
        linear,
    ),
    "penalty at real images": (
        "gradient_penalty",
        penalty(distance_to_one, alpha=tf.zeros),
        points,
    ),
    "one point for the whole batch": (
        "gradient_penalty",
        penalty(distance_to_one, alpha=lambda shape: tf.fill(shape, 0.2)),
        points,
    ),
    "points beyond the pair": (
        "gradient_penalty",
        penalty(
            distance_to_one, alpha=lambda shape: tf.random.stateless_normal(shape, (0, 0)) + 0.5
        ),
        points,
    ),
    "gradient penalty without a second derivative": (
        "_gradient_square_norm",
        slope_without_a_past,
        test_losses.test_gradient_penalty_has_the_gradient_of_its_formula,
    ),
    "R1 without a second derivative": (
        "_gradient_square_norm",
        slope_without_a_past,
        test_losses.test_penalty_gradient_against_central_differences,
    ),
    "R1 with its half inside": (
        "r1_penalty",
        lambda critic, real: 0.5 * mean(RIGHT_SQUARE_NORM(critic, real)),
        linear,
    ),
    "R1 of the norm, not its square": (
        "r1_penalty",
        lambda critic, real: mean(tf.sqrt(RIGHT_SQUARE_NORM(critic, real))),
        linear,
    ),
    "R1 averaged over pixels": (
        "_gradient_square_norm",
        lambda critic, images: (
            RIGHT_SQUARE_NORM(critic, images) / tf.cast(tf.size(images[0]), tf.float32)
        ),
        linear,
    ),
    "R1 centred at one": (
        "r1_penalty",
        lambda critic, real: distance_to_one(RIGHT_SQUARE_NORM(critic, real)),
        linear,
    ),
    "R1 elsewhere than told": (
        "r1_penalty",
        lambda critic, real: mean(RIGHT_SQUARE_NORM(critic, -2.0 * real)),
        test_losses.test_r1_is_taken_where_it_is_told,
    ),
}
MISTAKES = LOSSES | PENALTIES


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    must_be_noticed(monkeypatch, PLACES, *MISTAKES[mistake])
