"""How scores are printed: each number with what belongs beside it."""

import html
import math

from prodimg_lib.text import text

_DISTANCES = ("fd_product", "fid", "kid", "kernel_distance", "frechet_distance")


class Scores(dict):
    """Metric name -> facts: a dict that prints as a table.

    Every entry has

    - ``value``: the number for the generated images;
    - ``uncertainty``: its standard error, from the sampling of the images alone; None where there
      are too few to tell, and for counts;
    - ``floor``: the same number for real images in place of the generated ones, which is what a
      perfect generator scores from as many images; None where that makes no sense;
    - ``interval``: (low, high) of ``metrics.interval``, in the table of a run;
    - ``withheld``, where True: the value would mislead, and a note says why;
    - ``n``: images on each side, ``floor_n`` those behind the floor, which the table says where it
      is not n; ``d`` the number of features (None for metrics of pixels), ``network`` whose they
      are.

    A second network's number has the network's name behind its own: ``recall@efficientnet-lite0``.

    Attributes:
        notes: list of sentences, printed below the table: what is not in it, and why.
    """

    def __init__(self, *entries, **more):
        super().__init__(*entries, **more)
        self.notes = []

    def rows(self):
        """Title, value +- error, floor, n, d and direction of each entry, as strings."""
        for name, facts in self.items():
            words = words_of(name, facts)
            yield (
                words["title"],
                shown_value(facts),
                with_floor(facts),
                str(facts.get("n") or ""),
                str(facts.get("d") or ""),
                words["better"],
            )

    def __str__(self):
        table = [tuple(text()["score_columns"]), *self.rows()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = (
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in table
        )
        return "\n".join([*lines, *self.notes])

    __repr__ = __str__

    def _repr_html_(self):
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in text()["score_columns"])
        body = "".join(
            f'<tr title="{html.escape(words_of(name, facts)["blind"])}">'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
            + "</tr>"
            for (name, facts), row in zip(self.items(), self.rows(), strict=True)
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


def distance_of(table):
    """Name of the first distance in a ``Scores`` or a dict like it; None where there is none."""
    return next((name for name in table if name in _DISTANCES), None)


def words_of(name, facts):
    """The words of a metric, with the network's name where it belongs.

    Args:
        name: a key of ``Scores``; facts: its entry.

    Returns:
        dict with ``title``, ``better``, ``meaning`` and ``blind``.
    """
    metric, _, second = name.partition("@")
    network = facts.get("network", "")
    words = {k: v.format(network=network) for k, v in text()["metrics"][metric].items()}
    if second and network not in words["title"]:
        words["title"] = text()["score_second"].format(title=words["title"], network=network)
    return words


def shown_value(facts):
    """The value of an entry of ``Scores`` with its error, or that it is withheld."""
    if facts.get("withheld"):
        return text()["score_withheld"]
    return with_error(facts["value"], facts.get("uncertainty"))


def shown_interval(low, high, *values):
    """Numbers with as many decimals as the width of an interval gives two digits: a list of str.

    Args:
        low, high: the interval; values: shown after them in the same way.
    """
    width = high - low
    decimals = max(0, 1 - math.floor(math.log10(width))) if 0 < width < math.inf else 4
    return [f"{number:,.{decimals}f}" for number in (low, high, *values)]


def with_error(value, error):
    """``"60.7 ± 3.6"``: the error with two digits, the value with as many decimals.

    Args:
        value: a number; error: its standard error, or None where there is none.

    Returns:
        str.
    """
    if not error:
        return f"{value:.4g}" + ("" if error is None else " ± 0")
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:,.{decimals}f} ± {error:,.{decimals}f}"


def with_floor(facts):
    """``"5.519"``, or ``"24.99 (n 250)"`` for a floor from another number of images.

    Most metrics depend on n, so a floor says its own where it is not that of the value beside it.

    Args:
        facts: an entry of ``Scores``.

    Returns:
        str, empty where there is no floor.
    """
    floor, n = facts.get("floor"), facts.get("floor_n")
    if floor is None:
        return ""
    if n is None or n == facts.get("n"):
        return f"{floor:.4g}"
    return text()["score_floor"].format(floor=f"{floor:.4g}", n=n)
