"""The chapters as stored: executed by today's code, clean, complete, and readable by everyone."""

import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

import notebooks

ROOT = Path(__file__).parents[2]
PATHS = notebooks.find(ROOT)
MAX_BYTES = 1_500_000
MAX_LINES = 25
MAX_SECONDS = 900  # on what may be a slow machine; the aim is 180 on two quiet cores
HEADINGS = ("learning goals", "interview questions", "summary")


@pytest.fixture(params=PATHS or [None], ids=lambda path: path.stem if path else "none")
def path(request):
    if request.param is None:
        pytest.fail("notebooks/ holds no notebook")
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_outputs_are_as_new_as_the_code(path):
    reason = notebooks.problem(path, ROOT)
    assert reason is None, f"{path.name} {reason}; run `make notebooks`"


def test_check_command_agrees(monkeypatch, capsys):
    assert notebooks.main(["check"]) == 0, capsys.readouterr().out


def test_check_names_what_is_wrong(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setattr(notebooks, "find", lambda: sorted(folder.glob("*.ipynb")))
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    assert notebooks.main(["check"]) == 1
    nbformat.write(nbformat.v4.new_notebook(), folder / "07_stale.ipynb")
    assert notebooks.main(["check"]) == 1
    assert "notebooks/07_stale.ipynb was never executed" in capsys.readouterr().out


def test_executed_in_order_from_a_new_kernel(code_cells):
    counts = [cell.execution_count for cell in code_cells if cell.source.strip()]
    assert counts == list(range(1, len(counts) + 1))


def test_outputs_hold_no_error_no_stderr_no_address(code_cells):
    for cell in code_cells:
        where = f"cell {cell.id}: {cell.source[:60]!r}"
        for output in cell.outputs:
            assert output.output_type != "error", where
            assert output.get("name") != "stderr", f"{where} wrote to stderr: {output.text[:200]}"
            text = output.get("text", "") + output.get("data", {}).get("text/plain", "")
            assert not re.search(r" at 0x[0-9a-f]{6,}", text), f"{where} shows a memory address"
            assert str(Path.home()) + "/" not in text, f"{where} shows a path of this machine"


def test_metadata_is_clean(notebook):
    assert set(notebook.metadata) == {"kernelspec", "language_info", "prodimg"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= set(notebooks.CELL_METADATA), cell.id
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_size(path):
    assert path.stat().st_size < MAX_BYTES


def test_runs_in_minutes(notebook):
    assert notebook.metadata.prodimg.seconds <= MAX_SECONDS


def test_code_cells_fit_a_screen(code_cells):
    long = {cell.id: n for cell in code_cells if (n := len(cell.source.splitlines())) > MAX_LINES}
    assert not long, f"cells of more than {MAX_LINES} lines: {long}"


def test_shape_of_a_chapter(notebook, markdown):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \S", first.source), "the first cell opens with the chapter's title"
    titles = [m.strip().lower() for m in re.findall(r"^## (.+)$", markdown, re.MULTILINE)]
    missing = [h for h in HEADINGS if not any(title.startswith(h) for title in titles)]
    assert not missing, f"no `## ` heading for: {', '.join(missing)}"


def test_every_picture_has_a_text_alternative(code_cells, markdown):
    for cell in code_cells:
        pictures = [o for o in cell.outputs if any("image/" in t for t in o.get("data", {}))]
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        where = f"cell {cell.id} shows a picture; say what it shows in metadata mystnb.image.alt"
        assert not pictures or len(alt.split()) >= 3, where
    assert not re.findall(r"!\[\s*\]\([^)]*\)", markdown), (
        "a Markdown image has no alternative text"
    )
    for block in re.findall(r"```\{(?:figure|image)\}.*?```", markdown, re.DOTALL):
        assert ":alt:" in block, f"no :alt: in {block[:60]!r}"


def test_claims_stand_after_their_sentence_and_on_no_page(notebook):
    """What ties a sentence to an output: asserts that readers do not see (CONTRIBUTING.md)."""
    for before, cell in pairwise(notebook.cells):
        if "claims" not in cell.metadata.get("tags", []):
            continue
        where = f"cell {cell.id}"
        assert "remove-cell" in cell.metadata.tags, f"{where} would stand on the page"
        assert cell.cell_type == "code", where
        assert before.cell_type == "markdown", f"{where} stands after no sentence"
        assert re.search(r"^ *assert ", cell.source, re.MULTILINE), f"{where} checks nothing"
        assert not cell.outputs, f"{where} shows something"


def test_claims_quote_what_the_chapter_says(notebook):
    """A sentence that was rewritten takes its claim along: what a comment quotes is there."""
    said = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            said.append(cell.source)
        said += [output.get("text", "") for output in cell.get("outputs", [])]
    text = _words(" ".join(said))
    lost = [
        quoted
        for cell in notebook.cells
        if "claims" in cell.metadata.get("tags", [])
        for quoted in re.findall(r'#[^"\n]*"([^"\n]+)"', cell.source)
        if not all(part in text for part in re.split(r" ?(?:…|\.\.\.) ?", _words(quoted)))
    ]
    assert not lost, f"no sentence says so: {lost}"


def _words(text):
    """Plain words in small letters, formulas as one would type them."""
    text = re.sub(r"\\tfrac *\{?(\d+?)\}?\{?(\d+)\}?", r"\1/\2", text)
    text = re.sub(r"[*_`$\\]|\s+", lambda found: " " if found[0].isspace() else "", text)
    return text.lower().replace("sigma", "σ").replace("½", "1/2").strip(" .")


def test_labs_have_a_start_a_check_with_points_and_a_solution(notebook):
    """Both editions are made from these tags, so none may be missing."""
    places = [i for i, c in enumerate(notebook.cells) if "lab" in c.metadata.get("tags", [])]
    assert len(places) == 2 or notebook.cells[0].source.startswith("# Product images as data")
    for i in places:
        cell = notebook.cells[i]
        assert cell.source.startswith("### Lab: "), cell.id
        assert "| Points |" in cell.source, f"{cell.id}: no rubric"
        following = notebook.cells[i + 1 : i + 12]
        end = next((k for k, c in enumerate(following) if c.source.startswith("##")), None)
        tags = [tag for c in following[:end] for tag in c.metadata.get("tags", [])]
        for wanted in ("starter", "check", "solution"):
            assert wanted in tags, f"{cell.id}: no {wanted}"
        assert any(re.fullmatch(r"points-\d+", tag) for tag in tags), f"{cell.id}: no points"
