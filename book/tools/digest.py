"""The digest that ties a notebook's stored outputs to the code that made them.

It covers the notebook's code cells and the source of every ``prodimg_lib`` module they import,
directly or through another module, found by reading the source without running it:

- ``import prodimg_lib.losses``, ``from prodimg_lib import losses``, ``from . import losses``, also
  inside functions, and ``prodimg_lib.losses`` used as an attribute;
- lazily exported names, ``from prodimg_lib import GAN``, through the table in ``__init__.py`` that
  says which module has them; a package that resolves names in another way counts as a whole;
- module names in strings, ``import_module("prodimg_lib.gan")``, and the command ``prodimg``;
- data files: those beside the ``__init__.py`` of an imported package, and those of a folder of the
  package that a module names in a string (``files("prodimg_lib") / "weights"``).
"""

import ast
import hashlib
import re
from pathlib import Path

PACKAGE = "prodimg_lib"
COMMAND = "prodimg"


def notebook_digest(notebook, root):
    """SHA-256, as 32 hexadecimal digits, of a notebook's code and all it runs in the library."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    package = Package(root)
    used = package.closure(set().union(*(package.uses(plain_python(cell)) for cell in cells)))
    digest = hashlib.sha256()
    for name, content in [*(("cell", cell.encode()) for cell in cells), *package.contents(used)]:
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


def plain_python(cell):
    """A cell without its IPython lines; a line that calls the command counts as naming it."""
    lines = []
    for line in cell.splitlines():
        if line.lstrip().startswith(("%", "!")):
            indent = line[: len(line) - len(line.lstrip())]
            line = indent + (repr(COMMAND) if re.search(rf"\b{COMMAND}\b", line) else "pass")
        lines.append(line)
    return "\n".join(lines)


class Package:
    """The source of the library under ``root``, read but never run."""

    def __init__(self, root):
        self.root = Path(root)
        self._trees = {}

    def path(self, module):
        """File of a module ("a.b" -> a/b.py or a/b/__init__.py), or None if there is none."""
        base = self.root.joinpath(*module.split("."))
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                return path
        return None

    def closure(self, modules):
        """These modules and all they import, transitively."""
        found, waiting = set(), set(modules)
        while waiting:
            module = waiting.pop()
            found.add(module)
            path = self.path(module)
            inside = module if path.name == "__init__.py" else module.rpartition(".")[0]
            waiting |= self.uses(path.read_text(encoding="utf-8"), inside) - found
        return found

    def contents(self, modules):
        """Sorted (path, content) of the modules and of the data files that belong to them."""
        paths = set()
        for module in modules:
            if module == PACKAGE:
                continue  # only the version and the table of lazy names, which has been followed
            path = self.path(module)
            paths.add(path)
            if path.name == "__init__.py":
                paths |= data_files(path.parent)
            for word in strings(ast.parse(path.read_text(encoding="utf-8"))):
                if word.isidentifier():
                    paths |= data_files(self.root / PACKAGE / word)
        for path in sorted(paths):
            content = path.read_bytes()
            if path.suffix == ".py":
                content = content.replace(b"\r\n", b"\n")
            yield path.relative_to(self.root).as_posix(), content

    def uses(self, source, inside=""):
        """The modules of the package that a piece of source names; ``inside``: its own package."""
        tree = ast.parse(source)
        used, names = set(), {}  # names: what a variable stands for, where that is a module

        def use(module):
            if self.path(module):
                parts = module.split(".")
                prefixes = (".".join(parts[:n]) for n in range(1, len(parts) + 1))
                used.update(prefix for prefix in prefixes if self.path(prefix))

        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.split(".")[0] == PACKAGE:
                        use(alias.name)
                        names[alias.asname or PACKAGE] = alias.name if alias.asname else PACKAGE
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parts = inside.split(".")
                    base = ".".join(parts[: len(parts) - node.level + 1] + [base] * bool(base))
                if base.split(".")[0] != PACKAGE:
                    continue
                use(base)
                for alias in node.names:
                    for module in self.behind(base, alias.name):
                        use(module)
                    if self.path(f"{base}.{alias.name}"):
                        names[alias.asname or alias.name] = f"{base}.{alias.name}"
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if node.value == COMMAND and not inside:  # a notebook that starts the command
                    use(f"{PACKAGE}.cli")
                elif re.fullmatch(rf"{PACKAGE}(\.\w+)+", node.value):
                    use(node.value)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                chain = attribute_chain(node)
                module = names.get(chain[0]) if chain else None
                for name in chain[1:] if module else ():
                    for found in self.behind(module, name):
                        use(found)
                    module = f"{module}.{name}"
                    if not self.path(module):
                        break
        return used

    def behind(self, package, name):
        """The modules behind ``package.name``: that submodule, or the one that exports it."""
        if self.path(f"{package}.{name}"):
            return {f"{package}.{name}"}
        path = self.path(package)
        if path is None or path.name != "__init__.py":
            return set()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for table in (node for node in ast.walk(tree) if isinstance(node, ast.Dict)):
            for key, value in zip(table.keys, table.values, strict=True):
                if constant(key) == name and isinstance(constant(value), str):
                    module = f"{package}.{constant(value).lstrip('.')}"
                    return {module} if self.path(module) else {constant(value)}
        resolver = [
            n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "__getattr__"
        ]
        if resolver and name not in defined(tree) and not name.startswith("__"):
            children = (*path.parent.glob("*.py"), *path.parent.glob("*/__init__.py"))
            return {
                f"{package}.{child.parent.name if child.name == '__init__.py' else child.stem}"
                for child in children
                if child != path
            }
        return set()


def constant(node):
    return node.value if isinstance(node, ast.Constant) else None


def strings(tree):
    return {n.value for n in ast.walk(tree) if isinstance(constant(n), str)}


def attribute_chain(node):
    """``a.b.c`` as ["a", "b", "c"], or [] if it does not begin with a name."""
    chain = []
    while isinstance(node, ast.Attribute):
        chain.append(node.attr)
        node = node.value
    return [node.id, *reversed(chain)] if isinstance(node, ast.Name) else []


def defined(tree):
    """Names a module binds at its top level."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {n.id for target in node.targets for n in ast.walk(target) if hasattr(n, "id")}
    return names


def data_files(folder):
    """Files directly in a folder that are not Python: weights, templates, texts."""
    if not folder.is_dir():
        return set()
    files = (path for path in folder.iterdir() if path.is_file())
    return {p for p in files if p.suffix not in (".py", ".pyc") and not p.name.startswith(".")}
