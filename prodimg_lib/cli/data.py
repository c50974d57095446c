"""``prodimg data prepare`` and ``prodimg data show``."""

import os
from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import (
    ChannelCount,
    Fit,
    Limit,
    Seed,
    Size,
    Source,
    Workers,
    assign,
    with_display,
)
from prodimg_lib.errors import InputError

app = typer.Typer(help="Prepare photographs, or look at what a source gives.", no_args_is_help=True)


@app.command()
def prepare(
    folder: Annotated[str, typer.Argument(help="A folder of photographs.")],
    out: Annotated[
        Path, typer.Option(help="Prepared folder; one that is there is brought up to date.")
    ],
    size: Annotated[
        int | None, typer.Option(help="Side in pixels: 28, 32 or 64.  [default: 64]")
    ] = None,
    channels: Annotated[
        int | None, typer.Option("--channels", help="1 (grey) or 3 (colour).  [default: 3]")
    ] = None,
    fit: Annotated[
        str | None, typer.Option(help="pad or crop photographs left whole.  [default: pad]")
    ] = None,
    cutout: Annotated[
        str | None,
        typer.Option(
            help="Products to a white ground: auto, opencv, rembg or none.  [default: auto]"
        ),
    ] = None,
    item: Annotated[
        str | None,
        typer.Option(help="Regular expression; what its group matches in a path names the item."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same split.  [default: 0]")] = None,
    workers: Workers = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting, e.g. gates.blurred=0.3, test=0.2."),
    ] = None,
):
    """Photographs to clean images: gates, duplicates, cut-outs, splits, a manifest and a report."""
    from prodimg_lib.data.config import PrepareConfig
    from prodimg_lib.settings import parse, read_settings

    _check_folder(folder)
    given = {
        **{"size": size, "channels": channels, "fit": fit, "cutout.method": cutout, "item": item},
        "seed": seed,
    }
    values = read_settings(PrepareConfig, config) if config else PrepareConfig()
    values = values.model_dump()
    assign(values, given, set_ or [])
    settings = parse(PrepareConfig, values, str(config) if config else "settings")

    def work(show):
        from prodimg_lib.data.preparation import prepare_folder

        show.stage("prepare")
        manifest = prepare_folder(
            Path(os.path.expanduser(folder)),
            out,
            settings,
            show.message,
            show.progress,
            workers,
        )
        show.message(_summary(manifest))

    with_display(work, f"{out}/report.html")


def _check_folder(folder):
    from prodimg_lib.data.sources import NAMES

    if folder in NAMES:
        raise InputError(
            f"{folder} needs no preparation: `prodimg run --data {folder}` takes it as it is (a "
            f"folder of that name: ./{folder})"
        )


@app.command()
def show(
    data: Source = "auto",
    size: Size = None,
    channels: ChannelCount = None,
    fit: Fit = "pad",
    limit: Limit = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Also write a contact sheet (PNG).")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
):
    """Print what a source holds: images, classes, skipped files."""

    def work(display):
        from prodimg_lib.files import leave_alone
        from prodimg_lib.runs import outputs

        if out:
            leave_alone(out, force)
        images = _load(display, data, size, channels, fit, limit, seed)
        display.table(images)
        if out:
            outputs.write_contact_sheet(images, out)

    with_display(work, out)


def _load(show, data, size, channels, fit, limit, seed):
    from prodimg_lib.data import load

    return load(
        data,
        size,
        channels,
        fit=fit,
        limit=limit,
        seed=seed,
        on_message=show.message,
        on_progress=show.progress,
    )


def _summary(manifest):
    totals = {split: sum(of.values()) for split, of in manifest["counts"].items()}
    return (
        f"{totals['train']:,} training, {totals['val']:,} validation and {totals['test']:,} test "
        f"images, {manifest['config']['size']} px, {len(manifest['class_names'])} classes; the "
        "report says what was dropped and why"
    )
