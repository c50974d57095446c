"""Wrong answers made from right ones by rule, for ``interview/test_mutants.py``.

Each mutant differs from the reference in one place: a sign, a constant, an axis, a clip, a seed, a
comparison, a statement. Its name says which, such as ``line 3: tf.square(x) -> x``.
"""

import ast
import copy
import itertools
from types import ModuleType

SWAPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.LtE, ast.GtE: ast.Gt}
COMPARED |= {ast.Eq: ast.NotEq}
LEFT_OUT = {
    *("clip", "clip_by_value", "maximum", "minimum", "relu", "leaky_relu", "sqrt", "square", "abs"),
    *("rint", "round", "softplus", "sigmoid", "log_sigmoid", "exp", "log", "log10", "mean"),
    *("stop_gradient", "normalize", "nan_to_num", "unique", "array", "copy", "tanh", "log1p"),
    *("expm1", "transpose", "swapaxes", "flip", "sort", "shuffle", "softmax", "reshape"),
}
RENAMED = {"reduce_mean": "reduce_sum", "reduce_sum": "reduce_mean", "mean": "sum", "sum": "mean"}
RENAMED |= {"any": "all", "all": "any", "min": "max", "max": "min", "zeros_like": "ones_like"}
RENAMED |= {"ones_like": "zeros_like", "ones": "zeros", "floor": "ceil", "LANCZOS": "NEAREST"}
RENAMED |= {"normal": "uniform", "stateless_uniform": "stateless_normal"}
RENAMED |= {"stateless_normal": "stateless_uniform"}
WORDS = {"zeros": "ones", "same": "valid", "tanh": "sigmoid", "relu": "linear", "softplus": "relu"}
SPREADS = {"std", "var"}
IDLE = {"verbose", "strict", "name"}  # what these arguments say changes no result
FLAGGED = {
    "generator",
    "discriminator",
    "critic",
    "encoder",
    "decoder",
    "network",
    "model",
    "dense",
}


def of(path, name, module):
    """``(what, function)`` of every mutant of a function of a file that compiles."""
    for what, changed in edits(path, name):
        names = dict(vars(module))
        try:
            exec(compile(changed, f"<{what}>", "exec"), names)
        except (SyntaxError, ValueError):
            continue
        yield what, names[name]


def edits(path, name):
    """``(what, syntax tree)`` of every mutant of a function of a file, each once."""
    whole = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in whole.body if isinstance(node, ast.FunctionDef) and node.name == name]
    tree = ast.Module(found, [])
    seen = {ast.dump(tree)}
    for what, mutate in _edits(tree):
        changed = copy.deepcopy(tree)
        mutate(changed)
        ast.fix_missing_locations(changed)
        if ast.dump(changed) not in seen:
            seen.add(ast.dump(changed))
            yield what, changed


def module(path, tree):
    """A module from a syntax tree."""
    made = ModuleType(path.stem)
    exec(compile(tree, path, "exec"), vars(made))
    return made


def _edits(tree):
    """``(name, change of a copy of the tree)``; the nth node of a walk is the same in a copy."""
    nodes = list(ast.walk(tree))
    function = tree.body[0]
    keywords = [node for node in nodes if isinstance(node, ast.keyword) and node.arg in IDLE]
    idle = {id(inner) for keyword in keywords for inner in ast.walk(keyword)}
    for i, node in enumerate(nodes):
        if id(node) in idle:
            continue
        if isinstance(node, ast.Expr | ast.AugAssign) and node not in function.body:
            yield f"without {ast.unparse(node)[:50]}", _putter(nodes, i, ast.Pass())
        if getattr(node, "lineno", 0) <= function.body[0].lineno - 1:
            continue
        for new in _instead_of(node):
            old, after = ast.unparse(node), ast.unparse(ast.fix_missing_locations(new))
            place = node.lineno - function.lineno
            yield f"line {place}, {node.col_offset}: {old} -> {after}", _putter(nodes, i, new)
    yield from _whole(function)


def _instead_of(node):
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SWAPPED:
            yield ast.BinOp(left, SWAPPED[type(op)](), right)
            yield left
            if isinstance(op, ast.Add | ast.Mult):
                yield right
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield ast.BinOp(right, ast.MatMult(), left)
        case ast.Attribute(value=value, attr="T"):
            yield value
        case ast.Subscript(value=value, ctx=ast.Load()):
            yield value
        case ast.UnaryOp(op=ast.Not(), operand=x):
            yield x
        case ast.IfExp(test=test, body=body, orelse=other):
            yield ast.IfExp(test, other, body)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.USub(), operand=x) if not isinstance(x, ast.Constant):
            yield x
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=str() as value) if value in WORDS:
            yield ast.Constant(WORDS[value])
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1 if isinstance(value, int) else value * 2 or 1.0)
        case ast.Compare(left=left, ops=[op], comparators=more) if type(op) in COMPARED:
            yield ast.Compare(left, [COMPARED[type(op)]()], more)
        case ast.Call(func=f, args=args, keywords=keywords):
            name = f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "")
            if name in LEFT_OUT and args:
                yield args[0]
            if name in RENAMED and isinstance(f, ast.Attribute):
                yield ast.Call(ast.Attribute(f.value, RENAMED[name], ast.Load()), args, keywords)
            if name in SPREADS and not any(k.arg == "ddof" for k in keywords):
                more = ast.keyword("ddof", ast.Constant(1))
                yield ast.Call(f, args, [*keywords, more])
            if name == "range":  # one round less
                *first, last = args
                yield ast.Call(f, [*first, ast.BinOp(last, ast.Sub(), ast.Constant(1))], [])
            for k in keywords:
                if k.arg not in IDLE:
                    yield ast.Call(f, args, [other for other in keywords if other is not k])
            if len(args) == 2 and not any(isinstance(a, ast.Starred) for a in args):
                yield ast.Call(f, args[::-1], keywords)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) if len(elements) > 2:
            if all(isinstance(e, ast.Constant) for e in elements):
                for drop in (0, len(elements) - 1):
                    left = [e for i, e in enumerate(elements) if i != drop]
                    yield type(node)(left, ast.Load())


def _putter(nodes, index, new):
    def put(changed):
        target = list(ast.walk(changed))[index]
        for parent in ast.walk(changed):
            for field, value in ast.iter_fields(parent):
                if value is target:
                    setattr(parent, field, copy.deepcopy(new))
                elif isinstance(value, list):
                    for i, entry in enumerate(value):
                        if entry is target:
                            value[i] = copy.deepcopy(new)

    del nodes
    return put


def _whole(function):
    names = [a.arg for a in function.args.args]
    for name in names:
        yield f"returns {name}", _body(lambda f, n=name: [ast.parse(f"return {n}").body[0]])
    yield "returns 0", _body(lambda f: [ast.parse("return 0.0").body[0]])
    if "seed" in names:
        yield "seed ignored", _body(lambda f: [*ast.parse("seed = 0").body, *f.body])
    for name in sorted(FLAGGED & set(names)):
        yield f"leaves {name} frozen", _body(_frozen(name))
    bound = set(names)
    for i, statement in enumerate(function.body[:-1]):
        targets = {n.id for n in ast.walk(statement) if _is_stored(n)}
        again = isinstance(statement, ast.Assign) and targets and targets <= bound
        bound |= targets
        if again or isinstance(statement, ast.Expr | ast.AugAssign):
            yield (
                f"without {ast.unparse(statement)[:50]}",
                _body(lambda f, i=i: f.body[:i] + f.body[i + 1 :]),
            )
    for one, two in itertools.pairwise(names):
        yield (
            f"{one} and {two} exchanged",
            _body(lambda f, a=one, b=two: [*ast.parse(f"{a}, {b} = {b}, {a}").body, *f.body]),
        )


def _is_stored(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _frozen(name):
    def body(function):
        flag = ast.parse(f"{name}.trainable = False").body
        *before, last = function.body
        if not isinstance(last, ast.Return):
            return [*function.body, *flag]
        result = ast.parse("kept = 0").body[0]
        result.value = last.value
        return [*before, result, *flag, *ast.parse("return kept").body]

    return body


def _body(new):
    def mutate(changed):
        function = changed.body[0]
        function.body = new(function)

    return mutate
