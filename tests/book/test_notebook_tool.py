"""The digest of a notebook follows its imports, however they are written, and nothing else."""

import nbformat
import pytest
from digest import notebook_digest

import notebooks

FILES = {
    "prodimg_lib/__init__.py": """
from importlib import import_module
_HOME = {"GAN": "gan", "draw": "data"}
_MODULES = ("losses", "gan", "data", "other")
def __getattr__(name):
    return import_module(f"{__name__}.{name}")
""",
    "prodimg_lib/losses.py": "import math\n",
    "prodimg_lib/gan.py": "def fit():\n    from prodimg_lib import losses\n",
    "prodimg_lib/other.py": "from . import losses\n",
    "prodimg_lib/loader.py": 'NAME = "prodimg"\nW = resources.files("x") / "weights"\n',
    "prodimg_lib/weights/small.bin": "0101",
    "prodimg_lib/cli.py": "from .gan import fit\n",
    "prodimg_lib/data/__init__.py": "from prodimg_lib.data.sources import draw\n",
    "prodimg_lib/data/sources.py": "from ..losses import x\n",
    "prodimg_lib/data/catalogue.py": "",
    "prodimg_lib/data/words.txt": "shoe\n",
    "prodimg_lib/metrics/__init__.py": "def __getattr__(name):\n    ...\n",
    "prodimg_lib/metrics/paired.py": "",
    "prodimg_lib/metrics/features.py": "",
}


@pytest.fixture
def tree(tmp_path):
    for name, source in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return tmp_path


def notebook(*cells, text="# Title"):
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="m"), *cells])


def followed(tree, *cells):
    """The files of the library whose change changes the digest."""
    book = notebook(*cells)
    before = notebook_digest(book, tree)
    changed = set()
    for name in FILES:
        path = tree / name
        original = path.read_text()
        path.write_text(original + "\n# changed\n")
        if notebook_digest(book, tree) != before:
            changed.add(name.removeprefix("prodimg_lib/"))
        path.write_text(original)
    assert notebook_digest(book, tree) == before
    return changed


DATA = {"data/__init__.py", "data/sources.py", "data/words.txt", "losses.py"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import math\nprint('prodimg_lib is great')", set()),
        ("from prodimg_lib import losses", {"losses.py"}),
        ("import prodimg_lib.losses", {"losses.py"}),
        ("import prodimg_lib.losses as L", {"losses.py"}),
        ("import prodimg_lib\nprodimg_lib.losses.hinge(1, 2)", {"losses.py"}),
        ("import prodimg_lib as p\nprint(p.losses)", {"losses.py"}),
        ("from prodimg_lib.losses import hinge", {"losses.py"}),
        ("from prodimg_lib import GAN", {"gan.py", "losses.py"}),
        ("import prodimg_lib as p\nmodel = p.GAN(3)", {"gan.py", "losses.py"}),
        ("def f():\n    from prodimg_lib import gan", {"gan.py", "losses.py"}),
        ("from prodimg_lib import other", {"other.py", "losses.py"}),
        ("from prodimg_lib import draw", DATA),
        ("from prodimg_lib.data import catalogue", DATA | {"data/catalogue.py"}),
        ("from prodimg_lib import data\ndata.catalogue.render()", DATA | {"data/catalogue.py"}),
        ("from prodimg_lib.loader import W", {"loader.py", "weights/small.bin"}),
        ("import_module('prodimg_lib.gan')", {"gan.py", "losses.py"}),
        ("if True:\n    !prodimg run --minutes 1", {"cli.py", "gan.py", "losses.py"}),
        ("run(['prodimg', 'run'])", {"cli.py", "gan.py", "losses.py"}),
        ("%matplotlib inline\nfrom prodimg_lib import losses", {"losses.py"}),
        # Nothing says which module has the name: all that could have it count.
        (
            "from prodimg_lib.metrics import psnr",
            {"metrics/__init__.py", "metrics/paired.py", "metrics/features.py"},
        ),
        ("from prodimg_lib.metrics import paired", {"metrics/__init__.py", "metrics/paired.py"}),
    ],
)
def test_digest_follows_exactly_what_is_imported(tree, code, expected):
    assert followed(tree, code) == expected


def test_digest_changes_with_code_and_not_with_prose_or_outputs(tree):
    one = notebook("x = 1", "y = 2")
    assert notebook_digest(one, tree) == notebook_digest(notebook("x = 1", "y = 2", text="z"), tree)
    one.cells[1].execution_count = 5
    one.cells[1].outputs = [nbformat.v4.new_output("stream", text="hello")]
    assert notebook_digest(one, tree) == notebook_digest(notebook("x = 1", "y = 2"), tree)
    assert notebook_digest(one, tree) != notebook_digest(notebook("x = 1", "y = 3"), tree)
    assert notebook_digest(one, tree) != notebook_digest(notebook("x = 1\ny = 2"), tree)


def test_execute_stores_outputs_digest_and_nothing_of_the_machine(tree):
    folder = tree / "notebooks"
    folder.mkdir()
    path = folder / "01_x.ipynb"
    book = notebook(
        "import os\nprint('a')\nos.system('echo noise >&2');", "import pathlib", "6 * 7"
    )
    book.cells[1].metadata.update(tags=["keep"], ExecuteTime={"start": "now"}, scrolled=True)
    book.metadata.update(widgets={}, language_info={"name": "python", "version": "3.99"})
    nbformat.write(book, path)
    assert "never executed" in notebooks.problem(path, tree)

    seen = []
    notebooks.execute(path, tree, on_cell=lambda done, cell: seen.append(done))
    stored = nbformat.read(path, 4)
    assert seen == [1, 2, 3]
    assert [cell.id for cell in stored.cells] == ["m", "c0", "c1", "c2"]
    assert [cell.execution_count for cell in stored.cells[1:]] == [1, 2, 3]
    assert stored.cells[1].metadata == {"tags": ["keep"]}
    assert [(o.output_type, o.name, o.text) for o in stored.cells[1].outputs] == [
        ("stream", "stdout", "a\n")
    ]
    assert stored.cells[3].outputs[0].data == {"text/plain": "42"}
    assert set(stored.metadata) == {"kernelspec", "language_info", "prodimg"}
    assert "3.99" not in path.read_text()
    assert notebooks.problem(path, tree) is None

    stored.cells[3].source = "6 * 8"
    nbformat.write(stored, path)
    assert "older than its code" in notebooks.problem(path, tree)


def test_a_failing_notebook_is_left_as_it_was(tree):
    path = tree / "01_x.ipynb"
    nbformat.write(notebook("1 / 0"), path)
    before = path.read_bytes()
    with pytest.raises(notebooks.CellExecutionError, match="ZeroDivisionError"):
        notebooks.execute(path, tree)
    assert path.read_bytes() == before


def test_pieces_of_a_stream_become_one_output():
    def stream(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    merged = notebooks.merge_streams(
        [stream("stdout", "a"), stream("stdout", "b"), stream("stderr", "c"), stream("stdout", "d")]
    )
    assert [(o.name, o.text) for o in merged] == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]
