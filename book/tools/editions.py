"""Make three editions of the chapters out of one source, by the tags of their cells.

    python book/tools/editions.py          every chapter, into _build
    python book/tools/editions.py 02 13    these chapters only

    _build/student    without solutions; starters, checks and labs stay
    _build/teacher    everything, and a table of points
    _build/nbgrader   a course for nbgrader: `source` and `nbgrader_config.py`

An exercise begins with a text tagged ``exercise`` (or ``lab``). Of the cells after it, ``starter``
is what a learner fills, ``check`` with ``points-N`` defines a check and ends in
``print(grade(check_x, my_x))``, and ``solution`` is what students do not get. Cells tagged
``claims`` hold the book's sentences to account and go into the teacher's edition only.
"""

import argparse
import ast
import re
import symtable
import sys
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from chapters import ROOT, find

OUT = ROOT / "_build"
TIMEOUT = 1800  # seconds for a cell: chapters train
HIDDEN = {"solution", "hide-cell"}  # what the book folds away is a solution, tagged so or not
ANSWER = re.compile(
    r"\n*<details>\s*<summary>(?:Answer|Solution)s?</summary>.*?</details>\n*", re.S
)
CONFIG = f"""# A course of nbgrader. In this folder: nbgrader generate_assignment NN
c = get_config()
c.CourseDirectory.course_id = "prodimg"
c.ClearSolutions.code_stub = {{"python": "# YOUR CODE HERE"}}  # the starter stands above it
c.ExecutePreprocessor.timeout = {TIMEOUT}
c.ClearHiddenTests.enforce_metadata = False
"""


class EditionError(Exception):
    """A chapter whose tags do not make an edition."""


@dataclass
class Exercise:
    """The cells of one exercise or lab, and its title."""

    title: str
    starters: list = field(default_factory=list)
    checks: list = field(default_factory=list)
    solutions: list = field(default_factory=list)

    @property
    def points(self):
        return sum(points(cell) for cell in self.checks)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def points(cell):
    """The N of a check's tag ``points-N``.

    Raises:
        EditionError: there is no such tag, or more than one.
    """
    found = [t for t in tags(cell) if re.fullmatch(r"points-\d+", t)]
    if len(found) != 1:
        raise EditionError(f"cell {cell.id}: a check needs one tag points-N, it has {len(found)}")
    return int(found[0].removeprefix("points-"))


def exercises(notebook):
    """The exercises and labs of a chapter, in their order."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and tags(cell) & {"exercise", "lab"}:
            headings = re.findall(r"^#+ (.+)$", cell.source, re.M)
            found.append(Exercise(headings[-1] if headings else cell.id))
        for tag in ("starter", "check", "solution"):
            if tag in tags(cell):
                if not found:
                    raise EditionError(f"cell {cell.id}: {tag} before any exercise or lab")
                getattr(found[-1], tag + "s").append(cell)
    return found


def student(notebook):
    """A copy without solutions, their outputs, answers in boxes, and the book's own claims.

    Raises:
        EditionError: a cell that stays needs a name that only a solution defines.
    """
    made = deepcopy(notebook)
    made.cells = [c for c in made.cells if not tags(c) & {*HIDDEN, "claims"}]
    for cell in made.cells:
        if tags(cell) & {"exercise", "lab"}:
            cell.source = ANSWER.sub("\n", cell.source).strip()
    lost = bound(c for c in notebook.cells if tags(c) & HIDDEN) - bound(made.cells)
    for cell in made.cells:
        if needed := lost & used(cell):
            names = ", ".join(sorted(needed))
            raise EditionError(
                f"cell {cell.id} needs {names}, which only a solution defines: define it before, "
                "or tag the cell claims"
            )
    return made


def bound(cells):
    """The names that code cells define at their top level."""
    return {
        symbol.get_name()
        for cell in cells
        for symbol in scopes(cell)[0].get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }


def used(cell):
    """The names that a cell, or a function in it, takes from the notebook."""
    top, *inner = scopes(cell)
    names = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    return names | {s.get_name() for table in inner for s in table.get_symbols() if s.is_global()}


def scopes(cell):
    """The symbol tables of a cell: its top level first, then those of functions and classes."""
    source = python(cell) if cell.cell_type == "code" else ""
    found = [symtable.symtable(source, cell.id, "exec")]
    for table in found:
        found += table.get_children()
    return found


def python(cell):
    """A cell's source, `pass` in the place of lines that only IPython understands.

    Raises:
        EditionError: what is left is no Python.
    """
    source = re.sub(r"^( *)[%!].*$", r"\1pass", cell.source, flags=re.M)
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise EditionError(f"cell {cell.id}: {error}") from error
    return source


def tree(cell):
    return ast.parse(python(cell))


def teacher(notebook):
    """A copy with a table of points after the learning goals."""
    made = deepcopy(notebook)
    found = exercises(notebook)
    lines = [f"| {e.title} | {e.points} |" for e in found if e.checks]
    total = sum(e.points for e in found)
    text = "\n".join(
        [
            "## Points\n\nA check gives its points or none; labs have a rubric in their text.\n",
            *("| Exercise | Points |", "|---|---|", *lines, f"| **Sum** | **{total}** |"),
        ]
    )
    made.cells.insert(min(2, len(made.cells)), nbformat.v4.new_markdown_cell(text, id="points"))
    return made


def nbgrader(notebook):
    """A source notebook for nbgrader: solutions inside the starters, checks that raise."""
    made = student(notebook)
    by_id = {cell.id: cell for cell in made.cells}
    for exercise in exercises(notebook):
        answers = answer(exercise)
        for cell in exercise.starters:
            new = by_id[cell.id]
            if cell is exercise.starters[-1] and answers:
                new.source += f"\n\n### BEGIN SOLUTION\n{answers}\n### END SOLUTION"
            mark(new, solution=True)
        for cell in exercise.checks:
            new = by_id[cell.id]
            new.source, new.outputs = asserting(cell), []
            mark(new, grade=True, locked=True, points=points(cell))
    for cell in made.cells:
        if tags(cell) & {"exercise", "lab"} or "grade" in bound([cell]):
            mark(cell, locked=True)
    return made


def mark(cell, **what):
    """Give a cell nbgrader's metadata, schema version 3."""
    plain = {"grade": False, "solution": False, "locked": False, "task": False}
    about = {"grade_id": cell.id, "schema_version": 3, "cell_type": cell.cell_type}
    cell.metadata.nbgrader = nbformat.from_dict({**plain, **about, **what})


def gradings(cell):
    """What a cell grades, outside of its functions: (statement, call, check's name, answers).

    That is ``grade(check_x, ...)``, ``check_x(...)`` or ``question.check(...)``.
    """
    for node in tree(cell).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        for call in ast.walk(node):
            match call:
                case ast.Call(func=ast.Name("grade"), args=[check, *answers]):
                    yield node, call, ast.unparse(check), answers
                case ast.Call(func=ast.Name(name)) if name.startswith("check_"):
                    yield node, call, name, call.args
                case ast.Call(func=ast.Attribute(attr="check")):
                    yield node, call, ast.unparse(call.func), call.args


def asserting(cell):
    """The source of a check that raises where the book's prints what is still wrong.

    A check that waits behind an ``if`` for the learner's word does not wait any more.

    Raises:
        EditionError: nothing there can raise, or what grades stands in a loop or an assignment.
    """
    lines, found = cell.source.split("\n"), list(gradings(cell))
    asserts = any(isinstance(node, ast.Assert) for node in tree(cell).body)
    if not found and not asserts:
        raise EditionError(f"cell {cell.id}: a check ends in print(grade(check, answer))")
    places = {}  # of one statement, such as an ``if``, all that it grades
    for node, call, check, _ in found:
        if isinstance(node, ast.Expr | ast.If):
            places.setdefault((node.lineno, node.end_lineno), []).append(raising(call, check))
    if not places and not asserts:
        raise EditionError(f"cell {cell.id}: nobody sees this check fail: print(grade(...)) alone")
    for (first, last), made in sorted(places.items(), reverse=True):
        lines[first - 1 : last] = made
    return "\n".join(lines)


def raising(call, check):
    """The line that raises where the call of a check says that the answer is wrong."""
    line = ast.unparse(call)
    if line.startswith("grade("):
        return f'assert (outcome := {line}) == "passed", outcome'
    if check.endswith(".check"):
        return f"assert (outcome := {line}) and outcome.passed, outcome"
    return line


def answer(exercise):
    """The code of an exercise's solutions, and the answers' names in place of the solutions'."""
    asked = {name: given for cell in exercise.checks for _, _, name, given in gradings(cell)}
    parts, names = [], {}
    for cell in exercise.solutions:
        if cell.cell_type != "code":
            continue
        found = list(gradings(cell))
        trials = {node.lineno for node, *_ in found}
        for node in tree(cell).body:
            match node:
                case ast.Assert() | ast.Expr(ast.Call(func=ast.Name("print"))):
                    continue
            if node.lineno not in trials:
                parts.append(ast.get_source_segment(cell.source, node))
        for _, _, check, given in found:
            for mine, theirs in zip(asked.get(check, []), given, strict=False):
                if isinstance(mine, ast.Name) and ast.unparse(mine) != ast.unparse(theirs):
                    names.setdefault(mine.id, ast.unparse(theirs))
    return "\n\n\n".join([*parts, *(f"{mine} = {theirs}" for mine, theirs in names.items())])


def build(paths, out=OUT):
    """Write all three editions of these chapters; returns {number: points}."""
    scores = {}
    for path in paths:
        notebook, number = nbformat.read(path, as_version=4), path.name[:2]
        try:
            found = {
                Path("student") / path.name: student(notebook),
                Path("teacher") / path.name: teacher(notebook),
                Path("nbgrader") / "source" / number / f"{number}.ipynb": nbgrader(notebook),
            }
        except EditionError as error:
            raise EditionError(f"{path.name}: {error}") from error
        for name, made in found.items():
            nbformat.validate(made)
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(made, out / name)
        scores[number] = sum(exercise.points for exercise in exercises(notebook))
    (out / "nbgrader" / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    return scores


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NN", help="beginnings of file names")
    paths = find(names=parser.parse_args(arguments).names or [""])
    try:
        scores = build(paths)
    except EditionError as error:
        print(f"editions: {error}", file=sys.stderr)
        return 2
    print(
        f"{len(scores)} chapters, {sum(scores.values())} points: _build/student, teacher, nbgrader"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
