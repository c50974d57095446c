"""C25: the averaged generator."""

import numpy as np

ENTRY = "ema_update"


def starter(average, weights, decay):
    """One step of an exponential moving average of a network's weights.

    Args:
        average, weights: lists of float arrays of the same shapes; neither is changed.
        decay: share of the old average that is kept, from 0 to 1.

    Returns:
        List of new arrays.
    """
    raise NotImplementedError


def reference(average, weights, decay):
    return [decay * a + (1 - decay) * w for a, w in zip(average, weights, strict=True)]


def torch_reference(average, weights, decay):
    import torch

    with torch.no_grad():
        return [decay * a + (1 - decay) * w for a, w in zip(average, weights, strict=True)]


def variant_towards(average, weights, decay):
    moved = []
    for a, w in zip(average, weights, strict=True):
        new = np.array(a, copy=True)
        new += (1.0 - decay) * (w - new)
        moved.append(new)
    return moved


def wrong_factors_exchanged(average, weights, decay):
    return reference(weights, average, decay)


def wrong_plain_sum(average, weights, decay):
    return [decay * a + w for a, w in zip(average, weights, strict=True)]


def wrong_halfway(average, weights, decay):
    return [(a + w) / 2 for a, w in zip(average, weights, strict=True)]


def wrong_last_left_out(average, weights, decay):
    return [*reference(average[:-1], weights[:-1], decay), average[-1].copy()]


def checks(c):
    shapes = ((3, 2), (2,), (4,))
    average, weights = ([c.rng.normal(size=s) for s in shapes] for _ in range(2))
    decay = float(c.rng.uniform(0.7, 0.95))
    found = c.parts(c.call(average, weights, decay), 3)
    for new, shape in zip(found, shapes, strict=True):
        c.shape("shapes", new, shape)
    for a, w, new in zip(average, weights, found, strict=True):
        c.close("value", new, decay * a + (1 - decay) * w)
    c.close("decay-one", c.call(average, weights, 1.0)[0], average[0])
    c.close("decay-zero", c.call(average, weights, 0.0)[2], weights[2])
    c.true("new-arrays", not c.observe(lambda: _shared(c.ask(average, weights, 1.0), average)))
    c.true("new-arrays", not c.observe(lambda: _shared(c.ask(average, weights, 0.0), weights)))


def _shared(found, given):
    return any(np.shares_memory(n, a) for n in found for a in given)
