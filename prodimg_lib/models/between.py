"""The way from one image to another, in a model's latent space and between its classes."""

import keras
import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.models import inputs
from prodimg_lib.models.latent import interpolate


def between(model, ends, labels=None, steps=8, truncation=None, **drawing):
    """Images on the way from one latent to another, both ends included.

    The way turns at an even rate from one draw of normal noise to the other (slerp, White 2016),
    and each point on it goes where the model places its latents, as in ``generate``. From one class
    to another the model is told of both, in shares that change evenly: of normalisations and layers
    that are by class, the average weighted so.

    Args:
        model: a ``GenerativeModel``.
        ends: latents float [2, noise_dim], as of ``model.latents``.
        labels: int [2], the classes of the ends, or None for an unconditional model.
        steps: how many images, at least 2.
        truncation: the cut that ``ends`` were drawn with.
        drawing: as ``model.decode`` takes them.

    Returns:
        uint8 [steps, size, size, channels]; the first and the last are those that ``generate``
        makes of the ends.

    Raises:
        InputError: a family without a way between its images, or between its classes; ends that are
            not two latents, or point in opposite directions; labels as in ``generate``.
    """
    if not model.WALKS:
        raise InputError(
            f"a {type(model).__name__} has no way from one image to another, as codes have no "
            "middle: take a model of another family, such as a VAE or a GAN"
        )
    ends = inputs.latents(ends, model.noise_dim)
    if len(ends) != 2:
        raise InputError(f"ends hold {len(ends)} latents: expected two")
    labels = inputs.labels(labels, 2, model.config)
    steps = inputs.whole("steps", steps, 2)
    if labels is None:
        ends, chosen = model.own_classes(ends, truncation)
        way = _way(ends, steps)
        if chosen is None:
            return model.decode(model.place(way, None, truncation), None, **drawing)
        return model.decode_mixed(way, _shares(chosen, steps, model.config.clusters))
    way = _way(ends, steps)
    places = [model.place(way, np.full(steps, label), truncation) for label in labels]
    if labels[0] == labels[1]:
        return model.decode(places[0], np.full(steps, labels[0]), **drawing)
    share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    latents = (1 - share) * places[0] + share * places[1]
    latents[0], latents[-1] = places[0][0], places[1][-1]
    return model.decode_mixed(latents, _shares(labels, steps, model.config.num_classes))


def _way(ends, steps):
    """The turn, with its ends to the last bit: there an image is the one that was asked for."""
    way = interpolate(ends[0], ends[1], steps, spherical=True)
    way[0], way[-1] = ends
    return way


def _shares(labels, steps, count):
    """From all of the first class to all of the second, float32 [steps, count]."""
    ends = np.eye(count, dtype=np.float32)[np.asarray(labels)]
    return interpolate(ends[0], ends[1], steps)


def told_of_shares(network):
    """The same network, told in place of a class [n] of shares of all classes, [n, classes].

    Our networks meet a label as a row of zeros and one 1; any row whose sum is 1 goes the same way.

    Args:
        network: of ``networks``, with the inputs (latent, label).

    Returns:
        ``keras.Model`` on [latent, shares], with the weights of ``network``.
    """
    latent, _ = network.inputs
    (one_hot,) = (op for op in network.operations if type(op).__name__ == "OneHot")
    return keras.Model([latent, one_hot.output], network.output)
