"""Quality gates: what is measured of a photograph, and which ones a training set is better without.

The measures follow CleanVision's (dark, blurry, odd aspect ratio, low information), which reads
each file again and brings pandas; here they are taken from the picture that is prepared anyway.
"""

import numpy as np

_RIM = 0.04  # of the longer side: the border of a photograph
_OFF_WHITE = 245  # levels: darker than that is not the white of a product page


def measure(image, width, height):
    """Numbers about one photograph.

    Args:
        image: uint8 [h, w, 3], of about 128 pixels.
        width, height: of the file, in pixels.

    Returns:
        dict of floats: ``min_side`` and ``aspect`` (longer by shorter side) of the file;
        ``brightness``, the 99th percentile of the luma, and ``contrast``, its standard deviation
        (levels); ``information``, the entropy of its histogram (bits, at most 8); ``sharpness``,
        the standard deviation of its Laplacian over its own; and ``white_border``.
    """
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    contrast = _spread(grey)
    counts = np.bincount(grey.ravel(), minlength=256)
    share = counts[counts > 0] / grey.size
    return {
        "min_side": float(min(width, height)),
        "aspect": max(width, height) / min(width, height),
        "brightness": float(np.searchsorted(np.cumsum(counts), 0.99 * grey.size)),
        "contrast": contrast,
        "information": float(-(share * np.log2(share)).sum()),
        "sharpness": _sharpness(grey, contrast),
        "white_border": white_border(image),
    }


def sharpness(grey):
    """Standard deviation of the Laplacian of uint8 [h, w] over its own: low where it is blurred."""
    return _sharpness(grey, _spread(grey))


def _sharpness(grey, contrast):
    import cv2

    return _spread(cv2.Laplacian(grey, cv2.CV_32F)) / max(contrast, 1.0)


def _spread(grey):
    import cv2

    return float(cv2.meanStdDev(grey)[1][0, 0])


def white_border(image):
    """Share of the outermost 4 % of uint8 [h, w, 3] that is white."""
    edge = max(1, round(_RIM * max(image.shape)))
    top, bottom, rest = image[:edge], image[-edge:], image[edge:-edge]
    parts = [top, bottom, rest[:, :edge], rest[:, -edge:]]
    red, green, blue = np.concatenate([part.reshape(-1, 3) for part in parts]).T >= _OFF_WHITE
    return float((red & green & blue).mean())


def failed(measures, gates):
    """The gates that a photograph does not pass: ``[(name of the gate, measured value)]``.

    Args:
        gates: ``config.Gates``; one that is None is open.
    """
    found = []
    for gate, (name, sign) in _JUDGED.items():
        limit = getattr(gates, gate)
        if limit is not None and sign * measures[name] > sign * limit:
            found.append((gate, measures[name]))
    return found


# Gate: the measure it looks at, and 1 where more is worse, -1 where less is.
_JUDGED = {
    "too_small": ("min_side", -1),
    "blank": ("contrast", -1),
    "dark": ("brightness", -1),
    "odd_aspect": ("aspect", 1),
    "low_information": ("information", -1),
    "blurred": ("sharpness", -1),
    "off_white_border": ("white_border", -1),
}
