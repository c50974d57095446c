"""What the time-to-quality benchmarks share: options, our side, the clock, the results so far."""

import argparse
import json
import time

from benchmarks.record import RESULTS, note, record


def options(doc):
    """A parser of the options that every race has; ``doc`` is the program's docstring."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--marks", type=int, nargs="+", default=[60, 180])
    parser.add_argument("--designs", nargs="+", default=None)
    parser.add_argument("--resume", action="store_true", help="add to the stored results")
    return parser


def ours(kind, adapt, **settings):
    """``make`` for ``curve`` of a model of the library with its default settings.

    Args:
        kind: ``GAN`` or ``VAE``.
        adapt: (model, seed) -> the network as the benchmark's ``score`` wants it.
        settings: what differs from the default with labels.
    """
    import tensorflow as tf

    def make(seed):
        model = kind(**({"num_classes": 10, "seed": seed} | settings))
        model.compile()

        @tf.function(autograph=False)  # as Keras calls it
        def step(images, labels):
            model.train_step((tf.cast(images, tf.float32) / 127.5 - 1, labels))

        return step, 64, adapt(model, seed)

    return make


def race(name, makes, arguments, data, score, kept, finish):
    """Run what is missing and store the table after every run, seed by seed, so that a machine that
    slows down slows all designs.

    Args:
        name: of the file of results.
        makes: ``make`` for ``curve`` by the design's name.
        arguments: of ``options``.
        score: network -> number, or dict of numbers.
        kept: name in a run of what ``score`` found.
        finish: runs -> the figures to store.
    """
    runs = stored_runs(name) if arguments.resume else {}
    labels = data.labels.astype("int32")
    far = getattr(arguments, "far", None)
    for seed in range(arguments.seeds):
        marks = [*arguments.marks, far] if far and seed == 0 else arguments.marks
        for design in arguments.designs or list(makes):
            if len(runs.setdefault(design, [])) > seed:
                continue
            note(f"{design}, seed {seed}")
            scores, speed = curve(makes[design], data.images, labels, marks, seed, score)
            runs[design].append({kept: scores, "images_per_second": speed})
            record(name, finish(runs))


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
