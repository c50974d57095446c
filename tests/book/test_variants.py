"""Two hundred exams: every answer found again by another way, every wrong choice really wrong."""

import math

import numpy as np
import pytest
import variants
from scipy import linalg, optimize
from variant_questions import QUESTIONS

SEEDS = range(200)


def kl(m1, s1, m2, s2):
    x = np.linspace(m1 - 12 * s1, m1 + 12 * s1, 4001)
    log_q, log_p = (-0.5 * ((x - m) / s) ** 2 - math.log(s) for m, s in ((m1, s1), (m2, s2)))
    q = np.exp(log_q) / math.sqrt(2 * math.pi)
    return np.trapezoid(q * (log_q - log_p), x)


def frechet(m1, s1, m2, s2):
    a, b = np.diag(s1**2), np.diag(s2**2)
    root = linalg.sqrtm(a @ b).real
    return np.sum((m1 - m2) ** 2) + np.trace(a + b - 2 * root)


def sizes(side, k):
    first = len(range(0, side, 2))
    return sum(start + k <= first for start in range(0, first, 2))


def decibels(mse):
    return -20 * math.log10(math.sqrt(mse) / 255)


def bits(nats, d):
    return math.log2(math.exp(nats / d) * 255 / 2)


def field(kernels, strides):
    """Follow one output down to the pixels that it is made of."""
    seen = {0}
    for k, s in zip(reversed(kernels), reversed(strides), strict=True):
        seen = {place * s + step for place in seen for step in range(k)}
    return max(seen) + 1


def best_answer(p, q):
    def value(y):
        return -(p * math.log(y) + q * math.log(1 - y))

    return optimize.minimize_scalar(value, bounds=(0, 1), options={"xatol": 1e-9}).x


def guidance(with_class, without, w):
    return (1 - w) * without + w * with_class


def bias(n, d):
    return 2 * d / n + (d + d * (d - 1) / 2) / (n - 1)


def human_study(fooled, n):
    """The larger share at which the observed one lies just 1.96 of its standard errors below."""
    z = 1.959963984540054
    return optimize.brentq(
        lambda p: p - fooled / n - z * math.sqrt(p * (1 - p) / n), fooled / n, 1 - 1e-12
    )


def machines(accepted, rate, passes, seconds):
    busy = 3 * accepted / rate / (24 * 3600) * passes * seconds
    return next(m for m in range(1, 10_000) if busy / m <= 0.7 + 1e-12)


def weights(t):
    """By what the velocity's error is for a unit error of x0, at the same x_t."""
    x0, eps, wrong = 0.3, -0.7, 1.3
    x = (1 - t) * x0 + t * eps
    return (((x - (1 - t) * wrong) / t - wrong) - (eps - x0)) ** 2


AGAIN = (
    *(kl, frechet, sizes, decibels, bits, field),
    *(best_answer, guidance, bias, human_study, machines, weights),
)


@pytest.mark.parametrize(("question", "again"), list(zip(QUESTIONS, AGAIN, strict=True)))
def test_every_answer_is_found_again_and_no_wrong_choice_is_right(question, again):
    number = QUESTIONS.index(question)
    answers = set()
    for seed in SEEDS:
        found = question(np.random.default_rng([seed, number]))
        assert again(**found.given) == pytest.approx(found.answer, rel=1e-5, abs=1e-9), seed
        right = found.show(found.answer)
        assert right not in [found.show(value) for value, _ in found.mistakes], (seed, found.given)
        assert len(variants.choices(found, seed, number)) >= 3
        answers.add(right)
    assert len(answers) >= 8


def test_the_bound_and_the_weights_are_those_of_the_library():
    from prodimg_lib import diffusion, elbo

    found = QUESTIONS[4](np.random.default_rng(0))
    assert elbo.bits_per_dimension(found.given["nats"], found.given["d"]) == pytest.approx(
        found.answer
    )
    found = QUESTIONS[11](np.random.default_rng(0))
    assert float(diffusion.x0_weight("flow", found.given["t"])) == pytest.approx(found.answer)


def test_a_seed_gives_one_exam_and_its_key(tmp_path, capsys):
    assert variants.main(["--seed", "3", "--out", str(tmp_path)]) == 0
    sheet = (tmp_path / "exam-3.html").read_text(encoding="utf-8")
    key = (tmp_path / "exam-3-key.html").read_text(encoding="utf-8")
    assert variants.page(3, 90, False) == sheet
    assert sheet.count("<section>") == key.count("<section>") == 12
    assert 'class="right"' not in sheet
    assert key.count('class="right"') == 12
    assert variants.page(4, 90, False) != sheet
    assert sum(v.points for v in variants.draw(3)) == 62


def test_what_cannot_be_is_refused():
    with pytest.raises(SystemExit):
        variants.main(["--seed", "-1"])
