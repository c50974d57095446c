"""The digest of a notebook follows its imports, however they are written, and nothing else."""

import nbformat
import pytest
from digest import library, notebook_digest

import notebooks
from prodimg_lib.metrics import features
from prodimg_lib.models import pretrained

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


def plant(root, files):
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return root


@pytest.fixture
def tree(tmp_path):
    return plant(tmp_path, FILES)


def notebook(*cells, text="# Title"):
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="m"), *cells])


def followed(tree, *cells, files=FILES):
    """The files of the library whose change changes the digest."""
    book = notebook(*cells)
    before = notebook_digest(book, tree)
    changed = set()
    for name in files:
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


LAZY = """
from importlib import import_module
_HOME = {HOME}
def __getattr__(name):
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
"""


def lazy(**home):
    return LAZY.replace("{HOME}", repr(home))


# A library whose packages all resolve names on first use, and which reads files of its own.
LAZY_FILES = {
    "__init__.py": lazy(Net="models", draw="data", near="models.near", models="models"),
    "models/__init__.py": lazy(Net="nets", loss="nets.losses"),
    "models/nets/__init__.py": lazy(Net="conv", loss="losses"),
    "models/nets/conv.py": "class Net: ...\n",
    "models/nets/losses.py": "def loss(): ...\n",
    "models/near.py": "def slerp(): ...\n",
    "data/__init__.py": lazy(draw="sources") + 'UNITS = {"draw": "pixels"}\n',
    "data/sources.py": "from prodimg_lib import weights\ndef draw(): weights.card('gan')\n",
    "again.py": "from prodimg_lib import models\n",
    "table.py": 'T = {"a": "prodimg_lib.models.near:slerp"}\nimport_module(T["a"].split(":")[0])\n',
    "by_name.py": "def get(name):\n    return import_module(f'{__package__}.models.n{name}')\n",
    "any.py": "def get(name):\n    return import_module('prodimg_lib.' + name)\n",
    "relative.py": "def get(name):\n    return import_module(T[name])\nT = {1: '.models.near'}\n",
    "weights/__init__.py": "H = resources.files(__name__)\ndef card(kind): ...\n",
    "weights/one-gan.json": "{}",
    "weights/one-vae.json": "{}",
    "weights/README.md": "",
    "bank/__init__.py": "",
    "bank/bank.py": "from pathlib import Path\nF = Path(__file__).parent / 'questions'\n",
    "bank/source.py": "from pathlib import Path\nF = Path(__file__).parent / 'tasks'\n",
    "bank/page.py": "T = resources.files('prodimg_lib') / 'pages/a.html'\nX = 'models'\n",
    "bank/beside.py": "def path(n):\n    return Path(__file__).parent / f'{n}.json'\n",
    "bank/schema.json": "{}",
    "bank/questions/deep/q1.yaml": "a: 1\n",
    "bank/tasks/t1.py": "x = 1\n",
    "pages/a.html": "<p>",
}
NET = {"models/__init__.py", "models/nets/__init__.py", "models/nets/conv.py"}
MODELS = NET | {"models/nets/losses.py", "models/near.py"}
WEIGHTS = {"weights/__init__.py", "weights/one-gan.json"}
DRAW = {"data/__init__.py", "data/sources.py"} | WEIGHTS
NEAR = {"models/__init__.py", "models/near.py"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # A name means in every cell what one of them imported.
        (("import prodimg_lib", "prodimg_lib.near.slerp()"), NEAR),
        (("from prodimg_lib import models", "def f():\n    return models.Net()"), NET),
        (("import prodimg_lib.models as m", "import prodimg_lib.data as m", "m.draw()"), DRAW | {
            "models/__init__.py", *MODELS}),  # which of the two has it cannot be told
        # Through as many packages as it takes.
        (("from prodimg_lib import Net",), NET),
        (("from prodimg_lib import draw",), DRAW),
        (("from prodimg_lib import near",), NEAR),
        (("from prodimg_lib.models import loss",), MODELS - NEAR - NET | {
            "models/__init__.py", "models/nets/__init__.py"}),
        (("from prodimg_lib import again", "again.models.Net"), NET | {"again.py"}),
        # Nothing says what of the package is meant.
        (("from prodimg_lib import models", "getattr(models, name)"), MODELS),
        (("from prodimg_lib import models", "m = models", "m.Net()"), MODELS),
        (("import prodimg_lib", "vars(prodimg_lib.models)"), MODELS),
        (("from prodimg_lib.models import *",), MODELS),
        (("from prodimg_lib.models import unheard_of",), MODELS),
        # Modules that strings name, or could.
        (("import prodimg_lib.table",), NEAR | {"table.py"}),
        (("import prodimg_lib.relative",), NEAR | {"relative.py"}),
        (("import prodimg_lib.by_name",), MODELS | {"by_name.py"}),
        (("run('python -m prodimg_lib.models.near', shell=True)",), NEAR),
        (("import_module(f'prodimg_lib.bank.{x}')",), {
            name for name in LAZY_FILES if name.startswith(("bank/", "pages/"))}),
        (("import_module(name)", "from prodimg_lib import any"), {
            name for name in LAZY_FILES if name not in ("__init__.py", "weights/README.md",
                                                        "weights/one-vae.json")}),
        # Data files.
        (("from prodimg_lib import weights",), {"weights/__init__.py"}),
        (("from prodimg_lib import weights", "weights.card('vae')"), {
            "weights/__init__.py", "weights/one-vae.json"}),
        (("from prodimg_lib.bank import bank",), {
            "bank/__init__.py", "bank/bank.py", "bank/schema.json", "bank/questions/deep/q1.yaml"}),
        (("from prodimg_lib.bank import source",), {
            "bank/__init__.py", "bank/source.py", "bank/schema.json", "bank/tasks/t1.py"}),
        (("from prodimg_lib.bank import page",), {
            "bank/__init__.py", "bank/page.py", "bank/schema.json", "pages/a.html"}),
        (("import prodimg_lib.bank.beside",), {
            "bank/__init__.py", "bank/beside.py", "bank/schema.json"}),
    ],
)  # fmt: skip
def test_digest_follows_lazy_packages_strings_and_data(tmp_path, cells, expected):
    files = {f"prodimg_lib/{name}": source for name, source in LAZY_FILES.items()}
    assert followed(plant(tmp_path, files), *cells, files=files) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "%%bash\nfor x in 1 2; do prodimg run; done",
        "lines = !prodimg run --steps 1",
        "run('prodimg run', shell=True)",
        "%%time\nrun(['prodimg', 'run'])",
        "!cd x && prodimg run",
    ],
)
def test_digest_follows_the_command_however_it_is_called(tree, cell):
    assert followed(tree, cell) == {"cli.py", "gan.py", "losses.py"}


@pytest.mark.parametrize(
    "cell",
    [
        "%%bash\nls -l | wc",
        "x = !ls",
        "print?",
        "x = 7\n%timeit x %2",
        'if True:\n    %pip install "prodimg-lib[photos]"',  # the package, and not the command
    ],
)
def test_lines_of_ipython_are_no_error(tree, cell):
    assert followed(tree, cell, "from prodimg_lib import losses") == {"losses.py"}


@pytest.mark.parametrize(
    ("cell", "cards"),
    [
        ("from prodimg_lib import pretrained", pretrained),
        ("from prodimg_lib.metrics import FeatureExtractor", features),
    ],
)
def test_digest_counts_the_weights_that_can_be_loaded(cell, cards):
    found = {name for name, _ in library([cell], notebooks.ROOT)}
    for name in cards.available():
        weights = f"prodimg_lib/weights/{cards.card(name)['weights']}"
        assert {weights, weights.replace(".weights.h5", ".json")} <= found


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
