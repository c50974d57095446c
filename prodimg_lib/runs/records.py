"""What a run keeps on disk while it trains: checkpoints, history, the doctor's findings."""

import contextlib
import csv
import io
import json
import time
import zipfile
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.files import PARTIAL, read_json, replacing, write_atomically, writing
from prodimg_lib.models.families import MODELS

VALIDATION = "validation.csv"  # of each measurement of a checkpoint
_FACTS = "run.json"  # in a model file: what state.json says of it
_MOST_FACTS = 2**20  # bytes; a bomb says that it holds more
_ABANDONED = 600  # seconds; an unfinished file that nobody wrote to for so long was left by a kill


class Checkpoints:
    """The newest state of a run in ``folder``: one model file and ``state.json`` that names it.

    The model file is written first and ``state.json`` after it, each whole or not at all, so a kill
    at any moment leaves a pair that belongs together. The model file holds a copy of its facts,
    which counts: where ``state.json`` is lost or damaged, the newest model file says where the run
    stands.

    Args:
        folder: made if missing.
        instead: why a person might delete a damaged folder; ends the message.
    """

    def __init__(self, folder, instead="to train from the start"):
        self.folder, self.instead = Path(folder), instead
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)

    def state(self):
        """``{"file", "step", "seconds", ...}`` of the newest checkpoint, or None.

        Raises:
            InputError: there are model files, and nothing says what they are.
        """
        path = self.folder / "state.json"
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            state = None
        named = _is_state(state)
        if named and (self.folder / state["file"]).is_file():
            own = _facts(self.folder / state["file"])
            # Version 0.1.0 kept no copy.
            return {**own, "file": state["file"]} if _is_state(own) else state
        files = sorted(self.folder.glob("step-*.keras"), reverse=True)
        found = next(filter(_is_state, map(_facts, files)), None)
        if found is None and (files or path.exists()):
            problem = f"names {state['file']}, which is missing" if named else "is damaged"
            raise InputError(
                f"{path} {problem if path.exists() else 'is missing'}: restore it from a copy, or "
                f"delete {self.folder} {self.instead}"
            )
        return found

    def save(self, model, **facts):
        """Write the model and the facts that belong to it; remove older model files.

        Raises:
            InputError: it cannot be written; the checkpoint of before still stands.
        """
        step = int(model.step.value)
        path = self.folder / f"step-{step:08d}.keras"
        state = json.dumps({"file": path.name, "step": step, **facts}, indent=2) + "\n"
        with replacing(path) as partial:
            model.save(partial)
            with zipfile.ZipFile(partial, "a") as parts:
                parts.writestr(_FACTS, state)
        write_atomically(self.folder / "state.json", state)
        self.tidy()

    def tidy(self):
        """Remove model files other than the newest, and what a kill left half written long ago."""
        state = self.state()
        for old in self.folder.glob("step-*.keras"):
            if state and old.name != state["file"]:
                _remove(old)
        for left in self.folder.glob(f"{PARTIAL}*"):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                _remove(left)

    def load(self):
        """The model of the newest checkpoint: weights, averages, optimizer slots and step.

        Raises:
            InputError: there is none, or its file is damaged.
        """
        state = self.state()
        if state is None:
            raise InputError(f"{self.folder} holds no checkpoint yet: train first")
        import keras  # here, so that what only reads records does not wait for TensorFlow

        path = self.folder / state["file"]
        for family in MODELS.values():
            family.load()  # Keras must know the classes to read a file
        try:
            return keras.models.load_model(path)
        except Exception as error:
            if not path.is_file() and (self.state() or state)["file"] != state["file"]:
                return self.load()  # who trains has saved a newer one meanwhile, and removed it
            if _is_whole(path):
                raise
            raise InputError(
                f"{path} is damaged: restore it from a copy, or delete {self.folder} {self.instead}"
            ) from error


def _remove(path):
    """What is no longer needed; what cannot be removed, as a folder, does no harm."""
    with contextlib.suppress(OSError):
        path.unlink()


def _is_state(state):
    kinds = {"file": str, "step": int, "seconds": int | float}
    if not isinstance(state, dict) or not all(
        isinstance(state.get(k), t) for k, t in kinds.items()
    ):
        return False
    return Path(state["file"]).name == state["file"]  # beside it, never elsewhere


def _facts(path):
    """The facts in a model file; None where there are none, or it is damaged."""
    try:
        with zipfile.ZipFile(path) as parts:
            if parts.getinfo(_FACTS).file_size > _MOST_FACTS:
                return None
            return json.loads(parts.read(_FACTS))
    except (OSError, ValueError, KeyError, RecursionError, zipfile.BadZipFile):
        return None


def _is_whole(path):
    try:
        with zipfile.ZipFile(path) as parts:
            return parts.testzip() is None
    except Exception:  # the many ways of a broken zip file
        return False


class History:
    """``history.csv``: a row of mean values every ``log_every`` steps, and one at the end.

    A kill can tear the last row. Such a row was never there: it is not read, and ``keep_until``
    removes it.
    """

    def __init__(self, path):
        self.path = Path(path)

    def rows(self):
        """All rows as dicts of floats.

        Raises:
            InputError: a row before the last is damaged, or it is a folder.
        """
        header, rows = self._read()
        return [dict(zip(header, map(float, row), strict=True)) for row in rows]

    def columns(self):
        """The same as ``{name: [values]}``."""
        rows = self.rows()
        return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}

    def keep_until(self, step):
        """Drop rows after ``step``: they were logged, then lost with the process.

        Raises:
            InputError: as ``rows``, or the file cannot be written.
        """
        header, rows = self._read()
        kept = [row for row in rows if float(row[header.index("step")]) <= step]
        if kept:
            write_atomically(self.path, "".join(map(_line, [header, *kept])))
        else:
            with writing(self.path):
                self.path.unlink(missing_ok=True)

    def append(self, row):
        """Add a row; the first one writes the header.

        Raises:
            InputError: it cannot be written.
        """
        values = {name: str(_number(value)) for name, value in row.items()}
        header = self._header()
        text = "" if header else _line(values)
        # Another version's run may have had other columns: its header stands.
        text += _line(values.get(name, "nan") for name in header or values)
        with writing(self.path), self.path.open("a", newline="", encoding="utf-8") as file:
            file.write(text)

    def _is_there(self):
        if self.path.is_dir():
            raise InputError(
                f"{self.path} is a folder, where a run keeps a file: move it elsewhere"
            )
        return self.path.is_file()

    def _header(self):
        if not self._is_there():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            return next(csv.reader([file.readline()]), [])

    def _read(self):
        """The header and the whole rows, as lists of str."""
        if not self._is_there():
            return [], []
        whole = self.path.read_bytes().split(b"\n")[:-1]  # what no line end closes is torn
        reader = csv.reader(line.decode(errors="replace") for line in whole)
        table: list[list[str]] = []
        try:
            for row in filter(None, reader):
                good = len(row) == len(table[0]) and all(map(_is_number, row)) if table else True
                if not good or "step" not in (table or [row])[0]:
                    raise self._damaged(reader.line_num)
                table.append(row)
        except csv.Error:
            raise self._damaged(reader.line_num) from None
        header, *rows = table or [[]]
        return header, rows

    def _damaged(self, line):
        return InputError(f"{self.path} is damaged in line {line}: mend or remove that line")


def _line(cells):
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


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
        """``[{"step", "name", "says", "advice", "stands"}]``, oldest first.

        Raises:
            InputError: the file is damaged.
        """
        if not self.path.is_file():
            return []
        advice = "delete it to go on without what was found before"
        rows = read_json(self.path, advice)
        keys = {"step", "name", "says", "advice", "stands"}
        if not isinstance(rows, list) or not all(
            isinstance(r, dict) and keys <= r.keys() and isinstance(r["step"], int) for r in rows
        ):
            raise InputError(f"{self.path} is damaged, it holds no list of findings: {advice}")
        return rows

    def keep_until(self, step):
        """Drop rows after ``step``."""
        self._earlier = [row for row in self._earlier if row["step"] <= step]
        self._write(self._earlier)

    def update(self, doctor):
        """Add the findings of this session's ``TrainingDoctor``.

        What stood when the session began stands until the doctor has looked twice: a collapse it
        sees on two looks in a row.
        """
        looked = doctor.broken or len(doctor.checks) > 1
        new = [
            {"step": step, **vars(finding), "stands": doctor.stands(finding)}
            for step, finding in doctor.findings
        ]
        earlier = [{**row, "stands": row["stands"] and not looked} for row in self._earlier]
        self._write(earlier + new)

    def _write(self, rows):
        content = json.dumps(rows, indent=2, ensure_ascii=False)
        write_atomically(self.path, content + "\n")
