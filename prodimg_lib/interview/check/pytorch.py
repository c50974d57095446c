"""Answers in PyTorch: which they are, and how checks of arrays are made with them.

A file that imports torch, or a function that uses it, is given PyTorch's tensors where the checks
hold arrays or TensorFlow's tensors, and the tensors it returns are turned back: the inputs, checks
and verdicts are the same in either library. So it is for every exercise with a ``torch_reference``.
The course does not depend on torch; only such an answer loads it.
"""

import ast
import importlib.util
import inspect
import sys
from types import CodeType, ModuleType

import numpy as np

from prodimg_lib.interview import source
from prodimg_lib.interview.check.journal import Stop
from prodimg_lib.interview.check.plain import each


def in_text(text):
    """Whether a file, given as text that is Python, imports torch."""
    return "torch" in source.imported(ast.parse(text))


def in_function(answer):
    """Whether a function, its annotations, or another of its module that it calls, use torch."""
    return _uses(answer, set())


def is_installed():
    return "torch" in sys.modules or importlib.util.find_spec("torch") is not None


class Answer:
    """A function of PyTorch tensors, as one of arrays or of TensorFlow's tensors."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return arrays(self.of_tensors(*args, **kwargs))

    def of_tensors(self, *args, **kwargs):
        """The function's own result.

        Raises:
            Stop: it has changed a tensor it was given.
        """
        import torch

        args, kwargs = tensors(args), tensors(kwargs)
        given = list(each(torch.Tensor, [args, kwargs]))
        before = [tensor.detach().clone() for tensor in given]
        result = self.function(*args, **kwargs)
        if not all(map(torch.equal, given, before)):
            raise Stop("value", "inputs-kept")
        return result


def tensors(value):
    """Arrays, and TensorFlow's tensors, as PyTorch's, also within lists, tuples and dicts.

    They share the memory of an array where they can. Whole numbers become int64, which is what
    PyTorch indexes with.
    """
    import torch

    if isinstance(value, list | tuple):
        return type(value)(map(tensors, value))
    if isinstance(value, dict):
        return {key: tensors(part) for key, part in value.items()}
    if "tensorflow" in sys.modules and sys.modules["tensorflow"].is_tensor(value):
        value = np.array(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        return value
    if value.dtype.kind == "i":
        value = value.astype("int64", copy=False)
    shared = value.flags.writeable and all(step >= 0 for step in value.strides)
    return torch.from_numpy(value if shared else value.copy())


def arrays(value):
    """PyTorch's tensors as arrays that share their memory, also within lists, tuples and dicts."""
    import torch

    if isinstance(value, tuple):  # named ones too
        return tuple(map(arrays, value))
    if isinstance(value, list):
        return [arrays(part) for part in value]
    if isinstance(value, dict):
        return {key: arrays(part) for key, part in value.items()}
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().resolve_conj().resolve_neg().numpy()
    return value


def _uses(function, seen):
    function = inspect.unwrap(function)
    if _of_torch(function) or _of_torch(type(function)):
        return True
    code = getattr(function, "__code__", None)
    if code is None or code in seen:
        return False
    seen.add(code)
    names = set(_names(code))
    values = [function.__globals__.get(name) for name in names]
    values += getattr(function, "__annotations__", {}).values()
    values += [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    return any(name.split(".")[0] == "torch" for name in names) or any(
        _of_torch(value) or (inspect.isfunction(value) and _uses(value, seen)) for value in values
    )


def _of_torch(value):
    """Whether something is a module of torch, or comes from one."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    return str(name).split(".")[0] == "torch"


def _names(code):
    """Names that code and what is defined in it may look up outside of itself."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_filled(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
