"""C26: the standard deviation over the batch as a channel."""

import numpy as np
import tensorflow as tf

ENTRY = "minibatch_std"


def starter(x):
    """Append one channel with the mean standard deviation over the batch.

    Args:
        x: float tensor [n, h, w, c], features of n images.

    Returns:
        float tensor [n, h, w, c + 1]; its gradient in x is finite, for clones too.
    """
    raise NotImplementedError


def reference(x):
    centred = x - tf.reduce_mean(x, axis=0)
    deviation = tf.sqrt(tf.reduce_mean(tf.square(centred), axis=0) + 1e-8)
    channel = tf.ones_like(x[..., :1]) * tf.reduce_mean(deviation)
    return tf.concat([x, channel], axis=-1)


def torch_reference(x):
    import torch

    deviation = torch.sqrt(x.var(dim=0, correction=0) + 1e-8)
    channel = deviation.mean() * torch.ones_like(x[..., :1])
    return torch.cat([x, channel], dim=-1)


def variant_moments(x):
    _, variance = tf.nn.moments(x, axes=[0])
    value = tf.reduce_mean(tf.sqrt(tf.maximum(variance, 1e-8)))
    n, h, w, _ = x.shape
    return tf.concat([x, tf.fill([n, h, w, 1], value)], axis=3)


def wrong_contrast_of_each_image(x):
    deviation = tf.math.reduce_std(x, axis=[1, 2, 3], keepdims=True)
    return tf.concat([x, tf.ones_like(x[..., :1]) * deviation], axis=-1)


def wrong_over_everything(x):
    channel = tf.ones_like(x[..., :1]) * tf.math.reduce_std(x)
    return tf.concat([x, channel], axis=-1)


def wrong_variance(x):
    value = tf.reduce_mean(tf.math.reduce_variance(x, axis=0))
    return tf.concat([x, tf.ones_like(x[..., :1]) * value], axis=-1)


def wrong_channel_for_each_feature(x):
    deviation = tf.math.reduce_std(x, axis=0, keepdims=True)
    return tf.concat([x, tf.ones_like(x) * deviation], axis=-1)


def checks(c):
    x = c.normal(5, 3, 2, 4, scale=2.0) + c.normal(1, 3, 2, 4, scale=3.0)
    found = c.call(tf.constant(x))
    c.shape("one-more-channel", found, (5, 3, 2, 5))
    c.finite("finite", found)
    c.close("kept", found[..., :4], x)
    want = x.astype(float).std(axis=0).mean()
    c.close("value", found[..., 4], np.full((5, 3, 2), want), rtol=1e-3)
    clones = np.repeat(c.normal(1, 2, 2, 3), 4, axis=0)
    c.close("clones", c.call(tf.constant(clones))[..., 3], np.zeros((4, 2, 2)), atol=1e-3)

    deviation = x.astype(float).std(axis=0)
    slope = (x - x.astype(float).mean(axis=0)) / (5 * deviation) * (5 * 3 * 2) / deviation.size
    c.gradient("slope", (x,), 0, slope, of=_channel, rtol=1e-2, atol=1e-3)
    c.gradient("slope-of-clones", (clones,), 0, np.zeros_like(clones), of=_channel, atol=1e-3)


def _channel(result):
    return result[..., -1]
