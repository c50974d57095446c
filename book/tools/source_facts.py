"""What a piece of Python source says of modules and files, found without running it."""

import ast
from dataclasses import dataclass, field
from functools import lru_cache

# Names without which no module finds a file that lies beside it: the last of a dotted name, or
# imported from importlib.
_READERS = {"files", "get_data", "open_text", "open_binary", "read_text", "read_binary", "getfile"}
_PLACES = {"__file__", "__path__", "__spec__"}
_LOADERS = {"import_module", "__import__", "run_module", "find_spec"}


@dataclass
class Facts:
    """Imports, names and strings of one module or notebook.

    Attributes:
        imports: of ``import a.b as c``: ("a.b", "c" or None).
        froms: of ``from ..a import b as c``: (2, "a", "b", "c").
        chains: longest dotted names that are read, as tuples: ("metrics", "psnr").
        strings: constants, without docstrings.
        tables: key: values, of the strings in dict literals; of nested ones too.
        binds: names that the module has of its own, lazily resolved ones not among them.
        lazy: whether it has a ``__getattr__`` of its own.
        reads: whether it may read files that lie in the package; climbs: also above its folder.
        loads: f-strings (a tuple of text and None for each value) or other expressions (None) that
            an ``import_module`` outside ``__getattr__`` gets.
    """

    imports: list = field(default_factory=list)
    froms: list = field(default_factory=list)
    chains: set = field(default_factory=set)
    strings: set = field(default_factory=set)
    tables: dict = field(default_factory=dict)
    binds: set = field(default_factory=set)
    lazy: bool = False
    reads: bool = False
    climbs: bool = False
    loads: set = field(default_factory=set)


@lru_cache(maxsize=1000)
def facts(source):
    """The ``Facts`` of a source text; kept, as notebooks share most of the library."""
    tree = ast.parse(source)
    found = Facts(binds=_bound(tree.body))
    found.lazy = "__getattr__" in found.binds
    _Visitor(found).visit(tree)
    return found


class _Visitor(ast.NodeVisitor):
    def __init__(self, found):
        self.found, self.in_getattr = found, False

    def visit_Import(self, node):
        self.found.imports += [(alias.name, alias.asname) for alias in node.names]

    def visit_ImportFrom(self, node):
        module = node.module or ""
        self.found.froms += [(node.level, module, a.name, a.asname or a.name) for a in node.names]
        if module.startswith("importlib"):
            self._read_by({alias.name for alias in node.names})

    def visit_FunctionDef(self, node):
        before, self.in_getattr = self.in_getattr, self.in_getattr or node.name == "__getattr__"
        self.generic_visit(node)
        self.in_getattr = before

    def visit_Expr(self, node):
        if not isinstance(_constant(node.value), str):  # a docstring, which does nothing
            self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.found.strings.add(node.value)

    def visit_Dict(self, node):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(_constant(key), str) and isinstance(_constant(value), str):
                self.found.tables.setdefault(key.value, set()).add(value.value)
        self.generic_visit(node)

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else _name(node.func)
        if name in _LOADERS and not self.in_getattr:
            argument = node.args[0] if node.args else None
            if isinstance(argument, ast.JoinedStr):
                parts = tuple(_constant(part) or _name_of(part) for part in argument.values)
                self.found.loads.add(parts)
            elif not isinstance(_constant(argument), str):
                self.found.loads.add(None)
        self.generic_visit(node)

    def visit_Attribute(self, node):
        chain, inner = [node.attr], node.value
        self._read_by({node.attr})
        while isinstance(inner, ast.Attribute):
            chain.append(inner.attr)
            inner = inner.value
        self.found.climbs |= "parents" in chain or chain.count("parent") > 1
        if isinstance(inner, ast.Name):
            self.found.chains.add((inner.id, *reversed(chain)))
            self.found.reads |= bool({inner.id, *chain} & _PLACES)
        else:
            self.visit(inner)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            self.found.chains.add((node.id,))
            self.found.reads |= node.id in _PLACES

    def _read_by(self, names):
        if names & _READERS:
            self.found.reads = self.found.climbs = True


def _bound(body):
    """Names that statements bind, as far as they are not inside a function or class."""
    names = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        else:
            for part in ast.iter_child_nodes(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    names.add(part.id)
                elif isinstance(part, ast.Tuple | ast.List):
                    names |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
            for name in ("body", "orelse", "finalbody"):
                names |= _bound(getattr(node, name, ()))
            for handler in getattr(node, "handlers", ()):
                names |= _bound(handler.body)
    return names


def _constant(node):
    return node.value if isinstance(node, ast.Constant) else None


def _name(node):
    return node.id if isinstance(node, ast.Name) else None


def _name_of(part):
    """``__name__`` or ``__package__`` in an f-string, which are known; None for other values."""
    name = _name(part.value) if isinstance(part, ast.FormattedValue) else None
    return (name,) if name in ("__name__", "__package__") else None
