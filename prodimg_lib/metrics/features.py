"""Images -> features and class probabilities, by a small classifier shipped with the package.

The classifiers were trained on real product images only (never on generated ones), are frozen, and
are checked against the SHA-256 on their card each time they are loaded. A Fréchet distance on their
features is an **FD-product**, not an FID: its size depends on the classifier, so print n, d and the
real-against-real floor beside it.
"""

import hashlib
import json
from functools import cache
from importlib import resources

import numpy as np

from prodimg_lib.errors import InputError

FEATURE_DIM = 64
_WEIGHTS = resources.files("prodimg_lib") / "weights"


def build_classifier(size, channels, num_classes):
    """Build the classifier: uint8-scaled input [n, size, size, channels] in 0..255.

    Returns a ``keras.Model`` with two outputs: features [n, 64] (non-negative, the penultimate
    layer) and logits [n, num_classes].
    """
    import keras
    from keras import layers

    image = keras.Input((size, size, channels))
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    for width in (32, 64, 128):
        for _ in range(2 if width < 128 else 1):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(0.1)(x)
    x = layers.Flatten()(x)
    features = layers.Dense(FEATURE_DIM, activation="relu", name="features")(x)
    logits = layers.Dense(num_classes, name="logits")(layers.Dropout(0.3)(features))
    return keras.Model(image, [features, logits], name="product_classifier")


def available():
    """Names of the shipped classifiers."""
    suffix = "-classifier.json"
    return sorted(
        p.name.removesuffix(suffix) for p in _WEIGHTS.iterdir() if p.name.endswith(suffix)
    )


def card(name):
    """The classifier's card: command, seed, accuracy, SHA-256, size, channels, class names.

    Raises:
        InputError: no classifier of that name is shipped.
    """
    path = _WEIGHTS / f"{name}-classifier.json"
    if not path.is_file():
        raise InputError(
            f"no shipped classifier is called {name!r}: choose one of {', '.join(available())}"
        )
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _load(name):
    facts = card(name)
    with resources.as_file(_WEIGHTS / facts["weights"]) as path:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != facts["sha256"]:
            raise InputError(
                f"{path} has SHA-256 {digest[:12]}…, its card says {facts['sha256'][:12]}…: "
                "reinstall the package, the weights are not the ones that were measured"
            )
        model = build_classifier(facts["size"], facts["channels"], len(facts["class_names"]))
        model.load_weights(path)
    model.trainable = False
    return model


class FeatureExtractor:
    """A frozen product classifier as a map from images to features and class probabilities.

    Args:
        name: ``"fashion-mnist"`` (28 px grey, 10 classes) or ``"catalogue"`` (32 px colour).

    Attributes:
        name, card, class_names, sha256.
    """

    def __init__(self, name="fashion-mnist"):
        self.name = name
        self.card = card(name)
        self.class_names = tuple(self.card["class_names"])
        self.sha256 = self.card["sha256"]
        self._model = _load(name)

    def __call__(self, images, batch_size=500):
        """Features [n, 64] and class probabilities [n, classes], both float64.

        Args:
            images: uint8 [n, h, w, c], c 1 or 3. Other sizes are resized with antialiasing,
                other channel counts converted (luma, or grey repeated).

        Raises:
            InputError: not a uint8 NHWC batch.
        """
        images = self._fit(images)
        features, logits = [], []
        for start in range(0, len(images), batch_size):
            f, z = self._model(images[start : start + batch_size].astype("float32"), training=False)
            features.append(np.asarray(f, np.float64))
            logits.append(np.asarray(z, np.float64))
        z = np.concatenate(logits)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return np.concatenate(features), p / p.sum(axis=1, keepdims=True)

    def features(self, images):
        """Features [n, 64], float64."""
        return self(images)[0]

    def probabilities(self, images):
        """Class probabilities [n, classes], float64; each row sums to 1."""
        return self(images)[1]

    def _fit(self, images):
        images = np.asarray(images)
        if images.ndim != 4 or images.dtype != np.uint8 or images.shape[-1] not in (1, 3):
            raise InputError(
                f"images are {images.dtype} of shape {images.shape}: expected uint8 [n, h, w, c]"
            )
        if len(images) == 0:
            raise InputError("no images to extract features from: pass at least one")
        size, channels = self.card["size"], self.card["channels"]
        if images.shape[-1] != channels:
            images = _luma(images) if channels == 1 else np.repeat(images, 3, axis=-1)
        return images if images.shape[1:3] == (size, size) else _resize(images, size)


def _luma(images):
    weights = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's "L"
    return np.rint(images.astype(np.float32) @ weights)[..., None].astype(np.uint8)


def _resize(images, size):
    # Rounded back to uint8, as a stored file would be: features must not see a float image here
    # and an 8-bit one there. tf.image.resize does not antialias by default; this does.
    import tensorflow as tf

    out = tf.image.resize(images, (size, size), method="bicubic", antialias=True)
    return np.clip(np.rint(out.numpy()), 0, 255).astype(np.uint8)
