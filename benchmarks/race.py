"""What the time-to-quality benchmarks share: the clock, the table of results so far."""

import json
import time

from benchmarks.record import RESULTS, note


def curve(make, images, labels, marks, seed, score):
    """Scores of one design at each mark, trained from scratch, and its images a second.

    The clock counts training only, from the second step; making the graph and scoring stand still.

    Args:
        make: seed -> (step, batch_size, network); ``step`` takes uint8 images and int labels.
        marks: seconds of training, rising.
        score: network -> number, or dict of numbers.

    Returns:
        ``({mark: score}, images per second)``.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    step, batch_size, network = make(seed)
    stream = iter(
        tf.data.Dataset.from_tensor_slices((images, labels))
        .shuffle(len(images), seed=seed)
        .repeat()
        .batch(batch_size, drop_remainder=True)
        .prefetch(4)
    )
    step(*next(stream))  # builds the graph
    seconds, steps, result = 0.0, 0, {}
    for mark in marks:
        while seconds < mark:
            start = time.perf_counter()
            step(*next(stream))
            seconds += time.perf_counter() - start
            steps += 1
        result[mark] = score(network)
        note(f"    {mark:4d} s  {steps:6,} steps  {_shown(result[mark])}")
    return result, steps * batch_size / seconds


def stored_runs(name):
    """The runs of an earlier sitting, with marks as numbers; empty if there are none."""
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        return {}
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    for run in (run for found in runs.values() for run in found):
        for key, scores in run.items():
            if isinstance(scores, dict):
                run[key] = {int(mark): score for mark, score in scores.items()}
    return runs


def _shown(score):
    if isinstance(score, dict):
        return "  ".join(f"{name} {value:.2f}" for name, value in score.items())
    return f"{score:.1f}"
