"""The one gate for what goes into a model: type, shape, range, NaN and labels, checked here only.

``batch`` checks inside ``fit``, where what is wrong shows only when the compiled step runs;
``refusals`` turns its failure into the ``InputError`` that it means. The others check arrays at the
door.
"""

import re
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

from prodimg_lib.data.images import subset, to_uint8
from prodimg_lib.errors import InputError
from prodimg_lib.likelihoods import NOT_BINARY, require, within

_NOT_SCALED = "pixels lie outside -1..1: scale uint8 images with prodimg_lib.to_model"


def whole(name, value, low):
    """``value`` as an int, at least ``low``."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise InputError(f"{name} = {value!r}: expected a whole number")
    if value < low:
        raise InputError(f"{name} = {value}: expected at least {low}")
    return int(value)


def number(name, value, low):
    """``value`` as a float, at least ``low``."""
    real = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not real or not low <= value < np.inf:
        raise InputError(f"{name} = {value!r}: expected a number, at least {low:g}")
    return float(value)


def truncation(value):
    """A positive number, or None for no cut."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not value > 0:
        raise InputError(f"truncation = {value!r}: expected a positive number or None")
    return float(value)


def images(value, config):
    """uint8 images [n, size, size, channels] of the model's size, at least one."""
    images = np.asarray(value)
    if images.dtype != np.uint8:
        raise InputError(f"images are {images.dtype}: expected uint8 in 0..255 (see to_uint8)")
    shape = (config.size, config.size, config.channels)
    if images.ndim != 4 or images.shape[1:] != shape:
        raise InputError(
            f"images have shape {images.shape}: this model takes [n, {', '.join(map(str, shape))}]"
        )
    if len(images) == 0:
        raise InputError("images are empty: pass at least one")
    return images


def labels(value, n, config):
    """Class labels int32 [n] for a conditional model, None for another.

    Args:
        value: one label, n of them, or None.

    Raises:
        InputError: labels where the model takes none, none where it needs them, of another number
            or type, or of no class.
    """
    classes = config.num_classes
    if value is None and classes:
        raise InputError(
            f"labels are missing: this model is conditional on {classes} classes, pass {n} of them"
        )
    if value is None:
        return None
    if not classes:
        raise InputError(
            "this model is not conditional: leave labels out, or train with num_classes > 0"
        )
    value = np.asarray(value)
    if value.dtype.kind not in "iu":
        raise InputError(
            f"labels are {value.dtype}: expected whole numbers from 0 to {classes - 1}"
        )
    if value.ndim == 0:
        value = np.full(n, value)
    if value.shape != (n,):
        raise InputError(f"labels have shape {value.shape}: expected one label or {n} of them")
    if value.min() < 0 or value.max() >= classes:
        raise InputError(f"labels must lie in 0..{classes - 1}, got {value.min()}..{value.max()}")
    return value.astype("int32")


def latents(value, width, kind="f"):
    """Latents [n, width] as an array of floats (``kind`` "f") or codes ("i")."""
    value = np.asarray(value)
    if value.ndim != 2 or value.shape[1] != width or len(value) == 0:
        raise InputError(f"latents have shape {value.shape}: this model takes [n, {width}]")
    if kind == "f" and value.dtype.kind in "iu":
        value = value.astype("float32")
    if value.dtype.kind not in {"f": "f", "i": "iu"}[kind]:
        wanted = "real numbers" if kind == "f" else "whole numbers (codes)"
        raise InputError(f"latents are {value.dtype}: expected {wanted}")
    if kind == "f" and not np.isfinite(value).all():
        raise InputError("latents hold NaN or infinity: find where they came from first")
    return value


def batch(images, labels, config):
    """A batch of ``fit``: float images in [-1, 1] and int32 labels [n], or None without classes.

    Raises:
        InputError: another type or shape, pixels out of range or NaN, labels that are missing or of
            no class: outside a graph. Inside one the step fails before any weight has moved, and
            ``refusals`` says the same.
    """
    images = _pixels(tf.convert_to_tensor(images), config)
    if not config.num_classes:
        return images, None
    if labels is None:
        raise InputError(
            f"labels are missing: this model is conditional on {config.num_classes} classes, fit "
            "it on (images, labels)"
        )
    labels = _classes(tf.convert_to_tensor(labels), config.num_classes)
    with tf.control_dependencies([labels]):  # nothing is computed from images before that check
        return tf.identity(images), labels


def _pixels(images, config):
    if not images.dtype.is_floating:
        raise InputError(
            f"images are {images.dtype.name}: expected floats in -1..1, scale uint8 images with "
            "prodimg_lib.to_model"
        )
    size, channels = config.size, config.channels
    reason = f"images have another shape: this model takes {size} x {size} pixels x {channels}"
    images = _shaped(images, (size, size, channels), reason)
    images = require(images, within(images, -1.0, 1.0), _NOT_SCALED)
    if getattr(config, "likelihood", None) == "bernoulli":
        images = require(images, tf.reduce_all(tf.equal(tf.abs(images), 1.0)), NOT_BINARY)
    return images


def _classes(labels, count):
    if not labels.dtype.is_integer:
        raise InputError(
            f"labels are {labels.dtype.name}: expected whole numbers from 0 to {count - 1}"
        )
    labels = _shaped(
        labels, (), "labels have another shape: expected one whole number for each image"
    )
    labels = tf.cast(labels, tf.int32)
    return require(labels, within(labels, 0, count - 1), f"labels lie outside 0..{count - 1}")


def _shaped(x, shape, reason):
    """``x`` if it is [n, *shape]; a graph that was traced for several shapes knows none of them."""
    if x.shape.rank is not None and not x.shape[1:].is_compatible_with(shape):
        raise InputError(reason)
    if x.shape[1:].is_fully_defined():
        return x
    rank = 1 + len(shape)
    found = tf.concat([tf.shape(x), tf.zeros([rank], tf.int32)], 0)[1:rank]  # of any rank
    good = tf.equal(tf.rank(x), rank) & tf.reduce_all(tf.equal(found, tf.constant(shape, tf.int32)))
    x = require(x, good, reason)
    x.set_shape([None, *shape])
    return x


def single_precision(policy):
    """Refuse a Keras dtype policy under which a training step would go wrong.

    Raises:
        InputError: anything but float32, for numbers and for weights.
    """
    if {policy.compute_dtype, policy.variable_dtype} != {"float32"}:
        raise InputError(
            f"dtype policy = {policy.name!r}: models train in float32 only, as their steps do not "
            "scale the loss; call keras.config.set_dtype_policy('float32') first"
        )


@contextmanager
def refusals():
    """Turns a refusal from inside a compiled step into the ``InputError`` that it means."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        found = re.search(r"assertion failed: \[((?:images|pixels|labels) [^\]]*)\]", error.message)
        if found is None:
            raise
        raise InputError(found[1]) from None


def some(x, y, limit):
    """Some of the images and labels that ``fit`` was given, to look at again after it.

    Args:
        x, y: arguments of ``fit``: arrays of float images and of labels, or a ``tf.data.Dataset``
            or ``keras.utils.PyDataset`` of batches.

    Returns:
        uint8 [n, h, w, c] and int [n] or None, n about ``limit`` at most, of batches none twice;
        (None, None) of what cannot be read twice, such as a generator.
    """
    if isinstance(x, tf.data.Dataset):
        count = int(x.cardinality())
        read = (lambda step: x) if count < 0 else (lambda step: x.shard(step, 0))
        first = next(iter(x))
    elif isinstance(x, keras.utils.PyDataset):
        count, first = x.num_batches or 0, x[0]
        read = lambda step: (x[i] for i in range(0, count, step))  # noqa: E731
    elif hasattr(x, "__array__"):
        rows = subset(np.zeros(len(x)) if y is None else y, limit, np.random.default_rng(0))
        return to_uint8(np.asarray(x)[rows]), None if y is None else np.asarray(y)[rows]
    else:
        return None, None
    size = len(keras.utils.unpack_x_y_sample_weight(first)[0])
    parts = []
    # Spread over what has an end: it may be in the order of its classes.
    for batch in read(max(1, count * size // limit)):
        parts.append(keras.utils.unpack_x_y_sample_weight(batch)[:2])
        if len(parts) * size >= limit:
            break
    images, labels = zip(*parts, strict=True)
    images = to_uint8(np.concatenate([np.asarray(part) for part in images]))
    # Each image once and in an order of its own: an endless stream repeats them, and where it
    # starts depends on whether training was resumed.
    _, once = np.unique(images.reshape(len(images), -1), axis=0, return_index=True)
    if labels[0] is None:
        return images[once], None
    return images[once], np.concatenate([np.asarray(part) for part in labels])[once]


def rows(n, size):
    """Slices of at most ``size`` rows that together cover n."""
    size = whole("batch_size", size, 1)
    return [slice(start, start + size) for start in range(0, n, size)]
