"""The Markdown of questions, with its ``$...$`` formulas, for terminals and for HTML."""

import re
from functools import cache
from html import escape

from prodimg_lib.interview.render.plain_math import plain

_PIECES = re.compile(
    r"(?P<fence>^ *```.*?^ *```)"
    r"|(?P<ticks>`+)(?:.*?[^`])(?P=ticks)(?!`)"
    r"|(?<!\\)\$\$(?P<display>.+?)\$\$"
    r"|(?<!\\)\$(?P<inline>[^$]+?)\$",
    re.DOTALL | re.MULTILINE,
)
_ENDS = re.compile(r" *(\Z|\n\s*\n|\n\s*(\d+\.|[-*|]) )")  # of a paragraph, after a formula
_NO_BREAK = "\u00a0"


def for_terminal(text):
    """Markdown in which formulas are Unicode text, displayed ones on lines of their own."""
    found, done = "", 0
    for match in _PIECES.finditer(text):
        found += text[done : match.start()]
        done = match.end()
        if match["inline"]:
            found += _literal(plain(match["inline"]))
        elif match["display"]:
            before = found.rstrip()
            first = not before or found.endswith("\n\n")
            rest = text[done:]
            done += len(rest) - len(rest.lstrip(" "))
            found = (found if first else f"{before}\\\n") + _NO_BREAK * 4
            found += _literal(plain(match["display"]))
            if not _ENDS.match(rest):
                found += "\\\n"
                done += len(rest) - len(rest.lstrip())
        else:
            found += match[0]
    return found + text[done:]


def as_html(text, formula):
    """HTML of Markdown.

    Args:
        formula: ``formula(latex, display)`` gives the HTML of a formula.
    """
    return _parser().render(text, {"formula": formula}).strip()


def mathjax(latex, display):
    """For pages and cards where MathJax runs."""
    left, right = (r"\[", r"\]") if display else (r"\(", r"\)")
    return f"{left}{escape(latex.strip(), quote=False)}{right}"


def _literal(text):
    """So that Markdown takes no character of it for a mark."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


@cache
def _parser():
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.use(dollarmath_plugin, allow_labels=False, double_inline=True)
    for name, display in (("inline", False), ("inline_double", True), ("block", True)):
        parser.add_render_rule(f"math_{name}", _formula_rule(display))
    return parser


def _formula_rule(display):
    def rule(self, tokens, index, options, env):
        return env["formula"](tokens[index].content, display)

    return rule
