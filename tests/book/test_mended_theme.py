"""The mends of the theme change what they are meant to change, once."""

import mended_theme
import search_offline


def test_mends_name_the_toggle_and_free_the_summary():
    page = (
        '<summary><span class="toctree-toggle"></span></summary>'
        '<summary aria-label="Toggle hidden content">Show</summary>'
    )
    once = mended_theme.mended(page)
    assert '<summary aria-label="Pages below"><span' in once
    assert "<summary>Show" in once
    assert mended_theme.mended(once) == once


def test_the_printed_title_has_the_chapter_s_number():
    page = """<div id="jb-print-docs-body" class="onlyprint">
      <h1>The VAE</h1></div><article><h1>{}The VAE</h1></article>"""
    numbered = mended_theme.mended(page.format('<span class="section-number">2. </span>'))
    assert "<h1>2. The VAE</h1>" in numbered
    assert mended_theme.mended(numbered) == numbered
    assert mended_theme.mended(page.format("")) == page.format("")


def test_folds_say_what_they_hold():
    page = "<p>Show the content</p><p>Hide the source</p>"
    assert mended_theme.mended(page) == "<p>Show the solution</p><p>Hide the drawing code</p>"


def test_sections_hold_their_own_text():
    page = """<nav>menu</nav><article><section id="a"><h1>One<a class="headerlink">#</a></h1><p>x
      <br>y</p><section id="b"><h2>Two</h2><script>no()</script><pre>code()
      </pre><p>in <em>z</em>, \\(k\\)</p></section>tail</section>
      </article><footer>foot</footer>"""
    assert search_offline.sections(page) == [["a", "One x y tail"], ["b", "Two in z, k code()"]]


def test_snippets_have_plain_formulas_and_no_imports():
    page = r"""<article><section id="a"><h2>Gap</h2><p>It is \(\mathrm{KL}(q \,\|\, p)\), of
      \[\sigma_q^{2} \le \left( 1 \right)\] nats.</p><pre>import numpy as np
from x import y
gap = 2</pre></section></article>"""
    text = "Gap It is KL(q | p), of sigma_q^2 le ( 1 ) nats. gap = 2"
    assert search_offline.sections(page) == [["a", text]]
