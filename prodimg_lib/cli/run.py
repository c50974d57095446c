"""``prodimg run``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import (
    GATE,
    SOURCE,
    ChannelCount,
    Conditional,
    FitOrDefault,
    Limit,
    Size,
    assign,
    positive,
    training_assignments,
    training_settings,
    with_display,
)
from prodimg_lib.models.families import MODELS

_MODELS = ", ".join(MODELS)


def run(
    out: Annotated[Path, typer.Option(help="Run folder; an unfinished run in it goes on.")],
    data: Annotated[str | None, SOURCE] = None,
    model: Annotated[str | None, typer.Option(help=f"One of {_MODELS}.  [default: gan]")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Training time; the rest adds about one.  [default: 3]")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Train so many steps instead.")] = None,
    size: Size = None,
    channels: ChannelCount = None,
    fit: FitOrDefault = None,
    limit: Limit = None,
    conditional: Conditional = None,
    images: Annotated[
        int | None, typer.Option(help="How many images to generate and score.  [default: 2000]")
    ] = None,
    gate: Annotated[list[str] | None, GATE] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same run.  [default: 0]")] = None,
    tensorboard: Annotated[
        bool | None,
        typer.Option("--tensorboard/--no-tensorboard", help="Log for TensorBoard too."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that train together; TF_CONFIG says it for several machines."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting, e.g. settings.width=48, train.batch_size=128."),
    ] = None,
):
    """Photographs in, new product images out: prepare, train, generate, evaluate, report."""
    from prodimg_lib.runs.config import load_config
    from prodimg_lib.runs.processes import group

    positive("--minutes", minutes, "3")
    positive("--steps", steps, "500")
    assignments = training_assignments(set_, minutes=minutes, steps=steps)
    if config is None and (out / "config.yaml").is_file():
        # Going on: what is not said again stays as it was.
        load_config(out / "config.yaml")
        config = out / "config.yaml"
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
        "evaluate.images": images,
        "evaluate.gates": gate or None,
        "train.tensorboard": tensorboard,
    }
    settings = run_settings(config, given, assignments)

    def work(show):
        from prodimg_lib.runs.run import run as carry_out

        carry_out(settings, out, show, workers)

    together = group(workers)
    with_display(work, f"{out}/report.html" if together is None or together.first else None)


def run_settings(path, given, assignments):
    """``RunConfig`` from a YAML file (if any), then flags, then ``--set key=value``."""
    from prodimg_lib.runs.config import RunConfig, load_config
    from prodimg_lib.settings import parse

    values = load_config(path).model_dump() if path else RunConfig().model_dump()
    assign(values, given, assignments)
    return parse(RunConfig, values, str(path) if path else "settings")
