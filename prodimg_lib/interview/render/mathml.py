"""LaTeX as MathML, for pages that must be readable offline and without any script."""

import re
from html import escape
from xml.etree import ElementTree

from prodimg_lib.interview.language import one_line
from prodimg_lib.interview.render.plain_math import BEFORE_A_SIGN, SIGNS, flat, kind

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_BREAKS = set("=≈≠<>≤≥∼~∝∈→←+−-±⇒⟺,;")  # a line may end before these (after a comma)
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "mover": 2, "munder": 2}
_SHORT = 8  # nodes; shorter formulas stay in one piece
_ROWS = {"math", "mrow", "mstyle", "msqrt", "mtd", "mpadded"}  # what lays nodes side by side


def mathml(latex, display):
    """One formula; LaTeX that cannot be read is shown as it is.

    Browsers do not break a formula into lines. In running text a long one therefore becomes
    several, one after the other, which a narrow column can break between.
    """
    from latex2mathml.converter import convert

    try:
        found = convert(one_line(latex), display="block" if display else "inline")
        root = ElementTree.fromstring(re.sub(r' xmlns="[^"]+"', "", found, count=1))
        if any(len(node) != _PARTS.get(node.tag, len(node)) for node in root.iter()):
            raise ValueError(latex)  # such as a fraction without its denominator
    except Exception:  # the package has no exception of its own for what it cannot read
        return f"<code>{escape(latex)}</code>"
    for row in root.iter():
        if row.tag in _ROWS:
            row[:] = _spaced(list(row))
    pieces = [list(root)] if display else _pieces(flat(list(root)))
    attributes = ' display="block"' if display else ""
    return "".join(
        f'<math xmlns="{_NAMESPACE}"{attributes}><mrow>'
        + "".join(ElementTree.tostring(node, encoding="unicode") for node in piece)
        + "</mrow></math>"
        + "<wbr>" * (i + 1 < len(pieces))
        for i, piece in enumerate(pieces)
    )


def _spaced(nodes):
    """Signs that are no operations say so, and names of functions keep their distance."""
    found, before = [], "start"
    for i, node in enumerate(nodes):
        now = kind(node)
        after = kind(nodes[i + 1]) if i + 1 < len(nodes) else "end"
        text = (node.text or "").strip()
        if node.tag == "mi" and now == "binary":  # the package calls ± and ∼ identifiers
            node.tag = "mo"
        if node.tag == "mo" and text.isalpha():  # max, Tr: names, which no operator's space fits
            node.tag = "mi"
        if node.tag == "mo" and text in SIGNS:
            node.set("form", "prefix" if before in BEFORE_A_SIGN else "infix")
        if now == "function" and before in ("operand", "close"):
            found.append(_thin())
        found.append(node)
        if now == "function" and after == "operand":
            found.append(_thin())
        if node.tag != "mspace":
            before = now
    return found


def _thin():
    return ElementTree.Element("mspace", {"width": "0.167em"})


def _pieces(nodes):
    """Runs of nodes between which a line may break: at relations and sums outside of brackets."""
    pieces: list[list] = [[]]
    depth = 0
    for node in nodes:
        now, text = kind(node), (node.text or "").strip()
        depth += (now == "open") - (now == "close" or _closes(node))
        breaks = depth == 0 and node.tag == "mo" and text in _BREAKS
        breaks = breaks and node.get("form") != "prefix"
        if breaks and text not in ",;" and len(pieces[-1]) > 1:
            node.set("form", "infix")  # it stands first now, but is no sign
            pieces.append([])
        pieces[-1].append(node)
        if breaks and text in ",;":
            pieces.append([])
    pieces = [piece for piece in pieces if piece]
    return pieces if len(nodes) > _SHORT else [[node for piece in pieces for node in piece]]


def _closes(node):
    """Whether this is a closing bracket with an exponent."""
    return node.tag in ("msup", "msub", "msubsup") and len(node) and kind(node[0]) == "close"
