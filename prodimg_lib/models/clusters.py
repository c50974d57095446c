"""Pseudo-classes: a GAN without labels is told the cluster of an image in place of its class.

A discriminator that knows where an image should lie compares it with the images there, and a
generator that is asked for every part of the data in turn cannot leave parts out (Sage et al. 2018;
Liu et al. 2020). The clusters are those of k-means on pixels, found in seconds, before training.
"""

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib.data.images import to_model

_ROUNDS = 30
_LEAST = 25  # images for a cluster, on average: one of a handful of images is those images
_SIDE = 16  # pixels; finer detail hardly moves a distance, and costs


def k_means(x, k, seed=0):
    """k-means from a start of points far apart (Arthur & Vassilvitskii 2007).

    Args:
        x: float [n, d].
        k: how many clusters at most, at least 1; fewer where x has fewer different rows.

    Returns:
        centres [<= k, d], in the order of their first principal component, and for each the share
        of x that is nearest to it, > 0 for each, sum 1.
    """
    x = np.asarray(x, np.float32)
    length = (x**2).sum(1)
    rng = np.random.default_rng(seed)
    chosen = [int(rng.integers(len(x)))]
    nearest = np.full(len(x), np.inf)
    while True:
        nearest = np.minimum(nearest, length + length[chosen[-1]] - 2 * x @ x[chosen[-1]])
        nearest[nearest < 1e-5 * length] = 0  # the same row: rounding leaves something
        if len(chosen) == k or not nearest.any():
            break
        chosen.append(int(rng.choice(len(x), p=nearest / nearest.sum())))
    centres = x[chosen]
    for _ in range(_ROUNDS):
        own = _nearest(x, centres)
        member = np.eye(len(centres), dtype=np.float32)[own]
        count = member.sum(0)
        # One that lost all of its points stays where it is.
        moved = np.where(count[:, None] > 0, member.T @ x / count.clip(1)[:, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    share = np.bincount(_nearest(x, centres), minlength=len(centres)) / len(x)
    centres, share = centres[share > 0], share[share > 0]
    axis = np.linalg.svd(centres - centres.mean(0), full_matrices=False)[2][0]
    order = np.argsort(centres @ axis, kind="stable")
    return centres[order], share[order]


def _nearest(x, centres):
    """For each row the number of its centre; |x|^2 is the same for all of them."""
    return ((centres**2).sum(1) - 2 * x @ centres.T).argmin(1)


@keras.saving.register_keras_serializable("prodimg")
class Clusters(keras.layers.Layer):
    """Images in [-1, 1], [n, size, size, channels] -> the number of their cluster, int32 [n].

    Args:
        count: how many there may be. Fewer are made of few images: one for each 25.
        size, channels: of the images.

    Attributes:
        centres: [count, pixels], the mean images, shrunk to at most 16 x 16.
        share: [count], of the training images; 0 for clusters that are not made, and before
            ``adapt`` for all. Then every image counts to the first.
    """

    def __init__(self, count, size, channels, **options):
        super().__init__(trainable=False, **options)
        self.count, self.size, self.channels = count, size, channels
        self.pool = -(-size // _SIDE)
        pixels = (size // self.pool) ** 2 * channels
        constant = {"initializer": "zeros", "trainable": False}
        self.centres = self.add_weight(name="centres", shape=(count, pixels), **constant)
        self.share = self.add_weight(name="share", shape=(count,), **constant)
        self.built = True

    def get_config(self):
        shape = {"count": self.count, "size": self.size, "channels": self.channels}
        return super().get_config() | shape

    @property
    def adapted(self):
        return bool(np.asarray(self.share).any())

    def adapt(self, images, seed=0):
        """Find the clusters of uint8 images [n, size, size, channels], n at least 1."""
        x = np.asarray(self._pixels(to_model(images)))
        centres, share = k_means(x, max(1, min(self.count, len(x) // _LEAST)), seed)
        spare = self.count - len(share)
        self.centres.assign(np.pad(centres, ((0, spare), (0, 0))))
        self.share.assign(np.pad(share, (0, spare)))

    def _pixels(self, images):
        if self.pool > 1:
            images = tf.nn.avg_pool2d(images, self.pool, self.pool, "VALID")
        return tf.reshape(images, [-1, self.centres.shape[1]])

    def call(self, images):
        centres, share = (tf.convert_to_tensor(v) for v in (self.centres, self.share))
        # |x|^2 is the same for all centres.
        distance = tf.reduce_sum(centres**2, 1) - 2 * self._pixels(images) @ tf.transpose(centres)
        distance = tf.where(share > 0, distance, np.inf)
        return tf.argmin(distance, axis=1, output_type=tf.int32)

    def draw(self, normal):
        """Standard normal numbers [n] -> clusters int32 [n], by their share of the images."""
        uniform = 0.5 * tf.math.erfc(-tf.cast(normal, tf.float32) / np.sqrt(2.0))
        share = tf.convert_to_tensor(self.share)
        # Those that are not made come last, and rounding does not lead to them.
        last = tf.math.count_nonzero(share, dtype=tf.int32) - 1
        chosen = tf.searchsorted(tf.cumsum(share), uniform, side="right")
        return tf.clip_by_value(chosen, 0, tf.maximum(last, 0))
