"""What ``q.show()`` hands to a notebook: HTML with a style of its own, for light and dark pages.

Formulas are MathML and code is coloured by classes, so nothing is fetched and no script runs.
"""

from collections.abc import Callable
from html import escape

from prodimg_lib.interview.language import one_line
from prodimg_lib.interview.render import markup
from prodimg_lib.interview.render.mathml import mathml

_LIGHT = "--ink:#1d2a30;--soft:#5b6b73;--line:#cfd8dc;--tint:#f4f7f8;--accent:#1f6f8b;"
_LIGHT += "--word:#8a3fa0;--text:#2c7a3f;--number:#a04a00"
_DARK = "--ink:#dfe7ea;--soft:#9fb0b8;--line:#43525a;--tint:#1f282c;--accent:#6cc0dd;"
_DARK += "--word:#d3a4e6;--text:#9bd3a6;--number:#f0b37a"

# The system's wish; then what JupyterLab, VS Code and the book say, which may differ from it.
STYLE = f"""<style>
.prodimg-q {{{_LIGHT};color:var(--ink);max-width:46rem;line-height:1.5;
border-left:3px solid var(--accent);padding:.2rem .9rem}}
@media (prefers-color-scheme:dark) {{.prodimg-q {{{_DARK}}}}}
[data-jp-theme-light="true"] .prodimg-q,.vscode-light .prodimg-q,
html[data-theme="light"] .prodimg-q {{{_LIGHT}}}
[data-jp-theme-light="false"] .prodimg-q,.vscode-dark .prodimg-q,
html[data-theme="dark"] .prodimg-q {{{_DARK}}}
.prodimg-q .q-title {{font-weight:700;font-size:1.1em;margin:.2rem 0 0}}
.prodimg-q .q-facts {{color:var(--soft);font-size:.85em;margin:0 0 .6rem}}
.prodimg-q .q-head {{color:var(--accent);font-weight:700;margin:.9rem 0 .2rem}}
.prodimg-q pre {{background:var(--tint);color:var(--ink);border:1px solid var(--line);
border-radius:.3rem;padding:.6rem;overflow-x:auto;line-height:1.35}}
.prodimg-q blockquote {{margin:.4rem 0;padding-left:.8rem;border-left:3px solid var(--line)}}
.prodimg-q table {{border-collapse:collapse;color:var(--ink)}}
.prodimg-q th,.prodimg-q td {{border:1px solid var(--line);padding:.2rem .6rem;text-align:left}}
.prodimg-q math[display="block"] {{overflow-x:auto}}
.prodimg-q .k,.prodimg-q .ow,.prodimg-q .kn,.prodimg-q .kc {{color:var(--word)}}
.prodimg-q .s1,.prodimg-q .s2,.prodimg-q .sd {{color:var(--text)}}
.prodimg-q .mi,.prodimg-q .mf {{color:var(--number)}}
.prodimg-q .c1 {{color:var(--soft)}}
</style>"""


def html(parts):
    """A whole answer as HTML: the parts of ``show.Shown``, one after the other, and their style."""
    inside = "\n".join(_PARTS[kind](*content) for kind, *content in parts if any(content))
    return f'{STYLE}\n<div class="prodimg-q">\n{inside}\n</div>'


def _markdown(text):
    return markup.as_html(text, mathml)


def _title(text, facts):
    return f'<p class="q-title">{escape(text)}</p>\n<p class="q-facts">{escape(facts)}</p>'


def _code(code):
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return f"<pre>{highlight(code.rstrip(), PythonLexer(), HtmlFormatter(nowrap=True))}</pre>"


def _rubric(rows):
    items = (
        f"<li><b>{points}</b>{' ' * bool(must)}{must}: {_inline(text)}</li>"
        for _, points, must, text in rows
    )
    return f"<ol>{''.join(items)}</ol>"


def _inline(text):
    return _markdown(one_line(text)).removeprefix("<p>").removesuffix("</p>")


_PARTS: dict[str, Callable[..., str]] = {
    "title": _title,
    "heading": lambda text: f'<p class="q-head">{escape(text)}</p>',
    "text": _markdown,
    "quote": lambda text: f"<blockquote>{_markdown(text)}</blockquote>",
    "code": _code,
    "rubric": _rubric,
}
