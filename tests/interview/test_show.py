"""How questions look: formulas in terminals and as MathML, Markdown, and what notebooks get."""

import re
from xml.etree import ElementTree

import pytest

from prodimg_lib.interview import bank, validate
from prodimg_lib.interview.render import markup, show
from prodimg_lib.interview.render.mathml import mathml
from prodimg_lib.interview.render.plain_math import plain


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac12\sigma_i^2", "½ σᵢ²"),
        (r"z = \mu + e^{\frac12\log\sigma^2}\,\epsilon", "z = μ + e^(½ log σ²) ϵ"),
        (r"\|\mu_1-\mu_2\|^2", "‖μ₁ − μ₂‖²"),
        (r"\mathbb{E}\,p(y|x) \ge -1", "𝔼 p(y|x) ≥ −1"),
        (r"\frac{1}{kM}\sum_j\frac{6}{1\cdot4}", "1/(kM) ∑ⱼ (6/(1·4))"),
        (r"x_{t-1}", "xₜ₋₁"),
        (r"2\ln2 = 1.386", "2 ln 2 = 1.386"),
        (r"6{,}000 \pm 5", "6,000 ± 5"),
        (r"\sqrt{1-\bar\alpha_t}", "√(1 − ᾱₜ)"),
        (r"\begin{pmatrix}2&1\\1&2\end{pmatrix}", "(2 1; 1 2)"),
        (r"\frac{a", r"\frac{a"),
    ],
)
def test_formulas_are_readable_in_a_terminal(latex, text):
    assert plain(latex) == text


def test_every_formula_of_the_bank_can_be_read():
    for q in bank.values():
        for text in validate._texts(q.data):
            for latex in re.findall(r"\$\$?(.+?)\$\$?", text, re.DOTALL):
                assert "\\" not in plain(latex), (q.id, latex)
                assert mathml(latex, display=False).startswith("<math"), (q.id, latex)


def test_markdown_for_terminals_keeps_code_and_escapes_formulas():
    text = "Use `a$b$c` and $a*b*c$, then\n$$x_1$$\nand so on."
    assert markup.for_terminal(text) == (
        "Use `a$b$c` and a\\*b\\*c, then\\\n\u00a0\u00a0\u00a0\u00a0x₁\\\nand so on."
    )
    listed = "1. Then\n   $$x$$\n2. Next"
    assert markup.for_terminal(listed) == "1. Then\\\n\u00a0\u00a0\u00a0\u00a0x\n2. Next"


def test_notebooks_get_markdown_with_latex_and_no_headings():
    for q in bank.values():
        text = show.solution(q)._repr_markdown_()
        assert not re.search(r"^#", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    assert r"e^{\frac12\log\sigma^2}" in show.solution(bank["C08"])._repr_markdown_()


def test_show_in_a_notebook_hands_over_and_elsewhere_prints(monkeypatch, capsys):
    import IPython

    bank["E05"].show()
    assert "E05  FID, term by term" in capsys.readouterr().out
    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: type("Shell", (), {"kernel": 1})())
    monkeypatch.setattr("IPython.display.display", shown.append)
    bank["E05"].show("zh")
    assert "逐项解释 FID" in shown[0]._repr_markdown_()
    assert capsys.readouterr().out == ""


def text_of(html):
    """The characters of MathML, without those that only space."""
    pieces = re.findall(r"<math.*?</math>", html, re.DOTALL)
    return "".join("".join(ElementTree.fromstring(piece).itertext()) for piece in pieces)


def test_long_formulas_may_break_outside_of_brackets_and_lose_nothing():
    latex = r"\mathbb{E}\max(0,1-D(x)) + \mathbb{E}\max(0, 1+D(G(z))) = L"
    long = mathml(latex, display=False)
    assert long.count("<math") == 3
    assert text_of(long) == text_of(mathml(latex, display=True))
    assert mathml(latex, display=True).count("<math") == 1
    assert mathml("a + b = c", display=False).count("<math") == 1
    starts = re.findall(r"<math[^>]*><mrow><mo form=\"(\w+)\">(.)", long)
    assert starts == [("infix", "+"), ("infix", "=")]


def test_signs_and_names_in_mathml():
    html = mathml(r"-2\ln2 \pm (-x)", display=False)
    forms = re.findall(r'<mo[^>]*form="(\w+)"[^>]*>([−±])', html)
    assert forms == [("prefix", "−"), ("infix", "±"), ("prefix", "−")]
    assert re.search(r"</mn><mspace[^>]*/><mi>ln</mi><mspace[^>]*/><mn>", html)
    assert mathml(r"\frac{a<b", display=False) == r"<code>\frac{a&lt;b</code>"


def test_html_escapes_what_is_no_markup():
    html = markup.as_html("a < b, `x<y`, $p<q$ and <script>", markup.mathjax)
    assert html == (r"<p>a &lt; b, <code>x&lt;y</code>, \(p&lt;q\) and &lt;script&gt;</p>")
    assert markup.as_html("x\n$$y$$\nz", markup.mathjax) == "<p>x\n\\[y\\]\nz</p>"


def test_the_text_for_a_notebook_shows_nothing_beside_it(monkeypatch):
    """Where rich finds itself in Jupyter, it displays what it prints: the question stood twice."""
    shown = []
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("rich.jupyter.display", lambda *args: shown.append(args))
    text = repr(show.question(bank["G01"]))
    assert bank["G01"].title() in text
    assert shown == []
