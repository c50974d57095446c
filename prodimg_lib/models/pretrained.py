"""Models that ship with the package: images without training.

``fashion-mnist`` and ``catalogue`` are averaged generators of GANs that this library trained,
``fashion-mnist-vae`` and ``catalogue-vae`` whole VAEs with a latent of eight dimensions. Each has a
card that says by which command, for how many steps, and what it scored. Trained on the training
split only.
"""

from prodimg_lib import weights
from prodimg_lib.errors import InputError

_VAE = "-vae"


def available():
    """Names of the shipped models; those of VAEs end in ``-vae``."""
    return sorted([*weights.names("gan"), *(name + _VAE for name in weights.names("vae"))])


def card(name):
    """Facts about a shipped model: command, seed, steps, scores, class names, SHA-256.

    Raises:
        InputError: no model of that name is shipped.
    """
    if name not in available():
        raise InputError(
            f"no shipped model is called {name!r}: choose one of {', '.join(available())}"
        )
    kind = "vae" if name.endswith(_VAE) else "gan"
    return weights.card(kind, name.removesuffix(_VAE))


def load(name="fashion-mnist"):
    """A shipped ``GAN`` or ``VAE``; of a GAN only the generator is trained: it is for ``generate``.

    Raises:
        InputError: no model of that name is shipped, or the file is damaged.
    """
    from prodimg_lib.models.gan import GAN
    from prodimg_lib.models.vae import VAE

    facts = card(name)
    if name.endswith(_VAE):
        model = VAE(facts["config"])
        weights.load_into(model, facts)
        return model
    model = GAN(facts["config"])
    weights.load_into(model.ema_generator, facts)
    model.generator.set_weights(model.ema_generator.get_weights())
    return model
