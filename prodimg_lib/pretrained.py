"""Generators that ship with the package: images without training.

Each is the averaged generator of a GAN that this library trained, with a card that says by which
command, for how many steps, and what it scored. Trained on the training split only.
"""

from prodimg_lib import weights

_KIND = "gan"


def available():
    """Names of the shipped generators: the data sources they were trained on."""
    return weights.names(_KIND)


def card(name):
    """Facts about a shipped generator: command, seed, steps, scores, class names, SHA-256.

    Raises:
        InputError: no generator of that name is shipped.
    """
    return weights.card(_KIND, name)


def load(name="fashion-mnist"):
    """A shipped generator as a ``GAN``: ``generate`` it is for; its discriminator is untrained.

    Raises:
        InputError: no generator of that name is shipped, or the file is damaged.
    """
    from prodimg_lib.gan import GAN

    facts = card(name)
    model = GAN(facts["config"])
    weights.load_into(model.ema_generator, facts)
    model.generator.set_weights(model.ema_generator.get_weights())
    return model
