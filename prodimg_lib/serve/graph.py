"""A trained model as one graph: standard normal numbers (and labels) in, uint8 images out.

What ``model.generate`` does between its random numbers and its images, in operations that
TensorFlow and ONNX both have: who runs the graph needs neither this library nor its prior.
"""

import math

import numpy as np
import tensorflow as tf

from prodimg_lib import diffusion
from prodimg_lib.errors import InputError
from prodimg_lib.models.base import with_labels

# Wichura (1988), algorithm AS 241, PPND16: numerators and denominators, the highest power first.
_MIDDLE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_TAIL = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055,
     4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
     0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494,
     2.05319162663775882187, 1.0),
)  # fmt: skip
_FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
     0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358,
     5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531,
     0.59983220655588793769, 1.0),
)  # fmt: skip


def normal_quantile(p):
    """Inverse of the normal distribution function, float [...] in 0..1 (exclusive), any dtype.

    ``tf.math.ndtri`` has no counterpart in ONNX; this one is sums and products (Wichura 1988).
    """
    q = p - 0.5
    middle = q * _ratio(_MIDDLE, 0.180625 - q * q)
    # Where the branch does not hold its value must still be finite.
    r = tf.sqrt(-tf.math.log(tf.where(tf.abs(q) < 0.425, tf.ones_like(p), tf.minimum(p, 1.0 - p))))
    tail = tf.where(r <= 5.0, _ratio(_TAIL, r - 1.6), _ratio(_FAR, r - 5.0))
    return tf.where(tf.abs(q) <= 0.425, middle, tf.sign(q) * tail)


def _ratio(polynomials, x):
    above, below = (
        tf.math.polyval([tf.constant(each, x.dtype) for each in p], x) for p in polynomials
    )
    return above / below


def mixture(z, group, weights, means, scales):
    """As ``latent_prior.place`` without truncation, in a graph: [n, d] float32.

    Args:
        z: float32 [n, d]; group: int32 [n]; weights [g, k], means [g, k, d], scales [g, k, d, d]:
            NumPy arrays.
    """
    means, scales = (tf.constant(a, tf.float32) for a in (means, scales))
    count = weights.shape[1]
    row = count * group
    if count > 1:
        ends = np.cumsum(np.asarray(weights, float), axis=1)
        ends /= ends[:, -1:]
        starts = np.concatenate([np.zeros((len(ends), 1)), ends[:, :-1]], axis=1)
        uniform = 0.5 * (1.0 + tf.math.erf(z[:, :1] / math.sqrt(2.0)))
        uniform = tf.clip_by_value(uniform, 0.0, 1.0 - 1e-7)
        inner = tf.gather(tf.constant(ends[:, :-1], tf.float32), group)
        chosen = tf.reduce_sum(tf.cast(uniform >= inner, tf.int32), axis=1)
        row += chosen
        start, width = (
            tf.gather(tf.constant(a.ravel(), tf.float32), row)[:, None]
            for a in (starts, np.maximum(ends - starts, 1e-12))
        )
        rest = tf.clip_by_value((uniform - start) / width, 1e-7, 1.0 - 1e-7)
        z = tf.concat([normal_quantile(rest), z[:, 1:]], axis=1)
    d = means.shape[-1]
    scale = tf.gather(tf.reshape(scales, [-1, d, d]), row)
    moved = tf.squeeze(tf.matmul(scale, z[:, :, None]), 2)
    return tf.gather(tf.reshape(means, [-1, d]), row) + moved


def follow(model, z, labels, steps=None, guidance=None):
    """As a flow's own sampler, as a loop: the network stands in the graph once or twice."""
    c = model.config
    count = c.steps if steps is None else steps
    moments = tf.constant(diffusion.times(count, model.start), tf.float32)
    guess, field = model.fields(labels, guidance)

    def step(i, x):
        t, after = moments[i], moments[i + 1]
        if c.sampler == "ddim":
            return i + 1, diffusion.ddim(guess, x, tf.stack([t, after]), model.noising)
        if c.sampler == "heun":
            return i + 1, diffusion.heun_step(field, x, t, after)
        return i + 1, x + (after - t) * field(x, t)

    x = tf.reshape(z, [-1, *model.place_shape])
    looped = count - 1 if c.sampler == "heun" else count
    _, x = tf.while_loop(
        lambda i, _: i < looped,
        step,
        (tf.constant(0), x),
        shape_invariants=(tf.TensorShape([]), x.shape),
    )
    if c.sampler == "heun":
        x += (moments[-1] - moments[-2]) * field(x, moments[-2])
    return x


def _cluster(normal, share):
    """As ``Clusters.draw``, int32 [n]: ONNX has no search in a sorted list."""
    uniform = 0.5 * (1.0 + tf.math.erf(normal / math.sqrt(2.0)))
    ends = tf.constant(np.cumsum(share, dtype=np.float32))
    chosen = tf.reduce_sum(tf.cast(uniform[:, None] >= ends, tf.int32), axis=1)
    return tf.minimum(chosen, max(int(np.count_nonzero(share)) - 1, 0))


def images(model, z, labels, **drawing):
    """float32 [n, noise_dim] and labels int32 [n] (or None) -> uint8 [n, size, size, channels].

    Raises:
        InputError: a family that draws in another way.
    """
    if hasattr(model, "fields"):
        x = model.finish(follow(model, z, labels, **drawing))
    elif hasattr(model, "prior_weight"):
        group = tf.zeros(tf.shape(z)[:1], tf.int32) if labels is None else labels
        prior = (model.prior_weight, model.prior_mean, model.prior_scale)
        with tf.init_scope():  # out of the graph: constants of it
            values = [variable.numpy() for variable in prior]
        z = mixture(z, group, *values)
        x = model.sampler(with_labels(z, labels), training=False)
    elif getattr(model, "clusters", None) is not None:
        with tf.init_scope():
            share = model.clusters.share.numpy()
        x = model.ema_generator([z[:, :-1], _cluster(z[:, -1], share)], training=False)
    elif model.WALKS:
        x = model.sampler(with_labels(z, labels), training=False)
    else:
        raise InputError(
            f"a {type(model).__name__} cannot be exported: it draws its codes one after the other, "
            "which is no single graph; serve it with `prodimg serve`, or export another family"
        )
    levels = tf.round((x + 1.0) * 127.5)
    return tf.cast(tf.clip_by_value(levels, 0.0, 255.0), tf.uint8)
