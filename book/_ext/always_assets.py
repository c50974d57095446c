"""Load MathJax on every page, not only on those whose source has a formula.

A formula may also stand in a notebook's output, where Sphinx does not look for it; the page would
then show its TeX, or fetch MathJax from another host.
"""


def setup(app):
    app.set_html_assets_policy("always")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
