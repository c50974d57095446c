"""Options that several commands share, and how a command shows what it does."""

from typing import Annotated

import typer

SOURCE = typer.Option("--data", help="fashion-mnist, catalogue, auto, or a folder of photographs.")
Source = Annotated[str, SOURCE]
Size = Annotated[
    int | None, typer.Option(help="Side in pixels: 28, 32 or 64.  [default: the source's]")
]
ChannelCount = Annotated[
    int | None, typer.Option("--channels", help="1 (grey) or 3 (colour).  [default: the source's]")
]
Fit = Annotated[str, typer.Option(help="pad (keep all of a photograph) or crop (fill the square).")]
Limit = Annotated[int | None, typer.Option(help="Use only so many training images.")]
Seed = Annotated[int, typer.Option(help="Same seed, same run.")]


def with_display(work, result=None):
    """Run ``work(display)`` with live progress, then say where the result is."""
    from prodimg_lib.cli.display import Display

    with Display() as display:
        work(display)
    if result:
        display.done(result)
