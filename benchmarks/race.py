"""What the time-to-quality benchmarks share: options, both sides, the clock, the results so far."""

import argparse
import json
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.record import RESULTS, note, record, start

VALIDATION = "score on images kept back from training, to choose settings by; stores no table"
UNCOMMITTED = "measure code with uncommitted changes; the result says so"


def options(doc):
    """A parser of the options that every race has; ``doc`` is the program's docstring."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--marks", type=int, nargs="+", default=[60, 180, 600])
    parser.add_argument("--designs", nargs="+", default=None)
    parser.add_argument(
        "--share",
        type=float,
        default=0.0,
        help="score also after this share of the epochs that a design's authors train it for",
    )
    parser.add_argument("--validation", action="store_true", help=VALIDATION)
    parser.add_argument("--resume", action="store_true", help="add to the stored results")
    parser.add_argument("--uncommitted", action="store_true", help=UNCOMMITTED)
    return parser


def with_validation(data, share=1 / 6, seed=0):
    """The data with a share of its training images in place of the test images, and without them in
    training: what settings are chosen by, so that the test images are seen by the final table only.
    """
    order = np.random.default_rng(seed).permutation(len(data.images))
    held_out, kept = np.split(order, [round(share * len(order))])
    return replace(
        data,
        images=data.images[kept],
        labels=data.labels[kept],
        test_images=data.images[held_out],
        test_labels=data.labels[held_out],
    )


def published(design, adapt):
    """``make`` for ``curve`` of a design that is rebuilt here.

    Args:
        design: makes one, with ``step``, ``scale`` and ``batch_size``.
        adapt: (design, seed) -> what the benchmark's ``score`` wants.
    """
    import tensorflow as tf

    def make(seed):
        network = design()
        low, high = network.scale

        @tf.function
        def step(images, labels):
            network.step(low + (high - low) / 255 * tf.cast(images, tf.float32), labels)

        return step, network.batch_size, adapt(network, seed)

    return make


def ours(kind, adapt, prepare=None, **settings):
    """``make`` for ``curve`` of a model of the library with its default settings.

    Args:
        kind: ``GAN`` or ``VAE``.
        adapt, prepare: as for ``built``.
        settings: what differs from the default with labels.
    """

    def build(seed):
        model = kind(**({"num_classes": 10, "seed": seed} | settings))
        model.compile()
        return model

    return built(build, adapt, 64, prepare)


def built(build, adapt, batch_size, prepare=None, bits="float32"):
    """``make`` for ``curve`` of a model of the library.

    Args:
        build: seed -> the compiled model.
        bits: of ``models.precision``.
        adapt: (model, seed) -> the network as the benchmark's ``score`` wants it.
        prepare: model -> functions of the training images to call, on the clock, before the first
            step.
    """
    import tensorflow as tf

    from prodimg_lib.models.precision import precision

    def make(seed):
        model = build(seed)

        @tf.function(autograph=False)  # as Keras calls it
        def step(images, labels):
            model.train_step((tf.cast(images, tf.float32) / 127.5 - 1, labels))

        def in_bits(images, labels):
            with precision(bits):
                step(images, labels)

        return in_bits, batch_size, adapt(model, seed), *(prepare(model) if prepare else ())

    return make


def race(name, makes, arguments, data, score, finish, own_epochs=None):
    """Run what is missing and store the table after every run, seed by seed, so that a machine that
    slows down slows all designs.

    Args:
        name: of the file of results.
        makes: ``make`` for ``curve`` by the design's name.
        arguments: of ``options``.
        data: ``ProductImages`` to train on.
        score: network -> dict of numbers.
        finish: runs -> the figures to store.
        own_epochs: by the design's name, where its authors give one.

    Raises:
        InputError: uncommitted changes without ``--uncommitted``.
    """
    facts = None if arguments.validation else start(arguments.uncommitted)
    runs = stored_runs(name) if arguments.resume else {}
    labels = data.labels.astype("int32")
    for seed in range(arguments.seeds):
        for design in arguments.designs or list(makes):
            if len(runs.setdefault(design, [])) > seed:
                continue
            note(f"{design}, seed {seed}")
            own = arguments.share * ((own_epochs or {}).get(design) or 0)
            runs[design].append(
                curve(makes[design], data.images, labels, arguments.marks, seed, score, own)
            )
            if facts:
                record(name, finish(runs), facts)


def curve(make, images, labels, marks, seed, score, own_epochs=0):
    """One design, trained from scratch, scored at each mark and after ``own_epochs`` if not 0.

    Args:
        make: seed -> (step, batch_size, network, *prepare); ``step`` takes uint8 images and int
            labels, ``prepare`` are functions of the training images to call before the first step.
        marks: seconds of training, rising.
        score: network -> dict of numbers.

    Returns:
        dict: ``"scores"`` and ``"epochs"`` (how often each image was seen) by mark, the seconds and
        the scores ``"after_own_epochs"``, and ``"images_per_second"``.
    """
    run: dict[str, Any] = {"scores": {}, "epochs": {}}
    clock = time.perf_counter
    for reached in training(make, images, labels, marks, seed, clock, own_epochs):
        found = score(reached.network)
        note(f"    {reached.seconds:5.0f} s  {reached.steps:6,} steps  {_shown(found)}")
        if reached.mark is None:
            run["after_own_epochs"] = {
                "epochs": reached.epochs,
                "seconds": reached.seconds,
                "scores": found,
            }
        else:
            run["scores"][reached.mark] = found
            run["epochs"][reached.mark] = reached.epochs
    return run | {"images_per_second": reached.images / reached.seconds}


@dataclass(frozen=True)
class Reached:
    """Where a training stands when it is scored.

    Attributes:
        network: as ``make`` returned it.
        mark: in seconds, or in steps; None for the mark that counts epochs.
        seconds, steps, images: so far; epochs: how often each image was seen.
    """

    network: Any
    mark: float | None
    seconds: float
    steps: int
    images: int
    epochs: float


def training(make, images, labels, marks, seed, clock, epochs=0, in_steps=False):
    """Train one design from scratch and yield a ``Reached`` at each mark, in the order reached.

    The clock counts what is prepared, and training from the second step; making the graph and what
    the caller does between two marks do not count.

    Args:
        make, marks: as for ``curve``.
        clock: seconds; ``time.process_time`` where other work runs on the machine.
        epochs: a mark in epochs beside those in seconds; 0 for none.
        in_steps: the marks count steps, not seconds.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    step, batch_size, network, *prepare = make(seed)
    stream = iter(
        tf.data.Dataset.from_tensor_slices((images, labels))
        .shuffle(len(images), seed=seed)
        .repeat()
        .batch(batch_size, drop_remainder=True)
        .prefetch(4)
    )
    begin = clock()
    for function in prepare:
        function(images)
    seconds, steps, waiting = clock() - begin, 0, list(marks)
    step(*next(stream))  # builds the graph
    left = epochs * len(images)  # images still to be seen for the mark in epochs
    while waiting or left > 0:
        begin = clock()
        step(*next(stream))
        seconds += clock() - begin
        steps += 1
        seen = steps * batch_size
        passed = [mark for mark in waiting if (steps if in_steps else seconds) >= mark]
        waiting = waiting[len(passed) :]
        if left > 0:
            left -= batch_size
            passed += [None] if left <= 0 else []
        for mark in passed:
            yield Reached(network, mark, seconds, steps, seen, seen / len(images))


def kernel_distance(extractor, images, real):
    """Unbiased kernel distance of all images to the features of as many real ones."""
    from prodimg_lib import metrics

    return metrics.kernel_distance(real, extractor.features(images), 1, len(real))[0]


def stored_runs(name):
    """The runs of an earlier sitting, with marks as numbers; empty if there are none."""
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        return {}
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    for run in (run for found in runs.values() for run in found):
        for key in ("scores", "epochs"):
            if key in run:
                run[key] = {int(mark): value for mark, value in run[key].items()}
    return runs


def means(runs):
    """``{design: {mark: {score: mean over the seeds that reached the mark}}}``."""
    result: dict[str, dict] = {}
    for name, found in runs.items():
        for mark in sorted({mark for run in found for mark in run["scores"]}):
            there = [run["scores"][mark] for run in found if mark in run["scores"]]
            result.setdefault(name, {})[mark] = {
                key: float(np.mean([scores[key] for scores in there])) for key in there[0]
            }
    return result


def _shown(scores):
    return "  ".join(f"{name} {value:.2f}" for name, value in scores.items())
