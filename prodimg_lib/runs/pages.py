"""HTML pages that a person asked for: one file each, and never in place of what is theirs."""

from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.files import writable_folder, write_atomically
from prodimg_lib.plots import data_uri, overlaid, svg
from prodimg_lib.runs.finished import sample_sheet
from prodimg_lib.templates import render
from prodimg_lib.text import text

_HEAD = 2000  # characters at the start of a page, in which it says who made it


def check_page(path, command):
    """Make sure that ``path`` can become a page of a command, before any work is done.

    Args:
        path: of the page; command: such as "prodimg compare", by which it knows its own pages.

    Raises:
        InputError: it is a folder, is no .html, holds something else, or cannot be written to.
    """
    path = Path(path)
    if path.is_dir() or path.suffix.lower() != ".html":
        raise InputError(f"{path}: a page needs a file name that ends in .html, such as page.html")
    if path.exists() and _mark(command) not in _head(path):
        raise InputError(f"{path} was not made by `{command}`: move it away, or choose another")
    writable_folder(path.parent)


def write_page(path, template, command, **values):
    """Render a template of ours as the page ``path``; raises as ``check_page``."""
    check_page(path, command)
    html = render(template, language="en", generator=command, **values)
    write_atomically(path, html)


def _mark(command):
    return f'<meta name="generator" content="{command}">'


def _head(path):
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_HEAD)


def write_comparison(comparison, path):
    """The page of ``prodimg compare``; raises as ``check_page``."""
    write_page(
        path,
        "compare.html.j2",
        "prodimg compare",
        words=text()["compare"],
        comparison=comparison,
        names=[run.name for run in comparison.runs],
        sheets=sheets(comparison.runs),
        curves=loss_curves(comparison.runs),
    )


def sheets(runs):
    """``{"name", "kind", "src", "rows"}`` of each run: its samples, ``src`` None without any."""
    found = []
    for run in runs:
        sheet = sample_sheet(run.folder)
        picture, rows = sheet or (None, [])
        src = None if picture is None else data_uri(picture)
        kind = text()["models"][run.config.model]
        found.append({"name": run.name, "kind": kind, "src": src, "rows": rows})
    return found


def loss_curves(runs):
    """``{"svg", "title"}`` for each loss of each family, its runs in one picture."""
    lines: dict[tuple[str, str], dict] = {}
    for run in runs:
        steps = run.history.get("step", ())
        for column in run.history if len(steps) > 1 else ():  # one point makes no curve
            if "loss" in column:
                pair = (steps, run.history[column])
                lines.setdefault((run.config.model, column), {})[run.name] = pair
    return [
        {"svg": svg(overlaid(of_runs)), "title": f"{text()['models'][model]}: {column}"}
        for (model, column), of_runs in lines.items()
    ]


def search_rows(result):
    """The table of ``prodimg tune``: for each trial as many str as it has columns.

    Args:
        result: of ``trials.outcome``.
    """
    states = text()["tune"]["states"]
    return [
        (
            str(trial["number"]),
            states[trial["state"]],
            _with_error(trial["value"], trial["uncertainty"]),
            _with_error(trial["gain"], trial["gain_uncertainty"]),
            "" if trial["step"] is None else f"{trial['step']:,}",
            trial["reason"] or ", ".join(f"{k} {_short(v)}" for k, v in trial["changed"].items()),
        )
        for trial in result["trials"]
    ]


def search_importance(result):
    """What stands above the shares of settings in the differences of trials; "" where unknown."""
    complete = sum(trial["state"] == "COMPLETE" for trial in result["trials"])
    return text()["tune"]["importance"].format(n=complete) if result["importance"] else ""


def write_search(result, name, path):
    """The page of ``prodimg tune``: the result of ``trials.outcome`` of the search called ``name``.

    Raises:
        InputError: as ``check_page``.
    """
    write_page(
        path,
        "tune.html.j2",
        "prodimg tune",
        words=text()["tune"],
        search=name,
        result=result,
        rows=search_rows(result),
        importance=search_importance(result),
        shares=[f"{key} {share:.0%}" for key, share in (result["importance"] or {}).items()],
    )


def _with_error(value, error):
    return "" if value is None else f"{value:.3g} ± {error:.2g}"


def _short(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value)
