"""How a product lies in its picture: border, fill, centring and sharpness of batches of images.

Each is a plain measure of pixels, made to be compared with the same measure of photographs: no
number here says what is good. Photographs and generated images alike are taken as they are
prepared, uint8 [n, h, w, c] with c 1 or 3.
"""

import numpy as np

from prodimg_lib.data import gates
from prodimg_lib.data.cutout import rim
from prodimg_lib.data.images import luma

NEAR = 10  # levels: a pixel that near to the ground in every channel counts as ground


def ground(images):
    """The colour that most borders have, float [c]: the median over the border of all images."""
    return np.median(_borders(images), axis=(0, 1))


def border(images, colour):
    """Share of each image's border, its outermost 4 %, that has a colour [c]: [n] in 0..1.

    With the ``ground`` of photographs on white it is the share that is white.
    """
    return (np.abs(_borders(images) - colour) <= NEAR).all(-1).mean(1)


def products(images):
    """Where the product is, bool [n, h, w]: what differs from the median of the image's border.

    On a plain ground that is the product, but for parts of the ground's own colour; in a scene it
    is whatever differs.
    """
    own = np.median(_borders(images), axis=1)
    return (np.abs(images - own[:, None, None]) > NEAR).any(-1)


def fill(images):
    """Share of each image that the product takes: [n] in 0..1."""
    return products(images).mean((1, 2))


def centring(images):
    """How far the centre of the product's pixels is from the middle of the frame, [n].

    In shares of the longer side: 0 in the middle, 0.5 at the middle of an edge; NaN where there is
    no product.
    """
    found = products(images).astype(float)
    area = found.sum((1, 2))
    off = []
    for axis, side in enumerate(found.shape[1:]):
        places = np.arange(side) - (side - 1) / 2
        along = found.sum(2 - axis)  # of each row, then of each column
        with np.errstate(invalid="ignore"):
            off.append((along @ places) / area)
    return np.hypot(*off) / max(found.shape[1:])


def sharpness(images):
    """``gates.sharpness`` of each image's luma: [n], low where blurred, high where noisy."""
    grey = luma(images) if images.shape[-1] == 3 else images
    return np.array([gates.sharpness(np.ascontiguousarray(image[..., 0])) for image in grey])


def _borders(images):
    """The pixels of the borders, float [n, pixels, c]."""
    return images[:, rim(images.shape[1:3])].astype(float)
