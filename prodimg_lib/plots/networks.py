"""A network as a drawing of its shapes and as a table of its parameters."""

from dataclasses import dataclass, field
from html import escape
from math import log2, prod, sqrt

# What transforms a feature map starts a stage of its own; what acts on each value, or on each
# channel, is written beside the stage before.
_STAGES = ("Dense", "Conv2D", "Conv2DTranspose", "Reshape", "Flatten", "UpSampling2D")
_NAMES = {
    "Conv2DTranspose": "transposed conv",
    "Conv2D": "conv",
    "BatchNormalization": "batch norm",
    "UpSampling2D": "repeat pixels",
    "LeakyReLU": "leaky ReLU",
    "ReLU": "ReLU",
    "relu": "ReLU",
}
_MOVES = {"Dense": "#8e65a8", "Conv2D": "#297e9e", "Conv2DTranspose": "#b95b28"}
_PLAIN = "#757575"
_PITCH, _TALL, _TEXT = 118, 112, 13  # of a stage: width, most height of its box, size of type


@dataclass
class Stage:
    """One stage of a network: a layer that makes a new map, and what acts on it in place."""

    kind: str
    name: str
    shape: tuple
    formula: str = ""
    parameters: int = 0
    notes: list = field(default_factory=list)


def stages(model):
    """The stages of a Keras model whose layers form a chain; the first is its input."""
    found = [Stage("input", "input", tuple(model.input_shape[1:]))]
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "InputLayer":
            continue
        if kind not in _STAGES:
            found[-1].notes.append(_note(layer, kind))
            found[-1].parameters += _count(layer)
            continue
        shape = tuple(layer.output.shape[1:])
        stage = Stage(kind, _title(layer, kind), shape, _formula(layer), _count(layer))
        activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
        if activation != "linear":
            stage.notes.append(_NAMES.get(activation, activation))
        found.append(stage)
    return found


def _count(layer):
    return sum(prod(weight.shape) for weight in layer.trainable_weights)


def _title(layer, kind):
    name = _NAMES.get(kind, kind.lower())
    if "Conv" not in kind:
        return name
    side, stride = layer.kernel_size[0], layer.strides[0]
    return f"{name} {side}×{side}" + (f", stride {stride}" if stride > 1 else "")


def _note(layer, kind):
    if kind == "Activation":
        return _NAMES.get(layer.activation.__name__, layer.activation.__name__)
    if kind == "LeakyReLU":
        return f"leaky ReLU {layer.negative_slope:g}"
    return _NAMES.get(kind, kind.lower())


def _formula(layer):
    """How many parameters, as a product: side · side · in · out + one bias for each out."""
    weights = [tuple(weight.shape) for weight in layer.trainable_weights]
    return " + ".join("·".join(map(str, shape)) for shape in weights)


def _shape(shape):
    return "×".join(map(str, shape))


def parameter_table(*models):
    """The stages of networks as a Markdown table: shape, parameters as product and as number.

    Batch normalisation adds a scale and a shift for each channel to the number.
    """
    from IPython.display import Markdown

    lines = ["| | output | weights | parameters |", "|---|---|---|---:|"]
    for model in models:
        found = stages(model)
        for i, stage in enumerate(found):
            name = f"**{model.name}**: input" if i == 0 else ", ".join([stage.name, *stage.notes])
            count = f"{stage.parameters:,}" if stage.parameters else ""
            lines.append(f"| {name} | {_shape(stage.shape)} | {stage.formula} | {count} |")
        total = sum(stage.parameters for stage in found)
        lines.append(f"| together | | | **{total:,}** |")
    return Markdown("\n".join(lines))


def network_diagram(model):
    """A drawing of a chain of layers: a box for each map, its height the side, its width the
    channels (both on a slow scale); above it what made it, below it its shape and parameters.

    The text has the colour of the page, so it reads on a light and on a dark ground.

    Args:
        model: a built Keras model with one input, whose layers form a chain.

    Returns:
        An ``IPython.display.HTML`` with one ``<svg>``, whose label lists the shapes.
    """
    from IPython.display import HTML

    found = stages(model)
    width, middle = _PITCH * len(found), 62 + _TALL / 2
    parts = []
    for i, stage in enumerate(found):
        x = _PITCH * (i + 0.5)
        parts += _box(stage, x, middle)
        if i:
            start, end = x - _PITCH + _wide(found[i - 1]) / 2 + 4, x - _wide(stage) / 2 - 4
            parts.append(
                f'<path d="M{start:.0f} {middle} H{end:.0f} m-5 -4 l5 4 l-5 4" fill="none" '
                'stroke="currentColor"/>'
            )
    label = f"{model.name}: " + "; then ".join(
        ", ".join([f"{stage.name} to {_shape(stage.shape)}", *stage.notes]) for stage in found
    )
    height = middle + _TALL / 2 + 74
    return HTML(
        '<div class="prodimg-figure" tabindex="0" style="overflow-x: auto">'
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {width} {height:.0f}" '
        f'style="width: 100%; min-width: {0.75 * width:.0f}px; max-width: {1.2 * width:.0f}px" '
        f'font-size="{_TEXT}" font-family="sans-serif" fill="currentColor" text-anchor="middle">'
        + "".join(parts)
        + "</svg></div>"
    )


def _wide(stage):
    return 8 + 7 * log2(1 + stage.shape[-1]) if len(stage.shape) == 3 else 14


def _high(stage):
    """Areas beside areas: the square root of the side, or of a vector's length (at most 256)."""
    if len(stage.shape) == 3:
        return _TALL * sqrt(stage.shape[0] / 64)
    return _TALL * sqrt(min(256, stage.shape[0]) / 256)


def _box(stage, x, middle):
    wide, high = _wide(stage), max(10, _high(stage))
    colour = _MOVES.get(stage.kind, _PLAIN)
    name, _, more = stage.name.partition(", ")
    kind, _, size = name.rpartition(" ") if "×" in name else (name, "", "")
    above = [kind, " ".join(filter(None, [size + ("," if more else ""), more]))]
    below = [(_shape(stage.shape), "bold"), *((note, "normal") for note in stage.notes)]
    if stage.parameters:
        below.append((f"{stage.parameters:,} weights", "normal"))
    lines = [
        f'<rect x="{x - wide / 2:.1f}" y="{middle - high / 2:.1f}" width="{wide:.1f}" '
        f'height="{high:.1f}" rx="2" fill="{colour}" fill-opacity="0.35" stroke="{colour}"/>'
    ]
    for i, text in enumerate(above):
        lines.append(f'<text x="{x:.0f}" y="{18 + 16 * i}">{escape(text)}</text>')
    for i, (text, weight) in enumerate(below):
        y = middle + _TALL / 2 + 18 + 16 * i
        lines.append(f'<text x="{x:.0f}" y="{y:.0f}" font-weight="{weight}">{escape(text)}</text>')
    return lines
