"""PyTorch's old format, read without PyTorch: what it may hold, and all that it may not."""

import io
import os
import pickle
import struct
from collections import OrderedDict

import numpy as np
import pytest

from prodimg_lib import InputError
from prodimg_lib.metrics._torch_file import read_tensors

FLOATS = np.arange(24, dtype="<f4")
INTEGERS = np.array([7], dtype="<i8")


class Named:
    """Stands in a pickle for a global of this name, which need not exist here."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Storage:
    def __init__(self, kind, key):
        self.kind, self.key = kind, key


class Tensor:
    def __init__(self, storage, offset, shape, stride):
        self.rest = (storage, offset, shape, stride, False, OrderedDict())

    def __reduce_ex__(self, protocol):
        return Named("torch._utils", "_rebuild_tensor_v2"), self.rest


class Writer(pickle._Pickler):  # the one in Python, which can be told how to write a global
    def persistent_id(self, value):
        if isinstance(value, Storage):
            return "storage", Named("torch", value.kind), value.key, "cpu", 0, None
        return None

    def save(self, value, save_persistent_id=True):
        if isinstance(value, Named):
            return self.write(f"c{value.module}\n{value.name}\n".encode())
        return super().save(value, save_persistent_id)

    def save_reduce(self, func, args, *rest, obj=None, **more):
        if isinstance(func, Named):
            self.save(func)
            self.save(args)
            return self.write(pickle.REDUCE)
        return super().save_reduce(func, args, *rest, obj=obj, **more)


def dumped(value):
    stream = io.BytesIO()
    Writer(stream, 2).dump(value)
    return stream.getvalue()


def torch_file(state, storages=(("0", FLOATS), ("1", INTEGERS)), magic=0x1950A86A20F9469CFC6C):
    system = {"protocol_version": 1001, "little_endian": True}
    head = [dumped(v) for v in (magic, 1001, system, state, [key for key, _ in storages])]
    tail = [struct.pack("<q", len(v)) + v.tobytes() for _, v in storages]
    return b"".join(head + tail)


def floats(*place, kind="FloatStorage", key="0"):
    return Tensor(Storage(kind, key), *place)


STATE = OrderedDict(
    rows=floats(0, (2, 3, 4), (12, 4, 1)),
    columns=floats(4, (4, 5), (1, 4)),
    step=floats(0, (), (), kind="LongStorage", key="1"),
)


def test_tensors_come_back():
    found = read_tensors(torch_file(STATE), "x")
    assert list(found) == ["rows", "columns", "step"]
    assert np.array_equal(found["rows"], np.arange(24).reshape(2, 3, 4))
    assert np.array_equal(found["columns"], np.arange(4, 24).reshape(5, 4).T)
    assert found["step"] == 7
    assert (found["rows"].dtype, found["step"].dtype) == (np.float32, np.int64)


class Harm:
    """Whatever it is, unpickling it would call this."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_a_hostile_pickle_is_refused_before_it_does_anything(tmp_path):
    mark = tmp_path / "done"
    for harm in (
        Harm(os.system, f"touch {mark}"),
        Harm(eval, f"open({str(mark)!r}, 'w')"),
        Harm(getattr, OrderedDict, "fromkeys"),
        Harm(Named("torch", "load"), str(mark)),
        Harm(Named("torch._utils", "_import_dotted_name"), "os"),
        Harm(Named("collections", "OrderedDict.__init__"), ()),
    ):
        state = OrderedDict(STATE, harm=harm)
        with pytest.raises(InputError, match=r"^x is no file .* it asks for .*, which no tensor"):
            read_tensors(torch_file(state), "x")
        with pytest.raises(InputError, match="it asks for"):
            read_tensors(dumped(harm), "x")
    assert not mark.exists()


def test_every_cut_is_noticed():
    whole = torch_file(STATE)
    for end in range(len(whole)):
        with pytest.raises(InputError, match=r"^x is no file of tensors") as error:
            read_tensors(whole[:end], "x")
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="something follows"):
        read_tensors(whole + b"\0", "x")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a zip file", "truncated"),
        ("another magic number", "does not begin like one"),
        ("beyond the end", "strides|buffer|bounds"),
        ("steps beyond the end", "strides|buffer"),
        ("before the begin", "strides|offset"),
        ("steps before the begin", "strides|buffer"),
        ("no such storage", r"storages \['0'\], its tensors use \['9'\]"),
        ("16-bit floats", "torch.HalfStorage, which no tensor needs"),
        ("a number", "."),
        ("a list", "."),
        ("a storage is missing", r"use \['0', '1'\]"),
    ],
)
def test_other_files_are_named(name, words):
    only = [("0", FLOATS)]
    data = {
        "a zip file": b"PK\x03\x04 as PyTorch writes since 1.6",
        "another magic number": torch_file(STATE, magic=5),
        "beyond the end": torch_file({"v": floats(20, (5,), (1,))}, only),
        "steps beyond the end": torch_file({"v": floats(0, (5,), (6,))}, only),
        "before the begin": torch_file({"v": floats(-1, (2,), (1,))}, only),
        "steps before the begin": torch_file({"v": floats(1, (3,), (-1,))}, only),
        "no such storage": torch_file({"v": floats(0, (2,), (1,), key="9")}, only),
        "16-bit floats": torch_file({"v": floats(0, (2,), (1,), kind="HalfStorage")}, only),
        "a number": torch_file({"v": 5}),
        "a list": torch_file([1, 2]),
        "a storage is missing": torch_file(STATE, only),
    }[name]
    with pytest.raises(InputError, match=words) as error:
        read_tensors(data, "x")
    assert str(error.value).startswith("x is no file of tensors in PyTorch's old format: ")
