"""What a learner is handed is what is tested: each printed starter and solution, as a file."""

import ast

import pytest

from prodimg_lib.interview import bank

CODE = [id_ for id_ in bank if id_[0] in "CB"]


@pytest.mark.parametrize("id_", CODE)
def test_the_printed_solution_passes_as_printed(id_, tmp_path):
    path = tmp_path / "answer.py"
    path.write_text(bank[id_].answer_code(), encoding="utf-8")
    result = bank[id_].check(path)
    assert result.passed, result


@pytest.mark.parametrize("id_", CODE)
def test_the_printed_starter_is_not_attempted(id_, tmp_path):
    path = tmp_path / "answer.py"
    path.write_text(f"# begun\n{bank[id_].task_code()}", encoding="utf-8")
    assert bank[id_].check(path).status == "not_attempted"


@pytest.mark.parametrize("id_", CODE)
def test_every_name_of_the_printed_code_is_defined_in_it(id_):
    """But for the name whose absence is the bug of B03."""
    import builtins

    for text in (*bank[id_].code().values(), *bank[id_].torch_code().values()):
        tree = ast.parse(text)
        bound = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)} | set(dir(builtins))
        bound |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                bound |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound.add(node.id)
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert used - bound <= ({"z_fake"} if id_ == "B03" else set())
