"""Write a shipped VAE's decoder as a script that the interactive pages load, also from a folder.

    python book/tools/touch_weights.py      writes book/_static/touch/weights-catalogue-vae.js

Each number has twelve bits: a whole number in -2047..2047 times a scale, one for each output of a
layer. Of 900 images the farthest pixel is 14 grey levels off with eight bits, 4 with ten, and less
than one with twelve.
"""

import base64
import json
from pathlib import Path

import numpy as np

from prodimg_lib.models import pretrained

FOLDER = Path(__file__).resolve().parents[1] / "_static" / "touch"
NAME = "catalogue-vae"
SCRIPT = FOLDER / f"weights-{NAME}.js"
TOP = 2**11 - 1
SLOPES = {"relu": 0, "leaky_relu": 0.2}  # below 0; Keras's own


def pack(weight, axis):
    """``{"shape", "scale", "data"}`` of a weight, with a scale for each index of ``axis``.

    ``data`` is base64 of twelve bits a number, in C order: two numbers, each plus 2048, lie in
    three bytes, the higher bits first. ``axis`` None: one scale for all.
    """
    others = None if axis is None else tuple(i for i in range(weight.ndim) if i != axis)
    scale = np.abs(weight).max(axis=others, keepdims=True) / TOP
    levels = np.rint(weight / np.where(scale > 0, scale, 1)).astype(int).ravel() + TOP + 1
    levels = np.pad(levels, (0, len(levels) % 2))
    a, b = levels[::2], levels[1::2]
    data = np.stack([a >> 4, (a & 15) << 4 | b >> 8, b & 255], axis=1).astype(np.uint8)
    scales = [float(f"{s:.6g}") for s in scale.ravel()]
    text = base64.b64encode(data.tobytes()).decode()
    return {"shape": weight.shape, "scale": scales, "axis": axis, "data": text}


def decoder(model):
    """The decoder's layers in order, each its kind and ``{name: packed weight}``."""
    layers = []
    for layer in model.decoder.layers:
        kind = type(layer).__name__
        # The outputs: last axis of a dense kernel, third of a transposed convolution's.
        axes = {"Dense": 1, "Conv2DTranspose": 2}
        weights = {
            weight.name: pack(weight.numpy(), axes[kind] if weight.name == "kernel" else None)
            for weight in layer.weights
        }
        if weights:
            layers.append({"kind": kind} | weights)
    return layers


def script():
    """The text of the script: one constant, one line for each layer."""
    model, card = pretrained.load(NAME), pretrained.card(NAME)
    short = lambda value: [float(f"{v:.5g}") for v in np.ravel(value)]  # noqa: E731
    prior = {
        name: short(getattr(model, f"prior_{name}").numpy()) for name in ("weight", "mean", "scale")
    }
    facts = {
        "classes": card["class_names"],
        "size": model.config.size,
        "latent": model.config.latent_dim,
        "slope": SLOPES[model.config.activation],
        "components": model.config.prior_components,
        "sha256": card["sha256"],
        "prior": prior,
    }
    write = lambda value: json.dumps(value, separators=(",", ":"))  # noqa: E731
    layers = ",\n".join(write(layer) for layer in decoder(model))
    return (
        f"// The decoder of {NAME}; made by book/tools/touch_weights.py, do not edit.\n"
        f"const WEIGHTS = Object.assign({write(facts)}, {{ layers: [\n{layers}\n] }});\n"
    )


def main():
    SCRIPT.write_text(script(), encoding="utf-8")
    print(f"{SCRIPT.name}: {SCRIPT.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
