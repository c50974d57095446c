"""C24: spherical interpolation."""

import numpy as np

ENTRY = "slerp"


def starter(a, b, t):
    """The point at share t of the way from a to b, turning at constant speed.

    Args:
        a, b: float [d], of one length that is not zero, and not opposite.
        t: number from 0 to 1.

    Returns:
        float [d].
    """
    raise NotImplementedError


def reference(a, b, t):
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if angle < 1e-6:
        return (1 - t) * a + t * b
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def torch_reference(a, b, t):
    import torch

    cosine = a @ b / (torch.linalg.norm(a) * torch.linalg.norm(b))
    angle = torch.arccos(cosine.clamp(-1.0, 1.0))
    if angle < 1e-6:
        return torch.lerp(a, b, t)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def variant_basis(a, b, t):
    """For the angle of the second axis: rotate within the plane, then blend the lengths' parts."""
    u, v = a / np.linalg.norm(a), b / np.linalg.norm(b)
    side = v - (u @ v) * u
    angle = np.arctan2(np.linalg.norm(side), u @ v)
    if angle < 1e-6:
        return a + t * (b - a)
    share = np.array([np.sin((1 - t) * angle), np.sin(t * angle)]) / np.sin(angle)
    return share @ np.stack([a, b])


def wrong_straight_line(a, b, t):
    return (1 - t) * a + t * b


def wrong_no_care_of_parallel(a, b, t):
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    with np.errstate(all="ignore"):
        return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def wrong_rescaled_line(a, b, t):
    line = (1 - t) * a + t * b
    length = (1 - t) * np.linalg.norm(a) + t * np.linalg.norm(b)
    return line / np.linalg.norm(line) * length


def wrong_ends_swapped(a, b, t):
    return reference(b, a, t)


def wrong_angle_not_normalised(a, b, t):
    angle = np.arccos(np.clip(a @ b, -1.0, 1.0))
    if angle < 1e-6:
        return (1 - t) * a + t * b
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def checks(c):
    a, b = c.rng.normal(size=(2, 16))
    a, b = 3.0 * a / np.linalg.norm(a), 3.0 * b / np.linalg.norm(b)
    t = float(c.rng.uniform(0.15, 0.35))
    found = c.call(a, b, t)
    c.shape("shape", found, (16,))
    pole = np.eye(16)[0]  # so that the cosine is exactly 1
    c.finite("parallel", c.call(2 * pole, 2 * pole, t))
    # Rounding takes the cosine of a vector with itself above 1 as often as below.
    many = c.rng.normal(size=(40, 16))
    same = c.observe(lambda: np.stack([np.asarray(c.ask(v, v.copy(), t)) for v in many]))
    c.finite("parallel", same)
    c.close("start", c.call(a, b, 0.0), a)
    c.close("end", c.call(a, b, 1.0), b)
    unit = b - (a @ b) / (a @ a) * a
    unit *= np.linalg.norm(a) / np.linalg.norm(unit)
    turn = t * np.pi / 2
    c.close("right-angle", c.call(a, unit, t), np.cos(turn) * a + np.sin(turn) * unit)
    angle = np.arccos(a @ b / np.sqrt((a @ a) * (b @ b)))
    c.close("value", found, (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle))
    c.close("parallel", same, many, 1e-4, 1e-6)
