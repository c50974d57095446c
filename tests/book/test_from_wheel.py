"""The first cell of a chapter brings the library to a kernel that has never seen it."""

import shutil
import subprocess
import sys
from pathlib import Path

import from_wheel
import nbformat
import pytest
from chapters import find

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """What `pip install prodimg-lib` would get, built here without a network."""
    pytest.importorskip("setuptools")
    folder, source = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "prodimg_lib", source / "prodimg_lib")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [*(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"), "--no-index"]
    options = ["--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run([*build, *options], check=True, capture_output=True)
    (found,) = folder.glob("prodimg_lib-*.whl")
    return found


def notebook_of(*sources):
    """Cells of these sources, None standing for the install cell of the first chapter."""
    (path,) = find(names=["01"])
    install = next(c for c in nbformat.read(path, as_version=4).cells if c.id == "install")
    cells = [nbformat.v4.new_code_cell(source or install.source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


def said(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def test_the_install_cell_brings_the_library_from_the_wheel_and_no_host_is_asked(wheel):
    missing = "import importlib.util; print(importlib.util.find_spec('prodimg_lib'))"
    asks = """import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError as error:
    print(error)"""
    where = """import prodimg_lib
from prodimg_lib import load
print(prodimg_lib.__file__)
print(load("catalogue", size=32, limit=20).images.shape)"""
    notebook = notebook_of(missing, None, asks, where)
    before, _, network, after = from_wheel.execute(notebook, wheel).cells
    assert said(before).strip() == "None"
    assert said(network).strip() == "the network is off: 192.0.2.1"
    place, shape = said(after).strip().splitlines()
    assert "/venv/lib/" in place
    assert not place.startswith(str(ROOT))
    assert shape.endswith("32, 32, 3)")
