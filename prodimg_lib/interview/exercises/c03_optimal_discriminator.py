"""C03: the optimal discriminator of two tables, and the divergence it measures."""

import numpy as np
from scipy.special import rel_entr, xlogy

ENTRY = "optimal_d_and_jsd"


def starter(p, q):
    """The best discriminator of two distributions, and their divergence.

    Args:
        p: float [k], probabilities of the data; the sum is 1, some may be 0.
        q: float [k], probabilities of the generator, likewise.

    Returns:
        (d, jsd): d float [k], the optimal discriminator's probability of
        "data" for each outcome, 0.5 where p and q are both 0; jsd a float,
        the Jensen-Shannon divergence in nats.
    """
    raise NotImplementedError


def reference(p, q):
    total = p + q
    d = np.divide(p, total, out=np.full_like(total, 0.5), where=total > 0)

    def kl_to_mixture(a):
        some = a > 0  # 0 log 0 counts as 0
        return np.sum(a[some] * np.log(a[some] / (total[some] / 2)))

    return d, (kl_to_mixture(p) + kl_to_mixture(q)) / 2


def torch_reference(p, q):
    import torch

    total = p + q
    d = torch.where(total > 0, p / total, 0.5)

    def kl_to_mixture(a):
        return (torch.xlogy(a, a) - torch.xlogy(a, total / 2)).sum()  # 0 log 0 counts as 0

    return d, (kl_to_mixture(p) + kl_to_mixture(q)) / 2


def variant_entropies(p, q):
    mixture = (p + q) / 2
    d = np.where(mixture > 0, p / np.where(mixture > 0, 2 * mixture, 1), 0.5)

    def entropy(a):
        return -xlogy(a, a).sum()

    return d, entropy(mixture) - (entropy(p) + entropy(q)) / 2


def variant_value_of_the_game(p, q):
    d = np.array([a / (a + b) if a + b > 0 else 0.5 for a, b in zip(p, q, strict=True)])
    value = xlogy(p, d).sum() + xlogy(q, 1 - d).sum()
    return d, (value + np.log(4)) / 2


def wrong_kl_for_jsd(p, q):
    total = p + q
    d = np.divide(p, total, out=np.full_like(total, 0.5), where=total > 0)
    return d, rel_entr(p, q).sum()


def wrong_bits_for_nats(p, q):
    d, jsd = reference(p, q)
    return d, jsd / np.log(2)


def wrong_mixture_not_halved(p, q):
    d, _ = reference(p, q)
    return d, (rel_entr(p, p + q).sum() + rel_entr(q, p + q).sum()) / 2


def wrong_sum_not_mean(p, q):
    d, jsd = reference(p, q)
    return d, 2 * jsd


def wrong_roles_swapped(p, q):
    return reference(q, p)


def wrong_zero_times_log_zero(p, q):
    with np.errstate(all="ignore"):
        mixture = (p + q) / 2
        jsd = (np.sum(p * np.log(p / mixture)) + np.sum(q * np.log(q / mixture))) / 2
        return p / (p + q), jsd


def checks(c):
    p, q = c.rng.dirichlet(np.full(5, 2.0)), c.rng.dirichlet(np.full(5, 2.0))
    p_gaps, q_gaps = np.array([0.25, 0.75, 0, 0]), np.array([0, 0.5, 0.5, 0])
    p_left, q_right = np.array([0.4, 0.6, 0, 0]), np.array([0, 0, 0.1, 0.9])

    d, jsd = c.parts(c.call(p, q), 2)
    c.shape("one-per-outcome", d, (5,))
    c.shape("scalar", jsd, ())
    for part in c.parts(c.call(p_gaps, q_gaps), 2):
        c.finite("finite", part)

    c.close("optimal-d", d, p / (p + q))
    with np.errstate(all="ignore"):
        d, jsd = (np.asarray(part, float) for part in (d, jsd))
        value = np.sum(p * np.log(d)) + np.sum(q * np.log(1 - d))
    c.close("value-of-the-game", 2 * jsd - np.log(4), value)
    c.close("symmetric", c.parts(c.call(q, p), 2)[1], jsd)
    c.close("same", c.parts(c.call(p, p), 2)[1], 0.0)
    d, jsd = c.parts(c.call(p_left, q_right), 2)
    c.close("disjoint", jsd, np.log(2))
    c.close("certain", d, [1, 1, 0, 0])
    c.close("gaps", c.parts(c.call(p_gaps, q_gaps), 2)[0], [1, 0.6, 0, 0.5])
