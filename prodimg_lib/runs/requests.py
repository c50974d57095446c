"""What was asked for, image by image: which draw, which class; and the images of it."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prodimg_lib.errors import InputError

_MOST = 1_000_000  # images of a call: more would not fit into the memory


@dataclass(frozen=True)
class Wanted:
    """``index`` int [n], the place of each image in the draws of a seed; ``labels`` int [n] or
    None.
    """

    index: np.ndarray
    labels: np.ndarray | None

    def rows(self, which):
        """Some of them."""
        return Wanted(self.index[which], None if self.labels is None else self.labels[which])


@dataclass(frozen=True)
class Drawn:
    """Images and what the manifest says of them: see ``outputs.write_images``."""

    images: np.ndarray
    labels: np.ndarray | None
    index: np.ndarray
    seeds: Any
    columns: dict[str, Any] = field(default_factory=dict)


def count(name, value, low, high=_MOST):
    """A whole number that a person gave for an option, at least ``low``, at most ``high``.

    Raises:
        InputError: it is not, naming the option.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise InputError(f"{name} {value}: expected a whole number, at least {low}")
    if high is not None and value > high:
        raise InputError(f"{name} {value}: at most {high:,} in a call; more with other seeds")
    return int(value)


def wanted(model, n, classes):
    """The draws behind n images of each class, or without classes behind n of all in turn.

    The images of a class are draws 0 to n - 1, whatever other classes are asked for.

    Raises:
        InputError: classes of an unconditional model, or one that is given twice.
    """
    if not classes:
        return Wanted(np.arange(n), model.labels_for(n))
    if len(set(classes)) < len(classes):
        raise InputError("one class is given twice: name it once, n says how many of each")
    count("-n times the number of classes, ", n * len(classes), 1)
    index = np.tile(np.arange(n), len(classes))
    return Wanted(index, model.labels_for(len(index), np.repeat(classes, n)))


def draw(model, wanted, seed, drawing):
    """The images of some draws: those that ``model.generate`` makes at these places.

    Args:
        drawing: options of ``generate`` that are in the model's ``DRAWING``.

    Returns:
        ``Drawn``.
    """
    options = dict(drawing)
    truncation = options.pop("truncation", None)
    latents = model.latents(int(wanted.index.max()) + 1, seed, truncation)[wanted.index]
    latents = model.place(latents, wanted.labels, truncation)
    images = model.decode(latents, wanted.labels, **options)
    return Drawn(images, wanted.labels, wanted.index, seed)


def walk(model, steps, classes, seed, ends, drawing, names):
    """Images on the way between two draws, both included; see ``models.between``.

    Args:
        classes: none (each end has the class that it has where all come in turn), one, or one for
            each end.
        ends: two of an index or ``"SEED:INDEX"``.

    Returns:
        ``Drawn``; its class, seed and index are those of the end that the way starts from, and
        columns name the other and how far from it an image is.
    """
    from prodimg_lib.models.between import between

    if steps < 2:
        raise InputError(f"-n {steps}: a walk has at least its two ends")
    if len(classes) > 2:
        raise InputError(f"--between with {len(classes)} classes: one, or one for each end")
    options = dict(drawing)
    truncation = options.pop("truncation", None)
    ends = [_end(end, seed) for end in ends]
    latents = np.concatenate(
        [model.latents(index + 1, own, truncation)[-1:] for own, index in ends]
    )
    labels = None
    if classes:
        labels = model.labels_for(2, np.array([classes[0], classes[-1]]))
    elif model.conditional:
        labels = np.array([index % model.config.num_classes for _, index in ends])
    images = between(model, latents, labels, steps, truncation, **options)
    (start, first), (end, last) = ends
    columns: dict[str, Any] = {"to_seed": [end] * steps, "to_index": [last] * steps}
    if labels is not None:
        columns = {"to_class": [names[labels[1]]] * steps} | columns
    columns["share"] = np.linspace(0, 1, steps)
    shown = None if labels is None else np.full(steps, labels[0])
    return Drawn(images, shown, np.full(steps, first), start, columns)


def _end(given, seed):
    """(seed, index) of an end of a walk."""
    found = re.fullmatch(r"(?:([0-9]+):)?([0-9]+)", str(given))
    if found is None:
        raise InputError(
            f"--between {given}: expected the index of an image, as in manifest.csv, or SEED:INDEX"
        )
    return (
        seed if found[1] is None else int(found[1]),
        count("--between", int(found[2]), 0),
    )


def class_index(label, names):
    """The index of a class by its name, by its name in other case, or by its number from 0.

    Other case includes other code points for the same letters: a folder may have its accents apart.

    A name comes first: in a shop whose classes are called 1, 2 and 3, ``1`` is the class called so.

    Raises:
        InputError: none of these, or a name in other case that could be two.
    """
    label = str(label)
    if label in names:
        return names.index(label)
    alike = [i for i, name in enumerate(names) if _read(name) == _read(label)]
    if len(alike) == 1:
        return alike[0]
    if not alike and label.isdecimal() and int(label) < len(names):
        return int(label)
    raise InputError(f"unknown class {label!r}: choose one of {', '.join(names)}")


def _read(name):
    return unicodedata.normalize("NFC", name).casefold()
