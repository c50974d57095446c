"""One chapter in three editions: what students get, and that nbgrader scores it right."""

import csv
import importlib.util
import os
import re
import subprocess
import sys

import editions
import nbformat
import pytest

from tests.samples import GUARD

GRADE = """
def grade(check, *answers):
    try:
        check(*answers)
    except NotImplementedError:
        return "not attempted"
    except AssertionError as error:
        return f"not yet: {error}"
    return "passed"
"""
CHECK = """
def check_double(f):
    assert f(3) == 6, f"f(3) is 6, not {f(3)}"


print(grade(check_double, double))
"""
SOLUTION = """
def double_solution(x):
    return 2 * x  # SECRET


print(grade(check_double, double_solution))
assert grade(check_double, double_solution) == "passed"
"""
LAB = "### Lab: reach this number\n\n| Rubric | Points |\n|---|---|\n| it is reached | 3 |"
BOX = "\n\n<details><summary>Answer</summary>\n\nSECRET\n\n</details>"
HINT = "\n\n<details><summary>Hint</summary>\n\nTwice.\n\n</details>"


def cell(text, name, *tags):
    new = nbformat.v4.new_markdown_cell if text.startswith("#") else nbformat.v4.new_code_cell
    return new(text.strip(), id=name, metadata={"tags": list(tags)})


def chapter(*more):
    """A chapter with an exercise of 2 points and a lab of 3."""
    cells = [
        cell("# Doubling", "title"),
        cell("## Learning goals", "goals"),
        cell(GRADE, "grade"),
        cell("### Exercise 1: double" + BOX + HINT, "ex1", "exercise"),
        cell("def double(x):\n    raise NotImplementedError  # your code", "ex1-code", "starter"),
        cell(CHECK, "ex1-check", "check", "points-2"),
        cell(SOLUTION, "ex1-solution", "solution", "hide-cell"),
        cell(LAB, "lab1", "lab"),
        cell("settings = {'steps': 1}  # yours", "lab1-code", "starter"),
        cell(
            "def check_lab(s):\n    assert s['steps'] > 9\n\n\nprint(grade(check_lab, settings))",
            "lab1-check",
            *("check", "points-3"),
        ),
        cell(
            "best = {'steps': 10}  # SECRET\nprint(grade(check_lab, best))", "lab1-sol", "solution"
        ),
        cell("assert 6 == 2 * 3", "claim", "claims", "remove-cell"),
        *more,
    ]
    cells[6].outputs = [nbformat.v4.new_output("stream", text="SECRET\n")]
    return nbformat.v4.new_notebook(cells=cells)


def test_students_get_checks_and_labs_and_no_solution():
    made = editions.student(chapter())
    text = nbformat.writes(made)
    assert "SECRET" not in text
    assert "Twice." in text
    assert [c.id for c in made.cells][3:] == [
        *("ex1", "ex1-code", "ex1-check", "lab1", "lab1-code", "lab1-check")
    ]


def test_what_the_book_folds_away_is_no_students():
    made = editions.student(chapter(cell("print('SECRET')", "more", "hide-cell")))
    assert "SECRET" not in nbformat.writes(made)


CHAPTERS = sorted((editions.ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_makes_its_editions(path, tmp_path):
    """And for each exercise with a check there is an answer, but where there is no solution."""
    notebook = nbformat.read(path, as_version=4)
    (points,) = editions.build([path], tmp_path).values()
    assert points == sum(exercise.points for exercise in editions.exercises(notebook))
    for exercise in editions.exercises(notebook):
        tried = [c for c in exercise.solutions if "grade(" in c.source]
        if exercise.checks and tried:
            assert exercise.starters, exercise.title
            assert editions.answer(exercise), exercise.title


def test_a_cell_that_needs_a_solution_is_named():
    local = cell("def f(double_solution):\n    return [best for best in double_solution]", "fine")
    editions.student(chapter(local))
    with pytest.raises(editions.EditionError, match="cell late needs best"):
        editions.student(chapter(cell("def f():\n    return best", "late")))


def test_teachers_get_everything_and_the_points():
    made = editions.teacher(chapter())
    assert len(made.cells) == len(chapter().cells) + 1
    assert "| **Sum** | **5** |" in made.cells[2].source
    assert "| Exercise 1: double | 2 |" in made.cells[2].source


@pytest.mark.parametrize("tags", [("check",), ("check", "points-1", "points-2")])
def test_a_check_has_points(tags):
    with pytest.raises(editions.EditionError, match=f"points-N, it has {len(tags) - 1}"):
        editions.teacher(chapter(cell("assert True", "more", *tags)))


@pytest.mark.parametrize("answer", ["lambda x: 3 * x", "lambda x: 2 * x"])
def test_a_check_may_wait_for_a_word_and_a_solution_keep_its_verdict(answer):
    """Labs train: the book does not run them before a learner says so; nbgrader does."""
    waits = "def check_f(f):\n    assert f(3) == 6\n\n\nGO = False\n"
    waits += "if GO:\n    print(grade(check_f, f))"
    verdict = (
        f"g = {answer}\nverdict = grade(check_f, g)\nprint(verdict)\nassert verdict == 'passed'"
    )
    more = [
        cell("### Lab", "lab2", "lab"),
        cell("f = None", "lab2-code", "starter"),
        cell(waits, "lab2-check", "check", "points-4"),
        cell(verdict, "lab2-sol", "solution"),
    ]
    made = editions.nbgrader(chapter(*more))
    assert score(made) == (9 if answer == "lambda x: 2 * x" else 5)
    assert score(emptied(made)) == 0


def test_a_question_of_the_bank_is_a_check():
    asked = "mine = 1\nprint(bank['B21'].check(mine))"
    found = editions.asserting(cell(asked, "more", "check", "points-1"))
    assert (
        found == "mine = 1\nassert (outcome := bank['B21'].check(mine)) and outcome.passed, outcome"
    )


def test_all_that_an_if_grades_is_graded():
    asked = "if GO:\n    print(grade(check_a, a))\n    print(grade(check_b, b))\nprint(1)"
    found = editions.asserting(cell(asked, "more", "check", "points-1")).split("\n")
    assert [line.partition(") ==")[0] for line in found] == [
        "assert (outcome := grade(check_a, a)",
        "assert (outcome := grade(check_b, b)",
        "print(1)",
    ]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("print('fine')", "a check ends in"),
        ("for f in answers:\n    print(grade(check_f, f))", "nobody sees this check fail"),
        ("said = grade(check_f, f)", "nobody sees this check fail"),
    ],
)
def test_a_check_that_cannot_fail_is_refused(source, words):
    with pytest.raises(editions.EditionError, match=f"cell more: {words}"):
        editions.nbgrader(chapter(cell(source, "more", "check", "points-1")))


def score(notebook):
    """Points by nbgrader's rule: a graded cell that raises has none. Solutions as they stand."""
    names, reached = {}, 0
    for c in notebook.cells:
        if c.cell_type == "code":
            about = c.metadata.get("nbgrader", {})
            try:
                exec(c.source, names)
                reached += about.get("points", 0)
            except Exception:
                assert about["grade"], c.id
    return reached


def emptied(notebook):
    """What nbgrader releases: the region between the marks is gone."""
    for c in notebook.cells:
        c.source = re.sub(
            r"### BEGIN SOLUTION.*### END SOLUTION", "# YOUR CODE HERE", c.source, flags=re.S
        )
    return notebook


def test_a_perfect_submission_has_all_points_and_an_empty_one_none():
    assert score(editions.nbgrader(chapter())) == 5
    released = emptied(editions.nbgrader(chapter()))
    assert "SECRET" not in nbformat.writes(released)
    assert score(released) == 0


def test_nbgraders_cells_are_marked():
    about = {c.id: c.metadata.get("nbgrader") for c in editions.nbgrader(chapter()).cells}
    assert about["title"] is None
    flags = ("grade", "solution", "locked")
    assert [about["ex1-code"][f] for f in flags] == [False, True, False]
    assert [about["ex1-check"][f] for f in flags] == [True, False, True]
    assert [about["grade"][f] for f in flags] == [False, False, True]
    assert [about["ex1"][f] for f in flags] == [False, False, True]
    assert about["lab1-check"]["points"] == 3
    assert all(a["schema_version"] == 3 for a in about.values() if a)


@pytest.mark.skipif(importlib.util.find_spec("nbgrader") is None, reason="nbgrader: extra `teach`")
def test_nbgrader_itself_gives_these_points(tmp_path):
    nbformat.write(chapter(), tmp_path / "01_small.ipynb")
    editions.build([tmp_path / "01_small.ipynb"], tmp_path)
    course = tmp_path / "nbgrader"
    beside = os.path.dirname(sys.executable)  # nbgrader calls `alembic` by its name
    env = os.environ | {"PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}

    def run(*words):
        command = [sys.executable, "-m", "nbgrader", *words]
        done = subprocess.run(
            command, cwd=course, env=env, timeout=GUARD, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    run("generate_assignment", "01")
    released = nbformat.read(course / "release" / "01" / "01.ipynb", as_version=4)
    assert "SECRET" not in nbformat.writes(released)
    solved = nbformat.read(course / "source" / "01" / "01.ipynb", as_version=4)
    answers = {c.id: c.source for c in solved.cells}
    for name in ("empty", "perfect"):
        for c in released.cells:
            if name == "perfect" and c.metadata.get("nbgrader", {}).get("solution"):
                c.source = answers[c.metadata.nbgrader.grade_id]
        folder = course / "submitted" / name / "01"
        folder.mkdir(parents=True)
        nbformat.write(released, folder / "01.ipynb")
    run("autograde", "01")
    run("export")
    with open(course / "grades.csv", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: float(rows[name]["score"]) for name in rows} == {"empty": 0, "perfect": 5}
    assert {float(row["max_score"]) for row in rows.values()} == {5}
