"""Who races on photographs: the published designs, and the library's models as a run has them."""

import hashlib
import json
from pathlib import Path

import numpy as np

from benchmarks import race
from prodimg_lib.errors import InputError
from prodimg_lib.models.build import model_config
from prodimg_lib.models.precision import chosen
from prodimg_lib.runs.config import with_batch_size

# The library's models by the name in the table, as a run has them.
OURS = {
    "ours-gan": {"model": "gan"},
    "ours-gan-without-labels": {"model": "gan", "conditional": False},
    "ours-vae": {"model": "vae"},
}
RIVALS = ("keras-small-data-gan", "keras-ddim", "keras-conditional-gan")


class Published:
    """A design of ``photo_designs`` or ``photo_diffusion`` as ``photographs`` wants it.

    Attributes:
        samplers: name of the row in the table: (n, seed) -> uint8 images. The first is the design's
            own.
        own_epochs: how many its authors train it for.
        parameters: how many are trained.
    """

    def __init__(self, name, design):
        self.samplers = {name: design.sample}
        if hasattr(design, "sample_latest"):
            self.samplers[f"{name}-latest-weights"] = design.sample_latest
        self.requests, self.own_epochs = design.requests, design.own_epochs
        self.parameters = _parameters(design.networks())


class Ours:
    """A model of the library as ``photographs`` wants it; attributes as ``Published``."""

    own_epochs = None

    def __init__(self, name, model, data):
        self.model, self.data = model, data
        self.samplers = {name: self._sample}
        self.requests = model.labels_for
        self.parameters = _parameters([model])

    def _sample(self, n, seed):
        self.model.after_training(
            self.data.images, self.data.labels if self.model.conditional else None
        )
        return self.model.generate(n, seed=seed)


def _parameters(networks):
    return int(sum(np.prod(v.shape) for network in networks for v in network.trainable_variables))


def entrants(data, names=(), rivals=RIVALS, ours=OURS):
    """``{name: (make, version)}``: ``make`` for ``race.training``; a ``version`` tells runs of ours
    from those of other settings, defaults included. Of other code the commit in each run tells.

    Args:
        names: of designs, or files such as a run's ``config.yaml``, whose name is the design's; all
            designs if there are none.
        rivals: names of published designs.
        ours: settings of runs by name.

    Raises:
        InputError: a name that no design has.
    """
    from benchmarks.gan_designs import KerasConditionalGAN
    from benchmarks.photo_designs import KerasSmallDataGAN
    from benchmarks.photo_diffusion import KerasDDIM
    from prodimg_lib.models.build import new_model
    from prodimg_lib.runs.config import RunConfig, load_config

    designs = {
        "keras-small-data-gan": KerasSmallDataGAN,
        "keras-ddim": lambda: KerasDDIM(data.images),
        "keras-conditional-gan": lambda: KerasConditionalGAN(data.size, 3, data.num_classes),
    }

    def published(name):
        return race.published(designs[name], lambda design, seed: Published(name, design))

    def built(name, config):
        def build(seed):
            return new_model(config.model_copy(update={"seed": seed}), data)

        def prepare(model):
            """What ``fit`` does before it trains: pseudo-classes, where a model has them."""
            return [model.fit_clusters] if getattr(model, "clusters", None) else []

        def adapt(model, seed):
            return Ours(name, model, data)

        bits = chosen(config.train.precision, data.size)
        batch_size = with_batch_size(config, data).train.batch_size
        return race.built(build, adapt, batch_size, prepare, bits)

    configs = {name: RunConfig(**settings) for name, settings in ours.items()}
    configs |= {Path(name).stem: load_config(name) for name in names if name.endswith(".yaml")}
    makes = {name: (published(name), "published") for name in rivals}
    makes |= {
        name: (built(name, config), _version(config, data)) for name, config in configs.items()
    }
    if not names:
        return makes
    try:
        return {name: makes[name] for name in (Path(n).stem for n in names)}
    except KeyError as error:
        raise InputError(
            f"no design {error.args[0]!r}: choose from {', '.join(makes)}, or give a NAME.yaml "
            "with the settings of a run"
        ) from None


def _version(config, data):
    """Short hash of the model that a run's settings and the data amount to, and of its steps."""
    trained = {
        "model": config.model,
        "settings": model_config(config, data).model_dump(mode="json"),
        "batch_size": with_batch_size(config, data).train.batch_size,
        "precision": chosen(config.train.precision, data.size),
    }
    return hashlib.sha256(json.dumps(trained, sort_keys=True).encode()).hexdigest()[:12]
