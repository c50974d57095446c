"""C19: the Inception Score."""

import numpy as np
from scipy.special import xlogy
from scipy.stats import entropy

ENTRY = "inception_score"


def starter(p):
    """Exponential of the mean KL divergence between each image's classes and the average.

    Args:
        p: float [n, K], class probabilities of n generated images; rows sum to one, zeros allowed.

    Returns:
        A float between 1 and K.
    """
    raise NotImplementedError


def reference(p):
    average = p.mean(axis=0)
    divergence = (xlogy(p, p) - xlogy(p, average)).sum(axis=1)
    return float(np.exp(divergence.mean()))


def torch_reference(p):
    import torch

    divergence = (torch.xlogy(p, p) - torch.xlogy(p, p.mean(dim=0))).sum(dim=1)
    return divergence.mean().exp()


def variant_entropies(p):
    return float(np.exp(entropy(p.mean(0)) - np.mean(entropy(p, axis=1))))


def wrong_mean_of_exponentials(p):
    average = p.mean(axis=0)
    return float(np.exp((xlogy(p, p) - xlogy(p, average)).sum(axis=1)).mean())


def wrong_base_two(p):
    average = p.mean(axis=0)
    divergence = (xlogy(p, p) - xlogy(p, average)).sum(axis=1) / np.log(2)
    return float(np.exp(divergence.mean()))


def wrong_uniform_average(p):
    divergence = (xlogy(p, p) - xlogy(p, 1 / p.shape[1])).sum(axis=1)
    return float(np.exp(divergence.mean()))


def wrong_zero_times_log_zero(p):
    average = p.mean(axis=0)
    with np.errstate(all="ignore"):
        divergence = (p * np.log(p / average)).sum(axis=1)
    return float(np.exp(divergence.mean()))


def wrong_reverse_divergence(p):
    average = p.mean(axis=0)
    divergence = (xlogy(average, average) - xlogy(average, p + 1e-12)).sum(axis=1)
    return float(np.exp(divergence.mean()))


def checks(c):
    p = c.rng.dirichlet(np.full(5, 0.4), 40)
    found = c.call(p)
    c.shape("number", found, ())
    one_hot = np.eye(4)[c.rng.integers(0, 4, 60)]
    c.finite("zeros", c.call(one_hot))
    average = p.mean(0)
    want = np.exp(np.mean([sum(q * np.log(q / m) for q, m in zip(row, average)) for row in p]))  # noqa: B905
    c.close("value", found, want)
    c.close("one-class", c.call(np.tile([0.2, 0.5, 0.3], (9, 1))), 1.0)
    c.close("all-classes", c.call(np.repeat(np.eye(6), 3, axis=0)), 6.0)
