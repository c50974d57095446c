"""``prodimg choose``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import (
    SOURCE,
    ChannelCount,
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


def choose(
    out: Annotated[Path, typer.Option(help="Folder; what was begun in it goes on.")],
    data: Annotated[str | None, SOURCE] = None,
    need: Annotated[
        str, typer.Option(help="What counts: fidelity, variety, control or latency.")
    ] = "fidelity",
    minutes: Annotated[
        float | None, typer.Option(help="Training time of each candidate.  [default: 3]")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Train each so many steps instead.")] = None,
    candidates: Annotated[
        str | None, typer.Option(help=f"Some of {','.join(MODELS)}.  [default: all]")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="By class (yes), without classes (no) or both.  [default: yes]"),
    ] = None,
    size: Size = None,
    channels: ChannelCount = None,
    fit: FitOrDefault = None,
    limit: Limit = None,
    images: Annotated[
        int | None, typer.Option(help="How many images each is judged by.  [default: 1000]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same choice.  [default: 0]")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Of a family, settings.gan.width=48; or train.batch_size=128."),
    ] = None,
):
    """Which model for these photographs? Train each a little, measure, recommend with reasons."""
    from prodimg_lib.runs.choice import PAGE
    from prodimg_lib.runs.choose import SETTINGS, ChooseConfig
    from prodimg_lib.settings import parse, read_settings

    positive("--minutes", minutes, "3")
    positive("--steps", steps, "500")
    begun = out / SETTINGS
    before = read_settings(ChooseConfig, begun) if begun.is_file() else ChooseConfig()
    values = before.model_dump()
    assignments = training_assignments(set_, minutes=minutes, steps=steps)
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
        "candidates": candidates and [name.strip() for name in candidates.split(",")],
        "labels": labels,
        "images": images,
    }
    assign(values, given, assignments)
    settings = parse(ChooseConfig, values)

    def work(show):
        from prodimg_lib.runs.choose import choose as carry_out

        found.append(carry_out(settings, out, need, show))

    found: list = []
    with_display(work)
    _show(found[0])
    print(out / PAGE)


def _show(choice):
    """The table, the verdict and the command, on standard output."""
    from rich.console import Console
    from rich.table import Table

    from prodimg_lib.text import text

    words, console = text()["choose"], Console(markup=False)
    console.print(choice.lead, highlight=False, soft_wrap=True)
    table = Table()
    for column in ("", *choice.names, ""):
        table.add_column(column, overflow="fold")
    for row in choice.rows:
        table.add_row(row.title, *row.cells, row.remark)
    console.print(table)
    ruled_out = [f"{name}: {reason}" for name, reason in choice.verdict.ruled_out.items()]
    lines = [
        *choice.notes,
        *choice.places,
        *([f"{words['ruled_out']}:", *ruled_out] if ruled_out else []),
        choice.headline,
        *choice.verdict.reasons,
    ]
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
    if choice.command:
        print(f"{words['command']}:\n{choice.command}")
