"""A run records the commit of the course's own checkout, and never another project's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "prodimg_lib"
PROJECT = '[project]\nname = "prodimg-lib"\n'


def git(folder, *arguments):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def put(root, project):
    """What ``environment`` needs of the package, and a project file, below ``root``."""
    for name in ("__init__.py", "runs/__init__.py", "runs/environment.py"):
        target = root / "prodimg_lib" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        source = PACKAGE / name
        if source.exists():
            shutil.copy(source, target)
    if project:
        (root / "pyproject.toml").write_text(project)


def commit_of(root, **variables):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from prodimg_lib.runs import environment\n"
        "assert environment.__file__.startswith(sys.argv[1])\n"
        "print(environment.environment()['commit'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        cwd=root,
        env={**os.environ, **variables},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """Another project's repository with one commit."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    git(tmp_path, "init", "-q")
    (tmp_path / "theirs.txt").write_text("x")
    git(tmp_path, "add", "theirs.txt")
    git(tmp_path, "commit", "-q", "-m", "theirs")
    return tmp_path


def test_own_checkout_is_named_and_changes_show(checkout):
    put(checkout, PROJECT)
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "ours")
    head = git(checkout, "rev-parse", "--short", "HEAD")
    assert commit_of(checkout) == head
    (checkout / "theirs.txt").write_text("y")
    assert commit_of(checkout) == f"{head}-dirty"


@pytest.mark.parametrize(
    ("place", "project", "track"),
    [
        (".venv/lib/site-packages", None, False),  # installed
        ("vendor", None, True),  # copied in, and committed there
        ("vendor", PROJECT, True),
        (".", None, True),
        (".", '[project]\nname = "theirs"\n', True),
        (".", "not toml", True),
        (".", PROJECT, False),  # unpacked over another repository
    ],
)
def test_another_projects_commit_is_not_recorded(checkout, place, project, track):
    put(checkout / place, project)
    if track:
        git(checkout, "add", ".")
        git(checkout, "commit", "-q", "-m", "copied")
    assert commit_of(checkout / place) == "None"


def test_no_checkout_no_commit(tmp_path):
    put(tmp_path, PROJECT)
    assert commit_of(tmp_path) == "None"


def test_the_variables_of_a_hook_do_not_mislead(checkout, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    put(other, PROJECT)
    variables = {"GIT_DIR": str(checkout / ".git"), "GIT_WORK_TREE": str(checkout)}
    assert commit_of(other, **variables) == "None"
