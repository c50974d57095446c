"""Small frozen weights, each with a card: command, seed, SHA-256 and score.

``NAME-KIND.weights.h5`` holds the weights and ``NAME-KIND.json`` the card; KIND is ``classifier``
(see ``metrics.features``), ``gan``, ``vae`` or ``flow`` (see ``pretrained``).
"""

import hashlib
import json
from importlib import resources
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.files import replacing, write_atomically

_HERE = resources.files(__name__)


def names(kind):
    """Names of the shipped weights of a kind."""
    suffix = f"-{kind}.json"
    return sorted(p.name.removesuffix(suffix) for p in _HERE.iterdir() if p.name.endswith(suffix))


def card(kind, name):
    """The card, a dict.

    Raises:
        InputError: nothing of that kind is shipped under that name.
    """
    path = _HERE / f"{name}-{kind}.json"
    if not path.is_file():
        raise InputError(
            f"no shipped {kind} is called {name!r}: choose one of {', '.join(names(kind))}"
        )
    return json.loads(path.read_text(encoding="utf-8"))


def load_into(model, facts):
    """Load into ``model`` the weights that the card ``facts`` belongs to.

    Raises:
        InputError: the file is not the one that the card was written for.
    """
    with resources.as_file(_HERE / facts["weights"]) as path:
        digest = _digest(path)
        if digest != facts["sha256"]:
            raise InputError(
                f"{path} has SHA-256 {digest[:12]}…, its card says {facts['sha256'][:12]}…: "
                "reinstall the package, the weights are not the ones that were measured"
            )
        model.load_weights(path)


def ship(kind, name, model, **facts):
    """Write the weights of ``model`` and their card beside this file; returns the card."""
    import keras
    import tensorflow as tf

    path = Path(__file__).parent / f"{name}-{kind}.weights.h5"
    with replacing(path) as partial:
        model.save_weights(partial)
    facts = {
        "weights": path.name,
        "sha256": _digest(path),
        "bytes": path.stat().st_size,
        **facts,
        "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
    }
    write_atomically(path.with_name(f"{name}-{kind}.json"), json.dumps(facts, indent=2) + "\n")
    return facts


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
