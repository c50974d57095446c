"""The package's imports: they point one way, those inside functions too."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import prodimg_lib

ROOT = Path(prodimg_lib.__file__).parents[1]
HOME = "prodimg_lib.interview"
LAYERS = [  # a module imports of those below only, and of its own folder
    {"practice", "validate"},
    {"bank"},
    {"check", "render"},
    {"words", "source", "capacity", "schema", "chapters"},
    {"terms"},
    {"language"},
]
OUTSIDE = {"losses", "elbo", "likelihoods", "errors", "files", "settings", "quiet", "text"}
OUTSIDE |= {"templates"}


def modules():
    paths = (ROOT / "prodimg_lib").rglob("*.py")
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


KNOWN = modules()


def imported(name):
    """Modules of ours that a module imports, anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(KNOWN[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}: a relative import"
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {one if one in KNOWN else node.module for one in below}
    return found & set(KNOWN)


GRAPH = {name: imported(name) for name in KNOWN if name.startswith(HOME)}


def part(name):
    """The folder or module right below ``interview``."""
    return name.removeprefix(HOME).strip(".").split(".")[0]


def test_no_module_imports_itself_by_way_of_others():
    TopologicalSorter(GRAPH).prepare()  # raises CycleError, which names the circle


def test_imports_point_down():
    height = {name: -i for i, layer in enumerate(LAYERS) for name in layer}
    for name, others in GRAPH.items():
        if name == HOME:
            assert {part(other) for other in others} == {"bank"}
        elif part(name) in ("exercises", "bugs"):
            assert not others, name  # what is shown to a learner runs without this library
        else:
            for other in {part(o) for o in others if o.startswith(HOME)} - {part(name)}:
                assert height[other] < height[part(name)], f"{name} imports {other}"


def test_interview_stands_alone_on_the_mathematics():
    for name, others in GRAPH.items():
        ours = {other.split(".")[1] for other in others if not other.startswith(HOME)}
        assert ours <= OUTSIDE, f"{name} imports {ours - OUTSIDE}"
