"""The house: every folder says what it is, and no module reaches around the arrows."""

from pathlib import Path

import grimp
import pytest

LIBRARY = Path(__file__).parents[1] / "prodimg_lib"
FOLDERS = sorted({path.parent for path in LIBRARY.rglob("*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_folder_says_in_ten_lines_what_lives_there(folder):
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) <= 10


def test_no_module_takes_a_name_from_the_package_itself():
    """Its names are fetched at run time, from any floor: the contracts would not see the arrow."""
    graph = grimp.build_graph("prodimg_lib")
    assert graph.find_modules_that_directly_import("prodimg_lib") == set()


def test_what_the_package_exports_is_there():
    import prodimg_lib

    for name in dir(prodimg_lib):
        assert getattr(prodimg_lib, name) is not None
