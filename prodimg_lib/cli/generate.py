"""``prodimg generate``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import Seed, Workers, with_display

Gate = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="NAME=LIMIT",
        help="Accept with a limit of your own: border=0.9, fill=0.2..0.8, centring=0.1, "
        "sharpness=0.3..2, class=0.5, copy=3; or NAME=off.",
    ),
]


def generate(
    run: Annotated[
        Path,
        typer.Argument(help="A run folder, or fashion-mnist or catalogue: shipped generators."),
    ],
    out: Annotated[str, typer.Option(help="Folder for the images, or a file that ends in .zip.")],
    n: Annotated[
        int, typer.Option("-n", "--n", help="How many images, of each --class or in all.")
    ] = 64,
    label: Annotated[
        list[str] | None,
        typer.Option("--class", help="Only this class (name or number); may be repeated."),
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
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B",
            help="Go from image A to image B in n steps; each an index of the manifest or "
            "SEED:INDEX. Two --class: one for each end.",
        ),
    ] = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Draw again what is not as 99 % of the photographs are."),
    ] = False,
    gate: Gate = None,
    attempts: Annotated[
        int | None,
        typer.Option(help="With --accept, how often an image is drawn at most.  [default: 20]"),
    ] = None,
    workers: Workers = None,
):
    """Make images with a trained run: PNG files, a grid and a manifest."""
    from prodimg_lib.errors import InputError
    from prodimg_lib.runs.acceptance import parse

    gates = parse(gate or []) if accept or gate else None
    if attempts is not None and gates is None:
        raise InputError("--attempts is a matter of gates: add --accept, or leave it out")

    def work(show):
        from prodimg_lib.runs.generate import generate as make

        show.stage("generate")
        make(
            run,
            out,
            n,
            label,
            seed,
            between=between,
            gates=gates,
            attempts=attempts,
            workers=workers,
            show=show,
            truncation=truncation,
            steps=steps,
            guidance=guidance,
        )

    with_display(work, out if out.lower().endswith(".zip") else f"{Path(out)}/grid.png")
