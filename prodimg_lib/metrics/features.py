"""Images -> features, by a frozen network; and class probabilities, where it knows classes.

``FeatureExtractor`` is a small classifier shipped with the package, trained on real product images
only (never on generated ones) and checked against the SHA-256 on its card each time it is loaded.
It knows Fashion-MNIST or the drawn catalogue and nothing else; for photographs of anything there is
``efficientnet``, and for a network of your own ``extractors``.

A Fréchet distance on the shipped classifier's features is an **FD-product**, not an FID: its size
depends on the classifier, so print n, d and the real-against-real floor beside it. ``inception``
makes an FID.
"""

import hashlib
from functools import cache

import numpy as np
from scipy.special import softmax

from prodimg_lib import weights
from prodimg_lib.cache import cache_folder, keep_arrays, load_arrays
from prodimg_lib.data.images import luma
from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check

FEATURE_DIM = 64
_KIND = "classifier"
_ROUTE = 2  # from pixels to features; raise it when that changes, so that no cached ones remain


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
    return weights.names(_KIND)


def card(name):
    """The classifier's card: command, seed, accuracy, SHA-256, size, channels, class names.

    Raises:
        InputError: no classifier of that name is shipped.
    """
    return weights.card(_KIND, name)


@cache
def _load(name):
    facts = card(name)
    model = build_classifier(facts["size"], facts["channels"], len(facts["class_names"]))
    weights.load_into(model, facts)
    model.trainable = False
    return model


class Extractor:
    """A frozen network as a map from images to features, and perhaps to class probabilities.

    A subclass sets the attributes below and defines ``_forward``: uint8 [n, h, w, c] of any size,
    c 1 or 3, to features [n, d] and logits [n, classes], or None where there are none.

    Attributes:
        name: in calls and in the names of cached files.
        title: what tables call it.
        sha256: of its weights, in hexadecimal; None where it is not known, and nothing is cached.
        dim: number of features, d.
        class_names: of the images it is meant for, in the order of the logits; () where its
            classes are not those of the images.
        frechet: what a Fréchet distance on its features is called, a key of the metrics' words.
        kernel: the same of the kernel distance.
        batch_size: how many images it takes at a time.
    """

    name: str
    title: str
    sha256: str | None
    dim: int | None = None
    class_names: tuple[str, ...] = ()
    frechet = "frechet_distance"
    kernel = "kernel_distance"
    batch_size = 500

    def __call__(self, images, batch_size=None, cache=False):
        """Features [n, d] and class probabilities [n, classes] or None, float64.

        Args:
            images: uint8 [n, h, w, c], c 1 or 3; resized and converted to what the network takes.
            batch_size: at a time, None for its own; it does not change the result beyond rounding.
            cache: keep the result in the cache folder, under a hash of the images and the weights,
                and take it from there the next time. For sets that are scored again, such as the
                real images.

        Raises:
            InputError: not a uint8 NHWC batch with 1 or 3 channels, ``batch_size`` below 1.
        """
        size = self.batch_size if batch_size is None else _check.count("batch_size", batch_size, 1)
        images = np.asarray(images)
        if images.ndim != 4 or images.dtype != np.uint8 or images.shape[-1] not in (1, 3):
            raise InputError(
                f"images are {images.dtype} of shape {images.shape}: expected uint8 [n, h, w, c]"
            )
        if len(images) == 0:
            raise InputError("no images to extract features from: pass at least one")
        path = self._cache_path(images) if cache and self.sha256 else None
        stored = load_arrays(path) if path else None
        if not (stored and "features" in stored):
            stored = self._extract(images, size)
            if path:
                keep_arrays(path, **stored)
        logits = stored.get("logits")
        probs = None if logits is None else softmax(logits.astype(np.float64), axis=1)
        return stored["features"].astype(np.float64), probs

    def features(self, images, cache=False):
        """Features [n, d], float64; arguments and errors as for a call."""
        return self(images, cache=cache)[0]

    def probabilities(self, images, cache=False):
        """Class probabilities [n, classes], float64, each row's sum 1; errors as for a call."""
        return self(images, cache=cache)[1]

    def _extract(self, images, size):
        batches = (images[start : start + size] for start in range(0, len(images), size))
        features, logits = zip(*map(self._forward, batches), strict=True)
        result = {"features": np.concatenate(features)}
        return result if logits[0] is None else result | {"logits": np.concatenate(logits)}

    def _cache_path(self, images):
        key = hashlib.sha256(f"{_ROUTE} {self.sha256} {images.shape}".encode())
        key.update(np.ascontiguousarray(images).data)
        return cache_folder() / "features" / f"{self.name}-{key.hexdigest()[:32]}.npz"

    def _forward(self, images):
        raise NotImplementedError


class FeatureExtractor(Extractor):
    """The shipped product classifier; 64 features.

    Args:
        name: ``"fashion-mnist"`` (28 px grey, 10 classes) or ``"catalogue"`` (32 px colour). Other
            sizes are resized with antialiasing, other channel counts converted (luma, or grey
            repeated).

    Attributes:
        card: command, seed and accuracy behind the weights; the rest as in ``Extractor``.

    Raises:
        InputError: no such classifier, or weights that are not those of the card.
    """

    dim = FEATURE_DIM
    frechet = "fd_product"

    def __init__(self, name="fashion-mnist"):
        self.name, self.title = name, f"{name} classifier"
        self.card = card(name)
        self.class_names = tuple(self.card["class_names"])
        self.sha256 = self.card["sha256"]
        self._model = _load(name)

    def _forward(self, images):
        size, channels = self.card["size"], self.card["channels"]
        if images.shape[-1] != channels:
            images = luma(images) if channels == 1 else np.repeat(images, 3, axis=-1)
        if images.shape[1:3] != (size, size):
            # Rounded back to uint8, as a stored file would be: features must not see a float image
            # here and an 8-bit one there.
            images = np.rint(resize(images, size)).astype(np.uint8)
        return [np.asarray(v) for v in self._model(images.astype("float32"), training=False)]


def resize(images, size):
    """Images [n, h, w, c] -> float32 [n, size, size, c] in 0..255: bicubic, with antialiasing.

    ``tf.image.resize`` does not antialias by default, which changes a Fréchet distance (Parmar et
    al. 2022).
    """
    import tensorflow as tf

    out = tf.image.resize(images, (size, size), method="bicubic", antialias=True)
    return np.clip(out.numpy(), 0, 255)
