"""Figures of cells: each opens at full size, and a chart is told from photographs."""

import figures
import matplotlib.pyplot as plt
import numpy as np
import pytest

from prodimg_lib import plots


def test_figures_become_links_but_for_those_in_links():
    figure = '<img alt="a" src="../_images/a.png">'
    other = '<img alt="b" src="../_static/b.svg">'
    chart = '<img alt="c" src="../_images/c.png">'
    found = figures.enlargeable(f"<p>{figure}</p><a href='x'>{figure}</a>{other}{chart}", {"c.png"})
    link = '<a class="enlarge{}" href="../_images/{}.png" title="Open at full size">{}</a>'
    wanted = f"<p>{link.format('', 'a', figure)}</p><a href='x'>{figure}</a>{other}"
    assert found == wanted + link.format(" chart", "c", chart)


def _curves():
    _, axis = plt.subplots()
    for i in range(4):
        axis.plot(np.sin(np.arange(50) / (i + 2)), label=f"curve {i}")
    axis.legend()


def _bars():
    _, axis = plt.subplots()
    axis.bar(range(20), range(20))
    axis.set(title="title", xlabel="x")


def _photographs():
    noise = np.random.default_rng(0).integers(0, 256, (14, 28, 28, 3))
    plots.show_images(noise.astype("uint8"), columns=7)


def _heat_map():
    _, axes = plt.subplots(1, 4)
    axes[0].imshow(np.random.default_rng(0).random((40, 40)))  # the rest of it is empty


@pytest.mark.parametrize(
    ("draw", "wanted"),
    [(_curves, True), (_bars, True), (_photographs, False), (_heat_map, False)],
)
def test_a_chart_is_told_from_what_holds_pixels_to_be_studied(tmp_path, draw, wanted):
    with plt.rc_context():
        plots.style()
        draw()
        plt.savefig(tmp_path / "figure.png")
        plt.close("all")
    assert figures.is_chart(tmp_path / "figure.png") == wanted


def test_what_is_no_transparent_png_is_no_chart(tmp_path):
    plt.imsave(tmp_path / "a.jpg", np.zeros((8, 8, 3)))
    assert not figures.is_chart(tmp_path / "a.jpg")
