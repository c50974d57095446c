"""Source of the library as a notebook shows it: highlighted, and cut to the lines that matter."""

import inspect
import re
import textwrap


def source_text(function, first=None, last=None):
    """The source of a function or class without its documentation, as text.

    Args:
        first, last: beginnings of the first and the last line to keep (spaces before them do not
            count); what is left out between the head and ``first``, and after ``last``, is marked
            by "...". The head, ``def ...:``, always stays.

    Raises:
        ValueError: no line begins so: the source has changed, and the text about it may be wrong.
    """
    source = textwrap.dedent(inspect.getsource(function))
    source = re.sub(r'\n +""".*?"""', "", source, count=1, flags=re.S).rstrip()
    lines = source.splitlines()
    body = 1 + next(i for i, line in enumerate(lines) if line.rstrip().endswith(":"))
    begin = body if first is None else _place(lines, first, function)
    end = len(lines) if last is None else _place(lines, last, function) + 1
    margin = " " * (len(lines[body]) - len(lines[body].lstrip()))
    kept = [*lines[:body], *lines[begin:end]]
    if begin > body:
        kept.insert(body, f"{margin}...")
    if end < len(lines):
        kept.append(f"{margin}...")
    return "\n".join(kept)


def _place(lines, beginning, function):
    for i, line in enumerate(lines):
        if line.lstrip().startswith(beginning):
            return i
    raise ValueError(f"no line of {function.__qualname__} begins with {beginning!r}")


def show_source(*functions, first=None, last=None):
    """Sources of functions as one block of highlighted Python, for the end of a cell.

    ``first``, ``last``: as for ``source_text``; with them one function only.
    """
    from IPython.display import Markdown

    blocks = [source_text(function, first, last) for function in functions]
    return Markdown("```python\n" + "\n\n\n".join(blocks) + "\n```")
