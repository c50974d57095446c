"""C12: free bits, a floor under the KL divergence of each latent variable."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "free_bits"


def starter(kl_per_dim, lam):
    """The KL term of a VAE with free bits.

    Each latent variable's divergence, averaged over the batch, counts as lam
    at least; the results are added.

    Args:
        kl_per_dim: float [batch, d], KL of each latent variable of each image.
        lam: float, nats that every latent variable has free.

    Returns:
        Scalar tensor, at least d * lam.
    """
    raise NotImplementedError


def reference(kl_per_dim, lam):
    per_latent = tf.reduce_mean(kl_per_dim, axis=0)
    return tf.reduce_sum(tf.maximum(per_latent, lam))


def torch_reference(kl_per_dim, lam):
    import torch

    return torch.clamp(kl_per_dim.mean(dim=0), min=lam).sum()


def variant_excess(kl_per_dim, lam):
    excess = keras.ops.relu(keras.ops.mean(kl_per_dim, axis=0) - lam)
    return keras.ops.sum(excess + lam)


def variant_where(kl_per_dim, lam):
    total = 0.0
    for column in tf.unstack(kl_per_dim, axis=1):
        mean = tf.reduce_mean(column)
        total += tf.where(mean > lam, mean, lam)
    return total


def wrong_floor_on_the_total(kl_per_dim, lam):
    total = tf.reduce_sum(tf.reduce_mean(kl_per_dim, axis=0))
    return tf.maximum(total, lam * kl_per_dim.shape[1])


def wrong_floor_before_the_mean(kl_per_dim, lam):
    return tf.reduce_mean(tf.reduce_sum(tf.maximum(kl_per_dim, lam), axis=1))


def wrong_only_the_excess(kl_per_dim, lam):
    return tf.reduce_sum(tf.nn.relu(tf.reduce_mean(kl_per_dim, axis=0) - lam))


def wrong_ceiling(kl_per_dim, lam):
    return tf.reduce_sum(tf.minimum(tf.reduce_mean(kl_per_dim, axis=0), lam))


def wrong_mean_over_latents(kl_per_dim, lam):
    return tf.reduce_mean(tf.maximum(tf.reduce_mean(kl_per_dim, axis=0), lam))


def wrong_distance_to_lam(kl_per_dim, lam):
    return tf.reduce_sum(tf.abs(tf.reduce_mean(kl_per_dim, axis=0) - lam))


def checks(c):
    # Averages of 0.2 to 0.4 and 0.7 to 1.4: two latents below lam, three above it, while
    # single images lie on both sides in either group.
    lam = 0.5
    scale = np.array([0.2, 0.2, 0.7, 0.7, 0.7]) * c.rng.uniform(1, 2, 5)
    spread = np.array([0.2, 0.5, 2.9, 0.4])  # mean 1
    kl = (spread[:, None] * scale).astype("float32")
    kl = np.stack([c.rng.permutation(column) for column in kl.T], axis=1)

    loss = c.call(tf.constant(kl), lam)
    c.shape("scalar", loss, ())
    c.close("all-below", c.call(tf.constant(kl / 10), lam), 5 * lam)
    c.close("all-above", c.call(tf.constant(kl * 10), lam), 10 * kl.mean(axis=0).sum())
    c.close("value", loss, np.maximum(kl.astype(float).mean(axis=0), lam).sum())
    c.close("nothing-free", c.call(tf.constant(kl), 0.0), kl.mean(axis=0).sum())

    want = np.where(kl.mean(axis=0) > lam, 1 / 4, 0.0) * np.ones_like(kl)
    c.gradient("gradient", (kl, lam), 0, want)
