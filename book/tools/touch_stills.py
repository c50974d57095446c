"""Photograph the interactive pages: the picture where scripts are off, and on paper.

    python book/tools/touch_stills.py [NAME ...]    writes book/_static/touch/NAME.png

In headless Chromium, in the light theme, 720 pixels wide, with 96 colours so that each stays small.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from pdf import BROWSERS
from PIL import Image

BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
FOLDER = Path(__file__).resolve().parents[1] / "_static" / "touch"
WIDTH, TALLEST, MARGIN, COLOURS = 720, 2000, 12, 96


def still(page):
    """A palette image of the page as it opens."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.png"
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
        command = [
            *(BROWSER, *options, f"--user-data-dir={folder}/profile"),
            *(f"--window-size={WIDTH},{TALLEST}", "--virtual-time-budget=10000"),
            *(f"--screenshot={file}", f"{page.as_uri()}?theme=light"),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        image = Image.open(file).convert("RGB")
    rows = np.flatnonzero((np.asarray(image) != 255).any(axis=(1, 2)))
    image = image.crop((0, 0, WIDTH, min(TALLEST, int(rows[-1]) + MARGIN)))
    return image.quantize(COLOURS, dither=Image.Dither.NONE)


def main():
    if BROWSER is None:
        sys.exit("no Chromium or Chrome on this machine: install one (apt install chromium)")
    for name in sys.argv[1:] or sorted(page.stem for page in FOLDER.glob("*.html")):
        path = FOLDER / f"{name}.png"
        still(path.with_suffix(".html")).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
