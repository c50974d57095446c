"""The training doctor: watches a GAN while it trains and says in plain words what is happening.

``diagnose`` is a pure function of what was measured; ``TrainingDoctor`` is the Keras callback that
measures.
"""

from collections import deque
from dataclasses import dataclass

import keras
import numpy as np

from prodimg_lib import metrics
from prodimg_lib.metrics.colour import coverage_of_tints, expected_coverage, in_colour
from prodimg_lib.text import text

# Limits are where the seeded failures of the tests and of the failure chapter part from healthy
# runs of the same length.
SURE = 0.95  # share of images the discriminator gets right when it has (nearly) won
FADED = 0.02  # of its own largest value: a gradient that no longer moves the generator
EXPLODED = 50.0  # times its median, of the start or of all: a gradient on the way to NaN
TOLERANCE = 2.0  # grey levels, root mean square: images that nobody could tell apart
REPEATED = 0.2  # share of such images in a sample
NARROW = 0.3  # spread of the images of a class, in units of that of real ones
COVERED = 0.6  # of the effective number of classes asked for
PALED = 0.6  # of the colours that were there before; medians of three looks, too
COLOURED = 0.3  # of the real colours: with fewer a young generator has none to lose
WORSE = 1.5  # the distance, against its best so far; medians of three looks, as one look is noisy

SLOW_IMAGES = 64  # of a look, that a large network sees
REMEMBERED = 20_000  # steps that the doctor's logs go back


@dataclass(frozen=True)
class Finding:
    """What the doctor found: ``name`` for programs, ``says`` and ``advice`` for people."""

    name: str
    says: str
    advice: str

    def __str__(self):
        return f"{self.says} {self.advice}"


def diagnose(logs, checks, window=10):
    """Findings from what was measured, most urgent first; an empty list if all is well.

    Args:
        logs: list of dicts with the model's metrics, one a step: d_loss, g_loss, d_real_accuracy,
            d_fake_accuracy, d_gradient_norm, g_gradient_norm.
        checks: list of dicts from looking at generated images, oldest first: ``duplicates``, their
            share; ``spread``, the standard deviation of pixels over the images of a class, in units
            of that of real images; of images in colour ``colours``, their ``colour_coverage`` in
            units of that of equal sets; where a classifier knows the products ``classes`` and
            ``classes_expected`` (effective numbers: exp of the entropy); and where there are
            features ``distance``, and ``noise``, below which a distance says nothing.

        window: how many of the last steps are "now"; all of ``logs`` is what it is compared with.

    Returns:
        list of ``Finding``.
    """
    if not logs:
        return []
    found = []

    def report(name, **facts):
        words = text()["doctor"][name]
        found.append(Finding(name, words["says"].format(**facts), words["advice"]))

    columns = {key: np.array([row[key] for row in logs]) for key in logs[0]}
    if not all(np.isfinite(column).all() for column in columns.values()):
        report("not_a_number")
        return found
    recent = slice(-window, None)
    for key, who in (("d_gradient_norm", "discriminator"), ("g_gradient_norm", "generator")):
        # Where one side has won its gradient is nearly nothing, and a normal one looks like a leap.
        typical = max(np.median(columns[key]), np.median(columns[key][:window]))
        now = columns[key][recent].max()
        if len(logs) > 2 * window and typical > 0 and now > EXPLODED * typical:
            report("exploding", who=who, times=now / typical)
    accuracy = np.mean([columns[f"d_{kind}_accuracy"][recent].mean() for kind in ("real", "fake")])
    norms = columns["g_gradient_norm"]
    if accuracy > SURE:
        share = norms[recent].mean() / max(norms.max(), 1e-30)
        if share < FADED:
            report("saturated", accuracy=accuracy, share=share)
        else:
            report("dominated", accuracy=accuracy)
    if checks and not found:  # a generator that was never let learn has no variety either
        _look_at(checks, report)
    return found


def _look_at(checks, report):
    # Twice in a row: a generator that has just begun to learn has no variety yet.
    if len(checks) >= 2 and all(_collapsed(check) for check in checks[-2:]):
        last = checks[-1]
        report("collapsed", spread=last["spread"], duplicates=last["duplicates"])
        if _too_few_classes(last):
            report("missing", classes=last["classes"], expected=last["classes_expected"])
    elif len(typical := _typical(checks, "colours")) >= 4:
        best = max(typical[:-3])
        if best > COLOURED and typical[-1] < PALED * best:
            report("colours", best=best, now=typical[-1])
    if len(typical := _typical(checks, "distance")) >= 4:
        best = max(min(typical[:-3]), checks[-1].get("noise", 0.0))
        if typical[-1] > WORSE * best:
            report("worse", best=best, now=typical[-1])


def _typical(checks, name):
    """Medians of three looks in a row, as one look is noisy."""
    values = [check[name] for check in checks if name in check]
    return [float(np.median(values[i : i + 3])) for i in range(len(values) - 2)]


def _too_few_classes(check):
    return "classes" in check and check["classes"] < COVERED * check["classes_expected"]


def _collapsed(check):
    repeats = check["duplicates"] > REPEATED or check["spread"] < NARROW
    return repeats or _too_few_classes(check)


class TrainingDoctor(keras.callbacks.Callback):
    """Keras callback: every so many steps looks at logs and samples, and reports what it finds.

    Args:
        real: photographs to compare with, uint8 [m, h, w, c]; some hundreds.
        labels: their classes [m], for a conditional model.
        every: steps between two looks.
        images: how many are generated for a look; 200 of 28 px take about 0.1 s.
        extractor: a ``metrics`` ``Extractor`` for images of this kind, or None: then nothing is
            said of their distance. One that knows the products' classes looks for missing ones
            too; any other sees ``SLOW_IMAGES`` of the images, about a second's work.
        settle: called before images are drawn.
        on_finding: called with (step, ``Finding``) when something is found that was not there at
            the last look; None only collects them.

    Attributes:
        findings: list of (step, ``Finding``), each when it began.
        checks: list of dicts, what was measured on the samples; ``step`` among it.
        logs: the model's metrics of the last ``REMEMBERED`` steps, one dict a step, not averaged.
        broken: whether a loss or gradient was no longer a number; training has been stopped then.
    """

    broken = False

    def __init__(
        self,
        real,
        labels=None,
        *,
        every=250,
        images=200,
        extractor=None,
        settle=None,
        on_finding=None,
    ):
        super().__init__()
        self.settle = settle
        self.every, self.images, self.extractor = max(2, every), images, extractor
        self.on_finding = on_finding
        self.real_spread = _spread(real, labels)
        self.tints = metrics.tints(real) if in_colour(real) else None
        self.real = None if extractor is None else extractor.features(real, cache=True)
        self.noise = 0.0
        if extractor is not None and not extractor.class_names:
            self.noise = _noise(self.real)
        self.findings, self.checks = [], []
        self.logs: deque[dict] = deque(maxlen=REMEMBERED)
        self._standing: set[str] = set()

    def on_train_begin(self, logs=None):
        self._step = int(self.model.step.value)

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        names = [metric.name for metric in self.model.metrics]
        # ``logs`` are running means, in which the last step hardly shows.
        last = np.asarray(self.model.last.value)
        self.logs.append(dict(zip(names, last.tolist(), strict=True)))
        if not np.isfinite(last).all() or self._step % self.every == 0:
            self.look()

    def look(self):
        """Measure, diagnose and report now; returns the findings."""
        last = self.logs[-1].values() if self.logs else ()
        self.broken = not np.isfinite(list(last)).all()
        if not self.broken:
            self.checks.append({"step": self._step, **self.measure()})
        found = diagnose(list(self.logs), self.checks, self.every // 2)
        for finding in found:
            if finding.name not in self._standing:
                self.findings.append((self._step, finding))
                if self.on_finding:
                    self.on_finding(self._step, finding)
        self._standing = {finding.name for finding in found}
        if self.broken:
            self.model.stop_training = True
        return found

    def measure(self):
        """What a sample of generated images shows, as one of the ``checks`` of ``diagnose``."""
        if self.settle:
            self.settle()
        images = self.model.generate(self.images, seed=self._step)
        spread = _spread(images, self.model.labels_for(self.images))
        result = {
            "duplicates": metrics.duplicate_rate(images, TOLERANCE),
            "spread": spread / self.real_spread,
        }
        if self.tints is not None:
            covered = coverage_of_tints(self.tints, metrics.tints(images))
            result["colours"] = covered / expected_coverage(len(self.tints), len(images))
        if self.extractor is None:
            return result
        if self.extractor.class_names:
            features, probs = self.extractor(images)
            result["classes"] = _effective(np.bincount(probs.argmax(1)))
            result["classes_expected"] = float(len(self.extractor.class_names))
            result["distance"] = metrics.frechet_distance(self.real, features)
        else:  # of many features and few images only this distance tells anything
            features = self.extractor.features(images[:SLOW_IMAGES])
            result["distance"] = _kernel_distance(self.real, features)
            result["noise"] = self.noise
        return result

    def stands(self, finding):
        """Whether a finding still held at the last look."""
        return finding.name in self._standing


def _spread(images, labels):
    """Mean over pixels of the standard deviation over the images of a class, mean over classes."""
    groups = [images] if labels is None else [images[labels == c] for c in np.unique(labels)]
    return float(np.mean([group.astype(np.float32).std(0).mean() for group in groups]))


def _kernel_distance(x, y):
    return metrics.kernel_distance(x, y, 1, max(len(x), len(y)))[0]


def _noise(real, draws=20):
    """Three standard deviations of the kernel distance of so few photographs to the others."""
    rng = np.random.default_rng(0)
    n = min(SLOW_IMAGES, len(real) // 2)
    if n < 2:
        return 0.0
    orders = [rng.permutation(len(real)) for _ in range(draws)]
    return 3 * float(np.std([_kernel_distance(real[o[n:]], real[o[:n]]) for o in orders]))


def _effective(counts):
    """Effective number of classes: exp of the entropy of their shares."""
    p = counts[counts > 0] / counts.sum()
    return float(np.exp(-(p * np.log(p)).sum()))
