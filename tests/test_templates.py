"""Templates of pages: what no single page's test would notice."""

from importlib import resources

import jinja2
import pytest
from jinja2 import nodes

from prodimg_lib import templates

NAMES = sorted(p.name for p in resources.files(templates).iterdir() if p.name.endswith(".j2"))


def tree(name):
    return jinja2.Environment().parse(templates.read(name))


def macros(name):
    """``{name: number of its arguments}``; those of ours have no defaults."""
    found = list(tree(name).find_all(nodes.Macro))
    assert not any(macro.defaults for macro in found)
    return {macro.name: len(macro.args) for macro in found}


@pytest.mark.parametrize("name", NAMES)
def test_a_macro_gets_as_many_arguments_as_it_takes(name):
    """A missing one shows only when a page is rendered, and not every test renders every page."""
    known = macros(name)
    for imported in tree(name).find_all(nodes.FromImport):
        known |= {n: macros(imported.template.value)[n] for n in imported.names}
    for call in tree(name).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in known:
            given = len(call.args) + len(call.kwargs)
            assert given == known[call.node.name], f"line {call.lineno}: {call.node.name}"
