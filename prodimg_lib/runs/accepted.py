"""Draw images until they pass the gates, and count what was refused."""

import numpy as np

from prodimg_lib.runs import requests
from prodimg_lib.runs.acceptance import ATTEMPTS, Acceptance, from_photographs
from prodimg_lib.runs.requests import Drawn
from prodimg_lib.seeds import draw_seed


def draw_accepted(
    model, wanted, seed, drawing, names, data, chosen, attempts=None, show=None, draw=requests.draw
):
    """As ``requests.draw``, each image drawn again until every gate accepts it.

    An image is a function of its seed, class, index and the limits alone: which others are drawn
    beside it makes no difference. Attempt 0 draws from ``seed``, each other from a seed of its own,
    which stands in the manifest: with it, without gates, the same image comes again.

    Args:
        data: ``ProductImages`` that the model learned from, or an ``Acceptance`` made of them;
            chosen: limits, see ``acceptance.parse``.
        attempts: how often an image is drawn at most, at least 1.
        draw: what draws, ``requests.draw`` or ``bulk.drawer``.

    Returns:
        (``Drawn`` with the images that passed, a line about those that did not, or None).
    """
    attempts = requests.count("--attempts", ATTEMPTS if attempts is None else attempts, 1)
    show.stage("accept")
    gates = data
    if not isinstance(gates, Acceptance):
        gates = from_photographs(data, names, model.conditional, chosen)
    for note in gates.notes:
        show.message(note)
    n = len(wanted.index)
    c = model.config
    images = np.zeros((n, c.size, c.size, c.channels), np.uint8)
    measures = {name: np.full(n, np.nan) for name in gates.limits}
    at, seeds = np.full(n, -1), np.zeros(n, object)
    counts, total = dict.fromkeys(gates.limits, 0), 0
    for attempt in range(attempts):
        rows = np.flatnonzero(at < 0)
        if not len(rows):
            break
        own = seed if attempt == 0 else draw_seed(seed, "attempt", attempt)
        part = wanted.rows(rows)
        drawn = draw(model, part, own, drawing)
        found = gates.measure(drawn.images, part.labels)
        refused = gates.refused(found, part.labels)
        passed = ~np.any([np.zeros(len(rows), bool), *refused.values()], axis=0)
        total += len(rows)
        for name, wrong in refused.items():
            counts[name] += int(wrong.sum())
            measures[name][rows[passed]] = found[name][passed]
        images[rows[passed]] = drawn.images[passed]
        at[rows[passed]], seeds[rows[passed]] = attempt, own
        show.progress(int((at >= 0).sum()), n)
    kept = np.flatnonzero(at >= 0)
    asked = slice(None) if wanted.labels is None else np.unique(wanted.labels)
    limits = {name: bounds[asked] for name, bounds in gates.limits.items()}
    show.gates(limits, counts, accepted=len(kept), asked=n, drawn=total)
    columns = {"attempt": at[kept]} | {name: values[kept] for name, values in measures.items()}
    part = wanted.rows(kept)
    result = Drawn(images[kept], part.labels, part.index, seeds[kept], columns)
    if len(kept) == n:
        return result, None
    worst = max(counts, key=lambda name: counts[name])
    return result, (
        f"{len(kept):,} of {n:,} images were accepted in {attempts} attempts, most were "
        f"refused by the gate {worst}: train longer, raise --attempts, or set --gate {worst}=off"
    )
