"""The GAN's step: two optimizers, one shared batch of fakes, an averaged generator."""

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import GAN, losses
from prodimg_lib.layers import step_noise
from tests.models import TINY, tiny_images


@pytest.fixture
def batch():
    images, labels = tiny_images(8)
    return tf.constant(images / 127.5 - 1, tf.float32), tf.constant(labels, tf.int32)


def test_step_is_two_gradient_steps_at_the_same_weights(batch):
    """One ``train_step`` against the textbook written out, with plain gradient descent."""
    import keras

    real, labels = batch
    model = GAN(**TINY, num_classes=2)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2))
    g, d = model.generator, model.discriminator
    z = step_noise([8, TINY["latent_dim"]], 0, 0)
    before = [v.numpy() for v in g.trainable_variables + d.trainable_variables]
    statistics = [v.numpy() for v in g.non_trainable_variables]
    with tf.GradientTape() as tape:
        d_loss, _ = losses.non_saturating(
            d([real, labels]), d([g([z, labels], training=True), labels])
        )
    d_gradients = tape.gradient(d_loss, d.trainable_variables)
    with tf.GradientTape() as tape:
        _, g_loss = losses.non_saturating(
            d([real, labels]), d([g([z, labels], training=True), labels])
        )
    g_gradients = tape.gradient(g_loss, g.trainable_variables)
    for variable, value in zip(g.non_trainable_variables, statistics, strict=True):
        variable.assign(value)  # the two passes above moved the batch statistics

    model.train_step((real, labels))
    after = [v.numpy() for v in g.trainable_variables + d.trainable_variables]
    steps = [0.1 * x.numpy() for x in g_gradients]
    steps += [0.2 * tf.convert_to_tensor(x).numpy() for x in d_gradients]
    for old, new, step in zip(before, after, steps, strict=True):
        np.testing.assert_allclose(new, old - step, rtol=1e-4, atol=1e-6)


def test_average_follows_the_generator_with_its_statistics(batch):
    model = GAN(**TINY, ema_decay=0.5, num_classes=2)
    model.compile()
    expected = [v.numpy() for v in model.ema_generator.variables]
    for step in range(4):
        model.train_step(batch)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = [
            decay * average + (1 - decay) * np.asarray(value)
            for average, value in zip(expected, model.generator.variables, strict=True)
        ]
    moved = [
        not np.array_equal(v.numpy(), e * 0)
        for v, e in zip(model.generator.variables, expected, strict=True)
    ]
    assert any(moved)
    for average, value in zip(model.ema_generator.variables, expected, strict=True):
        np.testing.assert_allclose(average.numpy(), value, rtol=1e-5, atol=1e-7)


def test_average_has_no_gradient(batch):
    model = GAN(**TINY)
    assert model.ema_generator.trainable_variables == []
    own = {v.path for v in model.generator.trainable_variables}
    own |= {v.path for v in model.discriminator.trainable_variables}
    assert own == {v.path for v in model.trainable_variables}


def test_discriminator_judges_each_image_alone(batch):
    real, labels = batch
    d = GAN(**TINY, num_classes=2).discriminator
    whole = d([real, labels], training=True).numpy()
    single = np.concatenate(
        [d([real[i : i + 1], labels[i : i + 1]], training=True) for i in range(8)]
    )
    np.testing.assert_allclose(whole, single, rtol=1e-4, atol=1e-6)


def test_label_reaches_both_networks(batch):
    real, labels = batch
    model = GAN(**TINY, num_classes=2)
    d = model.discriminator
    assert not np.allclose(d([real, labels]), d([real, 1 - labels]))


def test_logits_are_unbounded(batch):
    """The last layer is linear: doubling its weights doubles the logit."""
    real, _ = batch
    d = GAN(**TINY).discriminator
    before = d(real).numpy()
    last = d.layers[-1]
    last.set_weights([2 * w for w in last.get_weights()])
    np.testing.assert_allclose(d(real), 2 * before, rtol=1e-5)


def test_learns_where_the_bright_square_is():
    """200 steps on two classes: the requested class decides which half is bright."""
    from prodimg_lib.data.pipeline import batches

    images, labels = tiny_images(256)
    model = GAN(width=8, latent_dim=8, num_classes=2)
    model.compile()
    model.fit(batches(images, labels, batch_size=32), steps_per_epoch=200, verbose=0, shuffle=False)
    fake = model.generate(40).astype(float)
    left_minus_right = fake[:, 7:21, :14].mean((1, 2, 3)) - fake[:, 7:21, 14:].mean((1, 2, 3))
    # Real images differ by +-90 grey levels or so; a model that ignores the label scores one half.
    assert np.mean((left_minus_right > 0) == (np.arange(40) % 2 == 0)) > 0.9
