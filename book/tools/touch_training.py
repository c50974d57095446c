"""Train two small GANs, one of which collapses, for the page with the slider over their steps.

    python book/tools/touch_training.py

writes book/_static/touch/training-scrubber.webp, a row of samples for each look at a run, and
training-scrubber-data.js, the losses of every step and what was measured at each look. The bench is
that of chapter 7, on the built-in catalogue; the runs differ in the two learning rates alone.
"""

import json
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from prodimg_lib import GAN
from prodimg_lib.data import load
from prodimg_lib.data.batches import batches
from prodimg_lib.runs.doctor import NARROW, TrainingDoctor

FOLDER = Path(__file__).resolve().parents[1] / "_static" / "touch"
PICTURE, DATA = FOLDER / "training-scrubber.webp", FOLDER / "training-scrubber-data.js"
BENCH = {"penalty": "none", "g_conditioning": "input", "width": 16, "seed": 0}
RUNS = {"collapsed": {"g_learning_rate": 5e-3, "d_learning_rate": 5e-5}, "healthy": {}}
STEPS, EVERY, SHOWN = 600, 25, 20  # steps, between two looks; images of a look, two of each class
SMOOTH = 10  # steps that a point of a curve is the mean of


class Looks(keras.callbacks.Callback):
    """Collects ``rows``, the same latents decoded before the first step and at every look."""

    def on_train_begin(self, logs=None):
        self.rows = [self._row()]

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % EVERY == 0:
            self.rows.append(self._row())

    def _row(self):
        return np.concatenate(self.model.generate(SHOWN, seed=1), axis=1)


def train(settings):
    """One run: its samples, uint8 [looks, side, SHOWN * side, 3], and its numbers, a dict."""
    data = load("catalogue")
    images, labels = data.images[:4000], data.labels[:4000]
    shape = {"size": data.size, "channels": data.channels, "num_classes": data.num_classes}
    model = GAN(**shape, **BENCH, **settings)
    model.compile()
    looks = Looks()
    doctor = TrainingDoctor(images[:500], labels[:500], every=EVERY)
    stream = batches(images, labels, batch_size=32, seed=0)
    options = {"verbose": 0, "shuffle": False, "callbacks": [doctor, looks]}
    model.fit(stream, steps_per_epoch=STEPS, **options)
    columns = {key: np.array([row[key] for row in doctor.logs]) for key in doctor.logs[0]}
    accuracy = (columns["d_real_accuracy"] + columns["d_fake_accuracy"]) / 2
    return np.stack(looks.rows), {
        "dLoss": _means(columns["d_loss"]),
        "gLoss": _means(columns["g_loss"]),
        "accuracy": _means(accuracy),
        "spread": [round(check["spread"], 3) for check in doctor.checks],
        "found": [[step, finding.name] for step, finding in doctor.findings],
    }


def _means(values):
    return values.reshape(-1, SMOOTH).mean(1).round(3).tolist()


def main():
    rows, runs = [], {}
    for name, settings in RUNS.items():
        samples, runs[name] = train(settings)
        rows += list(samples)
        print(name, runs[name]["spread"], runs[name]["found"])
    Image.fromarray(np.concatenate(rows)).save(PICTURE, quality=82, method=6)
    facts = {"steps": STEPS, "every": EVERY, "smooth": SMOOTH, "limit": NARROW, "runs": runs}
    DATA.write_text(
        "// Made by book/tools/touch_training.py; do not edit.\n"
        f"const TRAINING = {json.dumps(facts, separators=(',', ':'))};\n",
        encoding="utf-8",
    )
    for path in (PICTURE, DATA):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
