"""The digest that ties a notebook's stored outputs to the code that made them.

It covers the notebook's code cells and the source of every ``prodimg_lib`` module they use,
directly or through another module, found by reading the source without running it. All cells
count as one text, so that a name means in every cell what one of them imported.

- ``import prodimg_lib.losses``, ``from prodimg_lib import losses``, ``from . import losses``, also
  inside functions, and ``prodimg_lib.losses`` used as an attribute;
- lazily exported names, ``from prodimg_lib import GAN``: where a package has ``__getattr__``, its
  dicts say which module has a name, through as many packages as it takes. A name that no dict
  holds, and the package used as a value (``getattr(metrics, name)``), count all of it;
- module names in strings, ``import_module("prodimg_lib.gan")``, and the command ``prodimg``; where
  the argument of ``import_module`` is put together, all modules that could be meant;
- data files: those beside the ``__init__.py`` of a used package, and beside a module that reads
  files, with those of the folders that it names in strings. Of the shipped weights, called
  ``NAME-KIND.*``, only those count whose KIND stands as a string in what is used.

Where it cannot be sure, a module or file counts: a notebook may be executed once too often.
"""

import hashlib
import re
from functools import cached_property
from pathlib import Path

from source_facts import facts

PACKAGE = "prodimg_lib"
COMMAND = "prodimg"
WEIGHTS = "weights"
_PYTHON_MAGICS = ("time", "timeit", "capture", "prun", "python", "python3")


def notebook_digest(notebook, root):
    """SHA-256, as 32 hexadecimal digits, of a notebook's code and all it runs in the library."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    digest = hashlib.sha256()
    for name, content in [*(("cell", c.encode()) for c in cells), *library(cells, root)]:
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


def library(cells, root):
    """Sorted (path, content) of the files of the library that code cells use."""
    package = Package(root)
    source = "\n".join(map(plain_python, cells))
    used = package.closure(package.uses(source))
    strings = facts(source).strings.union(*(package.facts(m).strings for m in used))
    for path in sorted(package.files(used, strings)):
        content = path.read_bytes()
        if path.suffix == ".py":
            content = content.replace(b"\r\n", b"\n")
        yield path.relative_to(package.root).as_posix(), content


def plain_python(cell):
    """A cell without its IPython lines; what calls the command counts as naming it."""
    magic = re.match(r"\s*%%(\w+)", cell)
    if magic and magic[1] not in _PYTHON_MAGICS:
        return _naming(cell)
    lines = []
    for line in cell.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        if re.match(r"\s*([%!?]|[\w\s,.]+=\s*[%!])", line) or line.rstrip().endswith("?"):
            line = indent + _naming(line)
        lines.append(line)
    return "\n".join(lines)


def _naming(text):
    called = re.search(rf"(?<![\w-]){COMMAND}(?![\w-])", text)  # not prodimg-lib
    return f"_ = {COMMAND!r}" if called else "pass"


class Package:
    """The source of the library under ``root``, read but never run."""

    def __init__(self, root):
        self.root = Path(root)
        self._paths, self._facts = {}, {}

    def path(self, module):
        """File of a module ("a.b" -> a/b.py or a/b/__init__.py), or None if there is none."""
        if module not in self._paths:
            base = self.root.joinpath(*module.split("."))
            choices = (base / "__init__.py", base.with_name(f"{base.name}.py"))
            self._paths[module] = next((path for path in choices if path.is_file()), None)
        return self._paths[module]

    def facts(self, module):
        """The ``Facts`` of a module that exists."""
        if module not in self._facts:
            self._facts[module] = facts(self.path(module).read_text(encoding="utf-8"))
        return self._facts[module]

    @cached_property
    def modules(self):
        """Names of all modules there are."""
        found = set()
        for path in (self.root / PACKAGE).rglob("*.py"):
            parts = path.relative_to(self.root).with_suffix("").parts
            found.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        return found

    def whole(self, module):
        """A module and all below it."""
        return {name for name in self.modules if f"{name}.".startswith(f"{module}.")}

    def inside(self, module):
        """The package that a module lies in; a package lies in itself."""
        return module if self.path(module).name == "__init__.py" else module.rpartition(".")[0]

    def closure(self, modules):
        """These modules and all they use, transitively."""
        found, waiting = set(), set(modules)
        while waiting:
            module = waiting.pop()
            found.add(module)
            source = self.path(module).read_text(encoding="utf-8")
            waiting |= self.uses(source, module) - found
        return found

    def uses(self, source, module=None):
        """The modules that a source names: that of ``module``, or of a notebook."""
        said = facts(source)
        used, names = set(), {}  # names: the modules that a variable may stand for

        def use(*modules):
            for name in modules:
                parts = name.split(".")
                prefixes = (".".join(parts[:n]) for n in range(1, len(parts) + 1))
                used.update(prefix for prefix in prefixes if self.path(prefix))

        for name, alias in said.imports:
            if name.split(".")[0] == PACKAGE:
                use(name)
                names.setdefault(alias or PACKAGE, set()).add(name if alias else PACKAGE)
        for level, base, name, alias in said.froms:
            base = self._absolute(level, base, module)
            if base.split(".")[0] != PACKAGE or not self.path(base):
                continue
            use(base)
            if name == "*":
                use(*(self.whole(base) if self.facts(base).lazy else ()))
                continue
            modules, stands = self.behind(base, name)
            use(*modules)
            names.setdefault(alias, set()).update(stands)
        for first, *rest in said.chains:
            stands = names.get(first, set())
            for name in rest:
                steps = [self.behind(m, name) for m in stands]
                use(*(m for modules, _ in steps for m in modules))
                stands = set().union(*(s for _, s in steps))
            for name in stands:  # the package itself is handed on: nobody knows what for
                if self.facts(name).lazy:
                    use(*self.whole(name))
        for text in said.strings:
            for name in re.findall(rf"\b{PACKAGE}(?:\.\w+)+", text):
                use(name)
            if module is None and re.match(rf"{COMMAND}(\s|$)", text):
                use(f"{PACKAGE}.cli", *self.whole(f"{PACKAGE}.cli.__main__"))
        for parts in said.loads:
            use(*self._loaded(parts, said, module))
        return used

    def _absolute(self, level, base, module):
        """The module that ``from ..base import`` means inside ``module``."""
        if not level:
            return base
        parts = self.inside(module).split(".") if module else []
        return ".".join([*parts[: len(parts) - level + 1], *([base] if base else [])])

    def behind(self, module, name, seen=()):
        """What ``module.name`` may be: the modules it comes from, and those it may stand for."""
        child = f"{module}.{name}"
        modules = {child} if self.path(child) else set()
        stands = set(modules)
        if (module, name) in seen or not self.path(module):
            return modules, stands
        seen = (*seen, (module, name))
        said = self.facts(module)
        for level, base, original, alias in said.froms:
            base = self._absolute(level, base, module)
            if alias == name and base.split(".")[0] == PACKAGE:
                stands |= self.behind(base, original, seen)[1]
        if not said.lazy or name in said.binds or (name.startswith("__") and name.endswith("__")):
            return modules, stands
        for text in said.tables.get(name, ()):
            for base in (module, self.inside(module), ""):
                target = f"{base}.{text.lstrip('.')}".lstrip(".")
                if not (target in self.modules and self.path(target)):
                    continue
                modules.add(target)
                if target.rpartition(".")[2] == name and not self._has(target, name):
                    stands.add(target)  # the module itself
                    continue
                further, further_stands = self.behind(target, name, seen)
                modules |= further
                stands |= further_stands or (set() if self._has(target, name) else {target})
        return (modules, stands) if modules else (self.whole(self.inside(module)), set())

    def _has(self, module, name):
        said = self.facts(module)
        return name in said.binds or (said.lazy and name in said.tables)

    def _loaded(self, parts, said, module):
        """The modules that ``import_module`` may be given, where no string says which."""
        inside = self.inside(module) if module else ""
        if parts is not None:
            known = {"__name__": module or "__main__", "__package__": inside}
            pattern = "".join(
                r"[\w.]+" if part is None else re.escape(known.get(part[0], part))
                if isinstance(part, tuple) else re.escape(part)
                for part in parts
            )  # fmt: skip
            return {name for name in self.modules if re.fullmatch(pattern, name)}
        named = {
            target
            for text in said.strings
            for base in (inside, PACKAGE, "")
            if (target := f"{base}.{text.lstrip('.')}".strip(".")) in self.modules
        }
        if named or any(re.search(rf"\b{PACKAGE}\.\w", text) for text in said.strings):
            return named
        return self.modules

    def files(self, modules, strings):
        """Paths of the modules and of the data files that belong to them; ``strings``: in use."""
        paths = set()
        for module in modules - {PACKAGE}:  # that: the version and tables, which were followed
            path = self.path(module)
            said = self.facts(module)
            paths.add(path)
            if path.name == "__init__.py" or said.reads:
                paths |= {p for p in path.parent.iterdir() if p.suffix != ".py"}
            if said.reads:
                for text in said.strings:
                    paths |= self._named(path.parent, text, said.climbs)
        return {path for path in paths if self._counts(path, strings)}

    def _named(self, folder, text, climbs):
        """Files that a string names, seen from a folder (source too) or those above it (data)."""
        first, *_ = text.split("/")
        if not re.fullmatch(r"\w[\w.\-/]*", text) or first == PACKAGE:
            return set()
        found, here = set(), folder
        while folder != self.root:
            inside = {folder / text}
            if (folder / first).is_dir():
                inside.update((folder / first).rglob("*"))
            found |= {path for path in inside if folder == here or path.suffix != ".py"}
            folder = folder.parent if climbs else self.root
        return found

    def _counts(self, path, strings):
        hidden = any(part.startswith((".", "__pycache__")) for part in path.parts[-2:])
        if not path.is_file() or path.suffix == ".pyc" or path.name == "README.md" or hidden:
            return False
        kind = re.fullmatch(r".+-(\w+)\.[\w.]+", path.name)
        return not (path.parent.name == WEIGHTS and kind) or kind[1] in strings
