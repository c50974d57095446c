"""The search shows where the words stand, also from a folder, where a page may not read another.

Sphinx's script fetches each page it found and cuts a snippet out of it; browsers refuse that from
``file://``. So every build writes the text of all pages, by section, into one script that only the
search page loads; ``search.js`` answers the requests from it, and ``scorer.js`` ranks by it.
"""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "path", "source", "wbr"}
_INLINE = {"a", "b", "code", "em", "i", "span", "strong", "sub", "sup"}
_FORMULA = re.compile(r"\\\((.*?)\\\)|\\\[(.*?)\\\]", re.S)
_IMPORTS = re.compile(r"^[ \t]*(?:import|from) .*\n?", re.M)  # nobody looks for these
_LEFT_OUT = {"script", "style", "svg", "button"}


def setup(app):
    app.connect("html-page-context", _scripts)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _scripts(app, pagename, templatename, context, doctree):
    if pagename == "search":
        app.add_js_file("searchtext.js", priority=100)
        app.add_js_file("search.js", priority=101)


def _write(app, error):
    if error or app.builder.format != "html":
        return
    texts = {}
    for name in sorted(app.env.found_docs):
        path = Path(app.outdir) / f"{name}.html"
        if path.is_file():
            texts[name] = sections(path.read_text(encoding="utf-8"))
    made = f"var SEARCH_TEXT = {json.dumps(texts, ensure_ascii=False, separators=(',', ':'))};\n"
    (Path(app.outdir) / "_static" / "searchtext.js").write_text(made, encoding="utf-8")


def sections(page):
    """``[[id, text], ...]`` of the article: each section's prose, then its code."""
    found = _Sections()
    found.feed(page)
    texts = []
    for id_, prose, code in found.found:
        text = " ".join(("".join(prose) + " " + _IMPORTS.sub("", "".join(code))).split())
        if text:
            texts.append([id_, _FORMULA.sub(_plain, text)])
    return texts


def _plain(formula):
    """A formula as one reads it aloud: names without backslashes, no braces, no thin spaces."""
    inside = formula[1] if formula[1] is not None else formula[2]
    inside = inside.replace(r"\|", "|")
    inside = re.sub(r"\\[ ,;:!{}]|\\(?:left|right|[bB]igg?[lr]?)(?![a-zA-Z])", " ", inside)
    inside = re.sub(
        r"\\(?:mathrm|mathbb|mathcal|mathbf|boldsymbol|operatorname|text)\b", "", inside
    )
    return " ".join(re.sub(r"[\\{}&]", "", inside).split())


class _Sections(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self._open, self._inside, self._skip = [], [], 0, 0

    def handle_starttag(self, tag, attributes):
        if tag in _VOID:
            return
        given = dict(attributes)
        begins = tag == "article" and not self._inside
        if self._inside or begins:
            self._inside += 1
        here = None
        if begins or (self._inside and tag == "section"):
            here = (given.get("id") or "", [], [])
            self.found.append(here)
        out = tag in _LEFT_OUT or "headerlink" in (given.get("class") or "")
        self._skip += out
        self._open.append((tag, here, out))

    def handle_endtag(self, tag):
        if tag not in [name for name, _, _ in self._open]:
            return
        while self._open:
            name, _, out = self._open.pop()
            self._skip -= out
            self._inside = max(0, self._inside - 1)
            if name not in _INLINE:
                self.handle_data(" ")
            if name == tag:
                break

    def handle_data(self, data):
        here = next((part for _, part, _ in reversed(self._open) if part), None)
        if here and self._inside and not self._skip:
            code = any(name == "pre" for name, _, _ in self._open)
            here[2 if code else 1].append(data)
