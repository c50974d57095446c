import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from prodimg_lib.plots import figures

CSS = Path(__file__).parents[2] / "book" / "_static" / "course.css"


def luminance(colour):
    """Relative luminance of WCAG 2."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(colour)]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [*figures.CYCLE, figures.TEXT])
@pytest.mark.parametrize("ground", figures.GROUNDS)
def test_every_ink_is_read_on_both_grounds_as_wcag_asks(colour, ground):
    assert contrast(colour, ground) >= 4.5


def test_the_dark_page_puts_figures_on_the_ground_that_their_inks_are_made_for():
    rule = re.search(
        r'html\[data-theme="dark"\] [^{}]*\.cell_output img[^{}]*\{([^}]*)\}', CSS.read_text()
    )
    ground = re.search(r"background: (#[0-9a-f]+)", rule[1])[1]
    assert contrast(ground, figures.GROUNDS[1]) == 1


def test_the_style_leaves_the_ground_to_the_page():
    with plt.rc_context():
        figures.style()
        figure, axis = plt.subplots()
        assert figure.get_facecolor()[3] == axis.get_facecolor()[3] == 0
        plt.close(figure)


NAMES = ["_first", "$5 to $10", "a$b_{$", r"$\frac$"]


def test_runs_have_the_names_of_their_folders_in_the_legend():
    figure = figures.overlaid({name: ([1, 2], [i, 2]) for i, name in enumerate(NAMES)})
    shown = figure.axes[0].get_legend().get_texts()
    assert [text.get_text() for text in shown] == NAMES
    assert figures.svg(figure).endswith("</svg>\n")  # which reads what it takes for a formula


@pytest.mark.parametrize("draw", [figures.show_images, figures.gallery])
def test_names_of_classes_are_no_formulas(draw):
    figure = draw(np.zeros((len(NAMES), 8, 8, 3), np.uint8), titles=NAMES)
    assert figures.svg(figure).endswith("</svg>\n")


def test_the_same_figure_gives_the_same_svg():
    def drawn():
        figure, axes = plt.subplots()
        axes.plot([1, 2], [3, 4])  # clipped by a box, which has an id
        return figures.svg(figure)

    assert "clip-path" in drawn()
    assert drawn() == drawn()
