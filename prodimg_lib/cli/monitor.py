"""``prodimg monitor``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import Seed, positive, with_display
from prodimg_lib.quiet import load_tensorflow

_EXIT = {"no drift": 0, "drift": 3, "cannot say": 4}  # 2 is an error, as of every command


def monitor(
    window: Annotated[
        Path,
        typer.Argument(help="Images of a week: a folder, a zip file, or the log of the service."),
    ],
    run: Annotated[Path, typer.Argument(help="A run folder, or the name of a shipped model.")],
    reference: Annotated[
        Path | None,
        typer.Option(help="An earlier window to compare with, in place of the run's own images."),
    ] = None,
    false_alarms: Annotated[
        float, typer.Option(help="How often at most a calm window may be called drift.")
    ] = 0.01,
    matters: Annotated[
        float | None,
        typer.Option(help="Kernel distance that would matter: no drift only if surely below it."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a page (.html) or the figures (.json).")
    ] = None,
    seed: Seed = 0,
):
    """Has what is served, or what arrives, drifted from what the model was judged by?

    The exit code says it: 0 no drift, 3 drift, 4 it cannot be said of so few images. 2 is an error.
    """
    from prodimg_lib.monitor.report import check_out, write_result

    positive("--matters", matters, "0.05")
    if out:
        check_out(out)
    found: list = []

    def work(show):
        load_tensorflow()  # before what follows does, and says much
        from prodimg_lib.monitor.judge import monitor as compare

        found.append(
            compare(
                window,
                run,
                reference=reference,
                false_alarms=false_alarms,
                matters=matters,
                seed=seed,
                show=show,
            )
        )

    with_display(work)
    (result,) = found
    for line in lines(result):
        print(line)
    if out:
        write_result(result, out)
        print(out)
    raise typer.Exit(_EXIT[result["verdict"]])


def lines(result):
    """What ``judge.monitor`` found, a line for the answer and one for each test."""
    from prodimg_lib.text import text

    words = text()["monitor"]
    yield result["says"]
    for row in result["tests"]:
        alarm = words["alarms" if row["drift"] else "calm"]
        yield f"  {row['title']}: {alarm} (p {row['p']:.2g}). {row['says']}"
    yield words["rate"].format(rate=result["false_alarms"])
    yield from result["notes"]
