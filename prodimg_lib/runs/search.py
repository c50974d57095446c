"""What ``prodimg tune`` tries: the settings of each family and their ranges, as data."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Between:
    """Any number from ``low`` to ``high``, each octave as likely as another."""

    low: float
    high: float


@dataclass(frozen=True)
class OneOf:
    """One of these values."""

    values: tuple[Any, ...]


_RATE = Between(2e-4, 5e-3)
_WIDTH = OneOf((16, 24, 32, 48))

# Family -> names of its settings -> what they may be. The default lies in each.
SPACES: dict[str, dict[str, Between | OneOf]] = {
    "gan": {
        "g_learning_rate": _RATE,
        "d_learning_rate": _RATE,
        "beta_1": OneOf((0.0, 0.5)),
        "ema_decay": OneOf((0.99, 0.995, 0.999)),
        "latent_dim": OneOf((16, 32, 64, 128)),
        "width": _WIDTH,
    },
    "vae": {
        "learning_rate": _RATE,
        "beta": Between(0.1, 4.0),
        "latent_dim": OneOf((8, 16, 32, 64)),
        "prior_components": OneOf((1, 5, 20)),
        "width": _WIDTH,
    },
    "vqvae": {
        "learning_rate": _RATE,
        "codes": OneOf((64, 128, 256)),
        "latent_dim": OneOf((16, 32, 64)),
        "commitment": Between(0.05, 1.0),
        "prior_width": OneOf((32, 64, 128)),
        "prior_depth": OneOf((1, 2, 3)),
        "width": _WIDTH,
    },
    "flow": {
        "learning_rate": _RATE,
        "target": OneOf(("flow", "v", "x0", "eps")),
        "ema_decay": OneOf((0.99, 0.995, 0.999)),
        "width": _WIDTH,
    },
    "latent-flow": {
        "learning_rate": _RATE,
        "target": OneOf(("flow", "v", "x0", "eps")),
        "ema_decay": OneOf((0.99, 0.995, 0.999)),
        "latent_dim": OneOf((2, 4, 8)),
        "beta": Between(0.1, 4.0),
        "width": OneOf((32, 48, 64, 96)),
    },
}


def space_of(config):
    """What may be tried for a ``RunConfig``: settings that it names itself stay as they are."""
    given = config.settings.given
    return {
        name: choice for name, choice in SPACES.get(config.model, {}).items() if name not in given
    }


def suggest(trial, space):
    """Values for the names of a space, from an ``optuna.Trial``."""
    return {
        name: trial.suggest_float(name, choice.low, choice.high, log=True)
        if isinstance(choice, Between)
        else trial.suggest_categorical(name, choice.values)
        for name, choice in space.items()
    }
