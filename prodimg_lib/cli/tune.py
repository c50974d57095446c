"""``prodimg tune``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import (
    SOURCE,
    ChannelCount,
    Conditional,
    FitOrDefault,
    Limit,
    Size,
    training_assignments,
    training_settings,
    with_display,
)
from prodimg_lib.cli.run import run_settings
from prodimg_lib.models.families import MODELS

_CHECKS = 8  # how often a trial of --steps is measured, where nothing else is said
_EVERY = 250  # steps between two measurements of a trial of --minutes


def tune(
    out: Annotated[Path, typer.Option(help="Folder of the search; one in it goes on.")],
    data: Annotated[str | None, SOURCE] = None,
    model: Annotated[
        str | None, typer.Option(help=f"One of {', '.join(MODELS)}.  [default: gan]")
    ] = None,
    trials: Annotated[
        int, typer.Option(min=1, help="How many in all, the default settings among them.")
    ] = 20,
    minutes: Annotated[
        float | None, typer.Option(help="Training time of each trial.  [default: 3]")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Train each so many steps instead.")] = None,
    size: Size = None,
    channels: ChannelCount = None,
    fit: FitOrDefault = None,
    limit: Limit = None,
    conditional: Conditional = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same search.  [default: 0]")] = None,
    workers: Annotated[int, typer.Option(help="Processes that share the trials.")] = 1,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting of `run`; what is set is not searched."),
    ] = None,
):
    """Better settings for these photographs: trials by Optuna, against the default, with errors."""
    from prodimg_lib.runs.tune import SETTINGS

    assignments = training_assignments(set_, minutes=minutes, steps=steps)
    if config is None and (out / SETTINGS).is_file():
        config = out / SETTINGS  # going on: what is not said again stays as it was
    given = training_settings(
        data=data,
        size=size,
        channels=channels,
        fit=fit,
        limit=limit,
        minutes=minutes,
        steps=steps,
        seed=seed,
    )
    given |= {
        "model": model,
        "conditional": conditional,
    }
    settings = run_settings(config, given, assignments)
    if settings.train.validate_every is None:
        total = settings.train.steps
        every = max(1, total // _CHECKS) if total else _EVERY
        settings = run_settings(config, given, [*assignments, f"train.validate_every={every}"])

    def work(show):
        from prodimg_lib.runs.together import tune_together
        from prodimg_lib.runs.trials import outcome

        found.append(outcome(tune_together(settings, out, trials, workers, show), settings, out))

    found: list = []
    with_display(work)
    _show(found[0], out)


def _show(result, out):
    """The table, what follows from it and the command, on standard output; and a page of them."""
    from rich.console import Console
    from rich.table import Table

    from prodimg_lib.runs.pages import search_importance, search_rows, write_search
    from prodimg_lib.text import text

    words, console = text()["tune"], Console(markup=False)
    table = Table()
    for column in words["columns"]:
        table.add_column(column, overflow="fold")
    for row in search_rows(result):
        table.add_row(*row)
    console.print(table)
    lines = list(result["says"])
    if result["importance"]:
        lines.append(search_importance(result))
        lines.append(", ".join(f"{k} {v:.0%}" for k, v in result["importance"].items()))
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
    if result["command"]:
        print(f"{words['command']}:\n{result['command']}")
    write_search(result, out.resolve().name, out / "tune.html")
