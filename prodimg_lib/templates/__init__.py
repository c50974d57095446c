"""Pages that are filled in: reports, the study's page, cards and sheets of the interview bank."""

from functools import cache
from importlib import resources


def read(name):
    """The text of a file of this folder, as it is."""
    return (resources.files(__name__) / name).read_text(encoding="utf-8")


def render(name, **values):
    """A Jinja template of this folder filled in, as str.

    In HTML (``*.html.j2``) values are escaped unless marked ``safe``, and a line that holds only a
    tag leaves no empty line; in other texts everything stays as it is written.
    """
    return _environment(".html" in name).get_template(name).render(values)


@cache
def _environment(html):
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        autoescape=html,
        trim_blocks=html,
        lstrip_blocks=html,
        keep_trailing_newline=not html,
        undefined=jinja2.StrictUndefined,
    )
