"""What is measured of a candidate of ``prodimg choose`` beside its run."""

import csv
import time

import numpy as np
from PIL import Image

from prodimg_lib import metrics
from prodimg_lib.data.images import subset
from prodimg_lib.errors import InputError
from prodimg_lib.metrics.extractors import for_source
from prodimg_lib.metrics.uncertainty import binomial_error
from prodimg_lib.runs.outputs import MANIFEST
from prodimg_lib.seeds import draw_seed

BATCH, BATCHES = 32, 8  # images drawn at a time, and how often, to measure the time
REQUESTS = 400  # images whose neighbours are looked at


def of_folder(folder, model, data, *, clock=time.perf_counter):
    """What stands in the table of candidates beside the metrics of the run.

    Args:
        folder: of a candidate that was trained and evaluated.
        model: trained; data: ``ProductImages``, what it was judged by in its ``test_images``.
        clock: seconds that only go forward; for tests.

    Returns:
        dict of entries as those of ``Scores``: ``seconds_per_image``, and where the model takes
        classes that no classifier knows, ``requests``.
    """
    found = {"seconds_per_image": speed(model, clock)}
    if model.conditional:
        try:
            extractor = for_source(data.source, data.extractor)
        except InputError:  # no weights: the notes of the run say so
            return found
        if not extractor.class_names:
            images, labels = _generated(folder, data)
            found["requests"] = requests(images, labels, data, extractor)
    return found


def _generated(folder, data):
    """The images of the evaluation, uint8 [n, h, w, c], and their classes [n], -1 for none."""
    with (folder / MANIFEST).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    images = np.stack([np.asarray(Image.open(folder / row["file"])) for row in rows])
    if images.ndim == 3:
        images = images[..., None]
    number = {name: i for i, name in enumerate(data.class_names)}
    return images, np.array([number.get(row["class"], -1) for row in rows])


def requests(images, labels, data, extractor):
    """Share of images whose nearest training photograph is of the class that was asked for.

    Its floor is the same share of held-out photographs.
    """
    train = extractor.features(data.images, cache=True)
    by_class = [train[data.labels == c] for c in range(data.num_classes)]
    held_out = subset(data.test_labels, REQUESTS, np.random.default_rng(0))
    sets = (
        (images[:REQUESTS], labels[:REQUESTS], False),  # classes in turn
        (data.test_images[held_out], data.test_labels[held_out], True),
    )
    shares = []
    for pictures, kinds, keep in sets:
        x = extractor.features(pictures, cache=keep)
        far = [
            metrics.nearest_distances(x, y) if len(y) else np.full(len(x), np.inf) for y in by_class
        ]
        shares.append(float((np.argmin(far, axis=0) == kinds).mean()))
    n = len(sets[0][0])
    return {
        "value": shares[0],
        "uncertainty": binomial_error(shares[0], n),
        "floor": shares[1],
        "n": n,
        "d": train.shape[1],
        "floor_n": len(sets[1][0]),
        "network": extractor.title,
    }


def speed(model, clock=time.perf_counter):
    """Seconds that an image takes, drawn in batches of 32, with the standard error of the mean."""
    model.generate(BATCH, seed=draw_seed("warm up"))  # makes the graph, which is not counted
    seconds = []
    for i in range(BATCHES):
        start = clock()
        model.generate(BATCH, seed=draw_seed("time", i))
        seconds.append((clock() - start) / BATCH)
    return {
        "value": float(np.mean(seconds)),
        "uncertainty": float(np.std(seconds, ddof=1) / np.sqrt(BATCHES)),
        "floor": None,
        "n": BATCH * BATCHES,
        "d": None,
    }
