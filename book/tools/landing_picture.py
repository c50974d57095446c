"""Draw the landing page's picture: what the shipped generators make, taken as it comes.

    python book/tools/landing_picture.py           writes book/_static/results/generated.webp

Each column is one class; seed 0, nothing selected, enlarged to 128 px.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from prodimg_lib.models import pretrained

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "book" / "_static" / "results" / "generated.webp"
MODELS = {"catalogue-64": 4, "fashion-mnist": 2}  # rows of each
CLASSES, TILE, GAP = 10, 128, 4  # pixels


def picture():
    """The grid, ``uint8`` of shape (height, width, 3): rows of each shipped GAN."""
    rows = []
    for name, count in MODELS.items():
        labels = np.tile(np.arange(CLASSES), count)
        images = pretrained.load(name).generate(len(labels), labels=labels, seed=0)
        tiles = [np.asarray(_tile(image)) for image in images]
        rows += [tiles[k * CLASSES : (k + 1) * CLASSES] for k in range(count)]
    height = len(rows) * (TILE + GAP) + GAP
    grid = np.full((height, CLASSES * (TILE + GAP) + GAP, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, tile in enumerate(row):
            top, left = GAP + i * (TILE + GAP), GAP + j * (TILE + GAP)
            grid[top : top + TILE, left : left + TILE] = tile
    return grid


def _tile(image):
    image = image[..., 0] if image.shape[-1] == 1 else image
    return Image.fromarray(image).convert("RGB").resize((TILE, TILE), Image.Resampling.BICUBIC)


def main():
    Image.fromarray(picture()).save(PICTURE, quality=88, method=6)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
