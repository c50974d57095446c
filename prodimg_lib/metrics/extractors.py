"""Which extractor: by name, by what the images are, or a function of one's own.

``torch-fidelity`` allows the same: a metric of sets is a function of features, whoever made them.
Commands know what the file registers that the environment variable ``PRODIMG_EXTRACTORS`` names.
Settings hold names alone, so that somebody else's run folder runs no code here.
"""

import hashlib
import importlib.util
import os
import re

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check, efficientnet, features
from prodimg_lib.metrics.features import Extractor

FILE = "PRODIMG_EXTRACTORS"

_REGISTERED: dict[str, "FunctionExtractor"] = {}
_FILES_RUN: set[str] = set()


class FunctionExtractor(Extractor):
    """Any function of images as an ``Extractor``.

    Args:
        function: takes uint8 [n, h, w, c] as they are, n up to ``batch_size``, c 1 or 3, and
            returns an array of real numbers [n, d], d the same for all images.
        name: what tables and errors call it: letters, digits, ``-``, ``_``, ``.`` and ``+``.
        version: of its weights, any text that changes with them. With it features of real images
            are kept in the cache folder; without it they are computed anew each time.
        batch_size: how many images the function takes at a time.

    Raises:
        InputError: no function, a name of other characters or of an extractor of this package, a
            version that is no text, a batch size below 1. When called: the function returned
            something else than finite features [n, d].
    """

    def __init__(self, function, name, *, version=None, batch_size=32):
        if not callable(function) or isinstance(function, type):
            raise InputError(
                f"extractor {name!r} is {function!r}: expected a function of images [n, h, w, c]"
            )
        if not (isinstance(name, str) and re.fullmatch(r"\w[\w.+-]*", name, re.ASCII)):
            raise InputError(
                f"extractor name = {name!r}: expected letters, digits and any of -_.+, as in clip-b"
            )
        if name in _own_names():
            raise InputError(f"extractor name = {name!r} is taken by this package: choose another")
        if not (version is None or (isinstance(version, str) and version)):
            raise InputError(f"version = {version!r} of extractor {name}: expected text or None")
        self.name = self.title = name
        self.sha256 = None if version is None else hashlib.sha256(version.encode()).hexdigest()
        self.batch_size = _check.count("batch_size", batch_size, 1)
        self._function = function

    def _forward(self, images):
        # A copy: a function that works in place must not change the images that are scored.
        found = _check.array(f"what extractor {self.name} returned", self._function(images.copy()))
        if found.ndim != 2 or len(found) != len(images) or self.dim not in (None, found.shape[1]):
            raise InputError(
                f"extractor {self.name} returned shape {found.shape} for {len(images)} images: "
                f"expected [{len(images)}, {self.dim or 'd'}]"
            )
        self.dim = found.shape[1]
        return found.astype(np.float64, copy=False), None


def register_extractor(name, function, *, version=None, batch_size=32):
    """Make a network of your own known by name, as in ``evaluate(..., extractor="clip-b")``.

    Distances on its features are called by its name. A name may be registered again, and then
    means the new function.

    Args, raises:
        As ``FunctionExtractor``.

    Returns:
        ``FunctionExtractor``.
    """
    _REGISTERED[name] = extractor = FunctionExtractor(
        function, name, version=version, batch_size=batch_size
    )
    return extractor


def as_extractor(value):
    """The ``Extractor`` that ``value`` names.

    Args:
        value: an ``Extractor``, a name, a function (see ``FunctionExtractor``) or None, which is
            EfficientNet-Lite0.

    Raises:
        InputError: no such name, something else, or the weights are not here.
    """
    if isinstance(value, Extractor):
        return value
    if value is None or value == efficientnet.NAME:
        return efficientnet.EfficientNetExtractor()
    if isinstance(value, str):
        if value in features.available():
            return features.FeatureExtractor(value)
        return _registered(value)
    if callable(value) and not isinstance(value, type):
        name = getattr(value, "__name__", type(value).__name__)
        return FunctionExtractor(value, name.strip("<>"))
    raise InputError(f"extractor = {value!r}: expected a name, a function or an Extractor")


def for_source(source, chosen=None):
    """The extractor for images of a data source: the shipped classifier for its own, else general.

    Args:
        source: as ``ProductImages`` names it.
        chosen: the name of another; None = as above.

    Raises:
        InputError: the weights are not here, or not those that were checked; as ``check_chosen``.
    """
    if chosen is not None:
        check_chosen(chosen, source)
        return as_extractor(chosen)
    return as_extractor(source if source in features.available() else None)


def check_chosen(name, source):
    """Make sure that an extractor of this name is known and suits a source; reads no weights.

    Raises:
        InputError: none is, or it is a shipped classifier, which knows its own products alone.
    """
    if name in features.available():
        if name != source:
            raise InputError(
                f"evaluate.extractor = {name!r} knows the images of {name} alone, not of {source}: "
                f"choose {efficientnet.NAME}, or leave it out"
            )
    elif name != efficientnet.NAME:
        _registered(name)


def _registered(name):
    """What was registered under a name, in this process or by the file of ``FILE``."""
    if name not in _REGISTERED:
        _run_file()
    if name in _REGISTERED:
        return _REGISTERED[name]
    known = ", ".join([*_own_names(), *sorted(_REGISTERED)])
    raise InputError(
        f"no extractor is called {name!r}: choose one of {known}, or register it, for commands in "
        f"a Python file that {FILE} names"
    )


def _run_file():
    """Run the file that the environment names, once in a process; it registers extractors."""
    named = os.environ.get(FILE)
    if not named or named in _FILES_RUN:
        return
    path = os.path.expanduser(named)
    spec = importlib.util.spec_from_file_location("prodimg_extractors", path)
    if spec is None or spec.loader is None or not os.path.isfile(path):
        raise InputError(f"{FILE} = {named} is no Python file: name one that ends in .py")
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except InputError:
        raise
    except Exception as error:  # whatever a program of somebody else's may raise
        reason = " ".join(str(error).split())
        raise InputError(
            f"{FILE} = {named} cannot be run: {type(error).__name__}: {reason}"
        ) from None
    _FILES_RUN.add(named)


def _own_names():
    return [*features.available(), efficientnet.NAME]
