"""What a run keeps on disk while it trains: checkpoints, history, the doctor's findings."""

import csv
import json
import os
from pathlib import Path

import keras

from prodimg_lib.models import gan, vae, vqvae  # noqa: F401 (Keras must know them to read a file)
from prodimg_lib.runs.outputs import write_atomically


class Checkpoints:
    """The newest state of a run in ``folder``: one model file and ``state.json`` that names it.

    The model file is written first and ``state.json`` replaced atomically after it, so a kill at
    any moment leaves a pair that belongs together.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def state(self):
        """``{"file", "step", "seconds", ...}`` of the newest checkpoint, or None."""
        path = self.folder / "state.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def save(self, model, **facts):
        """Write the model and the facts that belong to it; remove older model files."""
        step = int(model.step.value)
        path = self.folder / f"step-{step:08d}.keras"
        partial = self.folder / "partial.keras"
        model.save(partial)
        os.replace(partial, path)
        state = {"file": path.name, "step": step, **facts}
        write_atomically(self.folder / "state.json", json.dumps(state, indent=2) + "\n")
        for old in self.folder.glob("step-*.keras"):
            if old != path:
                old.unlink()

    def load(self):
        """The model of the newest checkpoint: weights, averages, optimizer slots and step."""
        return keras.models.load_model(self.folder / self.state()["file"])


class History:
    """``history.csv``: a row of mean values every ``log_every`` steps, and one at the end."""

    def __init__(self, path):
        self.path = Path(path)

    def rows(self):
        """All rows as dicts of floats."""
        if not self.path.is_file():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]

    def columns(self):
        """The same as ``{name: [values]}``."""
        rows = self.rows()
        return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}

    def keep_until(self, step):
        """Drop rows after ``step``: they were logged, then lost with the process."""
        rows = [row for row in self.rows() if row["step"] <= step]
        self.path.unlink(missing_ok=True)
        for row in rows:
            self.append(row)

    def append(self, row):
        """Add a row; the first one writes the header."""
        new = not self.path.is_file()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if new:
                writer.writeheader()
            writer.writerow({k: _number(v) for k, v in row.items()})


def _number(value):
    return int(value) if float(value).is_integer() else f"{value:.6g}"


class Findings:
    """``doctor.json``: what the training doctor found, from which step on, and whether it stands.

    Sessions of one run add up; what was found after the checkpoint that a session starts from is
    forgotten with the steps that were lost.
    """

    def __init__(self, path):
        self.path = Path(path)
        self._earlier = self.rows()

    def rows(self):
        """``[{"step", "name", "says", "advice", "stands"}]``, oldest first."""
        if not self.path.is_file():
            return []
        return json.loads(self.path.read_text(encoding="utf-8"))

    def keep_until(self, step):
        """Drop rows after ``step``."""
        self._earlier = [row for row in self._earlier if row["step"] <= step]
        self._write(self._earlier)

    def update(self, doctor):
        """Add the findings of this session's ``TrainingDoctor``."""
        new = [
            {"step": step, **vars(finding), "stands": doctor.stands(finding)}
            for step, finding in doctor.findings
        ]
        self._write([{**row, "stands": False} for row in self._earlier] + new)

    def _write(self, rows):
        content = json.dumps(rows, indent=2, ensure_ascii=False)
        write_atomically(self.path, content + "\n")
