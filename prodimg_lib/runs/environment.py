"""What a run was made with: versions, machine, commit."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_PACKAGES = ("prodimg-lib", "tensorflow", "keras", "numpy", "pillow")


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
    """The checkout's commit, or None where the package was installed without one."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
