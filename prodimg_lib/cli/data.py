"""``prodimg data prepare`` and ``prodimg data show``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import ChannelCount, Fit, Limit, Seed, Size, Source, with_display

app = typer.Typer(help="Prepare photographs, or look at what a source gives.", no_args_is_help=True)


@app.command()
def prepare(
    out: Annotated[Path, typer.Option(help="Folder for images.npz, contact.png and skipped.csv.")],
    data: Source = "auto",
    size: Size = None,
    channels: ChannelCount = None,
    fit: Fit = "pad",
    limit: Limit = None,
    seed: Seed = 0,
):
    """Turn a source into clean square arrays on disk."""

    def work(show):
        from prodimg_lib.runs import outputs

        show.stage("prepare")
        images = _load(show, data, size, channels, fit, limit, seed)
        outputs.write_prepared(images, out)
        show.message(_summary(images))

    with_display(work, f"{out}/contact.png")


@app.command()
def show(
    data: Source = "auto",
    size: Size = None,
    channels: ChannelCount = None,
    fit: Fit = "pad",
    limit: Limit = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Also write a contact sheet (PNG).")] = None,
):
    """Print what a source holds: images, classes, skipped files."""

    def work(display):
        from prodimg_lib.runs import outputs

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


def _summary(images):
    return (
        f"{len(images.images):,} training and {len(images.test_images):,} held-out images, "
        f"{images.size} px, {len(images.class_names)} classes, {len(images.skipped)} files skipped"
    )
