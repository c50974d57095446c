"""The questions of ``variants.py``: each draws numbers, and knows the answer and usual mistakes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from prodimg_lib.interview.capacity import plan
from prodimg_lib.metrics.distribution import frechet_bias, frechet_from_moments
from prodimg_lib.metrics.human import wilson_interval


@dataclass(frozen=True)
class Variant:
    """One question with its numbers.

    given: the numbers by name; mistakes: (value, what was done to get it); way: how one gets there.
    """

    title: str
    points: int
    given: dict
    prompt: str
    answer: float
    mistakes: list
    way: str
    show: Callable = "{:.3f}".format


def kl(rng):
    m1, m2 = (int(m) for m in rng.choice(np.arange(-2, 3), 2, replace=False))
    s1, s2 = (float(s) for s in rng.choice([0.5, 1.0, 2.0, 4.0], 2, replace=False))

    def of(m, s, m_2, s_2):
        return math.log(s_2 / s) + (s**2 + (m - m_2) ** 2) / (2 * s_2**2) - 0.5

    answer = of(m1, s1, m2, s2)
    careless = math.log(s2 / s1) + (s1 + (m1 - m2) ** 2) / (2 * s2) - 0.5
    return Variant(
        "The price of a code",
        6,
        {"m1": m1, "s1": s1, "m2": m2, "s2": s2},
        r"How large is $\mathrm{KL}(q \,\|\, p)$ in nats, for "
        rf"$q = \mathcal N({m1}, {s1:g}^2)$ and $p = \mathcal N({m2}, {s2:g}^2)$?",
        answer,
        [
            (of(m2, s2, m1, s1), "the two exchanged"),
            (careless, "standard deviations where variances belong"),
            (answer + 0.5, "the one half forgotten"),
        ],
        r"$\log\frac{\sigma_p}{\sigma_q} + \frac{\sigma_q^2 + (\mu_q - \mu_p)^2}{2\sigma_p^2} "
        rf"- \frac12$ = {answer:.3f}",
    )


def frechet(rng):
    m1, m2 = rng.integers(-3, 4, (2, 2)).astype(float)
    s1, s2 = rng.choice([1.0, 2.0, 3.0, 5.0], (2, 2))
    s1[0], s2[0] = rng.choice([1.0, 2.0, 3.0, 5.0], 2, replace=False)
    m2[1] = m1[1] + rng.choice([-2.0, -1.0, 1.0, 2.0])
    answer = frechet_from_moments(m1, np.diag(s1**2), m2, np.diag(s2**2))
    means, spreads = float(np.sum((m1 - m2) ** 2)), float(np.sum((s1 - s2) ** 2))
    texts = [", ".join(f"{x:g}" for x in v) for v in (m1, s1**2, m2, s2**2)]
    return Variant(
        "A Fréchet distance by hand",
        6,
        {"m1": m1, "s1": s1, "m2": m2, "s2": s2},
        f"Features of photographs have the means ({texts[0]}) and the variances ({texts[1]}), "
        f"those of generated images ({texts[2]}) and ({texts[3]}); all covariances are zero. How "
        "large is the Fréchet distance?",
        answer,
        [
            (means, "the means only"),
            (means + float(np.sum((s1**2 - s2**2) ** 2)), "variances where deviations belong"),
            (math.sqrt(means + spreads), "the root taken: this distance is a square"),
        ],
        rf"$\lVert m_1 - m_2 \rVert^2 + \sum_i (s_{{1i}} - s_{{2i}})^2 = {means:g} + {spreads:g}$",
        "{:.2f}".format,
    )


def sizes(rng):
    side = int(rng.choice([60, 64, 96, 100, 128]))
    k = int(rng.choice([4, 5, 6, 7]))
    half = -(-side // 2)
    answer = (half - k) // 2 + 1
    return Variant(
        "Two convolutions",
        4,
        {"side": side, "k": k},
        f"An image of {side} by {side} pixels passes a convolution with kernel {k}, stride 2 and "
        f"padding `same`, then one with kernel {k}, stride 2 and padding `valid`. How wide is the "
        "result?",
        answer,
        [
            (-(-half // 2), "`same` both times"),
            ((half - k) // 2, "the first window forgotten"),
            (((side - k) // 2 + 1 - k) // 2 + 1, "`valid` both times"),
        ],
        rf"$\lceil {side}/2 \rceil = {half}$, then $\lfloor ({half} - {k})/2 \rfloor + 1 = "
        rf"{answer}$",
        "{:d}".format,
    )


def decibels(rng):
    mse = int(rng.choice([4, 9, 16, 25, 36, 49, 64, 81, 100, 144]))
    answer = 10 * math.log10(255**2 / mse)
    return Variant(
        "From error to decibel",
        4,
        {"mse": mse},
        f"A copy of an 8-bit photograph has a mean squared error of {mse}. What is its PSNR in dB?",
        answer,
        [
            (20 * math.log10(255**2 / mse), "20 where 10 belongs"),
            (10 * math.log10(255 / mse), "the range not squared"),
            (20 * math.log10(256 / math.sqrt(mse)), "a range of 256"),
        ],
        rf"$10 \log_{{10}} (255^2 / {mse})$, or $48.13 - 10 \log_{{10}} {mse}$ = {answer:.2f} dB",
        "{:.2f} dB".format,
    )


def bits(rng):
    side, channels = int(rng.choice([28, 32, 64])), int(rng.choice([1, 3]))
    d = side * side * channels
    per_value = int(rng.integers(-20, -4)) / 10
    nats = round(per_value * d)
    answer = (nats / d + math.log(127.5)) / math.log(2)
    return Variant(
        "Bits per dimension",
        5,
        {"nats": nats, "d": d},
        f"A VAE on images of {side} by {side} pixels with {channels} "
        f"channel{'s' * (channels > 1)}, in [-1, 1], has a negative bound of {nats:,} nats per "
        "image. How many bits per dimension are that, for 8-bit pixels?",
        answer,
        [
            (nats / d + math.log(127.5), "nats called bits"),
            (nats / d / math.log(2), "the density not brought to grey levels"),
            ((nats / d + math.log(255)) / math.log(2), "the range taken for [0, 1]"),
        ],
        r"$\bigl(\text{nats}/D + \log 127.5\bigr)/\log 2$"
        rf" with $D = {d}$, as [-1, 1] has 255 steps: {answer:.2f}",
        "{:.2f}".format,
    )


def field(rng):
    kernels = [int(k) for k in rng.choice([3, 4, 5, 7], 3)]
    strides = [2, int(rng.choice([1, 2])), int(rng.choice([1, 2]))]
    jumps = [1, strides[0], strides[0] * strides[1]]
    answer = 1 + sum((k - 1) * j for k, j in zip(kernels, jumps, strict=True))
    late = [j * s for j, s in zip(jumps, strides, strict=True)]
    layers = ", ".join(f"{k} (stride {s})" for k, s in zip(kernels, strides, strict=True))
    return Variant(
        "What a discriminator sees",
        5,
        {"kernels": kernels, "strides": strides},
        f"Three convolutions have the kernels {layers}. How many pixels wide is the receptive "
        "field of one output?",
        answer,
        [
            (1 + sum(k - 1 for k in kernels), "strides ignored"),
            (
                1 + sum((k - 1) * j for k, j in zip(kernels, late, strict=True)),
                "a layer's own stride counted for it",
            ),
            (sum(k * j for k, j in zip(kernels, jumps, strict=True)), "overlaps counted twice"),
        ],
        r"$1 + \sum_i (k_i - 1) \prod_{j<i} s_j$ = "
        + " + ".join(["1", *(f"{k - 1}·{j}" for k, j in zip(kernels, jumps, strict=True))])
        + f" = {answer}",
        "{:d}".format,
    )


def best_answer(rng):
    p, q = (int(x) / 10 for x in rng.choice(np.arange(1, 10), 2, replace=False))
    answer = p / (p + q)
    return Variant(
        "The optimal discriminator",
        5,
        {"p": p, "q": q},
        f"At an image the density of photographs is {p:g} and that of generated images {q:g}. "
        "What does the optimal discriminator of the original GAN say there, as a probability?",
        answer,
        [
            (q / (p + q), "the probability of *generated*"),
            (math.log(p / q), "the logit, not the probability"),
            (p / q, "the ratio of the densities"),
        ],
        rf"$p/(p+q) = {p:g}/{p + q:g}$ = {answer:.3f}; its logit is $\log(p/q)$",
    )


def guidance(rng):
    tenths = np.array([-9, -7, -6, -4, -2, 1, 3, 5, 8])
    with_class, without = (int(x) / 10 for x in rng.choice(tenths, 2, replace=False))
    w = float(rng.choice([1.5, 2.5, 3.0, 4.0]))
    answer = without + w * (with_class - without)
    return Variant(
        "Guidance",
        4,
        {"with_class": with_class, "without": without, "w": w},
        f"At one pixel a flow guesses the velocity {with_class:g} for the class and {without:g} "
        f"for any class. Which value does guidance with $w = {w:g}$ use? ($w = 1$ is the model as "
        "trained.)",
        answer,
        [
            (with_class + w * (with_class - without), "the paper's scale, which begins at 0"),
            (with_class + w * (without - with_class), 'leaning towards "any"'),
            (w * with_class, "the class's guess only, multiplied"),
        ],
        rf"$u_\text{{any}} + w (u_\text{{class}} - u_\text{{any}})$ = {answer:.2f}",
        "{:.2f}".format,
    )


def bias(rng):
    n, d = int(rng.choice([500, 1000, 2000, 5000, 10_000])), int(rng.choice([16, 32, 64, 128]))
    answer = frechet_bias(n, d)
    return Variant(
        "The floor of a distance",
        6,
        {"n": n, "d": d},
        f"Two sets of {n:,} photographs each have {d} independent features of variance 1. Which "
        "Fréchet distance do you expect between them, to first order?",
        answer,
        [
            (2 * d / n, "the covariances forgotten"),
            (answer / 2, "one side taken for exact"),
            (2 * d / n + d * d / n, "every covariance counted twice"),
        ],
        r"$\frac{2d}{n} + \frac{d(d+1)}{2(n-1)}$" f" = {answer:.3g}",
        "{:.3g}".format,
    )


def human_study(rng):
    n = int(rng.choice([40, 50, 60, 80, 100]))
    fooled = int(rng.integers(n // 20, n // 3))
    low, high = wilson_interval(fooled / n, n)
    share = fooled / n

    def wald(z):
        return z * math.sqrt(share * (1 - share) / n)

    return Variant(
        "A human study",
        6,
        {"fooled": fooled, "n": n},
        f"{n} different people answer one pair each; {fooled} take the generated image for the "
        "photograph. What is the *upper* end of the 95 % Wilson interval for the share of people "
        "who are fooled?",
        high,
        [
            (share + wald(1.96), "the symmetric interval"),
            (low, "the lower end"),
            (share + wald(1.0), "one standard error"),
        ],
        r"$\Bigl(\hat p + \frac{z^2}{2n} + "
        r"z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}\Bigr)"
        r"\Big/\Bigl(1 + \frac{z^2}{n}\Bigr)$ with $z = 1.96$: "
        f"{100 * low:.1f} % to {100 * high:.1f} %",
        lambda share: f"{100 * share:.1f} %",
    )


def machines(rng):
    accepted = int(rng.choice([200_000, 300_000, 400_000]))
    rate = float(rng.choice([0.5, 0.6, 0.8]))
    passes = int(rng.choice([20, 25, 30]))
    seconds = float(rng.choice([0.04, 0.05]))

    def needed(images, peak=3):
        return plan(images, passes * seconds, peak_factor=peak).accelerators

    answer = needed(accepted / rate)
    return Variant(
        "Machines",
        6,
        {"accepted": accepted, "rate": rate, "passes": passes, "seconds": seconds},
        f"A service must deliver {accepted:,} accepted images a day; {100 * rate:.0f} % of what "
        f"it draws is accepted. An image takes {passes} passes of {seconds:g} s on one machine, "
        "the peak is 3 times the mean, and at the peak a machine may be busy 70 % of the time. How "
        "many machines?",
        answer,
        [
            (needed(accepted / rate, peak=1), "sized for the mean"),
            (needed(accepted), "rejected images forgotten"),
            (needed(accepted * rate), "multiplied by the acceptance rate"),
        ],
        rf"${accepted}/{rate:g}/86400 \cdot 3 \cdot {passes} \cdot {seconds:g}/0.7$, rounded up: "
        rf"{answer}",
        "{:d}".format,
    )


def weights(rng):
    t = float(rng.choice([0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8]))
    snr = ((1 - t) / t) ** 2
    answer = (math.sqrt(snr) + 1) ** 2
    return Variant(
        "What a velocity asks for",
        5,
        {"t": t},
        r"A rectified flow is trained on the squared error of the velocity $\varepsilon - x_0$, "
        r"with $x_t = (1 - t)\,x_0 + t\,\varepsilon$. With which weight does an error of $x_0$ "
        rf"count at $t = {t:g}$?",
        answer,
        [
            (snr, r"that is the weight of a guess of the noise"),
            (snr + 1, "that is the weight of $v$ on the cosine path"),
            (1 / t, "not squared"),
        ],
        rf"$\varepsilon - x_0 = (x_t - x_0)/t$, so the weight is $1/t^2 = "
        rf"(\sqrt{{\mathrm{{SNR}}}} + 1)^2$"
        f" = {answer:.2f}",
        "{:.2f}".format,
    )


QUESTIONS = (
    *(kl, frechet, sizes, decibels, bits, field),
    *(best_answer, guidance, bias, human_study, machines, weights),
)
