"""The mistakes that flows are known for: each must make a test of this suite fail."""

import pytest
import tensorflow as tf

from prodimg_lib import diffusion
from prodimg_lib.models import flow
from prodimg_lib.models.flow import Flow
from tests.mistakes import must_be_noticed, on_a_batch
from tests.models import test_flow as tests

PLACES = (diffusion, flow, Flow)
RIGHT_TARGET, RIGHT_NOISE, RIGHT_GUIDED = diffusion.target, flow.step_noise, diffusion.guided
RIGHT_OBJECTIVE = Flow.objective


def step(target):
    return on_a_batch(tests.test_step_is_one_step_on_the_squared_error_of_the_target, target)


def never_dropped(self, images, labels, step, stream=""):
    kept, self.config = self.config, self.config.model_copy(update={"label_dropout": 0.0})
    try:
        return RIGHT_OBJECTIVE(self, images, labels, step, stream)
    finally:
        self.config = kept


MISTAKES = {
    "velocity of the other direction": (
        "target",
        lambda name, *rest: -RIGHT_TARGET(name, *rest),
        step("flow"),
    ),
    "one target trained, another asked for": (
        "target",
        lambda name, *rest: RIGHT_TARGET("eps", *rest),
        step("v"),
    ),
    "noise of half the strength": (
        "step_noise",
        lambda *arguments: 0.5 * RIGHT_NOISE(*arguments),
        step("eps"),
    ),
    "one noise for the whole batch": (
        "step_noise",
        lambda *arguments: tf.zeros_like(RIGHT_NOISE(*arguments)) + RIGHT_NOISE(*arguments)[:1],
        step("x0"),
    ),
    "labels that are never dropped": (
        "objective",
        never_dropped,
        tests.test_as_many_labels_are_dropped_as_asked_for,
    ),
    "an average that stays where it was": (
        "_average_network",
        lambda self: None,
        on_a_batch(tests.test_average_is_what_it_says),
    ),
    "guidance that is one too strong": (
        "guided",
        lambda c, u, scale: RIGHT_GUIDED(c, u, scale + 1),
        tests.test_guidance_of_one_is_the_conditional_model_and_of_zero_the_other,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    must_be_noticed(monkeypatch, PLACES, *MISTAKES[mistake])
