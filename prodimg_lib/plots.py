"""Pictures of images and of training: NumPy grids and matplotlib figures."""

import base64
import io
import math
from pathlib import Path

import numpy as np

from prodimg_lib.files import write_atomically

INK = {"d_loss": "#b3541e", "g_loss": "#1f6f8b", "loss": "#1f6f8b"}
_CYCLE = ("#1f6f8b", "#b3541e", "#5b8c3e", "#7a5195", "#946b2d", "#4a4a4a")


def image_grid(images, columns=None, scale=1, gap=1, background=255):
    """Lay images out in rows: uint8 [n, h, w, c] -> uint8 [H, W, c].

    Args:
        columns: images in a row; a square by default.
        scale: whole-number enlargement by repeating pixels, so that what is seen is what is there.
        gap: pixels of ``background`` between images, before scaling.
    """
    images = np.asarray(images)
    n, h, w, c = images.shape
    columns = min(columns or math.ceil(math.sqrt(n)), n)
    rows = math.ceil(n / columns)
    grid = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, c), background, np.uint8)
    for i, image in enumerate(images):
        top, left = (i // columns) * (h + gap), (i % columns) * (w + gap)
        grid[top : top + h, left : left + w] = image
    return grid.repeat(scale, 0).repeat(scale, 1)


def png(image, chunks=None):
    """One uint8 image [h, w, 1 or 3] as the bytes of an optimised PNG file.

    ``chunks``: {keyword: text} of what is written beside the pixels (iTXt), in this order.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    image = np.asarray(image)
    buffer = io.BytesIO()
    told = PngInfo()
    for keyword, text in (chunks or {}).items():
        told.add_itxt(keyword, text)
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    picture.save(buffer, "PNG", optimize=True, pnginfo=told)
    return buffer.getvalue()


def save_png(image, path):
    """Write one uint8 image [h, w, 1 or 3] as an optimised PNG file; returns its path.

    Raises:
        InputError: it cannot be written.
    """
    write_atomically(path, png(image))
    return Path(path)


def data_uri(image):
    """What an HTML page's ``src`` takes in place of a file: of a uint8 image or a PNG's bytes."""
    content = image if isinstance(image, bytes) else png(image)
    return "data:image/png;base64," + base64.b64encode(content).decode()


def svg(figure):
    """A matplotlib figure as the ``<svg>`` element of an HTML page; the figure is closed."""
    import matplotlib.pyplot as plt

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    content = buffer.getvalue()
    return content[content.index("<svg") :]


def show_images(images, columns=10, titles=None, title=None, width=7.0):
    """A matplotlib figure of an image grid; ``titles`` (one per image) go above the images.

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
                axis.set_title(str(titles[i]), fontsize=8, pad=2)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def curves(history, names, x="step", labels=None, ylabel=None, title=None, width=7.0, height=2.8):
    """Line plot of columns of a history (dict of sequences) against ``x``; returns the figure."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(width, height), layout="constrained")
    for i, name in enumerate(names):
        color = INK.get(name, _CYCLE[i % len(_CYCLE)])
        axis.plot(
            history[x], history[name], color=color, lw=1.5, label=(labels or {}).get(name, name)
        )
    axis.set_xlabel(x)
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
    for i, (name, (xs, ys)) in enumerate(lines.items()):
        axis.plot(xs, ys, color=_CYCLE[i % len(_CYCLE)], lw=1.5, label=name)
    axis.set_xlabel(x)
    axis.set_ylabel(ylabel)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    return figure
