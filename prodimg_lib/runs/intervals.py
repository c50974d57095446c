"""Whether two measured numbers differ by more than their uncertainty, and which is better."""

import math

REACH = 1.96  # standard errors to each side of a number: a 95 % interval

# What a metric should be: as low or as high as can be, or what real photographs score.
_AIMS = {
    "lower": (
        *("fd_product", "fid", "kid", "kernel_distance", "frechet_distance"),
        *("duplicates", "memorised", "bound_nats", "seconds_per_image", "megabytes"),
    ),
    "higher": (
        *("inception_score", "precision", "recall", "coverage", "class_accuracy"),
        *("classification_accuracy_score", "reconstruction_psnr", "reconstruction_ssim"),
        *("codes_in_use", "requests", "colour_coverage"),
    ),
    "floor": ("similarity", "density", "memorisation", "chroma"),
}
_AIM = {name: aim for aim, names in _AIMS.items() for name in names}


def shortfall(name, facts):
    """How far a metric is from where it should be: smaller is better; None where nothing is said.

    Args:
        name: a key of ``Scores``, a second network's too; facts: its entry.

    Returns:
        float: the value, its negative, or how far it is from its floor. None where the metric has
        no better and worse, or no floor to be close to.
    """
    aim, value = _AIM.get(name.partition("@")[0]), facts["value"]
    if aim == "floor":
        return None if facts.get("floor") is None else abs(value - facts["floor"])
    return {"lower": value, "higher": -value}.get(aim or "")


def interval(facts):
    """``(low, high)``, the 95 % interval of an entry; None where its uncertainty is not known.

    A run's entries have theirs (``metrics.interval``); of others it is 1.96 standard errors to each
    side.
    """
    if facts.get("interval"):
        low, high = facts["interval"]
        return low, high
    error = facts.get("uncertainty")
    if error is None:
        return None
    return facts["value"] - REACH * error, facts["value"] + REACH * error


def apart(name, a, b):
    """Whether the 95 % intervals of two entries of one metric do not overlap.

    Of a metric that should be close to its floor the intervals are those of the distance to it.
    Overlap is a careful rule: two numbers may differ significantly and still overlap a little. It
    leaves room for what the errors do not hold, that another seed would have trained another model.
    Where an uncertainty is not known nothing is said to differ.
    """
    ends = [_shortfalls(name, facts) for facts in (a, b)]
    if None in ends:
        return False
    (low, high), (low2, high2) = ends
    return low > high2 or low2 > high


def _shortfalls(name, facts):
    """The interval of the shortfall of an entry; None where it is not known."""
    ends = interval(facts)
    if ends is None or shortfall(name, facts) is None:
        return None
    found = sorted(shortfall(name, {**facts, "value": end}) for end in ends)
    floor = facts.get("floor")
    if _AIM[name.partition("@")[0]] == "floor" and ends[0] <= floor <= ends[1]:
        found[0] = 0.0  # the interval holds the floor itself
    return found


def leader(name, entries):
    """Who is best at a metric, who is clearly behind, and who cannot be told from the best.

    Args:
        name: the metric; entries: {who: entry of the metric}, comparable with one another.

    Returns:
        ``(best, behind, tied)``: a name and two lists of names in the order of ``entries``; or None
        where the metric has no better and worse.
    """
    far = {who: shortfall(name, facts) for who, facts in entries.items()}
    if not far or None in far.values():
        return None
    # Of equals the surer one, so that the order of the entries does not matter.
    widths = {who: _shortfalls(name, facts) for who, facts in entries.items()}
    best = min(far, key=lambda who: (far[who], widths[who][1] if widths[who] else math.inf))
    others = [who for who in entries if who != best]
    behind = [who for who in others if apart(name, entries[best], entries[who])]
    return best, behind, [who for who in others if who not in behind]
