"""What a model needs to be told the cluster of an image in place of its class."""

import warnings
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.special import ndtr, ndtri

from prodimg_lib.errors import InputError
from prodimg_lib.models import inputs
from prodimg_lib.models.base import GenerativeModel
from prodimg_lib.models.clusters import Clusters
from prodimg_lib.seeds import key

CLUSTERED_IMAGES = 10_000  # of the training images: 100 for each of 100 clusters


class ClusteredModel(GenerativeModel):
    """A ``GenerativeModel`` whose config has ``clusters``, how many of them stand in for classes.

    They are found when ``fit`` begins, once for the model's life: a later ``fit``, or one that goes
    on from a file, takes those. A latent then has one more value, its last, which chooses the
    cluster to draw from, each as often as the training images lie in it.

    Attributes:
        clusters: a ``Clusters``, or None where the config has 0.
    """

    clusters: Any

    def __init__(self, config=None, **settings):
        super().__init__(config, **settings)
        c = self.config
        self.clusters = Clusters(c.clusters, c.size, c.channels) if c.clusters else None

    @property
    def noise_dim(self):
        return self.config.latent_dim + (self.clusters is not None)

    def place(self, latents, labels, truncation=None):
        """Truncation leaves the clusters their shares: it is a matter of what lies in each."""
        if self.clusters is None or truncation is None:
            return latents
        return np.concatenate([latents[:, :-1], _untruncated(latents[:, -1:], truncation)], axis=1)

    def own_classes(self, latents, truncation=None):
        if self.clusters is None:
            return latents, None
        latents, chosen = self.with_clusters(self.place(latents, None, truncation))
        return latents.numpy(), chosen.numpy()

    def with_clusters(self, latents):
        """Latents [n, latent_dim + 1] -> latents [n, latent_dim] and clusters int32 [n]."""
        latents = tf.convert_to_tensor(latents)
        return [latents[:, :-1], self.clusters.draw(latents[:, -1])]

    def fit(self, x=None, y=None, *args, **options):
        """As ``keras.Model.fit``; first ``fit_clusters`` on some thousand of these images.

        Of a generator, which cannot be read twice, no clusters are found, with a warning.

        Raises:
            InputError: see ``GenerativeModel.fit``.
        """
        self.before_training(x)
        return super().fit(x, y, *args, **options)

    def before_training(self, x):
        if self.clusters is None or self.clusters.adapted:
            return
        images, _ = inputs.some(x, None, CLUSTERED_IMAGES)
        if images is None:
            warnings.warn(
                "all images count to one cluster: what fit was given cannot be read twice; "
                "call fit_clusters(images) with training images first, or set pseudo_classes "
                "to 0",
                stacklevel=3,
            )
        else:
            self.fit_clusters(images)

    def fit_clusters(self, images):
        """Find the clusters of training images; before training, as it renames them.

        Args:
            images: uint8 [n, size, size, channels]; some thousand are enough.

        Raises:
            InputError: images of another shape or type, or a model without clusters.
        """
        if self.clusters is None:
            raise InputError(
                "this model has no pseudo-classes: make it without num_classes, and with "
                "pseudo_classes above 0"
            )
        self.clusters.adapt(inputs.images(images, self.config), key(self.config.seed, "clusters"))


def _untruncated(normal, cut):
    """Values of a normal cut off at +-cut -> those of the whole normal of the same rank."""
    low = ndtr(-cut)
    uniform = (ndtr(normal.astype(float)) - low) / (1 - 2 * low)
    return ndtri(uniform.clip(1e-12, 1 - 1e-12)).astype("float32")
