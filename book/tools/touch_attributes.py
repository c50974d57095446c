"""Directions of attributes in the shipped catalogue VAE's latent space, for the page about them.

    python book/tools/touch_attributes.py    writes book/_static/touch/attributes-data.js

For each class 600 new catalogue products are encoded and their codes regressed on all attributes at
once (`latent.attribute_directions`), in standard deviations of the attribute.
"""

import json
from pathlib import Path

import numpy as np

from prodimg_lib.data import catalogue
from prodimg_lib.models import latent, pretrained

SCRIPT = Path(__file__).resolve().parents[1] / "_static" / "touch" / "attributes-data.js"
IMAGES, SEED = 6000, 1000  # of all classes; a seed that no data set of the course uses
NAMES = ("value", "warm", "height", "width", "detail", "rotation", "light_angle")


def encoded():
    """Codes [n, 8], labels [n] and attributes [n, m] of new products, the latter standardised."""
    images, factors = catalogue.render(IMAGES, size=32, seed=SEED)
    labels = factors["type"].astype("int32")
    hue = np.cos(2 * np.pi * factors["hue"])  # 1 is red, -1 is cyan; of greys it says little
    factors["warm"] = factors["saturation"] * factors["value"] * hue
    truth = np.stack([factors[name] for name in NAMES], axis=1)
    truth = (truth - truth.mean(0)) / truth.std(0)
    codes, _ = pretrained.load("catalogue-vae").encode(images, labels)
    return codes, labels, truth


def directions(codes, labels, truth):
    """Per class the directions [classes, m, 8] of one standard deviation of each attribute."""
    of_class = (labels == label for label in range(len(catalogue.TYPES)))
    return np.stack([latent.attribute_directions(codes[own], truth[own]) for own in of_class])


def explained(codes, labels, values):
    """Share of an attribute's variance [n] within classes that a linear reading of codes explains.

    Returns:
        by all numbers of the code, [classes]; by each alone, [classes, 8].
    """
    everything, single = [], []
    for label in range(len(catalogue.TYPES)):
        own = labels == label
        x, y = codes[own] - codes[own].mean(0), values[own] - values[own].mean()
        weights = np.linalg.lstsq(x, y, rcond=None)[0]
        everything.append(1 - ((y - x @ weights) ** 2).sum() / (y**2).sum())
        single.append((x.T @ y) ** 2 / ((x**2).sum(0) * (y**2).sum()))
    return np.array(everything), np.array(single)


def script():
    """The text of the script: one constant."""
    codes, labels, truth = encoded()
    facts = {
        "names": NAMES,
        "explained": [
            round(float(explained(codes, labels, column)[0].mean()), 2) for column in truth.T
        ],
        "directions": np.round(directions(codes, labels, truth).astype(float), 3).tolist(),
    }
    text = json.dumps(facts, separators=(",", ":"))
    return f"// Made by book/tools/touch_attributes.py; do not edit.\nconst ATTRIBUTES = {text};\n"


def main():
    SCRIPT.write_text(script(), encoding="utf-8")
    print(f"{SCRIPT.name}: {SCRIPT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
