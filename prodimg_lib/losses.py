"""Adversarial losses and gradient penalties: pure functions of logits or critics.

Every loss takes raw logits (no sigmoid anywhere: ``softplus`` is the stable ``log(1 + exp)``) and
returns ``(d_loss, g_loss)``, two scalars that are means over the batch. The discriminator loss is
the *sum* of its real and fake halves, so an undecided discriminator scores 2 ln 2 = 1.386.

All is computed in float32 at least, whatever comes in. Logits [n] beside logits [n, 1] are an
``InputError``, as they would broadcast to [n, n].
"""

import tensorflow as tf

from prodimg_lib.errors import InputError
from prodimg_lib.tensors import alike, precise


def _logits(real, fake):
    """Both as tensors of one dtype; the batches may differ in size, the other axes not."""
    real, fake = precise(real, fake)
    if not real.shape.rank or not real.shape[1:].is_compatible_with(fake.shape[1:]):
        raise InputError(
            f"real_logits have shape {tuple(real.shape)}, fake_logits {tuple(fake.shape)}: "
            "expected both [n] or both [n, 1], reshape one of them"
        )
    return real, fake


def non_saturating(real_logits, fake_logits):
    """Cross-entropy game with the generator loss -log D(G(z)) (Goodfellow et al. 2014, section 3).

    Args:
        real_logits, fake_logits: float [n] or [n, 1], any real values.

    Returns:
        ``(d_loss, g_loss)``: E softplus(-real) + E softplus(fake), and E softplus(-fake).
    """
    real, fake = _logits(real_logits, fake_logits)
    d_loss = tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))
    return d_loss, tf.reduce_mean(tf.nn.softplus(-fake))


def minimax(real_logits, fake_logits):
    """The zero-sum game: G minimises E log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1).

    The generator's gradient vanishes where the discriminator is sure; kept to show exactly that.
    """
    d_loss, _ = non_saturating(real_logits, fake_logits)
    _, fake = _logits(real_logits, fake_logits)
    return d_loss, -tf.reduce_mean(tf.nn.softplus(fake))


def least_squares(real_logits, fake_logits):
    """Least squares GAN with targets 0 and 1 and the factor 1/2 (Mao et al. 2017, eq. 9)."""
    real, fake = _logits(real_logits, fake_logits)
    d_loss = 0.5 * (tf.reduce_mean(tf.square(real - 1.0)) + tf.reduce_mean(tf.square(fake)))
    return d_loss, 0.5 * tf.reduce_mean(tf.square(fake - 1.0))


def hinge(real_logits, fake_logits):
    """Hinge for the discriminator, linear for the generator (Lim & Ye 2017; Tran et al. 2017)."""
    real, fake = _logits(real_logits, fake_logits)
    d_loss = tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))
    return d_loss, -tf.reduce_mean(fake)


def wasserstein(real_logits, fake_logits):
    """Difference of critic means (Arjovsky et al. 2017); needs a Lipschitz constraint."""
    real, fake = _logits(real_logits, fake_logits)
    return tf.reduce_mean(fake) - tf.reduce_mean(real), -tf.reduce_mean(fake)


def relativistic(real_logits, fake_logits):
    """Relativistic pairing GAN: real minus fake, pair by pair (Jolicoeur-Martineau 2018, RpGAN).

    Args:
        real_logits, fake_logits: of equal shape; entries of equal index are paired.

    Raises:
        InputError: shapes that differ, the number of rows included.
    """
    real, fake = _logits(real_logits, fake_logits)
    alike(real_logits=real, fake_logits=fake)
    margin = real - fake
    return tf.reduce_mean(tf.nn.softplus(-margin)), tf.reduce_mean(tf.nn.softplus(margin))


LOSSES = {
    f.__name__: f
    for f in (non_saturating, minimax, least_squares, hinge, wasserstein, relativistic)
}


def _gradient_square_norm(critic, images):
    """Squared L2 norm of d critic(x) / d x for each image, [n]; differentiable a second time."""
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = critic(images)
        # The sum makes one call give every image's own gradient: valid because image i's logit
        # depends on image i alone, which is why a critic with BatchNorm must not be penalised.
        total = tf.reduce_sum(logits)
    if not logits.shape.rank or any(side not in (1, None) for side in logits.shape[1:]):
        raise InputError(
            f"the critic gives logits of shape {tuple(logits.shape)}: expected one for each image, "
            "[n] or [n, 1], as a mean over the batch or over places would shrink the gradient"
        )
    gradient = tape.gradient(total, images)
    if gradient is None:
        raise InputError("the critic's logits do not depend on the images: no gradient to penalise")
    (gradient,) = precise(gradient)
    return tf.reduce_sum(tf.square(gradient), axis=tuple(range(1, len(images.shape))))


def gradient_penalty(critic, real, fake, seed=None, alpha=None):
    """Two-sided penalty ``E (|grad D(x)| - 1)^2`` (Gulrajani et al. 2017), without its weight.

    Args:
        critic: callable, images [n, ...] -> logits [n] or [n, 1], each row from its own image.
        real, fake: float images of equal shape; x lies uniformly on the segment between the pair.
        seed: pair of ints for a reproducible draw of the mixing weights, or None.
        alpha: the mixing weights themselves, [n, 1, ...] in [0, 1], instead of a draw.

    Returns:
        Scalar, the bare mean (multiply by lambda, usually 10).

    Raises:
        InputError: images of different shapes, or a critic of another kind.
    """
    real, fake = tf.convert_to_tensor(real), tf.convert_to_tensor(fake)
    alike(real=real, fake=fake)
    if alpha is None:
        shape = [tf.shape(real)[0]] + [1] * (len(real.shape) - 1)
        if seed is None:
            alpha = tf.random.uniform(shape, dtype=real.dtype)
        else:
            alpha = tf.random.stateless_uniform(shape, seed, dtype=real.dtype)
    square = _gradient_square_norm(critic, real + tf.cast(alpha, real.dtype) * (fake - real))
    # sqrt has an infinite derivative at 0: a dead critic would answer NaN, not a penalty of 1.
    return tf.reduce_mean(tf.square(tf.sqrt(square + 1e-12) - 1.0))


def r1_penalty(critic, real):
    """Zero-centred penalty ``E |grad D(x)|^2`` on real images (Mescheder et al. 2018), no gamma/2.

    On fakes in place of real images it is R2.

    Args:
        critic, real: as for ``gradient_penalty``.

    Raises:
        InputError: a critic of another kind.
    """
    return tf.reduce_mean(_gradient_square_norm(critic, real))
