"""Draw the pairs of the page "Which is real?": one picture, a column for each class of 64 px.

    python book/tools/touch_pairs.py      writes book/_static/touch/which-is-real.webp

Above four rows of the catalogue, products that no model has seen; below four rows of the shipped
GAN. Nothing is selected, and the file is lossless, so that compression gives nothing away.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from prodimg_lib.data import catalogue
from prodimg_lib.models import pretrained

PICTURE = Path(__file__).resolve().parents[1] / "_static" / "touch" / "which-is-real.webp"
ROWS, SEED = 4, 2026  # of each kind; a seed that no data set of the course uses
CLASSES = len(catalogue.TYPES)


def picture():
    """The tiles, ``uint8`` [8 rows * 64, 10 columns * 64, 3]."""
    labels = np.tile(np.arange(CLASSES), ROWS)
    images, factors = catalogue.render(CLASSES * ROWS, size=64, seed=SEED)
    real = images[np.argsort(factors["type"], kind="stable")]  # four of each class in a row
    real = real.reshape(CLASSES, ROWS, *real.shape[1:]).swapaxes(0, 1)
    drawn = pretrained.load("catalogue-64").generate(len(labels), labels=labels, seed=SEED)
    tiles = np.concatenate([real, drawn.reshape(ROWS, CLASSES, *drawn.shape[1:])])
    rows, columns, side = tiles.shape[:3]
    return tiles.swapaxes(1, 2).reshape(rows * side, columns * side, 3)


def main():
    Image.fromarray(picture()).save(PICTURE, lossless=True, method=6)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
