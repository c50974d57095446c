"""Reflow: a flow trained on the lines that another flow has drawn, for images in few steps."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib.errors import InputError
from prodimg_lib.models import inputs
from prodimg_lib.models.base import with_labels
from prodimg_lib.models.flow import Flow
from prodimg_lib.seeds import draw_seed, step_seed

LEARNING_RATE = 1e-3  # falls to zero along a cosine


def reflow(teacher, pairs=10_000, steps=3000, seed=0, batch_size=64, guidance=None):
    """A flow whose paths are nearly straight, so that a step or two follow them (Liu et al. 2023).

    The teacher takes ``pairs`` draws of noise to images, the classes in turn. A copy of it is then
    trained on the lines between *these*, which hardly cross, instead of lines to photographs.

    Args:
        teacher: a trained ``Flow`` of target ``flow``. It is not changed.
        pairs: how many; few are learned by heart.
        steps, batch_size: of the training.
        guidance: of the teacher, None = its config's. The copy has it built in, at no cost.

    Returns:
        ``Flow``. It samples by Euler's method, in two steps unless told otherwise, and knows no
        label that means "any", so ``guidance`` has nothing to lead away from.

    Raises:
        InputError: a teacher of another target, numbers out of range.
    """
    if teacher.config.target != "flow":
        raise InputError(
            f"target = {teacher.config.target!r}: reflow straightens the paths of a model of "
            "target 'flow'"
        )
    pairs, steps = inputs.whole("pairs", pairs, 1), inputs.whole("steps", steps, 1)
    noise, images, labels = (
        None if part is None else tf.constant(part)
        for part in draw_pairs(teacher, pairs, seed, guidance)
    )
    student = _copy(teacher, seed)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    student.compile(optimizer=keras.optimizers.Adam(rate))

    @tf.function(autograph=False)
    def descend():
        draw = step_seed(seed, student.step.value, "rows of reflow")
        rows = tf.random.stateless_uniform([batch_size], draw, maxval=pairs, dtype=tf.int32)
        chosen = (None if part is None else tf.gather(part, rows) for part in (images, labels))
        student.descend(*chosen, noise=tf.gather(noise, rows))
        student.step.assign_add(1)

    for _ in range(steps):
        descend()
    return student


def draw_pairs(teacher, n, seed=0, guidance=None, batch_size=256):
    """Noise, where the teacher takes it, and the labels: n pairs, the classes in turn.

    Returns:
        noise and images, float32 [n, size, size, channels], images in [-1, 1]; labels int32 [n],
        or None of an unconditional teacher.
    """
    noise = teacher.latents(n, draw_seed(seed, "pairs of reflow"))
    labels = teacher.labels_for(n)
    parts = []
    for rows in inputs.rows(n, batch_size):
        x = with_labels(noise[rows], None if labels is None else tf.constant(labels[rows]))
        parts.append(np.asarray(teacher.sampler(x, guidance=guidance)))
    images = np.concatenate(parts)
    return noise.reshape(images.shape), images, labels


def _copy(teacher, seed):
    """The teacher's averaged network in a model of its own, for images in few steps."""
    settings: dict[str, Any] = {"label_dropout": 0.0} if teacher.conditional else {}
    settings |= {"guidance": 1.0, "sampler": "euler", "steps": 2, "seed": seed}
    student = Flow({**teacher.config.model_dump(), **settings})
    student.shipped().set_weights(teacher.shipped().get_weights())
    student.after_loading()
    return student
