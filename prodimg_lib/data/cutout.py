"""The product apart from its ground: a mask, and how sure it is."""

import functools
import importlib.util
import os
from pathlib import Path

import numpy as np

from prodimg_lib.errors import InputError

SIDE = 96  # pixels of the longer side at which the mask is found: GrabCut's time grows with them
_RING = 0.04  # of the longer side: what is taken for ground at first
_ROUNDS = 2
_THIN = 3  # pixels of the shorter side there: fewer are all rim
_LEAST, _MOST = 0.04, 0.9  # shares of the picture that a product fills
# How much surer GrabCut may make what it begins with. Of 500 sellers' photographs of clothing 47 %
# begin more than this below 0.9, and none of them is among the 180 that reach it.
_HOPE = 0.15


def cut_out(image, least=0.0):
    """Find the product of a photograph with OpenCV's GrabCut (Rother et al. 2004).

    The rim of the picture is taken for ground; what lies far from its colours begins as product.
    The confidence is the product of three shares, each 1 for a product that stands free on a plain
    ground: how far the beginning and the end agree (intersection over union), how much of the
    mask is one piece, and how much of the rim is free of it. It is 0 where the mask is
    nearly nothing or nearly everything.

    Args:
        image: uint8 [h, w, 3].
        least: the confidence below which the mask is of no use. Where the beginning is far below
            it, in pieces or over the rim, it is not refined, and its own confidence returned.

    Returns:
        ``(mask, confidence)``: float32 [h, w] in 0..1, and a float in 0..1.
    """
    import cv2

    cv2.setRNGSeed(0)  # of this thread: k-means draws its first centres
    height, width = image.shape[:2]
    scale = min(1, SIDE / max(height, width))
    if scale * min(height, width) < _THIN:  # a dot or a line, which has no ground of its own
        return np.ones((height, width), np.float32), 0.0
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ring = rim(small.shape[:2])
    begun = _unlike_the_ring(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), ring)
    if begun.mean() < _LEAST:
        return np.ones((height, width), np.float32), 0.0
    piece, whole = _largest(begun)
    if (sure := _confidence(begun, piece, whole, piece, ring)) < least - _HOPE:
        return np.ones((height, width), np.float32), sure
    state = np.where(begun, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[ring & ~begun] = cv2.GC_BGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, state, (0, 0, 1, 1), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = (state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)
    mask, whole = _largest(found)
    fill = mask.mean()
    if not _LEAST <= fill <= _MOST:
        return np.ones((height, width), np.float32), 0.0
    full = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return full, _confidence(begun, found, whole, mask, ring)


def _confidence(one, other, whole, mask, ring):
    """How far two masks agree, times the share in one piece, times how free the ring is of it."""
    agreement = (one & other).sum() / (one | other).sum()
    return float(agreement * whole * (1 - mask[ring].mean()))


def rim(shape):
    """Where the outermost 4 % of a picture of a shape (h, w) are, bool [h, w]."""
    outer = np.ones(shape, bool)
    edge = max(1, round(_RING * max(shape)))
    outer[edge:-edge, edge:-edge] = False
    return outer


def _unlike_the_ring(lab, ring):
    """Pixels whose colour is farther from the ring's than the ring's own are from each other."""
    import cv2

    pixels = lab.reshape(-1, 3).astype(np.float32)
    border = pixels[ring.ravel()]
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    _, _, centres = cv2.kmeans(
        border, 3, np.empty((len(border), 1), np.int32), criteria, 1, cv2.KMEANS_PP_CENTERS
    )

    def distance(colours):
        # Channel by channel: NumPy is slow along an axis of three.
        return np.sqrt(
            np.min([sum(np.square(colours[:, i] - c[i]) for i in range(3)) for c in centres], 0)
        )

    limit = max(10.0, 1.5 * np.percentile(distance(border), 90))
    return (distance(pixels) > limit).reshape(ring.shape)


def _largest(mask):
    """The largest connected piece, its holes filled, and its share of the mask."""
    import cv2

    number, pieces, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if number < 2:
        return mask, 0.0
    areas = facts[1:, cv2.CC_STAT_AREA]
    piece = (pieces == 1 + areas.argmax()).astype(np.uint8)
    outer, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(piece, outer, -1, 1, cv2.FILLED)
    return piece.astype(bool), float(areas.max() / areas.sum())


def method(wanted):
    """``opencv``, ``rembg`` or ``none``: what ``CutOut.method`` means on this machine.

    Raises:
        InputError: rembg is asked for and not at hand.
    """
    if wanted == "auto":
        return "rembg" if _rembg_is_here() else "opencv"
    if wanted == "rembg" and not _rembg_is_here():
        raise InputError(
            f"cutout.method = 'rembg': install rembg and put its model into {_rembg_models()[0]}, "
            "or choose 'opencv'"
        )
    return wanted


def _rembg_models():
    """Where rembg looks for its model: its old home, then its new one."""
    data = os.environ.get("XDG_DATA_HOME")
    old = os.environ.get("U2NET_HOME") or f"{data or '~'}/.u2net"
    new = os.environ.get("REMBG_HOME") or (f"{data}/rembg" if data else "~/.rembg")
    places = (
        f"{old}/u2net.onnx",
        f"{old}/models/u2net/u2net.onnx",
        f"{new}/models/u2net/u2net.onnx",
    )
    return [Path(os.path.expanduser(place)) for place in places]


def _rembg_is_here():
    here = importlib.util.find_spec("rembg") is not None
    return here and any(path.is_file() for path in _rembg_models())


@functools.cache
def _rembg_session():
    import rembg

    return rembg.new_session("u2net")


def cut_out_with_rembg(image):
    """As ``cut_out``, with the network U2-Net (Qin et al. 2020).

    The confidence is the product of how decided the mask is, how much of it is one piece, and how
    much of the rim is free of it.
    """
    import rembg
    from PIL import Image

    found = rembg.remove(Image.fromarray(image), session=_rembg_session(), only_mask=True)
    mask = np.asarray(found.convert("L"), np.float32) / 255
    _, whole = _largest(mask > 0.5)
    if not _LEAST <= mask.mean() <= _MOST:
        return np.ones(mask.shape, np.float32), 0.0
    decided = 1 - (4 * mask * (1 - mask)).mean()
    return mask, float(decided * whole * (1 - mask[rim(mask.shape)].mean()))


def box(mask, margin=0.06):
    """Where a product lies: ``(left, top, right, bottom)`` in pixels, with a margin on each side.

    It may reach over the picture, which is white there once the product is cut out.
    """
    rows, columns = (np.flatnonzero((mask > 0.5).any(axis)) for axis in (1, 0))
    more = margin * max(np.ptp(rows), np.ptp(columns))
    corners = (columns[0] - more, rows[0] - more, columns[-1] + 1 + more, rows[-1] + 1 + more)
    return tuple(round(float(corner)) for corner in corners)


def on_white(image, mask):
    """The product of uint8 [h, w, 3] on a white ground."""
    opaque = mask[..., None]
    return np.rint(image * opaque + 255 * (1 - opaque)).astype(np.uint8)
