"""``prodimg serve``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from prodimg_lib.cli.generate import Gate


def serve(
    model: Annotated[str, typer.Argument(help="A run folder, or the name of a shipped model.")],
    port: Annotated[int, typer.Option(help="To listen on; 0 takes a free one.")] = 8080,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    log: Annotated[
        Path | None, typer.Option(help="File that gets a line of JSON for each request.")
    ] = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Let requests ask for images that pass the gates."),
    ] = False,
    gate: Gate = None,
    images: Annotated[
        int | None, typer.Option(help="Most images of a request.  [default: 256]")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Most seconds of a request.  [default: 30]")
    ] = None,
    waiting: Annotated[
        int | None, typer.Option(help="Most requests in the queue.  [default: 32]")
    ] = None,
):
    """Serve images of a trained run over HTTP: a page, PNG, JSON, zip, metrics."""
    from prodimg_lib.cli.options import positive
    from prodimg_lib.runs.acceptance import parse
    from prodimg_lib.serve.limits import Limits
    from prodimg_lib.serve.service import serve as work

    given: dict[str, Any] = {"images": images, "seconds": seconds, "waiting": waiting}
    for name, value in given.items():
        positive(f"--{name}", value, "30")
    gates = list(gate or []) if accept or gate else None
    parse(gates or [])
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    work(model, host, port, gates=gates, log=log, limits=limits)
