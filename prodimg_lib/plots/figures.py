"""Matplotlib figures in the course's one style, which reads on a light and on a dark ground.

Grounds are transparent, and every ink, that of the text too, has a contrast of at least 4.5 : 1
against white and against black, so the same stored figure serves a light and a dark page. Only a
relative luminance between 0.175 and 0.183 does that: on any ground but near-black ones the two
demands exclude each other, so the dark page puts the figures on ``GROUNDS[1]``.
"""

import io
import math
from typing import Any

import numpy as np

GROUNDS = ("#ffffff", "#000000")  # of a light and of a dark page, under a figure
TEXT = "#757575"
BLUE, RED, GREEN, VIOLET, OCHRE, GREY = (
    "#297e9e",
    "#b95b28",
    "#548139",
    "#8e65a8",
    "#946f2f",
    "#757575",
)
CYCLE = (BLUE, RED, GREEN, VIOLET, OCHRE, GREY)
INK = {"d_loss": RED, "g_loss": BLUE, "loss": BLUE}

_GROUNDS = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")
_TEXTS = (
    *("text.color", "xtick.color", "ytick.color"),
    *("axes.labelcolor", "axes.edgecolor", "axes.titlecolor"),
)


def style():
    """Set the course's style for the figures that a notebook draws from here on."""
    import matplotlib.pyplot as plt

    settings: dict[Any, Any] = dict.fromkeys(_GROUNDS, "none") | dict.fromkeys(_TEXTS, TEXT)
    settings |= {
        "axes.prop_cycle": plt.cycler(color=CYCLE),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": "medium",
        "figure.constrained_layout.use": True,
        "figure.dpi": 200,  # twice the pixels of the page: sharp on dense screens
        "figure.figsize": (7.0, 2.8),  # the width of the page
        "grid.color": TEXT,
        "grid.alpha": 0.25,
        "image.interpolation": "nearest",
        "legend.frameon": False,
        "lines.linewidth": 1.5,
    }
    plt.rcParams.update(settings)


def svg(figure):
    """A matplotlib figure as the ``<svg>`` element of an HTML page; the figure is closed.

    The same figure gives the same text: its ids come from what they name, not from chance.
    """
    import matplotlib.pyplot as plt

    buffer = io.StringIO()
    with plt.rc_context({"svg.hashsalt": "prodimg"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    content = buffer.getvalue()
    return content[content.index("<svg") :]


def show_images(images, columns=10, titles=None, title=None, width=7.0):
    """A matplotlib figure of an image grid; ``titles`` (one per image) go above the images.

    Titles are plain text, as names of classes are: a ``$`` is a dollar.

    Args:
        images: uint8 [n, h, w, c].
        width: of the figure, in inches.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    images = np.asarray(images)
    n, h, w, c = images.shape
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    cell = width / columns
    extra = 0.22 if titles is not None else 0.0
    head = 0.32 if title else 0.0
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width, rows * (cell * h / w + extra) + head),
        squeeze=False,
    )
    figure.set_layout_engine("constrained", w_pad=0.01, h_pad=0.01, wspace=0.02, hspace=0.02)
    for i, axis in enumerate(axes.flat):
        axis.set_axis_off()
        if i < n:
            picture = images[i, ..., 0] if c == 1 else images[i]
            axis.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            if titles is not None:
                axis.set_title(str(titles[i]), fontsize=8, pad=2, parse_math=False)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def curves(
    history,
    names,
    x="step",
    labels=None,
    xlabel=None,
    ylabel=None,
    title=None,
    width=7.0,
    height=2.8,
):
    """Line plot of columns of a history (dict of sequences) against ``x``; returns the figure."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(width, height), layout="constrained")
    for i, name in enumerate(names):
        color = INK.get(name, CYCLE[i % len(CYCLE)])
        axis.plot(
            history[x], history[name], color=color, lw=1.5, label=(labels or {}).get(name, name)
        )
    axis.set_xlabel(xlabel or x)
    axis.set_ylabel(ylabel or "")
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    if len(names) > 1:
        axis.legend(frameon=False)
    if title:
        axis.set_title(title, fontsize=11)
    return figure


def overlaid(lines, x="step", ylabel="", width=5.2, height=2.6):
    """Line plot of one quantity of several runs; returns the figure.

    Args:
        lines: {name of the run: (xs, ys)}, drawn in this order.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(width, height), layout="constrained")
    for i, (xs, ys) in enumerate(lines.values()):
        axis.plot(xs, ys, color=CYCLE[i % len(CYCLE)], lw=1.5, label=str(i))
    axis.set_xlabel(x)
    axis.set_ylabel(ylabel)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    # Put in afterwards: as a label a name that begins with _ would be left out of the legend.
    for shown, name in zip(axis.legend(frameon=False).get_texts(), lines, strict=True):
        shown.set(text=name, parse_math=False)
    return figure


def gallery(images, titles, columns=3, width=7.0):
    """A matplotlib figure of images of any sizes under their titles, pixels as they are.

    Args:
        images: list of uint8 [h, w, c]; titles: one plain text for each, of one or more lines.
        width: of the figure, in inches.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    rows = math.ceil(len(images) / columns)
    tallest = min(1.4, max(image.shape[0] / image.shape[1] for image in images))
    lines = max(title.count("\n") for title in titles) + 1
    size = width, rows * (width / columns * tallest + 0.2 * lines)
    figure, axes = plt.subplots(rows, columns, squeeze=False, figsize=size, layout="constrained")
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        picture = image[..., 0] if image.shape[-1] == 1 else image
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(title, fontsize=9.5, parse_math=False)
    return figure
