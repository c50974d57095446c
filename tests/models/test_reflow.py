"""Reflow: the pairs are the teacher's own, the copy learns their lines and samples in few steps."""

import numpy as np
import pytest
import tensorflow as tf

from prodimg_lib import Flow, InputError, to_uint8
from prodimg_lib.data.batches import batches
from prodimg_lib.models.reflow import draw_pairs, reflow
from prodimg_lib.seeds import step_seed
from tests.samples import tiny, tiny_images


@pytest.fixture(scope="module")
def teacher():
    images, labels = tiny_images(64)
    model = Flow(width=8, num_classes=2, steps=12)
    model.compile()
    stream = batches(images, labels, batch_size=16)
    model.fit(stream, steps_per_epoch=250, verbose=0, shuffle=False)
    return model


def test_pairs_are_noise_and_where_the_teacher_takes_it(teacher):
    noise, images, labels = draw_pairs(teacher, 7, seed=3, batch_size=4)
    assert noise.shape == images.shape == (7, 28, 28, 1)
    np.testing.assert_array_equal(labels, np.arange(7) % 2)
    decoded = teacher.decode(noise.reshape(7, -1), labels).astype(int)
    assert np.abs(decoded - to_uint8(images)).max() <= 1  # another batch size rounds otherwise
    for i, same in ((3, True), (4, False)):
        assert np.array_equal(draw_pairs(teacher, 7, seed=i)[0], noise) == same
    guided = draw_pairs(teacher, 7, seed=3, guidance=2.0)[1]
    assert np.abs(guided - images).max() > 0.01


def test_given_noise_ends_each_line_and_times_are_uniform(teacher, batch):
    """The loss anew: (guess at (1 - t) x + t eps, minus eps - x) squared, labels as they are."""
    images, labels = batch
    student = reflow(teacher, pairs=8, steps=1, batch_size=2)
    eps = np.random.default_rng(0).normal(size=images.shape).astype("float32")
    t = tf.random.stateless_uniform([len(images)], step_seed(0, 5, "times "))
    at = t[:, None, None, None]
    guess = student.network([(1 - at) * images + at * eps, t, labels])
    expected = tf.reduce_mean((guess - (eps - images)) ** 2, [1, 2, 3])
    got = student.objective(images, labels, 5, noise=tf.constant(eps))
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_one_step_of_the_copy_follows_the_teacher_better_than_one_of_its_own(teacher):
    before = [np.asarray(v) for v in teacher.variables]
    student = reflow(teacher, pairs=512, steps=300, batch_size=32)
    noise, images, labels = draw_pairs(teacher, 64, seed=99)  # pairs that it was not taught

    def off(model):
        one = model.decode(noise.reshape(64, -1), labels, steps=1)
        return np.mean((one / 127.5 - 1 - images) ** 2)

    assert off(student) < 0.75 * off(teacher)
    for old, new in zip(before, teacher.variables, strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_copy_is_told_by_its_seed_and_has_guidance_built_in(teacher):
    one, again, other = (reflow(teacher, pairs=8, steps=2, batch_size=4, seed=s) for s in (1, 1, 2))
    images = [model.generate(4, seed=0) for model in (one, again, other)]
    np.testing.assert_array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])
    assert (one.config.sampler, one.config.steps, one.config.guidance) == ("euler", 2, 1)
    with pytest.raises(InputError, match="guidance = 2 needs a model trained with label_dropout"):
        one.generate(1, guidance=2.0)


def test_without_classes_too():
    model = Flow(**tiny(Flow))
    assert draw_pairs(model, 3)[2] is None
    assert reflow(model, pairs=4, steps=1, batch_size=2).generate(2).shape == (2, 28, 28, 1)


def test_what_cannot_be_straightened_is_refused(teacher):
    with pytest.raises(InputError, match="target = 'eps': reflow straightens"):
        reflow(Flow(**tiny(Flow), target="eps"))
    with pytest.raises(InputError, match="pairs = 0: expected at least 1"):
        reflow(teacher, pairs=0)
