"""Rows of images under headings, as HTML: pixels as they are, labels in the page's own type."""

from html import escape

import numpy as np

from prodimg_lib.plots.pictures import data_uri

_WIDTH = 640  # pixels of a page that the images of a row may take, beside their label


def sheet(rows, alt, heads=None, scale=None, gap=1):
    """Labelled rows of images, each pixel as it is; for the end of a cell.

    Args:
        rows: {label: images}, images uint8 [n, h, w, c] or [h, w, c]; or a tuple of such, one for
            each group of ``heads``, which a line divides.
        alt: what the picture shows, for those who do not see it.
        heads: titles above the groups.
        scale: of a pixel; by default the largest multiple of 1/2 at which a row fits a page.
        gap: transparent pixels between images, before scaling.

    Returns:
        An ``IPython.display.HTML``. Narrow pages shrink the images.
    """
    from IPython.display import HTML

    rows = {
        label: [_batch(part) for part in (parts if isinstance(parts, tuple) else (parts,))]
        for label, parts in rows.items()
    }
    first = next(iter(rows.values()))
    across = sum(len(part) for part in first)
    if scale is None:
        scale = max(1, int(2 * _WIDTH / (across * first[0].shape[2])) / 2)
    cells = []
    if heads:
        cells += ["<span></span>", *(f"<b>{escape(head)}</b>" for head in heads)]
    for label, parts in rows.items():
        cells.append(f"<span>{escape(str(label))}</span>")
        for i, part in enumerate(parts):
            width = round(scale * (part.shape[2] * len(part) + gap * (len(part) - 1)))
            line = "border-left: 2px solid; padding-left: 10px" if i else ""
            uri, said = data_uri(_strip(part, gap)), escape(str(label) or alt)
            picture = f'<img src="{uri}" width="{width}" alt="{said}">'
            cells.append(f'<div style="{line}">{picture}</div>')
    columns = f"max-content repeat({len(first)}, minmax(0, max-content))"
    return HTML(
        f'<div class="prodimg-figure prodimg-sheet" role="img" aria-label="{escape(alt)}" '
        f'style="display: grid; grid-template-columns: {columns}; gap: 4px 10px; '
        'align-items: center">'
        "<style>.prodimg-sheet img { max-width: 100%; height: auto; margin: 0; "
        "image-rendering: pixelated; background: none !important; border-radius: 0 !important }"
        "</style>" + "".join(cells) + "</div>"
    )


def _batch(images):
    images = np.asarray(images)
    return images[None] if images.ndim == 3 else images


def _strip(images, gap):
    """Images side by side with a transparent gap: uint8 [n, h, w, c] -> [h, W, c + 1]."""
    n, h, w, c = images.shape
    strip = np.zeros((h, n * (w + gap) - gap, c + 1), np.uint8)
    for i, image in enumerate(images):
        left = i * (w + gap)
        strip[:, left : left + w, :c] = image
        strip[:, left : left + w, c] = 255
    return strip
