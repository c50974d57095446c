"""Tensors of a PyTorch file in its old format, read without PyTorch and without trust.

Such a file is a row of pickles with raw numbers after them, and a pickle may call whatever can be
imported. This reader knows the few names that a dictionary of tensors needs and refuses the rest.
"""

import io
import pickle
from collections import OrderedDict

import numpy as np

from prodimg_lib.errors import InputError

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_tensors(data, name):
    """The tensors of a ``state_dict`` as ``torch.save`` wrote it before PyTorch 1.6.

    Args:
        data: the file's bytes.
        name: what errors call it.

    Returns:
        dict of read-only arrays by name, float32 or int64.

    Raises:
        InputError: not such a file, one that was cut short or goes on after its end, or one that
            asks for more than a dictionary of 32-bit floats and 64-bit integers.
    """
    try:
        return _read(data)
    except Exception as error:  # pickle has many for bytes that are something else
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{name} is no file of tensors in PyTorch's old format: {reason}"
        ) from None


def _read(data):
    stream = io.BytesIO(data)
    types: dict[str, np.dtype] = {}
    if _load(stream) != _MAGIC or _load(stream) != _PROTOCOL:
        raise InputError("it does not begin like one")
    if _load(stream).get("little_endian") is not True:
        raise InputError("its numbers are not little-endian")
    tensors = _load(stream, types)
    storages = {}
    keys = _load(stream)
    if set(keys) != set(types):
        raise InputError(f"it has storages {sorted(keys)}, its tensors use {sorted(types)}")
    for key in keys:
        # Of each storage the number of its values, then these.
        count = int.from_bytes(stream.read(8), "little", signed=True)
        storages[key] = np.frombuffer(data, types[key], count, stream.tell())
        stream.seek(storages[key].nbytes, io.SEEK_CUR)
    if stream.tell() != len(data):
        raise InputError("something follows its last tensor")
    return {name: _tensor(storages, *described) for name, described in tensors.items()}


def _tensor(storages, key, offset, shape, stride):
    values = storages[key]
    size = values.itemsize
    # NumPy refuses what would reach beyond these values.
    return np.ndarray(shape, values.dtype, values, size * offset, [size * step for step in stride])


def _load(stream, types=None):
    return _Reader(stream, types).load()


class _Reader(pickle.Unpickler):
    """Reads one pickle; ``types`` collects the type of each storage that it names."""

    def __init__(self, stream, types):
        super().__init__(stream)
        self.types = {} if types is None else types

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            # Described here, made when the numbers have come. What follows the stride is for
            # training. A function of its own each time, since a pickle may change what it gets.
            return lambda key, offset, shape, stride, *_: (key, offset, shape, stride)
        if module == "torch" and name in _TYPES:
            return name
        raise InputError(f"it asks for {module}.{name}, which no tensor needs")

    def persistent_load(self, pid):
        what, kind, key, *_ = pid
        if what != "storage":
            raise InputError(f"it holds a {what}, which no tensor needs")
        self.types[key] = _TYPES[kind]
        return key
