"""``prodimg human-eval``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import with_display


class _MakeByDefault(typer.core.TyperGroup):
    """``human-eval RUN`` makes the page; only ``score`` must be said (a run called so: ./score)."""

    def parse_args(self, ctx, args):
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["make", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_MakeByDefault,
    help="Ask people which image is real: `human-eval RUN` makes the page, `score` reads answers.",
    no_args_is_help=True,
)


@app.command("make")
def make(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    out: Annotated[
        Path | None, typer.Option(help="The page.  [default: RUN/human-study.html]")
    ] = None,
    pairs: Annotated[int, typer.Option(help="Pairs to judge; catch trials come on top.")] = 40,
    seconds: Annotated[
        float, typer.Option(help="How long a pair is shown; 0 = until answered.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same page.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
):
    """Make the page of a study "which one is real?": one file, for any browser, offline."""

    def work(show):
        from prodimg_lib.files import leave_alone
        from prodimg_lib.runs import human_study

        if out:
            leave_alone(out, force)
        show.stage("generate")
        path = human_study.study_of_run(
            run, out, pairs=pairs, seconds=seconds, seed=seed, show=show
        )
        made.append(path)

    made: list[Path] = []
    with_display(work, None)
    print(made[0])


@app.command("score")
def score(
    files: Annotated[list[Path], typer.Argument(help="Answer files of one study.")],
    out: Annotated[Path | None, typer.Option(help="Also write the scores as JSON.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
):
    """Score the answers of a study: fooling rate with its interval, raters, agreement."""
    from prodimg_lib.cli.display import Display
    from prodimg_lib.files import leave_alone
    from prodimg_lib.runs import human_study

    if out:
        leave_alone(out, force)
    result = human_study.score(files)
    Display().study(result)
    if out:
        human_study.write_scores(result, out)
