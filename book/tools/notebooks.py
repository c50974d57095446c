"""Execute the chapters, store their outputs, and tell when a stored output is out of date.

    python book/tools/notebooks.py execute           execute the notebooks that are out of date
    python book/tools/notebooks.py execute --all     execute every notebook
    python book/tools/notebooks.py execute 02 03     execute those whose names begin so
    python book/tools/notebooks.py check             exit 1 if a notebook is out of date, naming it

Every execution stores a digest in the notebook's metadata, of its code cells and of the library
modules behind them (``digest.py``). A notebook whose digest is not today's is out of date.
"""

import argparse
import hashlib
import sys
import tempfile
import time

import nbformat
import reading
from chapters import ROOT, find
from digest import notebook_digest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from prodimg_lib.files import write_atomically

CELL_TIMEOUT = 1800  # seconds; ends what hangs, whatever the machine
CELL_METADATA = ("mystnb", "nbgrader", "slideshow", "tags")  # everything else is an editor's noise
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def read(path):
    return nbformat.read(path, as_version=4)


def problem(path, root=ROOT):
    """Why the stored outputs of a notebook cannot be trusted, or None if they can."""
    notebook = read(path)
    stored = notebook.metadata.get("prodimg", {}).get("digest")
    if stored is None:
        return "was never executed by `make notebooks`"
    if any(c.source.strip() and c.execution_count is None for c in code_cells(notebook)):
        return "has code cells that were not executed"
    if stored != notebook_digest(notebook, root):
        return "has outputs older than its code or the library modules it imports"
    return None


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def clean(notebook, name):
    """Drop what differs between machines and editors; keep ids, tags, image texts, outputs."""
    prodimg = notebook.metadata.get("prodimg")
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    if prodimg:
        notebook.metadata.prodimg = prodimg
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen = set()
    for number, cell in enumerate(notebook.cells):
        if cell.get("id") in seen | {None}:
            cell.id = hashlib.sha256(f"{name} {number}".encode()).hexdigest()[:8]
        seen.add(cell.id)
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)}
        )
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
    return notebook


def merge_streams(outputs):
    """Consecutive pieces of one stream as one output: where they are cut depends on timing."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def execute(path, root=ROOT, on_cell=lambda done, cell: None):
    """Execute one notebook in its own folder and store it with its outputs; returns the seconds.

    Raises:
        CellExecutionError, CellTimeoutError, DeadKernelError: nothing is stored then.
    """
    notebook = read(path)
    cells = [cell for cell in code_cells(notebook) if cell.source.strip()]
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    done = iter(range(1, len(cells) + 1))
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        # What C++ code writes to the process's stderr (TensorFlow's device report) is no output.
        extra_arguments=["--IPKernelApp.capture_fd_output=False"],
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_executed=lambda cell, **_: on_cell(next(done), cell),
    )
    start = time.monotonic()
    with tempfile.TemporaryFile() as stderr:
        client.execute(stderr=stderr)
    seconds = round(time.monotonic() - start, 1)
    notebook = clean(notebook, path.stem)
    reading.say(notebook)
    notebook.metadata.prodimg = {"digest": notebook_digest(notebook, root), "seconds": seconds}
    nbformat.validate(notebook)
    write_atomically(path, nbformat.writes(notebook).rstrip("\n") + "\n")
    return seconds


def execute_command(names, everything, console):
    notebooks = find()
    if names:
        chosen = find(names=names)
    elif everything:
        chosen = notebooks
    else:
        chosen = [path for path in notebooks if problem(path)]
    if not notebooks or (names and not chosen):
        console.print(f"no notebook {' or '.join(names)} in {ROOT / 'notebooks'}", style="red")
        return 2
    if not chosen:
        console.print(f"{len(notebooks)} notebooks, all up to date (--all executes them anyway)")
        return 0
    failed = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cells"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        for number, path in enumerate(chosen, 1):
            console.print(f"{number}/{len(chosen)} {path.stem}: executing")
            total = sum(bool(cell.source.strip()) for cell in code_cells(read(path)))
            task = progress.add_task(path.stem, total=total)
            try:
                seconds = execute(
                    path, on_cell=lambda n, _, t=task: progress.update(t, completed=n)
                )
                console.print(f"{number}/{len(chosen)} {path.stem}: stored after {seconds:.0f} s")
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                failed.append(path.name)
                console.print(f"{path.name}: not stored\n{error}", style="red", markup=False)
            progress.remove_task(task)
    if failed:
        console.print(f"failed, and left as they were: {', '.join(failed)}", style="red")
    return 1 if failed else 0


def check_command(console):
    notebooks = find()
    problems = {path: problem(path) for path in notebooks}
    for path, reason in problems.items():
        if reason:
            console.print(f"{path.relative_to(ROOT)} {reason}; run `make notebooks`", style="red")
    if not notebooks:
        console.print("notebooks/ holds no notebook", style="red")
    return 1 if not notebooks or any(problems.values()) else 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("execute", help="execute notebooks and store their outputs")
    run.add_argument("names", nargs="*", metavar="NAME", help="beginnings of file names")
    run.add_argument("--all", action="store_true", help="also those that are up to date")
    commands.add_parser("check", help="name the notebooks that are out of date")
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True, highlight=False)
    if options.command == "check":
        return check_command(console)
    return execute_command(options.names, options.all, console)


if __name__ == "__main__":
    sys.exit(main())
