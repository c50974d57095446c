"""Whether generated images are near enough to photographs for details of them to mean anything.

Precision asks whether an image lies in the neighbourhood of a photograph. Far from all of them,
where a network has never learned to tell anything apart, the widest neighbourhoods hold whatever
comes: after eight steps a GAN can have a precision of 1. How far is too far, noise tells: the
kernel distance of a set of which a share t is noise, and the rest photographs, is t^2 times that of
noise alone (MMD is linear in the mixture, Gretton et al. 2012).
"""

import math

import numpy as np

from prodimg_lib import metrics
from prodimg_lib.metrics.intervals import interval
from prodimg_lib.text import text

WITHHELD = ("precision", "recall", "density")  # coverage is near 0 there, and says what is so
_IMAGES = 256  # of noise; the kernel distance has no bias in their number
_MOST = 0.5  # of the images noise: then most of what is compared is no product


def independent_pixels(images, n, seed=0):
    """Images whose pixels know nothing of each other: each value is that of a random image there.

    Args:
        images: uint8 [m, h, w, c]; n: how many to make; seed: of the draw.

    Returns:
        uint8 [n, h, w, c], each pixel and channel distributed as in ``images``.
    """
    rows = np.random.default_rng(seed).integers(0, len(images), (n, *images.shape[1:]))
    return np.take_along_axis(images, rows, axis=0)


def compare_with_noise(scores, real, extractor):
    """Put the distance of noise beside the kernel distance, and mark what means nothing there.

    Where the interval of the distance is not below that of a set of which half is noise,
    precision, recall and density, of a second network too, get ``withheld``: True, and a note says
    why.

    Args:
        scores: ``Scores``, changed; nothing happens to one without a kernel distance.
        real: the photographs it is about, uint8 [m, h, w, c].
        extractor: the network of its kernel distance.
    """
    facts = scores.get("kernel_distance")
    if not facts:
        return
    noise = independent_pixels(real, min(len(real), _IMAGES))
    # A function of the photographs alone, as they are: its features are kept like theirs.
    x, z = (extractor.features(images, cache=True) for images in (real, noise))
    facts["noise"] = metrics.kernel_distance(x, z, 1, max(len(x), len(z)))[0]
    share = noise_share(facts)
    facts["noise_share"] = share
    if share < _MOST:
        return
    for name in scores:
        if name.partition("@")[0] in WITHHELD:
            scores[name]["withheld"] = True
    scores.notes.append(text()["score_notes"]["noise"].format(share=share))


def noise_share(facts):
    """The share of noise in a set as far from photographs as the interval's upper end, up to 1.

    Args:
        facts: entry of the kernel distance, with ``noise``: that of noise.

    Returns:
        float in [0, 1]. Where noise cannot be told from the photographs by this network, 1.
    """
    ends = interval("kernel_distance", facts)
    value = ends[1] if ends else facts["value"]
    return min(1.0, math.sqrt(max(0.0, value) / facts["noise"])) if facts["noise"] > 0 else 1.0
