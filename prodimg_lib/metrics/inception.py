"""Inception-v3 features, for FID, KID and Inception Score in their usual sense."""

import hashlib
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics.features import Extractor, resize

SIZE = 299
URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
    "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
)


class InceptionExtractor(Extractor):
    """Inception-v3 trained on ImageNet (Szegedy et al. 2016), from Keras Applications; d = 2048.

    Args:
        weights: path of the weights file of ``keras.applications.InceptionV3`` with its top
            (``URL``), or ``"download"`` to have Keras fetch it (95 MB) into its own cache.

    Distances on these features may be called FID and KID. Papers mostly report them on the *2015*
    Inception graph, other weights with other numbers (Parmar et al. 2022): compare values made by
    one extractor, and name it. Grey images are repeated in three channels; all are enlarged to
    299 px with bicubic interpolation and not rounded.

    Attributes:
        As ``Extractor``; ``sha256`` is that of the weights file. Its probabilities are of
        ImageNet's classes, for an Inception Score; requests cannot be checked with them.

    Raises:
        InputError: no such file, a file that does not fit the network, or a failed download.
    """

    name, title = "inception-v3", "Inception-v3"
    dim = 2048
    frechet, kernel = "fid", "kid"
    batch_size = 32

    def __init__(self, weights):
        import keras

        if not isinstance(weights, str | Path):
            raise InputError(f'weights = {weights!r}: expected a path or "download"')
        path = _download() if weights == "download" else Path(weights)
        if not path.is_file():
            raise InputError(
                f"no Inception-v3 weights at {path}: download {URL} and give its path, or pass "
                '"download" where there is a network'
            )
        network = keras.applications.InceptionV3(weights=None, classifier_activation=None)
        try:
            network.load_weights(path)
        except Exception as error:  # h5py and Keras have many for a file that is something else
            reason = str(error).splitlines()[0][:120]
            raise InputError(
                f"{path} does not hold the weights of Keras's Inception-v3 with its top ({reason}):"
                f" download {URL}"
            ) from None
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        pooled = network.get_layer("avg_pool").output
        self._model = keras.Model(network.input, [pooled, network.output], trainable=False)

    def __call__(self, images, batch_size=None, cache=True):
        """As ``Extractor``; cached by default, because it is slow on a CPU."""
        return super().__call__(images, batch_size, cache)

    def _forward(self, images):
        images = np.repeat(images, 3 // images.shape[-1], axis=-1)
        outputs = self._model(resize(images, SIZE) / 127.5 - 1, training=False)
        return [np.asarray(v) for v in outputs]


def _download():
    import keras

    try:
        return Path(
            keras.utils.get_file(
                URL.rsplit("/", 1)[1],
                URL,
                cache_subdir="models",
                file_hash="9a0d58056eeedaa3f26cb7ebd46da564",
            )
        )
    except Exception as error:  # whatever urllib, a proxy or the hash check answers
        reason = str(error).splitlines()[0][:200]
        raise InputError(
            f"could not download the Inception-v3 weights ({reason}): fetch {URL} where there "
            "is a network and pass its path, or use FeatureExtractor (FD-product) instead"
        ) from None
