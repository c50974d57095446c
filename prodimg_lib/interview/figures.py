"""Figures in an answer: each is recomputed, cited, given by the prompt, or said to be chosen.

``unexplained`` lists those that are none of these. ``numbers/compute`` may use Python's arithmetic,
NumPy, ``math``, the functions of ``KIT`` below, and nothing else.
"""

import ast
import math
import re
from statistics import NormalDist

from prodimg_lib.interview import capacity
from prodimg_lib.interview.language import one_line

SMALL = 12  # whole numbers up to it count things, and need no proof
# Levels and powers of tests with their quantiles, units, and what every image of eight bits has.
USUAL = {5.0, 80.0, 90.0, 95.0, 0.05, 0.84, 1.96, 50.0, 100.0, 1000.0, 255.0, 127.5}
_FIGURE = re.compile(r"(?<![\w.^])(?<!\^\{)\d+(?:(?:,|\{,\}|\\,| )\d{3}(?!\d))*(?:\.\d+)?(?!\w)")
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_SEPARATORS = re.compile(r"(?<=\d)(?:,|\{,\}|\\,| )(?=\d{3}(?!\d))")  # of thousands


def normal_below(x):
    """P(Z <= x) of a standard normal."""
    return NormalDist().cdf(x)


def normal_quantile(p):
    """The x with P(Z <= x) = p of a standard normal."""
    return NormalDist().inv_cdf(p)


def poisson_at_least(k, mean):
    """P(X >= k) of a Poisson variable."""
    return 1 - sum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(k))


def binomial(k, n, p):
    """P(X = k) of n independent trials of chance p, 0 < p < 1."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


def wilson_lower(k, n, z=1.96):
    """Lower end of Wilson's interval for a share of k in n (Wilson 1927)."""
    share, spread = k / n, z * z / n
    root = z * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return (share + spread / 2 - root) / (1 + spread)


def floor_passes(floor, n, p, z=1.96):
    """P(Wilson's lower end of a share of n is at least ``floor``) where the true share is p."""
    return sum(binomial(k, n, p) for k in range(n + 1) if wilson_lower(k, n, z) >= floor)


def harm_excluded(n, old, new, margin, z):
    """P(upper end of new - old defects below ``margin``), n independent requests on each side."""
    return sum(
        chance
        for chance, difference, error in _two_arms(n, old, new)
        if difference + z * error < margin
    )


def harm_proven(n, old, new, z):
    """P(lower end of new - old defects above 0), n independent requests on each side."""
    return sum(
        chance for chance, difference, error in _two_arms(n, old, new) if difference - z * error > 0
    )


def _two_arms(n, old, new):
    """Chance, difference and standard error of each pair of counts that is not too improbable."""
    arms = []
    for p in (old, new):
        chances = [(k, binomial(k, n, p)) for k in range(n + 1)]
        arms.append([(k / n, chance) for k, chance in chances if chance > 1e-15])
    for a, chance_a in arms[0]:
        for b, chance_b in arms[1]:
            yield chance_a * chance_b, b - a, math.sqrt((a * (1 - a) + b * (1 - b)) / n)


def light(code):
    """Linear light in [0, 1] of an sRGB code from 0 to 255 (IEC 61966-2-1)."""
    value = code / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def code_of(linear):
    """The sRGB code, not rounded, of linear light in [0, 1]."""
    value = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return 255 * value


KIT = {
    function.__name__: function
    for function in (
        *(normal_below, normal_quantile, poisson_at_least, binomial, wilson_lower, floor_passes),
        *(harm_excluded, harm_proven, light, code_of),
    )
} | {"plan": capacity.plan}
_BUILT_IN = {f.__name__: f for f in (abs, float, int, len, max, min, range, round, sum)} | {
    "__import__": __import__  # for NumPy itself; no expression may name it
}


def compute(expression):
    """The value of ``numbers/compute``.

    Raises:
        ValueError: it is a bare number, which proves nothing, or uses a private name.
        Exception: whatever its evaluation raises, such as a NameError.
    """
    import numpy as np

    tree = ast.parse(expression, mode="eval")
    if isinstance(tree.body, ast.Constant):
        raise ValueError("a bare number proves nothing; what an answer chooses stands in `chosen`")
    for node in ast.walk(tree):
        name = getattr(node, "attr", getattr(node, "id", ""))
        if name.startswith("_"):
            raise ValueError(f"{name} is private")
    known = {"__builtins__": _BUILT_IN, "np": np, "math": math} | KIT
    return float(eval(compile(tree, "compute", "eval"), known))


def plain(text):
    """With the ASCII minus, and without what separates thousands."""
    return _SEPARATORS.sub("", text.replace("−", "-"))


def figures(text):
    """``[(value, is it per cent?, its surroundings), ...]`` of a text, code left out."""
    text = _CODE.sub(" ", text)
    found = []
    for match in _FIGURE.finditer(text):
        rest = text[match.end() :]
        around = f"{text[max(0, match.start() - 30) : match.end()]}{rest[:20]}"
        per_cent = re.match(r"(\\,|\s)*(\\?%|per ?cent)", rest) is not None
        found.append((float(plain(match[0])), per_cent, " ".join(around.split())))
    return found


def unexplained(data):
    """Figures of a question's English answers that nothing stands for, with their surroundings."""
    known = USUAL | _explained(data)
    return [
        around
        for text in _said(data)
        for value, per_cent, around in figures(text)
        if value not in known
        and not (value.is_integer() and value <= SMALL)
        and not (per_cent and any(math.isclose(value / 100, share) for share in known))
    ]


def stale(data):
    """Entries of ``chosen`` and ``cite/figures`` that stand in no answer (any more)."""
    said = one_line("\n".join(_said(data)))
    return [entry for entry in _declared(data) if one_line(entry) not in said]


def _declared(data):
    return [*data.get("chosen", []), *(f for c in data["cite"] for f in c.get("figures", []))]


def _explained(data):
    known = {value for text in _given(data) for value, *_ in figures(text)}
    for number in data.get("numbers", []):
        known |= {value for value, *_ in figures(number["quoted"])}
        tree = ast.parse(number["compute"], mode="eval")  # it shows what a formula begins with
        known |= {float(value) for value in _constants(tree)}
    case = data.get("design", {}).get("capacity", {})
    return known | {float(value) for value in case.values()}


def _given(data):
    yield data["prompt"]["en"]
    yield from _declared(data)
    for asked in data.get("design", {}).get("clarify", []):
        yield asked["answer"]["en"]


def _said(data):
    """English texts that state facts: not wrong answers themselves, but why they are wrong."""
    answer = data["answer"]
    yield from (text["en"] for text in answer.values())
    for point in data["rubric"]:
        yield from (point[key]["en"] for key in ("text", "half") if key in point)
    yield from (wrong["why"]["en"] for wrong in data["wrong_answers"])
    yield from (asked["answer"]["en"] for asked in data["follow_ups"])
    for sample in data.get("design", {}).get("samples", []):
        yield from (sample[key]["en"] for key in ("text", "comment"))


def _constants(tree):
    values = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [value for value in values if type(value) in (int, float)]
