"""Where the chapters are: for every tool that reads them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def find(root=ROOT, names=("",)):
    """The notebooks of the course whose file names begin so, in their order."""
    paths = sorted((Path(root) / "notebooks").glob("*.ipynb"))
    return [path for path in paths if path.name.startswith(tuple(names))]
