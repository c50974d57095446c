"""What a run was made with: versions, machine, commit."""

import os
import platform
import subprocess
import tomllib
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_PACKAGES = ("prodimg-lib", "tensorflow", "keras", "numpy", "pillow")
_MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")  # set inside a hook, for its project


def environment():
    """Facts for ``environment.json``: plain strings and numbers, nothing personal."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "commit": _commit(),
        **{name: metadata.version(name) for name in _PACKAGES},
    }


def _commit():
    """Commit of the checkout that the package lies in; None where it was installed.

    An installed package often lies inside some other project's checkout: that commit says nothing.
    """
    package = Path(__file__).resolve().parents[1]
    root = package.parent
    tracked = f"{package.name}/__init__.py"
    if (
        not _is_ours(root / "pyproject.toml")
        or _git(root, "rev-parse", "--show-prefix") != ""
        or _git(root, "ls-files", "--", tracked) != tracked
    ):
        return None
    return _git(root, "describe", "--always", "--dirty") or None


def _is_ours(project):
    try:
        return tomllib.loads(project.read_text(encoding="utf-8"))["project"]["name"] == _PACKAGES[0]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _git(folder, *arguments):
    """What git says there, or None where it fails or is not installed."""
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={k: v for k, v in os.environ.items() if k not in _MISLEADING},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
