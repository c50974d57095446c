"""Acceptance gates: which generated images are as the photographs are, and which are drawn again.

Each gate is a measure with limits that come from the photographs which the model learned from: what
99 % of them show is accepted. So a shop whose products fill a tenth of the frame gets limits of its
own, and no number here says what a good image is.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prodimg_lib import metrics
from prodimg_lib.data import framing
from prodimg_lib.data.images import subset
from prodimg_lib.errors import InputError
from prodimg_lib.metrics.extractors import for_source
from prodimg_lib.text import text

# Gate: the sides on which it refuses.
GATES = {
    "border": ("low",),
    "fill": ("low", "high"),
    "centring": ("high",),
    "sharpness": ("low", "high"),
    "class": ("low",),
    "copy": ("low",),
}
TAIL = 0.01  # of the photographs may lie outside the limits of a gate
ATTEMPTS = 20
_PHOTOGRAPHS = 10_000  # that limits are taken from
_HELD_OUT = 2000  # of these that nearest neighbours are looked for
_LEAST_ROWS = 8  # a batch of one goes through other kernels, which round in another way


@dataclass
class Acceptance:
    """Limits, and what is needed to measure an image.

    Attributes:
        limits: of each gate float [classes, 2], the lowest and highest value accepted in each class
            (one row where the model knows no classes).
        ground: colour of the photographs' borders, float [c].
        extractor, train: an ``Extractor`` and features of the training photographs, for ``class``
            and ``copy``; None without these gates.
        notes: lines about gates that could not be set.
    """

    limits: dict[str, np.ndarray]
    ground: np.ndarray
    extractor: Any = None
    train: Any = None
    notes: list[str] = field(default_factory=list)

    def measure(self, images, labels):
        """What each gate looks at, float [n] by name.

        Args:
            images: uint8 [n, h, w, c]; labels: int [n], or None.
        """
        found = _framing(images, self.ground)
        if {"class", "copy"} & self.limits.keys():
            found |= self._by_network(images, labels)
        return {name: found[name] for name in self.limits}

    def _by_network(self, images, labels):
        n = len(images)
        rows = np.minimum(np.arange(max(n, _LEAST_ROWS)), n - 1)
        features, probs = self.extractor(images[rows])
        found = {}
        if "class" in self.limits:
            found["class"] = probs[np.arange(n), labels]
        if "copy" in self.limits:
            found["copy"] = metrics.nearest_distances(features[:n], self.train)
        return found

    def refused(self, measures, labels):
        """Whether each gate refuses each image: bool [n] by name.

        A value that is NaN, such as the centre of no product, is refused.
        """
        result = {}
        for name, values in measures.items():
            low, high = self.limits[name][0 if labels is None else labels].T
            result[name] = ~((low <= values) & (values <= high))
        return result


def from_photographs(data, class_names, conditional=True, chosen=None):
    """The gates that the photographs of a data set give.

    Limits are percentiles of what the training photographs show (of the distance to the nearest
    training photograph: of what the held-out ones show, as in ``metrics.memorisation``), values
    that some photograph has: the 1st where a gate refuses on one side, the 0.5th and 99.5th where
    it refuses on both. They are those of a class where it has the 100 photographs that a percentile
    takes, else those of all. The limit of ``class`` is one half at most.

    Args:
        data: ``ProductImages``.
        class_names: those of the model, in its order.
        conditional: whether images are asked for by class.
        chosen: limits set by a person, see ``parse``.

    Returns:
        ``Acceptance``.
    """
    chosen = chosen or {}
    rows = subset(data.labels, _PHOTOGRAPHS, np.random.default_rng(0))
    images, labels = data.images[rows], data.labels[rows]
    groups = labels if conditional else None
    count = len(class_names) if conditional else 1
    gates = Acceptance({}, framing.ground(images))
    for name, values in _framing(images, gates.ground).items():
        gates.limits[name] = _limits(name, values, groups, count)
    _add_network(gates, data, rows, class_names, groups, count, chosen)
    for name, limits in chosen.items():
        if limits is None:
            gates.limits.pop(name, None)
        elif name in gates.limits:
            gates.limits[name] = np.tile(limits, (count, 1))
    return gates


def _framing(images, ground):
    return {
        "border": framing.border(images, ground),
        "fill": framing.fill(images),
        "centring": framing.centring(images),
        "sharpness": framing.sharpness(images),
    }


def _add_network(gates, data, rows, class_names, groups, count, chosen):
    """The gates ``class`` and ``copy``, or notes that say why they are not there."""
    wanted = [name for name in ("class", "copy") if chosen.get(name, ()) is not None]
    words = text()["acceptance"]
    if not wanted:
        return
    try:
        gates.extractor = for_source(data.source, data.extractor)
    except InputError as error:
        gates.notes.append(words["no_network"].format(reason=error))
        return
    train, probs = gates.extractor(data.images, cache=True)
    if "class" in wanted:
        known = probs is not None and gates.extractor.class_names == tuple(class_names)
        if known and groups is not None:
            own = probs[rows][np.arange(len(groups)), groups]
            found = _limits("class", own, groups, count)
            # Above one half no other class is more probable, however sure photographs make it.
            gates.limits["class"] = np.minimum(found, [0.5, np.inf])
        else:
            reason = "no_classifier" if groups is not None else "no_classes"
            gates.notes.append(words[reason])
    if "copy" in wanted:
        held_out = np.random.default_rng(0).permutation(len(data.test_images))[:_HELD_OUT]
        if not len(held_out):
            gates.notes.append(words["none_held_out"])
            return
        gates.train = train
        usual = gates.extractor.features(data.test_images[held_out], cache=True)
        near = metrics.nearest_distances(usual, train)
        groups = None if groups is None else data.test_labels[held_out]
        gates.limits["copy"] = _limits("copy", near, groups, count)


def _limits(name, values, groups, count):
    """Lowest and highest accepted value for each of ``count`` groups: [count, 2]."""
    sides = GATES[name]
    tail = TAIL / len(sides)

    def of(values):
        values = values[np.isfinite(values)]
        low = "low" in sides and len(values)
        high = "high" in sides and len(values)
        return (
            np.quantile(values, tail, method="lower") if low else -np.inf,
            np.quantile(values, 1 - tail, method="higher") if high else np.inf,
        )

    result = np.tile(of(values), (count, 1))
    if groups is not None:
        for i in range(count):
            own = values[groups == i]
            if len(own) * TAIL >= 1:
                result[i] = of(own)
    return result


def parse(texts):
    """Limits as a person writes them: ``["fill=0.2..0.8", "class=0.5", "copy=off"]``.

    Returns:
        ``{gate: (low, high) or None for off}``.

    Raises:
        InputError: no such gate, or no limits.
    """
    chosen: dict[str, tuple[float, float] | None] = {}
    for given in texts:
        name, mark, value = given.partition("=")
        if name not in GATES or not mark:
            raise InputError(f"--gate {given}: expected NAME=LIMIT, NAME one of {', '.join(GATES)}")
        chosen[name] = None if value == "off" else _parsed(given, value, GATES[name])
    return chosen


def _parsed(given, value, sides):
    parts = value.split("..") if len(sides) == 2 else [value]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if (
        len(numbers) != len(sides)
        or not all(map(math.isfinite, numbers))
        or numbers[0] > max(numbers[1:], default=math.inf)
    ):
        wanted = "LOW..HIGH, such as 0.2..0.8," if len(sides) == 2 else "a number"
        raise InputError(f"--gate {given}: expected {wanted} or off")
    if len(sides) == 2:
        return numbers[0], numbers[1]
    return (numbers[0], math.inf) if sides[0] == "low" else (-math.inf, numbers[0])
