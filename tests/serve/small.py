"""A model of NumPy, for tests of what the service answers: no TensorFlow, no process."""

from types import SimpleNamespace

import numpy as np

from prodimg_lib.runs.generate import Opened

CLASSES = ["left", "right", "Größe <b>"]


class SmallModel:
    """Images that are a function of seed, place and class alone."""

    DRAWING = ("truncation",)
    conditional = True
    config = SimpleNamespace(size=8, channels=1, num_classes=len(CLASSES))

    def __init__(self, weights):
        self.weights = [np.frombuffer(weights, np.uint8)]

    def shipped(self):
        return self

    def latents(self, n, seed=0, truncation=None):
        return np.random.default_rng(seed).random((n, 8, 8))

    def place(self, latents, labels, truncation=None):
        return latents

    def labels_for(self, n, labels=None):
        return np.arange(n) % len(CLASSES) if labels is None else np.asarray(labels)

    def decode(self, latents, labels):
        return (latents[..., None] * 80 + 80 * labels[:, None, None, None]).astype(np.uint8)


def opened(weights=b"one"):
    """It, as the service opens a model."""
    return Opened(SmallModel(weights), CLASSES, lambda: None, "small")
