"""C05: the gradient penalty of WGAN-GP."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "gradient_penalty"


def starter(critic, real, fake, seed):
    """Mean of (length of the critic's input gradient - 1)^2.

    Taken at one point for each pair: somewhere on the line between a real
    image and the fake of the same index.

    Args:
        critic: function of images [b, h, w, c]; scores float [b, 1].
        real: float [b, h, w, c], real images.
        fake: float [b, h, w, c], generated ones.
        seed: int; the same seed gives the same points.

    Returns:
        Scalar tensor, without the weight lambda; differentiable in the
        critic's weights.
    """
    raise NotImplementedError


def reference(critic, real, fake, seed):
    share = tf.random.stateless_uniform([real.shape[0], 1, 1, 1], [seed, 0])
    points = real + share * (fake - real)
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    slopes = tape.gradient(scores, points)
    lengths = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=[1, 2, 3]))
    return tf.reduce_mean(tf.square(lengths - 1.0))


def torch_reference(critic, real, fake, seed):
    import torch

    random = torch.Generator().manual_seed(seed)
    share = torch.rand((len(real), 1, 1, 1), generator=random)
    points = (real + share * (fake - real)).requires_grad_()
    (slopes,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
    lengths = slopes.flatten(1).norm(dim=1)
    return torch.mean((lengths - 1.0) ** 2)


def variant_generator_and_loop(critic, real, fake, seed):
    share = tf.random.Generator.from_seed(seed).uniform([len(real)])
    penalties = []
    for a, b, t in zip(real, fake, tf.unstack(share), strict=True):
        point = (t * a + (1.0 - t) * b)[None]
        with tf.GradientTape() as tape:
            tape.watch(point)
            score = tf.squeeze(critic(point))
        penalties.append((tf.norm(tape.gradient(score, point)) - 1.0) ** 2)
    return tf.add_n(penalties) / len(penalties)


def variant_keras_random(critic, real, fake, seed):
    share = keras.random.uniform((real.shape[0], 1, 1, 1), seed=seed)
    points = tf.Variable(share * real + (1 - share) * fake)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(critic(points))
    slopes = tf.reshape(tape.gradient(total, points), [real.shape[0], -1])
    return tf.reduce_mean((tf.norm(slopes, axis=1) - 1) ** 2)


def wrong_norm_over_batch(critic, real, fake, seed):
    share = tf.random.stateless_uniform([tf.shape(real)[0], 1, 1, 1], [seed, 0])
    points = real + share * (fake - real)
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    return tf.square(tf.norm(tape.gradient(scores, points)) - 1.0)


def wrong_tape_does_not_watch(critic, real, fake, seed):
    share = tf.random.stateless_uniform([tf.shape(real)[0], 1, 1, 1], [seed, 0])
    points = real + share * (fake - real)
    with tf.GradientTape() as tape:
        scores = critic(points)
    slopes = tape.gradient(scores, points)
    lengths = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=[1, 2, 3]))
    return tf.reduce_mean(tf.square(lengths - 1.0))


def wrong_shared_epsilon(critic, real, fake, seed):
    share = tf.random.stateless_uniform([], [seed, 0])
    return _at(critic, real + share * (fake - real))


def wrong_epsilon_per_pixel(critic, real, fake, seed):
    share = tf.random.stateless_uniform(tf.shape(real), [seed, 0])
    return _at(critic, real + share * (fake - real))


def wrong_slope_of_the_mean(critic, real, fake, seed):
    return reference(lambda points: tf.reduce_mean(critic(points)), real, fake, seed)


def wrong_squared_length(critic, real, fake, seed):
    share = tf.random.stateless_uniform([tf.shape(real)[0], 1, 1, 1], [seed, 0])
    points = real + share * (fake - real)
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    squared = tf.reduce_sum(tf.square(tape.gradient(scores, points)), axis=[1, 2, 3])
    return tf.reduce_mean(tf.square(squared - 1.0))


def wrong_seed_ignored(critic, real, fake, seed):
    share = tf.random.uniform([tf.shape(real)[0], 1, 1, 1])
    return _at(critic, real + share * (fake - real))


def _at(critic, points):
    """The right penalty at given points."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    lengths = tf.norm(tf.reshape(tape.gradient(scores, points), [len(points), -1]), axis=1)
    return tf.reduce_mean(tf.square(lengths - 1.0))


def checks(c):
    n, pixels = 4, 12
    real = c.normal(n, 2, 3, 2)
    apart = c.rng.uniform(0.5, 2, real.shape) * c.rng.choice([-1, 1], real.shape)
    fake = real + apart.astype("float32")
    images = tf.constant(real), tf.constant(fake)
    weights = c.normal(pixels, 1)

    lib = c.library
    ones = lib.floats(np.ones(pixels), (pixels, 1))

    def bowl(x):
        return lib.floats(x, (-1, pixels)) ** 2 @ ones / 2

    def watched(seed=c.seed):
        """Penalty of a linear critic, its slope in the weights, and the points it was shown."""
        w = lib.variable(weights)
        seen: list[np.ndarray] = []

        def linear(x):
            lib.note(x, seen)
            return lib.floats(x, (-1, pixels)) @ w

        penalty, slope = c.ask_slope(w, linear, *images, seed)
        return (
            penalty,
            slope,
            np.concatenate(seen).reshape(-1, pixels) if seen else np.zeros((0, 1)),
        )

    length = float(np.linalg.norm(weights.astype(float)))
    penalty, slope, points = c.observe(watched)
    c.shape("scalar", penalty, ())
    c.close("any-batch", penalty, (length - 1) ** 2, rtol=1e-4)

    # What the critic was shown: one row of shares, from 0 to 1, for each image.
    c.true("as-many", points.shape == (n, pixels), got=len(points))
    points = np.resize(points, (n, pixels)) if points.size else np.zeros((n, pixels))
    shares = (points - real.reshape(n, -1)) / apart.reshape(n, -1)
    inside = bool(((shares > -1e-3) & (shares < 1 + 1e-3)).all())
    c.true("between", inside, got=inside)
    straight = bool(np.ptp(shares, axis=1).max() < 1e-3)
    mistake = None if straight else "epsilon-per-pixel"
    c.true("on-the-line", straight, got=straight, mistake=mistake)
    own = len(np.unique(shares[:, 0].round(4)))
    shared = own == 1 and 1e-3 < shares[0, 0] < 1 - 1e-3  # 0 or 1 would be no epsilon at all
    c.true("own-point", own == n, got=own, mistake="shared-epsilon" if shared else None)
    again = c.observe(watched)[2]
    same = again.shape == (n, pixels) and np.allclose(points, again)
    c.true("same-seed", same, mistake="seed-ignored")
    other = c.observe(lambda: watched(c.seed + 1))[2]
    apart = other.shape != points.shape or not np.allclose(points, other)
    c.true("another-seed", apart, want="other points than those of the first seed")

    # Where both batches are the same there is only one point to take for each image.
    lengths = np.linalg.norm(real.reshape(n, -1).astype(float), axis=1)
    same = images[0], images[0]
    c.close("value", c.call(bowl, *same, c.seed), np.mean((lengths - 1) ** 2), rtol=1e-4)

    c.true("trains-the-critic", slope is not None, layer="gradient")
    slope = np.zeros((pixels, 1)) if slope is None else slope
    c.close("gradient-weights", slope, 2 * (1 - 1 / length) * weights, 1e-3, layer="gradient")
