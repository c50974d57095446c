"""Right answers rewritten by rule in other styles, for ``interview/test_styles.py``.

Each gives what the reference gives, up to rounding: names, temporaries, the order of sums, other
names of the same operation, double precision, ``tf.function``, another way to take arguments.
"""

import ast
import copy
import functools

import numpy as np

SAME = {  # other spellings of an operation: of TensorFlow, of NumPy
    "tf.square(x)": "(x) * (x)",
    "tf.exp(x)": "tf.math.exp(x)",
    "tf.sqrt(x)": "tf.math.sqrt(x)",
    "tf.reduce_sum(x)": "tf.math.reduce_sum(tf.reshape(x, [-1]), axis=0)",
    "tf.reduce_mean(x)": "tf.reduce_sum(x) / tf.cast(tf.size(x), tf.convert_to_tensor(x).dtype)",
    "tf.nn.softplus(x)": "-tf.math.log_sigmoid(-(x))",
    "tf.nn.sigmoid(x)": "keras.ops.sigmoid(x)",
    "tf.abs(x)": "tf.math.abs(x)",
    "np.square(x)": "(x) ** 2",
    "np.mean(x)": "np.sum(x) / np.size(x)",
    "np.sum(x)": "np.einsum('i->', np.ravel(x))",
    "np.sqrt(x)": "(x) ** 0.5",
    "np.linalg.norm(x)": "np.sqrt(np.sum(np.square(x)))",
}
_PATTERNS = [(ast.parse(a).body[0].value, ast.parse(b).body[0].value) for a, b in SAME.items()]


def of(path, name, module, heavy, traced=False):
    """``(style, function)`` of a right answer; those that change nothing are left out.

    Args:
        heavy: whether TensorFlow and Keras may be used.
        traced: whether it takes and gives tensors only, so that it can be a ``tf.function``.
    """
    whole = ast.parse(path.read_text(encoding="utf-8"))
    found = next(n for n in whole.body if isinstance(n, ast.FunctionDef) and n.name == name)
    rules = {
        "other names": _Renamed,
        "turned sums and products": _Turned,
        "a name for the result": _Named,
        "other spellings": _Spelt,
        "axes the other way round": _Axes,
    }
    for style, rule in rules.items():
        tree = ast.Module([copy.deepcopy(found)], [])
        changed = ast.fix_missing_locations(rule(tree.body[0]).visit(tree))
        if ast.dump(changed) != ast.dump(ast.Module([found], [])):
            names = dict(vars(module))
            if heavy:
                import keras

                names.setdefault("keras", keras)
            exec(compile(changed, f"<{style}>", "exec"), names)
            yield style, names[name]
    answer = vars(module)[name]
    yield "any arguments", lambda *args, **more: answer(*args, **more)
    yield "a list for a tuple", _then(answer, lambda r: list(r) if isinstance(r, tuple) else r)
    yield "a result in double precision", _then(answer, _double)
    if traced:
        import tensorflow as tf

        yield "tf.function", functools.wraps(answer)(tf.function(answer, autograph=False))


def _then(answer, change):
    @functools.wraps(answer)
    def other(*args, **more):
        return change(answer(*args, **more))

    return other


def _double(result):
    if isinstance(result, tuple | list):
        return type(result)(map(_double, result))
    if isinstance(result, float):
        return np.float64(result)
    if isinstance(result, np.ndarray | np.generic):
        return result.astype("float64") if result.dtype.kind == "f" else result
    if hasattr(result, "dtype") and getattr(result.dtype, "is_floating", False):
        import tensorflow as tf

        return tf.cast(result, tf.float64)
    return result


class _Rule(ast.NodeTransformer):
    def __init__(self, function):
        self.function = function


class _Renamed(_Rule):
    """Each local variable has another name."""

    def __init__(self, function):
        nodes = list(ast.walk(function))
        outer = {
            n for node in nodes if isinstance(node, ast.Nonlocal | ast.Global) for n in node.names
        }
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        given = {a.arg for n in nodes if isinstance(n, ast.arguments) for a in _arguments(n)}
        self.local = stored - given - outer

    def visit_Name(self, node):
        if node.id in self.local:
            node.id = f"my_{node.id}"
        return node


class _Turned(_Rule):
    """``a + b`` is ``b + a``, and so with products, where both are numbers or arrays."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        lists = (ast.List, ast.Tuple, ast.ListComp, ast.JoinedStr)
        sides = (node.left, node.right)
        text = ast.unparse(node)
        if "variables" in text or "weights" in text or "shape" in text:  # lists of Keras's
            return node
        if isinstance(node.op, ast.Add | ast.Mult) and not any(isinstance(s, lists) for s in sides):
            node.left, node.right = node.right, node.left
        return node


class _Named(_Rule):
    """``return x`` is ``result = x; return result``."""

    def visit_Return(self, node):
        if node.value is None or isinstance(node.value, ast.Name):
            return node
        kept = ast.Assign([ast.Name("the_result", ast.Store())], node.value)
        return [kept, ast.Return(ast.Name("the_result", ast.Load()))]


class _Spelt(_Rule):
    """Operations by other names (``SAME``), where they stand with one argument."""

    def visit_Call(self, node):
        self.generic_visit(node)
        for old, new in _PATTERNS:
            plain = len(node.args) == 1 and not node.keywords
            if plain and ast.dump(node.func) == ast.dump(old.func):
                return _Put(node.args[0]).visit(copy.deepcopy(new))
        return node


class _Put(ast.NodeTransformer):
    def __init__(self, value):
        self.value = value

    def visit_Name(self, node):
        return copy.deepcopy(self.value) if node.id == "x" else node


class _Axes(_Rule):
    """``axis=[1, 2, 3]`` is ``axis=[3, 2, 1]``."""

    def visit_keyword(self, node):
        if node.arg == "axis" and isinstance(node.value, ast.List | ast.Tuple):
            node.value.elts.reverse()
        return node


def _arguments(node):
    return [
        *node.posonlyargs,
        *node.args,
        *node.kwonlyargs,
        *filter(None, [node.vararg, node.kwarg]),
    ]
