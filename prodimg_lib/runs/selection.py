"""Which checkpoint of a run is used: the best by a validation metric where there is one."""

from pathlib import Path

import numpy as np

from prodimg_lib.data.images import subset
from prodimg_lib.errors import InputError
from prodimg_lib.metrics.distribution import kernel_distance
from prodimg_lib.metrics.extractors import for_source
from prodimg_lib.metrics.table import words_of
from prodimg_lib.metrics.uncertainty import half_sample_error
from prodimg_lib.runs.records import VALIDATION, Checkpoints, History
from prodimg_lib.seeds import draw_seed
from prodimg_lib.text import text


class Selection:
    """Judges the model of a run on validation photographs, and keeps the best one.

    The metric is the kernel distance, which is unbiased at any number of images, on the features
    that the run is scored by. The same latents and the same photographs serve each time, so that
    two checkpoints differ by the model alone. Every value goes to ``validation.csv``, the best
    model to ``checkpoints/best``, with the value among its facts: a kill at any moment leaves the
    best of before, and what is trained again after it gives the same values again.

    Args:
        config: ``RunConfig`` with ``train.validate_every``; out: the run folder.
        data: ``ProductImages`` with a validation part.
        step: of the checkpoint that training goes on from; rows after it are forgotten.

    Raises:
        InputError: no validation part, no features for such images, damaged records.
    """

    def __init__(self, config, data, out, step):
        if data.val_images is None:
            raise InputError(
                f"train.validate_every = {config.train.validate_every} needs a validation part, "
                f"and {data.origin} has none here: leave it out"
            )
        self.record = History(Path(out) / VALIDATION)
        self.record.keep_until(step)
        self.best = _best(out)
        self.best.tidy()  # a kill may have come before the best of before was gone
        try:
            self.extractor = for_source(data.source, data.extractor)
        except InputError as error:
            raise InputError(
                f"train.validate_every = {config.train.validate_every} judges checkpoints by a "
                f"network, and {error}: get it, or train without validation"
            ) from None
        self.seed = draw_seed(config.seed, "images of the validation")
        rows = subset(data.val_labels, config.train.validate_images, np.random.default_rng(0))
        self.labels = data.val_labels[rows]
        self.features = self.extractor.features(data.val_images[rows], cache=True)
        state = self.best.state()
        self.lowest = state["validation"]["value"] if state else np.inf

    def judge(self, model, **facts):
        """Measure the model, log the value, keep the model if it is the best so far.

        Args:
            facts: of the checkpoint, ``seconds`` and ``data`` among them.

        Returns:
            ``{"metric", "value", "uncertainty", "n", "network"}``: see ``metrics.Scores``.
        """
        labels = self.labels if model.conditional else None
        images = model.generate(len(self.labels), labels, seed=self.seed)
        features = self.extractor.features(images)
        found = {
            "metric": self.extractor.kernel,
            "value": _distance(self.features, features),
            "uncertainty": half_sample_error(_distance, self.features, features, smooth=True),
            "n": len(self.labels),
            "network": self.extractor.title,
        }
        row = {"step": int(model.step.value), "seconds": facts["seconds"]}
        uncertainty = {"uncertainty": found["uncertainty"]}
        self.record.append({**row, found["metric"]: found["value"], **uncertainty})
        if found["value"] < self.lowest:
            self.best.save(model, validation=found, **facts)
            self.lowest = found["value"]
        return found


def _distance(x, y):
    return kernel_distance(x, y, 1, max(len(x), len(y)))[0]  # all rows: the least variance


def _best(out):
    return Checkpoints(Path(out) / "checkpoints" / "best", instead="to use the newest one")


def in_use(out):
    """The ``Checkpoints`` that a run's model is read from: the best, else the newest."""
    if (Path(out) / "checkpoints" / "best").is_dir():
        best = _best(out)
        if best.state():
            return best
    return Checkpoints(Path(out) / "checkpoints")


def newest_state(out):
    """The state of the newest checkpoint; where a kill left only the best one, of that; or None."""
    return Checkpoints(Path(out) / "checkpoints").state() or in_use(out).state()


def chosen(out):
    """What ``metrics.json`` says of the best checkpoint; None where the newest is used.

    Returns:
        dict: ``step`` and ``seconds`` of the checkpoint, ``validations`` it is the best of, what
        ``Selection.judge`` found, and ``says``, a sentence.
    """
    state = in_use(out).state()
    if not state or "validation" not in state:
        return None
    # A row that a kill lost is not counted, but for the best one's own.
    count = max(1, len(History(Path(out) / VALIDATION).rows()))
    facts = {key: state[key] for key in ("step", "seconds")}
    facts |= {"validations": count, **state["validation"]}
    title = words_of(facts["metric"], facts)["title"]
    return {**facts, "says": text()["selection"].format(title=title, **facts)}
