"""The built-in product catalogue: product photographs rendered from known factors.

Ten product types in colour on a white ground, drawn by our own code, so that they are always there
and every image's factors (type, colour, shape, pose, light) are known exactly. Pure functions of
the factors: image i depends on its own factors only, and the same factors give the same pixels.

    images, factors = render(1000, size=32, seed=0)
"""

import numbers

import numpy as np

from prodimg_lib.data.catalogue import clothes, home
from prodimg_lib.data.catalogue.shapes import Canvas
from prodimg_lib.errors import InputError

_DRAW = {
    "t-shirt": clothes.draw_t_shirt,
    "trousers": clothes.draw_trousers,
    "dress": clothes.draw_dress,
    "handbag": clothes.draw_handbag,
    "sneaker": clothes.draw_sneaker,
    "hat": clothes.draw_hat,
    "mug": home.draw_mug,
    "bottle": home.draw_bottle,
    "lamp": home.draw_lamp,
    "chair": home.draw_chair,
}

#: Class names; a label is an index into it.
TYPES: tuple[str, ...] = tuple(_DRAW)

SIZES = (28, 32, 64, 128)

#: Continuous factors and their ranges, ends included (but hue 1 is hue 0).
#:
#: hue, saturation, value: colour of the main part, HSV; hue is circular: 0 red, 1/3 green.
#: accent: contrast of the trim (sole, collar, belt, handle, label, base): 0 like the main part.
#: width, height: size relative to the type's ordinary one.
#: detail: sleeve length (t-shirt), leg width (trousers), flare (dress), handle height (handbag),
#:     collar height (sneaker), brim width (hat), handle size (mug), neck length (bottle),
#:     taper of the shade (lamp), height of the back (chair).
#: rotation: degrees, positive clockwise.
#: light_angle: degrees, 0 from above, negative from the left, positive from the right.
#: light_strength: key light against fill light; more means deeper shading and stronger highlights.
FACTORS: dict[str, tuple[float, float]] = {
    "hue": (0.0, 1.0),
    "saturation": (0.05, 0.9),
    "value": (0.12, 0.97),
    "accent": (0.0, 1.0),
    "width": (0.82, 1.1),
    "height": (0.82, 1.08),
    "detail": (0.0, 1.0),
    "rotation": (-8.0, 8.0),
    "light_angle": (-60.0, 60.0),
    "light_strength": (0.3, 1.0),
}

# What shops sell: (hue, saturation, value), drawn evenly and jittered.
_PALETTE = np.array(
    [
        (0.60, 0.10, 0.15),  # black
        (0.60, 0.08, 0.30),  # charcoal
        (0.58, 0.05, 0.62),  # grey
        (0.10, 0.05, 0.95),  # white
        (0.11, 0.10, 0.93),  # cream
        (0.09, 0.28, 0.82),  # beige
        (0.08, 0.55, 0.70),  # camel
        (0.06, 0.60, 0.40),  # brown
        (0.62, 0.70, 0.30),  # navy
        (0.60, 0.55, 0.55),  # denim
        (0.56, 0.40, 0.85),  # sky blue
        (0.62, 0.75, 0.75),  # royal blue
        (0.50, 0.60, 0.55),  # teal
        (0.42, 0.30, 0.80),  # mint
        (0.37, 0.60, 0.38),  # forest green
        (0.22, 0.45, 0.50),  # olive
        (0.13, 0.75, 0.88),  # mustard
        (0.06, 0.75, 0.88),  # orange
        (0.00, 0.80, 0.78),  # red
        (0.97, 0.70, 0.42),  # burgundy
        (0.97, 0.28, 0.92),  # blush
        (0.92, 0.60, 0.80),  # raspberry
        (0.75, 0.30, 0.78),  # lavender
        (0.80, 0.50, 0.45),  # plum
    ]
)

_PIXELS_PER_CHUNK = 1 << 15  # planes of 128 KB stay in the processor's cache


def sample_factors(n, seed=0, types=None) -> dict[str, np.ndarray]:
    """Draw factors of n products, colours as shops have them.

    Args:
        n: how many, at least 1.
        seed: whole number >= 0; same n, seed and types give the same factors.
        types: names from TYPES to draw from, or None for all.

    Returns:
        dict with "type", int64 [n] labels whose counts differ by at most one, in random order, and
        every name of FACTORS, float64 [n] within its range.

    Raises:
        InputError: n, seed or a type name is not usable.
    """
    n = _whole("n", n, 1)
    rng = np.random.default_rng(_whole("seed", seed, 0))
    labels = _labels(types)
    factors = {"type": rng.permutation(np.resize(rng.permutation(labels), n)).astype(np.int64)}
    for name, (low, high) in FACTORS.items():
        factors[name] = rng.uniform(low, high, n)
    # Three in four from the palette, the rest anywhere in the ranges: no factor value is unseen.
    stock = _PALETTE[rng.integers(len(_PALETTE), size=n)]
    stock = stock + rng.normal(size=(n, 3)) * (0.015, 0.05, 0.05)
    from_stock = rng.random(n) < 0.75
    for name, column in zip(("hue", "saturation", "value"), stock.T, strict=True):
        column = column % 1.0 if name == "hue" else np.clip(column, *FACTORS[name])
        factors[name] = np.where(from_stock, column, factors[name])
    return factors


def render_factors(factors, size=32, on_progress=None) -> np.ndarray:
    """Render products from their factors.

    Args:
        factors: dict with "type" (labels) and every name of FACTORS, each of length n; a scalar
            stands for n equal values.
        size: 28, 32, 64 or 128 pixels.
        on_progress: called as on_progress(done, n) while rendering, or None.

    Returns:
        uint8 [n, size, size, 3], 0..255, display gamma 2 (close to sRGB), white ground.

    Raises:
        InputError: a factor is missing, unknown, of wrong length or out of range, or the size is
            not one of the four.
    """
    if isinstance(size, bool) or size not in SIZES:
        raise InputError(f"size is {size!r}; expected one of {SIZES}. Choose one and resize after.")
    labels, columns = _checked(factors)
    side = 2 * int(size)  # drawn at twice the size and averaged
    chunk = max(1, _PIXELS_PER_CHUNK // (side * side))
    images = np.empty((len(labels), size, size, 3), np.uint8)
    done = 0
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        for start in range(0, len(members), chunk):
            rows = members[start : start + chunk]
            images[rows] = _draw(int(label), {k: v[rows] for k, v in columns.items()}, side)
            done += len(rows)
            if on_progress is not None:
                on_progress(done, len(labels))
    return images


def render(
    n, size=32, seed=0, types=None, on_progress=None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Sample and render n products: (uint8 [n, size, size, 3], factors).

    See `sample_factors` and `render_factors` for arguments, ranges and errors.
    """
    factors = sample_factors(n, seed, types)
    return render_factors(factors, size, on_progress), factors


def _draw(label, columns, side):
    """uint8 [m, side / 2, side / 2, 3] of one type; columns are float64 [m]."""
    main, trim = _colours(columns)
    planes = {k: v.astype(np.float32)[:, None, None] for k, v in columns.items()}
    canvas = Canvas(planes, main, trim, side)
    _DRAW[TYPES[label]](canvas)
    pixels = []
    for plane in canvas.finish():
        small = (
            plane[:, ::2, ::2] + plane[:, 1::2, ::2] + plane[:, ::2, 1::2] + plane[:, 1::2, 1::2]
        )
        # Light adds linearly; the square root is the display's gamma.
        pixels.append(np.sqrt(np.clip(small * np.float32(0.25), 0, 1)) * 255)
    return np.rint(np.stack(pixels, axis=-1)).astype(np.uint8)


def _colours(columns):
    """Main and trim colours: two triples of float32 [m, 1, 1], linear light."""
    h, s, v = columns["hue"], columns["saturation"], columns["value"]
    sector = (h[:, None] * 6 + np.array([5.0, 3.0, 1.0])) % 6
    main = v[:, None] * (1 - s[:, None] * np.clip(np.minimum(sector, 4 - sector), 0, 1))
    # Trim: cream on dark products, dark brown on light ones.
    light = main @ np.array([0.3, 0.6, 0.1])
    to_dark = np.clip((light - 0.5) / 0.16, 0, 1)[:, None]
    target = (1 - to_dark) * np.array([0.93, 0.89, 0.82]) + to_dark * np.array([0.24, 0.17, 0.14])
    amount = columns["accent"][:, None]
    trim = main + amount * (target - main)
    return [
        tuple((rgb[:, i] ** 2).astype(np.float32)[:, None, None] for i in range(3))
        for rgb in (main, trim)
    ]


def _checked(factors):
    """(labels int64 [n], columns float64 [n] each) or InputError."""
    wanted = ("type", *FACTORS)
    for name in wanted:
        if name not in factors:
            raise InputError(
                f"factor {name!r} is missing; expected all of {', '.join(wanted)}. "
                "Start from sample_factors and change what you want."
            )
    for name in factors:
        if name not in wanted:
            raise InputError(
                f"factor {name!r} is unknown; expected {', '.join(wanted)}. Correct or remove it."
            )
    try:
        columns = {k: np.asarray(factors[k], np.float64) for k in wanted}
    except (TypeError, ValueError) as error:
        raise InputError(f"factors are not numbers ({error}); give arrays of numbers.") from error
    n = max((c.shape[0] for c in columns.values() if c.ndim == 1), default=1)
    for name, column in columns.items():
        if column.shape not in ((), (n,)):
            raise InputError(
                f"factor {name!r} has shape {column.shape}; expected ({n},) like the others. "
                "Give one value per image or one number for all."
            )
        columns[name] = column = np.broadcast_to(column, (n,))
        low, high = (0, len(TYPES) - 1) if name == "type" else FACTORS[name]
        bad = ~((column >= low) & (column <= high))
        if name == "type":
            bad |= column != np.rint(column)
        if bad.any():
            what = "a label, that is a whole number" if name == "type" else "a number"
            row = int(np.argmax(bad))
            raise InputError(
                f"factor {name!r} is {column[row]} at row {row}; expected {what} "
                f"from {low} to {high}. Clip it or sample it anew."
            )
    if n < 1:
        raise InputError("factors are empty (n = 0); expected at least one image.")
    return columns.pop("type").astype(np.int64), columns


def _labels(types):
    """Labels of the wanted type names."""
    if types is None:
        return np.arange(len(TYPES))
    names = [types] if isinstance(types, str) else list(types)
    for name in names:
        if name not in TYPES:
            raise InputError(f"type {name!r} is unknown; choose from {', '.join(TYPES)}.")
    if not names:
        raise InputError(f"types is empty; choose from {', '.join(TYPES)}, or None for all.")
    return np.array(sorted({TYPES.index(name) for name in names}))


def _whole(name, value, low):
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < low:
        raise InputError(f"{name} is {value!r}; expected a whole number of at least {low}.")
    return int(value)
