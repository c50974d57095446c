"""How questions look: formulas in terminals and as MathML, Markdown, and what notebooks get."""

import re
from xml.etree import ElementTree

import pytest

from prodimg_lib.interview import bank, figures, validate
from prodimg_lib.interview.render import markup, points, show
from prodimg_lib.interview.render.mathml import mathml
from prodimg_lib.interview.render.plain_math import plain
from prodimg_lib.interview.terms import band


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


def test_markdown_keeps_latex_and_has_no_headings():
    for q in bank.values():
        text = show.solution(q).markdown()
        assert not re.search(r"^#", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    assert r"e^{\frac12\log\sigma^2}" in show.solution(bank["C08"]).markdown()


def test_show_in_a_notebook_hands_over_and_elsewhere_prints(monkeypatch, capsys):
    import IPython

    bank["E05"].show()
    assert "E05  FID, term by term" in capsys.readouterr().out
    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: type("Shell", (), {"kernel": 1})())
    monkeypatch.setattr("IPython.display.display", shown.append)
    bank["E05"].show("zh")
    assert "逐项解释 FID" in shown[0]._repr_html_()
    assert len(shown) == 1
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


def test_the_spoken_answer_and_what_earns_half_are_shown():
    text = repr(show.solution(bank["G02"]))
    assert "As you would say it" in text
    assert " ".join(bank["G02"].text("answer", "spoken").split()[:5]) in text
    point = bank["G02"].data["rubric"][0]
    assert point["weight"] == 35
    assert f"Half (17): {point['half']['en'][:30]}" in text
    assert "As you would say it" in repr(show.answer(bank["G02"], []))
    assert "As you would say it" not in repr(show.solution(bank["C08"]))  # it has none


def test_points_come_to_a_verdict():
    assert [band(n) for n in (100, 80, 79, 65, 64, 50, 49, 0)] == [
        *("strong", "strong", "hire", "hire", "borderline", "borderline", "weak", "weak")
    ]
    line = "strong hire from 80, hire from 65, borderline from 50, no hire below 50"
    assert line in points.bands()
    assert line in " ".join(repr(show.solution(bank["P01"])).split())


def test_who_a_medium_question_is_for_stands_in_its_title():
    assert show.facts(bank["G02"]).startswith("concept · medium (junior) · ")
    assert show.facts(bank["G01"]).startswith("concept · easy · ")
    assert "（高级）" in show.facts(bank["E07"], "zh")


def test_a_notebook_gets_one_form_which_is_whole_html():
    from IPython.core.formatters import DisplayFormatter

    for id_ in ("E05", "C08", "B06", "P06"):
        shown = show.solution(bank[id_])
        made, _ = DisplayFormatter().format(shown)
        assert set(made) == {"text/html", "text/plain"}
        page = made["text/html"]
        assert page.count('<div class="prodimg-q">') == 1
        ElementTree.fromstring(f"<x>{re.sub('<br>|<wbr>|<hr>', '', page)}</x>")  # well formed
        assert not re.search(r"<h\d|\bsrc=|\bhref=|url\(|@import|<script", page)
        visible = re.sub(r"<(style|code|pre).*?</\1>|<[^>]+>", "", page, flags=re.DOTALL)
        assert "$" not in visible
        assert "**" not in visible


def test_its_style_names_both_themes_and_touches_nothing_else():
    from prodimg_lib.interview.render.notebook_html import STYLE

    assert "prefers-color-scheme:dark" in STYLE
    for theme in ('[data-jp-theme-light="false"]', ".vscode-dark", 'html[data-theme="dark"]'):
        assert theme in STYLE
    rules = re.sub(r"@media[^{]*\{|\{[^{}]*\}|</?style>|\}", "\n", STYLE)
    selectors = [one.strip() for line in rules.split("\n") for one in line.split(",")]
    assert all(".prodimg-q" in selector for selector in selectors if selector)


def contrast(a, b):
    """Of two colours such as #1f6f8b, by WCAG 2."""
    light = []
    for colour in (a, b):
        parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        red, green, blue = map(figures.light, parts)
        light.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_its_letters_can_be_read_in_light_and_dark():
    from prodimg_lib.interview.render import notebook_html

    for style, page in ((notebook_html._LIGHT, "#ffffff"), (notebook_html._DARK, "#111111")):
        colours = dict(re.findall(r"--(\w+):(#\w{6})", style))
        for name in ("ink", "soft", "accent", "word", "text", "number"):
            for ground in (page, colours["tint"]):
                assert contrast(colours[name], ground) >= 4.5, (name, ground)


def test_the_text_for_a_notebook_shows_nothing_beside_it(monkeypatch):
    """Where rich finds itself in Jupyter, it displays what it prints: the question stood twice."""
    shown = []
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("rich.jupyter.display", lambda *args: shown.append(args))
    text = repr(show.question(bank["G01"]))
    assert bank["G01"].title() in text
    assert shown == []
