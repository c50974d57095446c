"""Answers in PyTorch, with torch where it is installed, and with a stand-in for it anywhere."""

import ast
import importlib.util
import random
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from interview_pages import index
from interview_text import question_text

from prodimg_lib.interview import bank, source
from prodimg_lib.interview.check import checker, exercise, pytorch, runner
from prodimg_lib.interview.check.journal import Stop
from prodimg_lib.interview.practice.session import write_starter
from prodimg_lib.interview.render import show
from tests import mutants
from tests import wrong_answers as answers

CODING = [id_ for id_ in bank if bank[id_].kind == "coding"]
IDS = [id_ for id_ in CODING if bank[id_].torch_code()]
LEFT = {  # and why
    "C13": "Keras models and optimizers",
    "C14": "builds a Keras model",
    "C16": "decodes and resizes with Pillow; no library of tensors is asked for",
    "C27": "sorts texts",
    "C33": "Keras layers",
    "C35": "Keras models and optimizer",
}
SAMPLE = 12  # mutants of an exercise that are judged
EQUAL = {  # what the mutants below do all the same
    "C05": {"real and fake exchanged"},  # the same lines, from the other end
    "C07": {"line 8, 12: u @ w @ v -> v @ (u @ w)"},
    "C11": {"x and x_hat exchanged"},
    "C17": {"a and b exchanged"},
    "C18": {"a and b exchanged"},
    "C20": {"line 3, 39: sigma1 @ sigma2 -> sigma2 @ sigma1"},  # the same eigenvalues
    "C21": {"x and y exchanged"},
    "C22": {"line 5, 17: own.sort(dim=1) -> own.sort()"},  # the last axis by default
    "C24": {
        "line 3, 13: a @ b -> b @ a",
        "line 4, 39: 1.0 -> 2.0",  # no cosine of the checks is below -1
        "line 5, 7: angle < 1e-06 -> angle <= 1e-06",
        "line 5, 15: 1e-06 -> 2e-06",
    },
    "C26": {
        "line 3, 56: 1e-08 -> 2e-08",
        "line 4, 14: deviation.mean() * torch.ones_like(x[..., :1])"
        " -> deviation.mean() / torch.ones_like(x[..., :1])",
    },
    "C31": {  # only the ratio of two deviations counts
        "line 5, 8: torch.std(x, dim=(1, 2, 3), correction=0, keepdim=True)"
        " -> torch.std(x, dim=(1, 2, 3), keepdim=True)",
        "line 5, 47: 0 -> 1",
    },
    "C34": {
        "line 4, 15: x.unflatten(-1, (heads, -1)).transpose(1, 2)"
        " -> x.unflatten(-1, (heads, -1)).transpose(2, 1)",
        "line 9, 11: mixed.transpose(1, 2) -> mixed.transpose(2, 1)",
    },
}
STAND_IN = '''
class Tensor:
    """An array that NumPy does not know for one."""

    def __init__(self, array):
        self.inside = array

    def detach(self):
        return self

    cpu = resolve_conj = resolve_neg = detach

    def clone(self):
        return Tensor(self.inside.copy())

    def numpy(self):
        return self.inside


from_numpy = Tensor


def equal(a, b):
    return bool((a.inside == b.inside).all())


def manual_seed(seed):
    pass


set_num_threads = manual_seed
'''
PSNR = """
import numpy as np
import sys
import torch

print("tensorflow" in sys.modules)


def psnr(a, b, data_range):
    assert type(a) is type(b) is torch.Tensor
    mse = np.mean((a.inside.astype(float) - b.inside.astype(float)) ** 2)
    with np.errstate(divide="ignore"):
        return torch.Tensor(np.asarray(10 * np.log10(data_range**2 / mse)))
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A module torch with a few names, found before any other by this process and new ones."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "torch.py").write_text(STAND_IN)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    monkeypatch.setattr(runner, "_WORKERS", {})
    yield folder
    runner.close()
    sys.modules.pop("torch", None)  # monkeypatch brings back what was there


def function(text, entry="psnr"):
    names = {}
    exec(text, names)
    return names[entry]


def checked(id_, text, tmp_path):
    path = tmp_path / "answer.py"
    path.write_text(text, encoding="utf-8")
    return bank[id_].check(path)


def test_every_exercise_without_keras_takes_pytorch():
    assert set(CODING) - set(IDS) == set(LEFT)
    said = f"{len(IDS)} of the {len(CODING)} coding exercises may be answered in PyTorch"
    assert said in (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert f"{len(IDS)} of the coding exercises in PyTorch too" in index(bank)
    assert all(q.torch_code() == {} for q in bank.values() if q.kind != "coding")


def test_words_for_one_library_have_those_for_the_other_beside_them():
    """In either language: hints, checks, mistakes and answers of what may be PyTorch."""
    one = re.compile(r"\btf\.|TensorFlow|\bkeras\b|\btape\b", re.I)
    other = re.compile("torch", re.I)
    alone = [
        (id_, *place)
        for id_ in IDS
        for place, text in _texts(bank[id_].data)
        if one.search(text) and not other.search(text)
    ]
    assert alone == []


def _texts(value, *place):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, *place, key)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from _texts(part, *place, i)
    elif isinstance(value, str):
        yield place, value


@pytest.mark.parametrize("id_", IDS)
def test_the_starter_is_the_other_one_in_words_of_pytorch(id_, tmp_path):
    text, other = bank[id_].torch_code()["starter"], bank[id_].task_code()
    found, wanted = (
        next(n for n in ast.parse(t).body if isinstance(n, ast.FunctionDef)) for t in (text, other)
    )
    assert text.startswith("import torch\n")
    assert ast.unparse(found.args) == ast.unparse(wanted.args)
    assert found.name == bank[id_].entry()
    words, words_before = ast.get_docstring(found), ast.get_docstring(wanted)
    assert words == words_before.replace("array", "tensor").replace("TensorFlow", "PyTorch")
    for word in ("array", "TensorFlow", "tf.", "NumPy", "Keras"):
        assert word not in text
    assert pytorch.in_text(text)
    assert checked(id_, f"# begun\n{text}", tmp_path).status == "not_attempted"


@pytest.mark.parametrize("id_", IDS)
def test_the_printed_answer_imports_first_and_nothing_of_tensorflow(id_):
    tree = ast.parse(bank[id_].torch_code()["reference"])
    *imports, answer = tree.body
    assert all(isinstance(node, ast.Import | ast.ImportFrom) for node in imports)
    assert not [n for n in ast.walk(answer) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert answer.name == bank[id_].entry()
    assert source.imported(tree) <= {"torch", "math"}


def test_it_is_shown_where_it_is_taken_and_only_there():
    for id_ in CODING:
        q, code = bank[id_], bank[id_].torch_code()
        for lang, said in (("en", "In PyTorch, if you prefer"), ("zh", "也可以用 PyTorch")):
            text, html = show.question(q, lang).markdown(), show.question(q, lang)._repr_html_()
            assert (said in text) == (said in html) == bool(code)
            answer = show.solution(q, lang).markdown()
            if code:
                assert code["starter"].strip() in text
                assert code["reference"].strip() in answer
            else:
                assert "import torch" not in text + answer
        page = question_text(q, bank)
        assert ("dropdown} In PyTorch" in page) == bool(code)
        assert ("dropdown} One solution in PyTorch" in page) == bool(code)
        assert all(text.strip() in page for text in code.values())


def test_the_file_to_work_on_says_it_where_it_is_so(tmp_path):
    for id_ in CODING:
        text = write_starter(bank[id_], tmp_path / id_).read_text("utf-8")
        assert ("import torch here" in text) == (id_ in IDS)
        assert not pytorch.in_text(text)
        assert text.endswith(f"\n\n{bank[id_].task_code()}")


def test_without_torch_one_line_says_so_before_anything_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(pytorch, "is_installed", lambda: False)
    monkeypatch.setattr(runner, "Worker", None)
    result = checked("C17", "import torch\ndef psnr(a, b, data_range):\n    return 1\n", tmp_path)
    assert (result.status, result.judged) == ("no_torch", False)
    assert result.text() == (
        "C17: the file imports torch, which is not installed. Install it (pip install torch), or "
        "write psnr without it, with NumPy or TensorFlow."
    )
    assert "没有安装" in result.text("zh")


def test_whether_torch_is_installed(monkeypatch, stand_in):
    assert pytorch.is_installed()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not pytorch.is_installed()


def test_a_file_that_imports_torch_gets_its_tensors_and_no_other_does(stand_in, tmp_path):
    result = checked("C17", PSNR, tmp_path)
    assert result.passed, result
    assert result.printed == "False\n"  # no TensorFlow for an exercise that needs none
    wrong = checked("C17", PSNR.replace("10 * np", "20 * np"), tmp_path)
    assert (wrong.status, wrong.check) == ("fail", "floats")
    loaded = "import sys\nprint('torch' in sys.modules)\n"
    other = checked("C17", loaded + bank["C17"].answer_code(), tmp_path)
    assert (other.status, other.printed) == ("pass", "False\n")


def test_an_exercise_that_takes_no_pytorch_gives_arrays_all_the_same(stand_in, tmp_path):
    result = checked("C27", f"import torch\n{bank['C27'].answer_code()}", tmp_path)
    assert result.passed, result


def test_a_function_that_uses_torch_gets_its_tensors(stand_in):
    assert bank["C17"].check(function(PSNR)).passed
    assert bank["C17"].check(function(bank["C17"].answer_code())).passed


def test_changing_a_tensor_is_noticed(stand_in):
    answer = function(
        PSNR.replace("    mse", "    b.inside *= 1 + b.inside.dtype.type(1)\n    mse")
    )
    result = bank["C17"].check(answer)
    assert (result.layer, result.check) == ("value", "inputs-kept")
    assert "Make a new array" in result.text()


def test_changing_a_tensor_that_was_one_of_tensorflow_is_noticed(stand_in):
    import tensorflow as tf

    def doubled(x):
        x.inside *= 2
        return x

    with pytest.raises(Stop, match="inputs-kept"):
        pytorch.Answer(doubled)(tf.constant([1.0, 2.0]))


@pytest.mark.parametrize("nested", [lambda x: {"a": x}, lambda x: [(x,)]])
def test_changing_a_tensor_within_a_container_is_noticed(stand_in, nested):
    def doubled(x):
        inner = x["a"] if isinstance(x, dict) else x[0][0]
        inner.inside *= 2
        return inner

    with pytest.raises(Stop, match="inputs-kept"):
        pytorch.Answer(doubled)(nested(np.arange(3.0)))


def test_which_functions_use_torch():
    library = ModuleType("torch.nn.functional")
    texts = {
        "def f(x):\n    return torch.exp(x)": True,
        "def f(x):\n    import torch.nn as nn\n    return nn": True,
        "def f(x):\n    return functional.relu(x)": True,
        "def g(x):\n    return functional.relu(x)\ndef f(x):\n    return f(x - 1) + g(x)": True,
        "def f(x):\n    def g(y):\n        return functional.relu(y)\n    return g(x)": True,
        "def f(x):\n    return relu(x)": True,
        "def f(x: Tensor):\n    return x.exp()": True,
        "def f(x):\n    return torchlike.exp(x)": False,
        "def f(x):\n    torch = x\n    return torch": False,
        "def f(x):\n    return f(x - 1)": False,
    }

    def relu(x):
        return x

    relu.__module__ = "torch.nn.functional"
    tensor = type("Tensor", (), {"__module__": "torch"})
    for text, wanted in texts.items():
        names = {"functional": library, "relu": relu, "Tensor": tensor, "torchlike": np}
        exec(text, names)
        assert pytorch.in_function(names["f"]) == wanted, text
    assert not pytorch.in_function(np.exp)


def test_which_files_import_torch():
    for text in (
        "import torch",
        "from torch.nn import functional",
        "def f():\n    import torch.nn",
    ):
        assert pytorch.in_text(text)
    for text in ("import torchlike", "torch = 1", "# import torch"):
        assert not pytorch.in_text(text)


# With torch itself


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("id_", IDS)
def test_the_printed_answer_passes_as_printed(id_, tmp_path, torch):
    result = checked(id_, bank[id_].torch_code()["reference"], tmp_path)
    assert result.passed, result


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("id_", IDS)
def test_no_wrong_answer_by_rule_passes(id_, torch):
    q, without = bank[id_], ("variant_",)
    path = source.path_of(id_, q.kind)
    module = mutants.module(path, source.trimmed(id_, q.kind, without))
    todo = exercise.load(id_, q.kind, q.check_words(), without)
    made = list(mutants.of(path, source.TORCH, module))
    assert EQUAL.get(id_, set()) <= {what for what, _ in made}
    made = [(what, mutant) for what, mutant in made if what not in EQUAL.get(id_, ())]
    made = random.Random(id_).sample(made, min(SAMPLE, len(made)))
    assert len(made) > 2
    assert [what for what, mutant in made if answers._passes(todo, pytorch.Answer(mutant))] == []


MISTAKES = {
    "C01": (".mean()", ".sum()", "sum-over-batch"),
    "C08": ("torch.exp(0.5 * logvar)", "torch.exp(0.5 * logvar).detach()", "gradient-stopped"),
    "C09": ("0.5 *", "-0.5 *", "sign-flipped"),
    "C11": ("error + beta", "error - beta", "kl-subtracted"),
    "C15": ("torch.round", "", "not-rounded"),
}


@pytest.mark.parametrize("id_", MISTAKES)
def test_a_mistake_has_the_same_name_in_pytorch(id_, tmp_path, torch):
    before, after, mistake = MISTAKES[id_]
    text = bank[id_].torch_code()["reference"]
    assert before in text
    result = checked(id_, text.replace(before, after), tmp_path)
    assert (result.status, result.mistake) == ("fail", mistake), result


def test_where_no_gradient_flows_is_said(tmp_path, torch):
    text = "import torch\ndef kl_diag(mu, logvar):\n    mu, logvar = mu.detach(), logvar.detach()\n"
    text += "    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)\n"
    result = checked("C09", text, tmp_path)
    assert (result.layer, result.check) == ("gradient", "differentiable")
    assert ".detach()" in result.text()


def test_a_tensor_changed_in_place_is_named(tmp_path, torch):
    text = "import torch\ndef reparameterize(mu, logvar, eps):\n"
    text += "    return mu + logvar.mul_(0.5).exp() * eps\n"
    result = checked("C08", text, tmp_path)
    assert (result.layer, result.check) == ("value", "inputs-kept")
    assert "as they were before the call" in result.text()


def test_random_numbers_of_torch_are_the_same_again(torch):
    seen = []
    for _ in range(2):
        with checker._seeded(5):
            seen.append(torch.rand(3))
    assert torch.equal(*seen)


def test_arrays_and_tensors_share_memory_where_they_can(torch):
    array = np.arange(6.0).reshape(2, 3)
    assert np.shares_memory(pytorch.arrays(pytorch.tensors(array)), array)
    for other in (array[::-1], np.broadcast_to(array, (4, 2, 3)), np.arange(3, dtype="int32")):
        tensor = pytorch.tensors(other)
        assert np.array_equal(pytorch.arrays(tensor), other)
        assert not np.shares_memory(pytorch.arrays(tensor), other)
    assert pytorch.tensors(np.arange(3, dtype="int32")).dtype == torch.int64
    kept = (1, "x", [2.5], {"a": None})
    assert pytorch.arrays(pytorch.tensors(kept)) == kept
    assert pytorch.arrays(torch.ones(2, requires_grad=True)).tolist() == [1, 1]
