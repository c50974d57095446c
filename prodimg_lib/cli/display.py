"""Live progress of a command in the terminal, or plain lines where there is no terminal."""

import sys
import time
from itertools import groupby

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from prodimg_lib.metrics.table import Scores
from prodimg_lib.text import text

_PLAIN_SECONDS = 30  # how often a line is printed where nothing can be redrawn


class Display:
    """Shows stages and progress; the methods are those of ``runs.show.Show``."""

    def __init__(self):
        # No markup: a class or a rater may be called [/b].
        self.console = Console(stderr=True, markup=False)
        # Colours may be forced where nothing can be redrawn: in a notebook, or a log of CI.
        self._live = self.console.is_terminal and sys.stderr.isatty()
        self._progress = Progress(
            TextColumn("[bold]{task.description:>9}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
        )
        self._task = None
        self._printed = 0.0

    def __enter__(self):
        if self._live:
            self._progress.start()
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self._finish()
        if self._live:
            self._progress.stop()

    def _finish(self):
        if self._task is not None:
            self._progress.update(self._task, total=1, completed=1)
            self._progress.stop_task(self._task)

    def stage(self, name):
        """Begin a stage: a bar of its own, or a line."""
        self._finish()
        self._task = self._progress.add_task(name, total=None, note="")
        self._stage = name
        if not self._live:
            self.console.print(f"{name} …", highlight=False)
            self._printed = time.monotonic()

    def message(self, line):
        """One line that stays."""
        self.console.print(line, highlight=False, soft_wrap=True)

    def progress(self, done, total, note=""):
        """Move the bar of the current stage."""
        if self._task is None:
            return
        if self._live:
            self._progress.update(self._task, total=total, completed=done, note=note)
        elif time.monotonic() - self._printed > _PLAIN_SECONDS:
            self._printed = time.monotonic()
            self.console.print(f"{self._stage} {done / total:.0%}  {note}", highlight=False)

    def table(self, images):
        """What a ``ProductImages`` holds."""
        table = Table(title=f"{images.origin}, {images.size} px, {images.channels} channels")
        for column in ("class", "training", "held out"):
            table.add_column(column, justify="left" if column == "class" else "right")
        for i, name in enumerate(images.class_names):
            table.add_row(
                name,
                f"{(images.labels == i).sum():,}",
                f"{(images.test_labels == i).sum():,}",
            )
        Console(markup=False).print(table)
        for skipped in images.skipped:
            self.message(f"skipped {skipped.file}: {skipped.reason}")

    def scores(self, table):
        """The metrics of a run, on standard error like all progress: the files hold them too.

        What a second network says stands in a table of its own, or its name would be in every row.
        """
        for second, rows in groupby(table.items(), lambda row: row[0].partition("@")[2]):
            part = Scores({name.partition("@")[0]: facts for name, facts in rows})
            network = next(iter(part.values())).get("network")
            shown = Table(title=network if second else None, title_justify="left")
            for i, column in enumerate(text()["score_columns"]):
                shown.add_column(column, justify="right" if 1 <= i <= 4 else "left")
            for row in part.rows():
                shown.add_row(*row)
            self.console.print(shown)
        for note in table.notes:
            self.message(note)

    def verdict(self, verdict):
        """What the gates of a run say, a line each after the answer."""
        words = text()["verdict"]
        self.message(words[verdict["verdict"]])
        for row in verdict["gates"]:
            self.message(f"  {row['gate']}: {row['verdict']}. {row['says']}")

    def gates(self, limits, refused, *, accepted, asked, drawn):
        """The gates of ``prodimg generate``: limits by gate, [classes, 2], and images refused."""
        words = text()["acceptance"]
        table = Table(title=words["title"].format(accepted=accepted, asked=asked, drawn=drawn))
        for i, column in enumerate(words["columns"]):
            table.add_column(column, justify="right" if 1 <= i <= 3 else "left")
        for name, bounds in limits.items():
            shown = (_span(side, words["varies"]) for side in bounds.T)
            table.add_row(name, f"{refused[name]:,}", *shown, words["looks_at"][name])
        self.console.print(table)
        self.message(words["note"])

    def study(self, result):
        """The scores of a human study, on standard output."""
        words, console = text()["human"]["score"], Console(soft_wrap=True, markup=False)
        table = Table(title=words["title"].format(study=result["study"]))
        for i, column in enumerate(words["columns"]):
            table.add_column(column, justify="right" if 1 <= i <= 4 else "left")
        for person in result["raters"]:
            pairs = person["trials"]
            table.add_row(
                person["rater"],
                str(pairs),
                f"{person['fooled'] / pairs:.0%}" if pairs else "",
                f"{person['catch_failed']} of {person['catches']}",
                f"{person['median_ms'] / 1000:.1f} s" if pairs else "",
                person["reason"],
            )
        for name, facts in result["classes"].items():
            table.add_row(name, str(facts["n"]), f"{facts['value']:.0%}", "", "", "")
        console.print(table)
        rate = result["fooling_rate"]
        if rate is None:
            console.print(words["nobody"])
            return
        console.print(words["rate"].format(**rate), highlight=False)
        verdict = "told" if rate["high"] < 0.5 else "fooled" if rate["low"] > 0.5 else "chance"
        console.print(words[verdict])
        if rate["raters"] == 1:
            console.print(words["one_rater"])
        elif result["agreement"] == result["agreement"]:  # not NaN
            console.print(words["agreement"].format(value=result["agreement"]), highlight=False)
        console.print(words["blind"])

    def done(self, path):
        """Say where the result is, on standard output, for people and scripts alike."""
        Console(soft_wrap=True, markup=False).print(str(path), highlight=False)


def _span(values, varies):
    """Limits of all classes as one cell; empty where there are none."""
    low, high = (f"{value:.3g}" for value in (values.min(), values.max()))
    if not np.isfinite(values).any():
        return ""
    return low if low == high else varies.format(low=low, high=high)
