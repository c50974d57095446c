"""``prodimg compare``."""

from pathlib import Path
from typing import Annotated

import typer


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    out: Annotated[Path, typer.Option(help="The page, one HTML file.")] = Path("compare.html"),
):
    """Put finished runs side by side: settings, metrics, images, and which gaps are real."""
    import sys

    from prodimg_lib.runs.compare import compare as side_by_side
    from prodimg_lib.runs.pages import check_page, write_comparison
    from prodimg_lib.text import text

    check_page(out, "prodimg compare")
    found = side_by_side(runs)
    for reason in found.left_out:
        print(text()["compare"]["left_out_line"].format(reason=reason), file=sys.stderr)
    show(found)
    write_comparison(found, out)
    print(out)


def show(comparison):
    """The tables and sentences of a ``Comparison`` on standard output."""
    from rich.console import Console
    from rich.table import Table

    from prodimg_lib.text import text

    words, console = text()["compare"], Console(markup=False)
    names = [run.name for run in comparison.runs]
    parts = ("settings", comparison.settings), ("metrics", comparison.metrics)
    for key, rows in (*parts, ("time_and_size", comparison.costs)):
        if not rows:
            console.print(words["same_settings"], highlight=False)
            continue
        table = Table(title=words[key], title_justify="left")
        for column in ("", *names, *([""] if key == "metrics" else [])):
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(row.title, *row.cells, *([row.remark] if key == "metrics" else []))
        console.print(table)
    lines = [*(comparison.differences or [words["nothing"]]), words["rule"]]
    if comparison.incomparable:
        lines += [f"{words['incomparable']}:", *comparison.incomparable]
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
