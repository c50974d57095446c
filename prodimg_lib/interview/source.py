"""Code of exercises and bugs as text, taken from their files without running them."""

import ast
from functools import cache
from pathlib import Path

from prodimg_lib.errors import InputError

HERE = Path(__file__).parent
FOLDERS = {"coding": "exercises", "debug": "bugs"}
PARTS = {"coding": ("starter", "reference"), "debug": ("buggy", "fixed")}


def path_of(id_, kind):
    """The one file ``exercises/c08_*.py`` or ``bugs/b06_*.py`` of an id."""
    found = sorted((HERE / FOLDERS[kind]).glob(f"{id_.lower()}_*.py"))
    if len(found) != 1:
        where = f"{FOLDERS[kind]}/{id_.lower()}_*.py"
        raise InputError(f"{id_}: expected one file {where}, found {len(found)}")
    return found[0]


@cache
def parts(id_, kind):
    """``{"starter": text, "reference": text}`` of an exercise, under the name a learner uses.

    Each text begins with the imports the function needs, so that it runs as it stands.
    """
    if kind not in FOLDERS:
        return {}
    text = path_of(id_, kind).read_text(encoding="utf-8")
    tree = ast.parse(text)
    name_to_use = _entry(tree)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    result = {}
    for name in PARTS[kind]:
        code = _segment(text, functions[name])
        code = code.replace(f"def {name}(", f"def {name_to_use}(", 1)
        used = {node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)}
        if name == "starter":  # nothing is used yet; give what the answer will need
            used |= {n.id for n in ast.walk(functions["reference"]) if isinstance(n, ast.Name)}
        needed = [
            _segment(text, node)
            for node in imports
            if {alias.asname or alias.name.split(".")[0] for alias in node.names} & used
        ]
        head = "\n".join(needed)
        result[name] = f"{head}\n\n\n{code}\n" if head else f"{code}\n"
    return result


def _segment(text, node):
    return ast.get_source_segment(text, node) or ""


def entry(id_, kind):
    """The name under which a learner writes or repairs the function."""
    return _entry(ast.parse(path_of(id_, kind).read_text(encoding="utf-8")))


def _entry(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ENTRY":
            return ast.literal_eval(node.value)
    raise InputError("the module assigns no ENTRY, the name of the function to write")
