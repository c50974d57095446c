"""Near duplicates: the same photograph saved again, smaller, or a little changed.

Two measures must agree. A perceptual hash (64 bits, the signs of the lowest frequencies of a DCT;
Zauner 2010) finds candidates among all pairs; it is coarse, and photographs of two plain trousers
on one floor can share it. So a candidate counts only if the pictures themselves are near, at
16 x 16 pixels and apart from an overall change of light.
"""

import itertools

import numpy as np

BITS = 8  # of 64: at most so many may differ
# Shares of the thumbnails' contrast. Photographs of clothing, saved again at half or a third of
# their size or at JPEG quality 15: 99 % are within COPY. With 12 % more light 80 % are within SAME,
# with 15 % more contrast 98 %. Of 799,480 pairs of 1,265 different ones the nearest are 0.16 apart.
COPY = 0.05  # the same photograph
SAME = 0.12  # most likely the same, so never one in training and the other in the test
THUMB = 16
_BLOCK = 512
_FEW = 2**14  # hashes of which each is compared with each: below that looking for bands costs more


def fingerprint(image):
    """What near duplicates are found by: of a whole photograph, uint8 [s, s, c] or a PIL image.

    Returns:
        ``(hash, thumbnail)``: np.uint64, and uint8 [16, 16, 3].
    """
    import imagehash
    from PIL import Image

    picture = image
    if not isinstance(image, Image.Image):
        picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    bits = np.packbits(imagehash.phash(picture).hash.ravel())
    thumb = picture.convert("RGB").resize((THUMB, THUMB), Image.Resampling.BOX)
    return bits.view(">u8")[0].astype(np.uint64), np.asarray(thumb)


def candidates(hashes):
    """All pairs of which at most ``BITS`` of 64 differ: yields arrays ``(i, j)``, i < j, once each.

    Of five bands of such a pair at least one then differs in one bit or none, so where they are
    many only hashes are compared that have such a band. Memory: some 30 bytes a hash, whatever the
    number of pairs.

    Args:
        hashes: uint64 [n].
    """
    hashes = np.asarray(hashes, np.uint64)
    if len(hashes) <= _FEW:
        every = np.arange(len(hashes), dtype=np.int32)
        yield from _near(hashes, every, every)
        return
    edges = np.linspace(0, 64, BITS // 2 + 2).astype(int).tolist()
    bands = list(itertools.pairwise(edges))
    masks = [np.uint64((1 << high) - (1 << low)) for low, high in bands]
    for number, (low, high) in enumerate(bands):
        band = ((hashes & masks[number]) >> np.uint64(low)).astype(np.int32)
        order = np.argsort(band, kind="stable").astype(np.int32)
        keys, starts = np.unique(band[order], return_index=True)
        members = dict(zip(keys.tolist(), np.split(order, starts[1:]), strict=True))
        for key, rows in members.items():
            for flip in (0, *(1 << bit for bit in range(high - low))):
                others = members.get(key ^ flip)
                if others is None or key ^ flip < key:
                    continue
                for i, j in _near(hashes, rows, others):
                    differ = hashes[i] ^ hashes[j]
                    new = np.ones(len(i), bool)
                    for mask in masks[:number]:  # not found by an earlier band
                        new &= np.bitwise_count(differ & mask) > 1
                    if new.any():
                        pair = np.stack([i[new], j[new]])
                        yield pair.min(0), pair.max(0)


def _near(hashes, rows, others):
    """Near pairs of one of ``rows`` and one of ``others``, which may be the same, in blocks."""
    for top in range(0, len(rows), _BLOCK):
        part = rows[top : top + _BLOCK]
        for left in range(top if rows is others else 0, len(others), _BLOCK):
            beside = others[left : left + _BLOCK]
            near = np.bitwise_count(hashes[part][:, None] ^ hashes[beside][None]) <= BITS
            if rows is others and left == top:
                near = np.triu(near, 1)
            a, b = np.nonzero(near)
            if len(a):
                yield part[a], beside[b]


def differences(a, b):
    """How far thumbnails are apart, as they are and apart from each colour's mean.

    Mean absolute differences over the lesser standard deviation of the two: what is far for a white
    shirt on white is near for one on black. The first is to be compared with ``COPY``, the second,
    which a change of light leaves alone, with ``SAME``.

    Args:
        a, b: uint8 [..., 16, 16, 3].

    Returns:
        Two float arrays [...].
    """
    a, b = a.astype(np.float32), b.astype(np.float32)
    deviation = np.minimum(*(x.std((-3, -2)).mean(-1) for x in (a, b)))
    gap = a - b
    centred = gap - gap.mean((-3, -2), keepdims=True)
    return tuple(np.abs(x).mean((-3, -2, -1)) / np.maximum(deviation, 1) for x in (gap, centred))


class Sketches:
    """What rules most candidates out without a look at their thumbnails: 52 bytes a photograph.

    The mean of a block of a thumbnail is an average, so two thumbnails are at least as far apart as
    their blocks are: nothing is ruled out that is near.

    Args:
        n: how many photographs; all are given to ``keep``, some at a time.
    """

    _SIDE = 4

    def __init__(self, n):
        self.blocks = np.empty((n, 3 * self._SIDE**2), np.uint8)
        self.deviation = np.empty(n, np.float32)

    def keep(self, places, thumbs):
        """The thumbnails, uint8 [m, 16, 16, 3], of the photographs at m places in 0..n - 1."""
        thumbs = thumbs.astype(np.float32)
        step = THUMB // self._SIDE
        blocks = thumbs.reshape(-1, self._SIDE, step, self._SIDE, step, 3).mean((2, 4))
        self.blocks[places] = np.rint(blocks).reshape(len(thumbs), -1)
        self.deviation[places] = thumbs.std((1, 2)).mean(-1)

    def possible(self, i, j, copy, same):
        """Which pairs may have ``differences`` of at most ``copy`` or ``same``: bool [n]."""
        gap = self.blocks[i].astype(np.int16) - self.blocks[j]
        gap = gap.reshape(len(i), self._SIDE**2, 3).astype(np.float32)
        centred = gap - gap.mean(1, keepdims=True)
        scale = np.maximum(np.minimum(self.deviation[i], self.deviation[j]), 1)
        # Rounded blocks make a gap wrong by 1 at most, and a centred one by 2.
        plain, centred = (np.abs(x).mean((1, 2)) for x in (gap, centred))
        return (plain - 1.01 <= copy * scale) | (centred - 2.01 <= same * scale)


def join(n, i, j):
    """Number of the group of each of n images, int32 [n], where i[k] and j[k] belong together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(i), np.int8), (i, j)), (n, n))
    return connected_components(edges, directed=False)[1]


def groups(prints):
    """Number of the group of near duplicates of each image, counted from 0: int [n].

    Args:
        prints: the ``fingerprint`` of each.
    """
    hashes = np.array([bits for bits, _ in prints], np.uint64)
    thumbs = np.stack([thumb for _, thumb in prints])
    pairs = [np.stack(pair) for pair in candidates(hashes)]
    i, j = np.concatenate([np.empty((2, 0), np.int32), *pairs], axis=1)
    same = differences(thumbs[i], thumbs[j])[1] <= SAME
    return join(len(hashes), i[same], j[same])
