"""Which settings a weakness asks to change: pure functions, a rule for each name of the advice."""

import math
from dataclasses import dataclass
from typing import Any

from prodimg_lib.metrics.table import distance_of
from prodimg_lib.models.config import FEW
from prodimg_lib.runs.config import RunConfig

ENOUGH_STEPS, ENOUGH_EPOCHS = 5000, 20  # below, the advice calls a run undertrained
_MOST = 10  # times the budget; a longer step is better taken after another look


@dataclass(frozen=True)
class Situation:
    """What the rules look at.

    Attributes:
        config: the ``RunConfig`` of the run; settings: those of its model, defaults filled in.
        metrics: of ``metrics.json``.
        steps: of training; train, held_out: numbers of photographs; classes: of them.
    """

    config: RunConfig
    settings: Any
    metrics: dict[str, Any]
    steps: int
    train: int
    held_out: int
    classes: int

    def has(self, name):
        """Whether the model has a setting."""
        return hasattr(self.settings, name)


def remedy(name, now):
    """The changes that a weakness asks for.

    Args:
        name: of a ``Weakness``; now: ``Situation``.

    Returns:
        ``{key of RunConfig, dotted: new value}``; empty where no setting would do it.
    """
    rule = _RULES.get(name)
    return rule(now) if rule else {}


def _longer(now, times=2.0):
    """The budget so many times, of whatever ends training."""
    train = now.config.train
    found = {"train.minutes": round(train.minutes * times, 2)} if train.minutes else {}
    return found | ({"train.steps": math.ceil(train.steps * times)} if train.steps else {})


def _enough(now):
    """As long as it takes until more of the same helps little, but at most ten times."""
    epoch = now.train / now.config.train.batch_size
    times = max(ENOUGH_STEPS, ENOUGH_EPOCHS * epoch) / max(1, now.steps)
    return _longer(now, min(_MOST, max(2, math.ceil(times))))


def _halved(*names):
    return lambda now: {
        f"settings.{name}": getattr(now.settings, name) / 2 for name in names if now.has(name)
    }


def _doubled(*names):
    def rule(now):
        name = next(filter(now.has, names), None)
        return {f"settings.{name}": 2 * getattr(now.settings, name)} if name else {}

    return rule


def _few_images(now):
    facts = now.metrics[distance_of(now.metrics)]
    wanted = min(10 * facts["d"], now.held_out)
    if now.config.evaluate.images >= wanted:
        return {}  # there are no more photographs to compare with
    return {"evaluate.images": wanted}


def _blurs(now):
    # The importance-weighted bound has no KL of its own to weigh.
    if now.has("beta") and now.settings.beta > 0 and now.settings.importance_samples == 1:
        return {"settings.beta": now.settings.beta / 2}
    return _longer(now)


def _alike(now):
    if now.settings.guidance > 1:
        return {"settings.guidance": 1.0}
    return {"settings.steps": 32} if now.settings.steps < 32 else {}


def _requests(now):
    settings = now.settings
    if now.has("conditioning") and settings.conditioning == "input":
        return {"settings.conditioning": "film"}
    if now.has("guidance") and settings.guidance == 1 and not settings.lacks_for(1.5):
        return {"settings.guidance": 1.5}
    return {}


def _saturated(now):
    if now.settings.loss != "non_saturating":
        return {"settings.loss": "non_saturating"}
    return _halved("d_learning_rate")(now)


def _dominated(now):
    settings = now.settings
    stronger = list(dict.fromkeys([*settings.augment, "translation", "cutout"]))
    if now.train < FEW and len(stronger) > len(settings.augment):
        return {"settings.augment": stronger}
    mixes = settings.d_normalisation == "batch" or settings.minibatch_stddev
    if settings.penalty == "none" and not mixes:
        return {"settings.penalty": "r1"}
    return _halved("d_learning_rate")(now)


def _missing_classes(now):
    if not now.config.conditional and now.classes > 1:
        return {"conditional": True}
    return _halved("g_learning_rate")(now)


_BOTH_RATES = _halved("g_learning_rate", "d_learning_rate")
_RULES = {
    "few_images": _few_images,
    "undertrained": _enough,
    "noise": _enough,
    "converging": _doubled("width"),
    "repeats": _halved("g_learning_rate"),
    "blurs": _blurs,
    "colours": _BOTH_RATES,
    "forgotten": _doubled("latent_dim"),
    "faded": _longer,
    "alike": _alike,
    "missing": _longer,
    "unguided": _longer,
    "requests": _requests,
    "blurry": _doubled("codes", "latent_dim"),
    "doctor_not_a_number": _BOTH_RATES,
    "doctor_exploding": _BOTH_RATES,
    "doctor_worse": _BOTH_RATES,
    "doctor_colours": _BOTH_RATES,
    "doctor_saturated": _saturated,
    "doctor_dominated": _dominated,
    "doctor_collapsed": _halved("g_learning_rate"),
    "doctor_missing": _missing_classes,
}
