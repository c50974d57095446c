"""What can be said of a file before anything is loaded: is it Python, and is it begun?"""

import ast
import io
import sys
import tokenize
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.interview import source
from prodimg_lib.interview.check.exercise import ANSWERS

LIGHT = {*sys.stdlib_module_names, "numpy", "scipy", "PIL", "torch"}  # what needs no TensorFlow
PRACTICE = "prodimg_lib.interview"


def read(path):
    """The text of a Python file, by its coding line or as UTF-8, with or without a mark of order.

    Raises:
        InputError: no such file, it cannot be read, or it is in another encoding.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a Python file that defines the function")
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (SyntaxError, UnicodeDecodeError, LookupError):
        raise InputError(
            f"{path}: not UTF-8, and no line at its top names another encoding; save it as UTF-8"
        ) from None


def fault(text):
    """The ``SyntaxError`` of a text, or None."""
    try:
        compile(text, "answer.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes
        return error
    return None


def untouched(text, question):
    """Whether a file is still the code to begin with, or its function has no body yet."""
    tree = ast.parse(text)
    starters = question.task_code(), question.torch_code().get("starter", "")
    if _bare(tree) in [_bare(ast.parse(starter)) for starter in starters]:
        return True
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    named = [function for function in functions if function.name == question.entry()]
    return bool(named) and all(_is_nothing(statement) for statement in _body(named[-1]))


def uses_practice(text):
    """Whether a file imports this very practice, where the answers are."""
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        if any(f"{name}.".startswith(f"{PRACTICE}.") for name in names):
            return True
    return False


def is_heavy(text, question):
    """Whether the file, or what checks it, uses more than what needs no TensorFlow."""
    trees = ast.parse(text), source.trimmed(question.id, question.kind, ANSWERS)
    wrong = source.trimmed(question.id, question.kind, ("variant_",))
    return not set().union(*map(source.imported, (*trees, wrong))) <= LIGHT


def modules(question):
    """Names of the modules that what checks a file imports."""
    tree = source.trimmed(question.id, question.kind, ("variant_",))
    nodes = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return sorted(
        {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    )


def _bare(tree):
    """A tree as text, without its docstrings and without what runs only as a program."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            node.body = _body(node)
    return ast.dump(tree)


def _body(node):
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return node.body


def _is_nothing(statement):
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False
