"""``prodimg generate``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import Seed, with_display


def generate(
    run: Annotated[
        Path,
        typer.Argument(help="A run folder, or fashion-mnist or catalogue: shipped generators."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the images.")],
    n: Annotated[int, typer.Option("-n", "--n", help="How many images.")] = 64,
    label: Annotated[
        str | None, typer.Option("--class", help="Only this class (name or number).")
    ] = None,
    seed: Seed = 0,
    truncation: Annotated[
        float | None, typer.Option(help="Cut latents at +-T: fewer odd images, less variety.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Of the sampler of a flow: more are slower, closer to it.")
    ] = None,
    guidance: Annotated[
        float | None,
        typer.Option(help="Of a flow: above 1, more typical of the class, less variety."),
    ] = None,
):
    """Make images with a trained run: PNG files, a grid and a manifest."""

    def work(show):
        from prodimg_lib.runs.generate import generate as make

        show.stage("generate")
        make(run, out, n, label, seed, truncation=truncation, steps=steps, guidance=guidance)

    with_display(work, f"{out}/grid.png")
