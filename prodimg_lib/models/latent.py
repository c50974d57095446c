"""Walks in latent space: interpolation, traversals, attribute directions, active units.

Latents [n, d] in and out, NumPy; they serve a VAE (``encode``, ``decode``) and a GAN
(``latents``, ``decode``) alike. ``edit`` goes from photograph to photograph.
"""

import numpy as np

from prodimg_lib.errors import InputError


def interpolate(a, b, steps=8, *, spherical=False):
    """Points from ``a`` to ``b``, both ends included.

    Args:
        a, b: [d], or [n, d] for n walks at once.
        steps: how many points, at least 2.
        spherical: turn from a to b at an even rate (slerp, Shoemake 1985; White 2016) instead of
            going straight. Normal draws of many dimensions lie near a sphere of radius sqrt(d), and
            the middle of a straight line lies well inside it.

    Returns:
        [steps, d] or [n, steps, d], of the dtype of a and b.

    Raises:
        InputError: other shapes, fewer than 2 steps; spherical: a latent of length 0, or two in
            opposite directions, between which every way is as short.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim not in (1, 2):
        raise InputError(f"latents have shapes {a.shape} and {b.shape}: expected two alike, [d]")
    if steps < 2:
        raise InputError(f"steps = {steps}: a walk has at least its two ends")
    share = np.linspace(0, 1, steps)[:, None]
    start, end = a[..., None, :], b[..., None, :]
    first, second = _turn(start, end, share) if spherical else (1 - share, share)
    return (first * start + second * end).astype(np.result_type(a, b, np.float32))


def _turn(a, b, share):
    """Weights of the two ends when the angle grows evenly; of almost parallel ones, straight."""
    # In float32 the angle of almost opposite ends would be wrong by more than its sine.
    a, b = np.asarray(a, float), np.asarray(b, float)
    lengths = [np.linalg.norm(v, axis=-1, keepdims=True) for v in (a, b)]
    if min(length.min() for length in lengths) == 0:
        raise InputError("a latent of length 0 has no direction to turn from: interpolate straight")
    cosine = ((a / lengths[0]) * (b / lengths[1])).sum(-1, keepdims=True)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if angle.max() > np.pi - 1e-3:
        raise InputError("two latents point in opposite directions: no turn between them is unique")
    straight = angle < 1e-3
    safe = np.where(straight, 1.0, angle)
    weights = (np.sin(part * safe) / np.sin(safe) for part in (1 - share, share))
    return [
        np.where(straight, part, weight)
        for part, weight in zip((1 - share, share), weights, strict=True)
    ]


def traverse(z, dimensions, values):
    """Copies of one latent in which one dimension at a time takes each of the values.

    Args:
        z: [d]; dimensions: indices; values: numbers, such as ``np.linspace(-3, 3, 9)``.

    Returns:
        [len(dimensions), len(values), d], floats.
    """
    z, dimensions, values = np.asarray(z), np.asarray(dimensions), np.asarray(values)
    if z.ndim != 1:
        raise InputError(f"z has shape {z.shape}: a traversal starts from one latent, [d]")
    if dimensions.size and (dimensions.min() < 0 or dimensions.max() >= len(z)):
        raise InputError(f"dimensions must lie in 0..{len(z) - 1}, got {dimensions.tolist()}")
    z = z.astype(np.result_type(z, np.float32))  # whole numbers would cut the values off
    result = np.tile(z, (len(dimensions), len(values), 1))
    result[np.arange(len(dimensions))[:, None], np.arange(len(values)), dimensions[:, None]] = (
        values
    )
    return result


def attribute_directions(latents, attributes, groups=None):
    """How latents change, on average, when one attribute grows by 1 and the others stay.

    The least-squares fit of latents on attributes, with a mean of its own for every group. With one
    yes-or-no attribute it is the difference of the two means (Larsen et al. 2016). With several it
    keeps apart what tends to come together: if dark products have long sleeves, "darker" does
    not lengthen them.

    Args:
        latents: [n, d]; attributes: [n] or [n, m], numbers or booleans.
        groups: int [n], such as the class; differences between groups are not explained.

    Returns:
        [d] or [m, d], float32.

    Raises:
        InputError: not one row for each latent, NaN, or attributes that never vary, or only
            together.
    """
    latents, attributes = np.asarray(latents, float), np.asarray(attributes, float)
    groups = np.zeros(len(latents), int) if groups is None else np.asarray(groups)
    if not len(latents) == len(attributes) == len(groups):
        raise InputError(
            f"{len(latents)} latents, {len(attributes)} rows of attributes, {len(groups)} groups: "
            "expected one of each for every image"
        )
    for name, values in (("latents", latents), ("attributes", attributes)):
        if not np.isfinite(values).all():
            raise InputError(f"{name} hold NaN or infinity: leave those rows out")
    columns = attributes.reshape(len(attributes), -1)
    least = 1e-9 * np.abs(columns).max(0)  # what rounding leaves of constants is less
    latents, columns = (_within_groups(v, groups) for v in (latents, columns))
    scale = columns.std(0)
    if (scale <= least).any():
        still = np.flatnonzero(scale <= least).tolist()
        raise InputError(f"attributes {still} never vary (within a group): nothing to learn from")
    found, _, rank, _ = np.linalg.lstsq(columns / scale, latents, rcond=1e-6)
    if rank < columns.shape[1]:
        raise InputError(
            "some attributes vary only together: one direction cannot be told from the other; "
            "leave one out"
        )
    found = (found / scale[:, None]).astype(np.float32)
    return found[0] if attributes.ndim == 1 else found


def _within_groups(values, groups):
    """Values minus the mean of their group."""
    values = values.copy()
    for group in np.unique(groups):
        values[groups == group] -= values[groups == group].mean(0)
    return values


def move(latents, direction, amounts):
    """Latents moved along a direction of ``attribute_directions``, by each of the amounts.

    Args:
        latents: [n, d]; direction: [d]; amounts: one number, or k of them.

    Returns:
        [n, d], or [n, k, d].

    Raises:
        InputError: other shapes, such as several directions at once.
    """
    latents, amounts = np.asarray(latents), np.asarray(amounts, np.float32)
    direction = np.asarray(direction)
    if latents.ndim != 2 or direction.shape != latents.shape[1:] or amounts.ndim > 1:
        # NumPy would take several directions for one of each latent, or one of each amount.
        raise InputError(
            f"latents {latents.shape}, direction {direction.shape}, amounts {amounts.shape}: "
            "expected [n, d], [d] and [k]; of several directions, move along one at a time"
        )
    if amounts.ndim == 0:
        return latents + amounts * direction
    return latents[:, None] + amounts[:, None] * direction


def edit(model, images, direction, amounts, labels=None):
    """Photographs with more or less of an attribute.

    Args:
        model: a ``VAE``; images: uint8 [n, s, s, c]; labels: int [n] for a conditional model.
        direction: [d], learned from ``model.encode(...)[0]``; amounts: k numbers, in units of the
            attribute; 0 is the plain reconstruction.

    Returns:
        uint8 [n, k, s, s, c].

    Raises:
        InputError: as ``move``, or images and labels that the model does not take.
    """
    amounts = np.atleast_1d(amounts)
    moved = move(model.encode(images, labels)[0], direction, amounts)
    n, k, d = moved.shape
    labels = None if labels is None else np.repeat(labels, k)
    edited = model.decode(moved.reshape(n * k, d), labels)
    return edited.reshape(n, k, *edited.shape[1:])


def active_units(mean, threshold=0.01):
    """Which latent dimensions the encoder uses: those whose mean varies over the images.

    A dimension with Var_x E[z | x] at or below the threshold says the same about every image
    (Burda et al. 2016).

    Args:
        mean: posterior means [n, d].

    Returns:
        bool [d].
    """
    return np.asarray(mean, float).var(0) > threshold
