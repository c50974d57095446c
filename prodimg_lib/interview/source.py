"""Code of exercises and bugs as text, taken from their files without running them."""

import ast
import re
import textwrap
from functools import cache
from pathlib import Path

from prodimg_lib.errors import InputError

HERE = Path(__file__).parent
FOLDERS = {"coding": "exercises", "debug": "bugs"}
TORCH = "torch_reference"  # the function that answers an exercise in PyTorch
IN_TORCH = {"NumPy arrays": "tensors", "arrays": "tensors", "array": "tensor"}
IN_TORCH |= {"TensorFlow": "PyTorch"}  # words of its starter
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

    Each text begins with the imports, the constants and the helpers that the function needs, so
    that it runs as it stands; the starter has those of the answer too.
    """
    if kind not in FOLDERS:
        return {}
    text = path_of(id_, kind).read_text(encoding="utf-8")
    tree = ast.parse(text)
    named = _named(tree)
    answer = PARTS[kind][1]
    result = {}
    for name in PARTS[kind]:
        roots = [named[name], named[answer]] if name == "starter" else [named[name]]
        needed = [node for node in _needed(tree, roots) if node not in roots]
        imports = [node for node in needed if isinstance(node, ast.Import | ast.ImportFrom)]
        code = _segment(text, named[name]).replace(f"def {name}(", f"def {_entry(tree)}(", 1)
        blocks = [_segment(text, node) for node in needed if node not in imports]
        if name == "starter":  # the answer's own helpers would give it away
            blocks = []
        head = ["\n".join(_segment(text, node) for node in imports)] if imports else []
        result[name] = "\n\n\n".join([*head, *blocks, code]) + "\n"
    return result


@cache
def torch_parts(id_, kind):
    """``starter`` and ``reference`` of an exercise in PyTorch; empty if it has no ``TORCH``.

    The starter is the one of ``parts`` with the words of PyTorch. The answer stands in the module
    with its imports inside, since nobody else needs them; here they come first.
    """
    if kind not in FOLDERS:
        return {}
    text = path_of(id_, kind).read_text(encoding="utf-8")
    tree = ast.parse(text)
    function = _named(tree).get(TORCH)
    if function is None:
        return {}
    starter, entry = _segment(text, _named(tree)["starter"]), _entry(tree)
    for words, instead in IN_TORCH.items():
        starter = re.sub(rf"\b{words}\b", instead, starter)
    imports = [node for node in function.body if isinstance(node, ast.Import | ast.ImportFrom)]
    first, last, lines = imports[0], imports[-1], text.splitlines()
    signature = lines[function.lineno - 1].replace(f"def {TORCH}(", f"def {entry}(", 1)
    above = textwrap.dedent("\n".join(lines[first.lineno - 1 : last.end_lineno]))
    body = "\n".join(lines[last.end_lineno : function.end_lineno]).lstrip("\n")
    return {
        "starter": f"import torch\n\n\n{starter}\n".replace("def starter(", f"def {entry}(", 1),
        "reference": f"{above}\n\n\n{signature}\n{body}\n",
    }


@cache
def trimmed(id_, kind, without):
    """The module of an exercise as code: no function whose name begins so, no import only it used.

    Args:
        without: tuple of beginnings of names, such as ``("variant_",)``.
    """
    path = path_of(id_, kind)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.FunctionDef) and node.name.startswith(without))
    ]
    imports = (ast.Import, ast.ImportFrom)
    used = _names(*[node for node in tree.body if not isinstance(node, imports)])
    tree.body = [
        node
        for node in tree.body
        if not isinstance(node, ast.Import | ast.ImportFrom) or _bound(node) & used
    ]
    return tree


def imported(tree):
    """Names of the packages a syntax tree imports."""
    nodes = list(ast.walk(tree))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def _needed(tree, roots):
    """The outermost statements that the roots use, directly or not, in the order of the file."""
    defining = {name: node for node in tree.body for name in _bound(node)}
    found, waiting = [], list(roots)
    while waiting:
        for name in _names(waiting.pop()):
            node = defining.get(name)
            if node is not None and node not in found and node not in roots:
                found.append(node)
                waiting.append(node)
    return [node for node in tree.body if node in found]


def _bound(node):
    """Names that a statement of a module gives something to."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def _named(tree):
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _names(*nodes):
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


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
