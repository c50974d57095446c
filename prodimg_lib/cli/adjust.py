"""``prodimg adjust``."""

from pathlib import Path
from typing import Annotated

import typer

from prodimg_lib.cli.options import with_display


def adjust(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run; it stays as it is.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the next run.  [default: RUN-2]")
    ] = None,
    start: Annotated[
        bool, typer.Option("--start", help="Carry it out, and compare the two.")
    ] = False,
):
    """What to change because of what was measured: the settings of the next run, with reasons."""
    import shlex

    from prodimg_lib.text import text

    words = text()["adjust"]
    found: list = []

    def work(show):
        from prodimg_lib.runs.adjust import adjust as make

        found.append(make(run, out, show))

    with_display(work)
    (result,) = found
    _show(result, words)
    if result.folder is None:
        return
    images = next((c.new for c in result.changes if c.key == "evaluate.images"), None)
    if images:
        again = ("prodimg", "evaluate", str(run), "--images", str(images))
        print(f"{words['judge_again'].format(n=images)}\n{shlex.join(again)}")
    page = result.folder / "compare.html"
    if not start:
        commands = (
            ("prodimg", "run", "--out", str(result.folder)),
            ("prodimg", "compare", str(run), str(result.folder), "--out", str(page)),
        )
        print("\n".join([words["start"], *map(shlex.join, commands)]))
        return

    def carry_out(show):
        from prodimg_lib.runs.run import run as begin

        begin(result.config, result.folder, show)

    with_display(carry_out)
    from prodimg_lib.cli.compare import compare

    compare([run, result.folder], page)


def _show(result, words):
    """What changes and why, or that nothing does, on standard output."""
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False)
    if result.changes:
        table = Table(title=words["title"], title_justify="left", show_lines=True)
        for column in words["columns"]:
            table.add_column(column, overflow="fold")
        for change in result.changes:
            because = "\n".join(change.because)
            table.add_row(change.key, str(change.old), str(change.new), because)
        console.print(table)
    lines = [] if result.changes else [words["nothing"]]
    if result.left:
        lines.append(words["left_title"])
        lines += [
            words["left_line"].format(weakness=weakness, reason=reason)
            for weakness, reason in result.left
        ]
    if result.folder:
        lines.append(words["written"].format(folder=result.folder))
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
