"""``prodimg evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import with_display


def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    images: Annotated[int | None, typer.Option(help="How many images to score.")] = None,
):
    """Score a trained run again and rewrite its metrics and report."""

    def work(show):
        from prodimg_lib.runs.config import RunConfig
        from prodimg_lib.runs.folder import read_config
        from prodimg_lib.runs.run import evaluate as score
        from prodimg_lib.settings import parse

        settings = read_config(run)
        if images is not None:
            values = settings.model_dump()
            values["evaluate"]["images"] = images
            settings = parse(RunConfig, values, "settings")
        score(run, show, config=settings)

    with_display(work, f"{run}/report.html")
