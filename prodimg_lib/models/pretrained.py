"""Models that ship with the package: images without training.

``fashion-mnist`` and ``catalogue`` are averaged generators of GANs that this library trained,
``fashion-mnist-vae`` and ``catalogue-vae`` whole VAEs with a latent of eight dimensions,
``catalogue-64-vae`` one with sixteen, ``fashion-mnist-flow`` and ``catalogue-flow`` the averaged
networks of flows, and ``fashion-mnist-straight-flow`` that of a reflow, for one step or a few. Each
has a card that says by which command, for how many steps, and what it scored. Trained on the
training split only.
"""

from prodimg_lib import weights
from prodimg_lib.errors import InputError
from prodimg_lib.models.families import MODELS

_PLAIN = "gan"  # the family whose models are called by the name of their data alone


def available():
    """Names of the shipped models; but for those of GANs they end in the family, as ``-vae``."""
    return sorted(_shipped())


def _shipped():
    """Name of each shipped model: its family and the name of its weights."""
    return {
        name if family == _PLAIN else f"{name}-{family}": (family, name)
        for family in MODELS
        for name in weights.names(family)
    }


def card(name):
    """Facts about a shipped model: command, seed, steps, scores, class names, SHA-256.

    Raises:
        InputError: no model of that name is shipped.
    """
    return weights.card(*_place(name))


def source(name):
    """The data source, as ``data.load`` takes it, whose training split a shipped model has seen.

    Raises:
        InputError: no model of that name is shipped.
    """
    return card(name)["trained_on"].split(",")[0]


def load(name="fashion-mnist"):
    """A shipped model, such as a ``VAE``; of a ``GAN`` only the generator is trained.

    Raises:
        InputError: no model of that name is shipped, or the file is damaged.
    """
    family, place = _place(name)
    facts = weights.card(family, place)
    model = MODELS[family].load().from_config({"config": facts["config"]})
    weights.load_into(model.shipped(), facts)
    model.after_loading()
    return model


def _place(name):
    shipped = _shipped()
    if name not in shipped:
        raise InputError(
            f"no shipped model is called {name!r}: choose one of {', '.join(sorted(shipped))}"
        )
    return shipped[name]
