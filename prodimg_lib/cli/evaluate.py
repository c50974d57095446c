"""``prodimg evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import GATE, assign, with_display
from prodimg_lib.errors import InputError

_EXIT = {"ship": 0, "do not ship": 3, "not decided": 4}  # 2 is an error, as of every command


def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    images: Annotated[int | None, typer.Option(help="How many images to score.")] = None,
    gate: Annotated[list[str] | None, GATE] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of evaluation or card, e.g. card.data_licence=CC0."),
    ] = None,
):
    """Score a trained run again and rewrite its metrics, report and card.

    With gates, from here or from the run's config.yaml, the exit code says whether the model may
    ship: 0 ship, 3 do not ship, 4 not decided by so many images. 2 is an error. Without gates, 0.
    """
    for line in set_ or []:
        if not line.startswith(("evaluate.", "card.")):
            raise InputError(
                f"--set {line}: only evaluate.… and card.… can change after training, the rest is "
                "what the run was trained with"
            )
    verdict = None

    def work(show):
        nonlocal verdict
        from prodimg_lib.runs.config import RunConfig
        from prodimg_lib.runs.folder import read_config
        from prodimg_lib.runs.run import score
        from prodimg_lib.settings import parse

        values = read_config(run).model_dump()
        assign(values, {"evaluate.images": images, "evaluate.gates": gate or None}, set_ or [])
        verdict = score(run, show, config=parse(RunConfig, values, "settings"))["verdict"]

    with_display(work, f"{run}/report.html")
    if verdict:
        raise typer.Exit(_EXIT[verdict["verdict"]])
