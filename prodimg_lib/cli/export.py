"""``prodimg export``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import with_display
from prodimg_lib.quiet import load_tensorflow


def export(
    model: Annotated[str, typer.Argument(help="A run folder, or the name of a shipped model.")],
    out: Annotated[Path, typer.Option(help="Folder for the files and their manifest.")],
    steps: Annotated[
        int | None, typer.Option(help="Of the sampler of a flow, fixed in the files.")
    ] = None,
    guidance: Annotated[float | None, typer.Option(help="Of a flow, fixed in the files.")] = None,
):
    """Write a model as SavedModel and ONNX, checked to give its images."""

    def work(show):
        load_tensorflow()  # before what follows does, and says much
        from prodimg_lib.serve.export import export as make

        make(model, out, steps=steps, guidance=guidance, show=show)

    with_display(work, out / "manifest.json")
