"""C31: classifier-free guidance, with the contrast put right."""

import keras
import numpy as np
import tensorflow as tf

ENTRY = "guide"


def starter(conditional, unconditional, scale, rescale):
    """Guided estimates for a batch of requests, each with its own strength.

    The guided estimate lies on the line from the unconditional to the conditional one: scale 0
    is the former, 1 the latter, more than 1 goes beyond. Its standard deviation over an image is
    then brought back, in part or wholly, to that of the conditional estimate.

    Args:
        conditional: float32 [batch, height, width, channels], estimate with the condition.
        unconditional: float32, the same shape, estimate without it.
        scale: float32 [batch], strength for each image.
        rescale: float from 0 to 1. 0 returns the guided estimate as it is, 1 one whose standard
            deviation over all numbers of an image is the conditional estimate's; between the two,
            the results are mixed linearly. No mean is subtracted when the estimate is rescaled.

    Returns:
        Float, the shape of the estimates.
    """
    raise NotImplementedError


def reference(conditional, unconditional, scale, rescale):
    scale = np.reshape(scale, (-1, 1, 1, 1))
    guided = unconditional + scale * (conditional - unconditional)
    wanted = np.std(conditional, axis=(1, 2, 3), keepdims=True)
    found = np.std(guided, axis=(1, 2, 3), keepdims=True)
    return rescale * guided * wanted / found + (1 - rescale) * guided


def torch_reference(conditional, unconditional, scale, rescale):
    import torch

    guided = torch.lerp(unconditional, conditional, scale.reshape(-1, 1, 1, 1))
    wanted, found = (
        torch.std(x, dim=(1, 2, 3), correction=0, keepdim=True) for x in (conditional, guided)
    )
    return rescale * guided * wanted / found + (1 - rescale) * guided


def variant_tensorflow(conditional, unconditional, scale, rescale):
    scale = tf.reshape(scale, (-1, 1, 1, 1))
    guided = scale * conditional + (1 - scale) * unconditional
    wanted = tf.math.reduce_std(conditional, axis=[1, 2, 3], keepdims=True)
    found = tf.math.reduce_std(guided, axis=[1, 2, 3], keepdims=True)
    return guided * (1 + rescale * (wanted / found - 1))


def variant_one_image_after_the_other(conditional, unconditional, scale, rescale):
    out = []
    for c, u, s in zip(conditional, unconditional, scale, strict=True):
        c, u = np.asarray(c, float), np.asarray(u, float)
        guided = c + (s - 1) * (c - u)
        ratio = c.std(ddof=1) / guided.std(ddof=1)
        out.append((1 - rescale) * guided + rescale * ratio * guided)
    return np.stack(out)


def variant_keras_ops(conditional, unconditional, scale, rescale):
    ops = keras.ops
    c, u = ops.convert_to_tensor(conditional), ops.convert_to_tensor(unconditional)
    guided = u + ops.expand_dims(ops.convert_to_tensor(scale), (1, 2, 3)) * (c - u)
    ratio = ops.std(c, (1, 2, 3), keepdims=True) / ops.std(guided, (1, 2, 3), keepdims=True)
    return (rescale * ratio + 1 - rescale) * guided


def wrong_other_convention(conditional, unconditional, scale, rescale):
    return reference(conditional, unconditional, scale + 1, rescale)


def wrong_towards_the_unconditional(conditional, unconditional, scale, rescale):
    guided = _line(unconditional, conditional, scale)
    return _mix(guided, conditional, rescale)


def wrong_never_beyond(conditional, unconditional, scale, rescale):
    return reference(conditional, unconditional, np.minimum(scale, 1), rescale)


def wrong_one_scale_for_all(conditional, unconditional, scale, rescale):
    return reference(conditional, unconditional, np.full_like(scale, scale[0]), rescale)


def wrong_scale_along_channels(conditional, unconditional, scale, rescale):
    guided = unconditional + np.asarray(scale) * (conditional - unconditional)
    return _mix(guided, conditional, rescale)


def wrong_deviation_of_the_batch(conditional, unconditional, scale, rescale):
    guided = _line(conditional, unconditional, scale)
    return rescale * guided * conditional.std() / guided.std() + (1 - rescale) * guided


def wrong_deviation_of_each_channel(conditional, unconditional, scale, rescale):
    guided = _line(conditional, unconditional, scale)
    wanted, found = (np.std(v, axis=(1, 2), keepdims=True) for v in (conditional, guided))
    return rescale * guided * wanted / found + (1 - rescale) * guided


def wrong_deviation_of_the_unconditional(conditional, unconditional, scale, rescale):
    return _mix(_line(conditional, unconditional, scale), unconditional, rescale)


def wrong_mixed_the_wrong_way(conditional, unconditional, scale, rescale):
    return reference(conditional, unconditional, scale, 1 - rescale)


def wrong_never_rescaled(conditional, unconditional, scale, rescale):
    return _line(conditional, unconditional, scale)


def _line(conditional, unconditional, scale):
    return unconditional + np.reshape(scale, (-1, 1, 1, 1)) * (conditional - unconditional)


def _mix(guided, like, rescale):
    wanted, found = (np.std(v, axis=(1, 2, 3), keepdims=True) for v in (like, guided))
    return rescale * guided * wanted / found + (1 - rescale) * guided


def checks(c):
    # As many channels as images, so that a scale along the wrong axis raises nothing.
    shape = (3, 4, 5, 3)
    offset = np.array([0.5, -1.0, 2.0], "float32")  # channels whose means differ
    conditional = c.normal(*shape) * np.array([0.5, 1.0, 2.0], "float32") + offset
    unconditional = c.normal(*shape, scale=1.5) - 0.3
    scale = c.rng.permutation([1.6, 3.0, 7.5]).astype("float32")

    guided = c.call(conditional, unconditional, scale, 0.0)
    c.shape("shape", guided, shape)
    ends = np.array([0.0, 1.0, 1.0], "float32")
    found = c.call(conditional, unconditional, ends, 0.0)
    c.close("ends", found, np.stack([unconditional[0], *conditional[1:]]), 1e-5, 1e-5)
    cond, uncond = conditional.astype(float), unconditional.astype(float)
    want = uncond + scale.astype(float).reshape(-1, 1, 1, 1) * (cond - uncond)
    c.close("value", guided, want, 1e-4, 1e-4)
    whole = c.call(conditional, unconditional, scale, 1.0)
    spread = np.asarray(whole).reshape(3, -1).std(axis=1)
    c.close("contrast", spread, cond.reshape(3, -1).std(axis=1), 1e-4, 1e-5)
    ratio = (cond.reshape(3, -1).std(1) / want.reshape(3, -1).std(1)).reshape(3, 1, 1, 1)
    c.close("rescaled", whole, ratio * want, 1e-4, 1e-4)
    part = c.call(conditional, unconditional, scale, 0.7)
    c.close("mixed", part, (0.7 * ratio + 0.3) * want, 1e-4, 1e-4)
