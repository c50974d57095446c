"""Which colours generated images have, and which of the real ones' they have lost.

A generator can make every shape and lose colours: a VAE whose code forgets them makes all products
brownish, a GAN may stop making red ones. Features of a classifier that names products by their
shape hardly move then; these numbers look at nothing else.

Colour is opponent here: red against green, R - G, and yellow against blue, (R + G) / 2 - B, both in
grey levels. Chroma is the length of the two, 0 for grey (Hasler and Süsstrunk 2003).
"""

import numpy as np

from prodimg_lib.errors import InputError
from prodimg_lib.metrics import _check, distribution
from prodimg_lib.metrics.intervals import interval
from prodimg_lib.metrics.uncertainty import binomial_error

NEIGHBOURS = 5
LOST = 0.8  # of the real colours: with fewer for certain, colours are called lost
_BLOCK = 256  # images converted at a time
# Mean chroma of grey photographs saved as RGB: JPEG alone gives up to about 1.
_COLOURLESS = 2.0


def tints(images):
    """The colour of each image: the mean of its opponent colours, weighted by their chroma.

    By the weights a white ground does not pale the product on it, and a grey product with noise in
    its pixels stays grey.

    Args:
        images: uint8 [n, h, w, 3], RGB.

    Returns:
        float64 [n, 2], red against green in -255..255, yellow against blue in the same; 0, 0 for a
        grey image.

    Raises:
        InputError: not uint8 RGB images.

    What it cannot see: where in the image a colour is, and that a bag is half red, half green: the
    two cancel to a yellow that is not there.
    """
    return _by_block(images, _tint, 2)


def mean_chroma(images):
    """How colourful each image is: the mean chroma of its pixels, in grey levels.

    Args, raises:
        As ``tints``.

    Returns:
        float64 [n], from 0 for a grey image to 255 for a blue or yellow and 285 for a red or green
        one without a pixel of anything else.

    What it cannot see: which colours they are. Larger products on white have more, too.
    """
    return _by_block(images, _chroma, 1)[:, 0]


def colour_coverage(real, fake, k=NEIGHBOURS):
    """Share of real images with a generated one of nearly their colour: 0 if all colours are lost.

    The coverage of Naeem et al. (2020) in the plane of ``tints``: the ball of a real image reaches
    to the k-th nearest real tint, and is covered if it holds a generated one. For two sets of one
    kind and of equal size it is about 1 - 2^-k, .97 for k = 5, whatever their colours.

    Args:
        real, fake: uint8 [m, h, w, 3] and [n, h, w, 3], RGB.
        k: neighbours, the image itself not counted.

    Returns:
        float in [0, 1].

    Raises:
        InputError: as ``tints``; k not below the number of real images.

    What it cannot see: colours that real images do not have, beside all that they have; which
    product has which colour; contrast and brightness.
    """
    return coverage_of_tints(tints(real), tints(fake), k)


def coverage_of_tints(real, fake, k=NEIGHBOURS):
    """``colour_coverage`` of tints [m, 2] and [n, 2] that are known already."""
    return distribution.density_coverage(real, fake, k)[1]


def expected_coverage(real, fake, k=NEIGHBOURS):
    """What ``colour_coverage`` is on average for so many real and generated images of one kind.

    Of k + 1 real tints and n generated ones each order of distances is as likely (Naeem et al.
    2020): no generated one is nearer than the k-th with chance prod_{i=1..k} (m - i) / (m + n - i).
    """
    missed = [(real - i) / (real + fake - i) for i in range(1, k + 1)]
    return 1 - float(np.prod(missed))


def lost(facts):
    """Whether colours are lost for certain, by an entry ``colour_coverage`` of ``Scores``.

    They are where all of its 95 % interval lies below ``LOST`` times what real images cover: the
    floor, or what it is on average, whichever is less. Where there is no interval nothing is said.
    """
    ends = interval("colour_coverage", facts)
    usual = min(facts["floor"], expected_coverage(facts["n"], facts["n"]))
    return ends is not None and ends[1] < LOST * usual


def in_colour(images):
    """Whether uint8 images [n, h, w, c] are in colour: RGB, and not grey ones saved as RGB."""
    return images.shape[-1] == 3 and float(mean_chroma(images).mean()) > _COLOURLESS


def entries(real, fake, reference, other, error):
    """What ``Scores`` says of colours: {} where the real images have none.

    Args:
        real, fake: uint8 [n, h, w, c] each.
        reference, other: two sets of real ones [m, h, w, c], for the floor.
        error: ``standard_error`` with its halves and seed.

    Returns:
        dict with ``colour_coverage`` and ``chroma``.
    """
    if not in_colour(real):
        return {}
    x, y, a, b = map(tints, (real, fake, reference, other))

    def covered(p, q):
        return coverage_of_tints(p, q, min(NEIGHBOURS, len(p) - 1))

    value, chroma = covered(x, y), mean_chroma(fake)
    spread = error(covered, x, y)
    return {
        "colour_coverage": {
            "value": value,
            "uncertainty": None if spread is None else max(spread, binomial_error(value, len(x))),
            "floor": covered(a, b),
            "n": len(x),
            "d": None,
            "floor_n": len(b),
        },
        "chroma": {
            "value": float(chroma.mean()),
            "uncertainty": float(chroma.std(ddof=1) / np.sqrt(len(chroma))),
            "floor": float(mean_chroma(real).mean()),
            "n": len(x),
            "d": None,
            "floor_n": len(x),
        },
    }


def _by_block(images, function, width):
    images = _check.images("images", images, ndims=(4,))
    if images.dtype != np.uint8 or images.shape[-1] != 3:
        raise InputError(
            f"images are {images.dtype} of shape {images.shape}: expected uint8 [n, h, w, 3], "
            "as grey images have no colours to compare"
        )
    result = np.empty((len(images), width))
    for start in range(0, len(images), _BLOCK):
        rows = slice(start, start + _BLOCK)
        result[rows] = function(_opponent(images[rows]))
    return result


def _opponent(images):
    red, green, blue = np.moveaxis(images.astype(np.float32), -1, 0)
    return np.stack([red - green, (red + green) / 2 - blue], axis=-1)


def _chroma(colours):
    return np.hypot(colours[..., 0], colours[..., 1]).mean((1, 2), dtype=np.float64)[:, None]


def _tint(colours):
    weights = np.hypot(colours[..., 0], colours[..., 1]).astype(np.float64)
    total = np.maximum(weights.sum((1, 2)), 1e-12)
    return (colours * weights[..., None]).sum((1, 2)) / total[:, None]
