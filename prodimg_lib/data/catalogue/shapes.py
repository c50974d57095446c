"""Drawing kit of the product catalogue: signed distances, relief shading and shadows in NumPy.

A product is a stack of parts. Each part is a signed distance `f` (negative inside) over a batch of
images of one type, with a colour and a relief (a height field towards the viewer, in the same units
as x and y). The relief gives the normals, the normals give the light.

Coordinates: x right, y down, both in [-1, 1] over the picture. Arrays are float32: planes are
[n, s, s], per-image parameters [n, 1, 1], colours triples of linear-light values in [0, 1]. Pixels
see only + - * / sqrt min max, which IEEE 754 rounds identically everywhere, so that the same
factors give the same pixels on every machine and in every batch.
"""

from itertools import pairwise

import numpy as np

EXPOSURE = (
    0.80  # linear brightness of a white surface facing the camera: leaves room for highlights
)


def smoothstep(x, low, high):
    """0 below low, 1 above high, cubic in between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def bump(x, centre, width):
    """Bell of height 1 and half-width `width` around centre; exactly 0 outside."""
    t = (x - centre) / width
    t = np.maximum(1 - t * t, 0)
    return t * t


def wave(x):
    """Sine-like wave of period 1 and amplitude 1, made of parabolas."""
    t = x - np.rint(x)
    return 8 * t * (1 - 2 * np.abs(t))


def ramp(y, *knots):
    """Piecewise linear function through (y, value) knots, constant beyond the ends."""
    total = knots[0][1]
    for (y0, v0), (y1, v1) in pairwise(knots):
        total = total + np.clip((y - y0) / (y1 - y0), 0, 1) * (v1 - v0)
    return total


def soft_ramp(y, *knots):
    """Like `ramp`, flat at every knot."""
    total = knots[0][1]
    for (y0, v0), (y1, v1) in pairwise(knots):
        total = total + smoothstep(y, y0, y1) * (v1 - v0)
    return total


def blend(a, b, k):
    """Union of two distances with a fillet of size k."""
    h = np.maximum(k - np.abs(a - b), 0)
    return np.minimum(a, b) - h * h * (0.25 / k)


def carve(a, b, k):
    """Intersection of two distances with corners rounded by k."""
    return -blend(-a, -b, k)


def inside(*distances):
    """Intersection of distances."""
    result = distances[0]
    for d in distances[1:]:
        result = np.maximum(result, d)
    return result


def box(x, y, half_x, half_y, radius):
    """Rounded box around the origin."""
    qx, qy = np.abs(x) - (half_x - radius), np.abs(y) - (half_y - radius)
    ox, oy = np.maximum(qx, 0), np.maximum(qy, 0)
    return np.sqrt(ox * ox + oy * oy) + np.minimum(np.maximum(qx, qy), 0) - radius


def ellipse(x, y, rx, ry):
    """Ellipse around the origin (first-order distance, exact at the outline)."""
    u, v = x / rx, y / ry
    k = np.sqrt(u * u + v * v)
    u, v = u / rx, v / ry
    return k * (k - 1) / np.sqrt(u * u + v * v + 1e-6)


def segment(x, y, x0, y0, x1, y1):
    """(distance to the segment, position along it in [0, 1])."""
    dx, dy = x1 - x0, y1 - y0
    px, py = x - x0, y - y0
    t = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0, 1)
    px, py = px - t * dx, py - t * dy
    return np.sqrt(px * px + py * py), t


def rod(x, y, x0, y0, x1, y1, r0, r1):
    """Round rod whose radius goes from r0 to r1."""
    d, t = segment(x, y, x0, y0, x1, y1)
    return d - (r0 + (r1 - r0) * t)


def fold(x, y, x0, y0, x1, y1, width):
    """Relief in [0, 1] of a crease: strongest at (x0, y0), fading towards (x1, y1)."""
    d, t = segment(x, y, x0, y0, x1, y1)
    return bump(d, 0, width) * (1 - t)


def dome(f, radius):
    """Relief of a cushion: rises from the outline of f over `radius`, then stays flat."""
    t = np.clip(f / -radius, 0, 1)
    return radius * t * (2 - t)


def barrel(u, radius):
    """Relief of a round body seen from the side; u is -1 and 1 at its outline."""
    return radius * np.sqrt(np.maximum(1 - u * u, 0.02))


def mix(a, b, t):
    """Colour between a (t=0) and b (t=1)."""
    return tuple(p + (q - p) * t for p, q in zip(a, b, strict=True))


def scale(colour, k):
    """Colour multiplied by k."""
    return tuple(c * k for c in colour)


class Canvas:
    """A batch of pictures of one type while they are drawn.

    Args:
        factors: mapping name -> float32 [n, 1, 1] with rotation (degrees), width, height,
            light_angle (degrees) and light_strength; the rest is kept as attributes.
        main, trim: colours.
        side: pixels along one side.

    The product's own frame `x`, `y` is rotated and stretched; light works in the picture's frame.
    """

    def __init__(self, factors, main, trim, side):
        self.main, self.trim = main, trim
        self.detail = factors["detail"]
        grid = ((2 * np.arange(side) + 1 - side) / side).astype(np.float32)
        gx, gy = grid[None, None, :], grid[None, :, None]
        turn, angle = (
            np.deg2rad(factors[k].astype(np.float64)) for k in ("rotation", "light_angle")
        )
        cos, sin = np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)
        self.x = (gx * cos + gy * sin) / factors["width"]
        self.y = (gy * cos - gx * sin) / factors["height"]
        self.ax = np.abs(self.x)
        self.pixel = 2 / side  # one pixel in the product's frame, about
        self.strength = factors["light_strength"]
        self.light = (
            (0.66 * np.sin(angle)).astype(np.float32),
            (-0.66 * np.cos(angle)).astype(np.float32),
            np.float32(0.751),
        )
        # A soft box is nearer to one side: even flat parts are brighter towards the light.
        self.falloff = 1 + 0.22 * self.strength * (gx * self.light[0] + gy * self.light[1])
        self.colour = [np.zeros_like(self.x) for _ in range(3)]
        self.alpha = np.zeros_like(self.x)
        self.ground = None

    def frame(self, zoom, up=0.0):
        """Fit the product into the picture: enlarge by zoom, then move up (both before drawing)."""
        self.x, self.ax = self.x / zoom, self.ax / zoom
        self.y = self.y / zoom + up
        self.pixel = self.pixel / zoom
        return self

    def _lit(self, relief, gloss):
        """Brightness (1 = facing the camera) and highlight of a relief."""
        if relief is None:
            return self.falloff, None
        gx, gy = np.zeros_like(relief), np.zeros_like(relief)
        np.subtract(relief[:, :, 2:], relief[:, :, :-2], out=gx[:, :, 1:-1])
        np.subtract(relief[:, 2:, :], relief[:, :-2, :], out=gy[:, 1:-1, :])
        step = 0.5 / self.pixel
        gx *= step
        gy *= step
        lx, ly, lz = self.light
        norm = 1 / np.sqrt(gx * gx + gy * gy + 1)
        lambert = np.maximum((lz - gx * lx - gy * ly) * norm, 0)
        tone = self.falloff * (1 + 0.95 * self.strength * (lambert * (1 / lz) - 1))
        if not gloss:
            return tone, None
        h = np.sqrt(2 + 2 * lz)  # length of light + viewer
        shine = np.maximum(((lz + 1) - gx * lx - gy * ly) * norm / h, 0)
        for _ in range(5):
            shine = shine * shine
        return tone, shine * (gloss * self.strength)

    def paint(self, f, colour, relief=None, gloss=0.0, edge=0.25, rim=0.06, glow=None, cut=1.0):
        """Paint one part over what is there.

        Args:
            f: signed distance; relief: height field or None for a flat part.
            gloss: strength of the highlight; glow: plane of light added on top.
            edge, rim: darkening at the outline and how far it reaches inwards.
            cut: opacity in [0, 1].
        """
        cover = np.clip(0.5 - f / self.pixel, 0, 1) * cut
        tone, shine = self._lit(relief, gloss)
        near = 1 - np.clip(f / -rim, 0, 1)
        tone = tone * (EXPOSURE - EXPOSURE * edge * near * near)
        if glow is not None:
            shine = glow if shine is None else shine + glow
        for plane, c in zip(self.colour, colour, strict=True):
            value = c * tone
            if shine is not None:
                value += shine
            value -= plane
            value *= cover
            plane += value
        self.alpha += cover * (1 - self.alpha)

    def line(self, distance, width, colour, cut=0.6):
        """Paint a thin line (seam, stitching) of half-width `width` around distance 0."""
        # Lines thinner than a pixel become fainter rather than broken.
        half = max(width, 0.5 * self.pixel)
        f = distance - half
        self.paint(f, colour, edge=0.0, cut=cut * (width / half))

    def stand(self, y, half_width, depth=0.09, contact=0.4):
        """Put the product on a ground that it touches at y (its own frame).

        contact: darkness right under the product, 0 if it stands on legs.
        """
        self.ground = (y, half_width, depth, contact)

    def finish(self):
        """Set the product on its white ground: linear-light planes, a list of three [n, s, s]."""
        if self.ground is None:
            shadow = 0.34 * self._drop_shadow()
        else:
            y0, half, depth, contact = self.ground
            u = (self.x + 0.16 * self.light[0]) / (half * 1.32)
            v = (self.y - y0) / depth
            soft = np.maximum(1 - u * u - v * v, 0)
            u, v = self.x / half, v * 2.6
            near = np.maximum(1 - u * u - v * v, 0)
            shadow = 0.34 * soft * soft + contact * near
        white = np.clip(1 - shadow, 0, 1) * (1 - self.alpha)
        return [plane + white for plane in self.colour]

    def _drop_shadow(self):
        """Silhouette, moved away from the light and blurred on a coarse grid of about 32 cells."""
        a = self.alpha
        side = a.shape[1]
        k = side // 28 if side % 28 == 0 else side // 32
        coarse = sum(a[:, i::k, j::k] for i in range(k) for j in range(k)) / np.float32(k * k)
        m = coarse.shape[1] + 8
        padded = np.zeros((len(a), m, m), np.float32)
        padded[:, 4:-4, 4:-4] = coarse
        lx, ly, _ = self.light
        for axis, shift in ((2, lx), (1, ly)):
            # One cell away from the light, by linear interpolation, then a binomial blur.
            back, ahead = np.roll(padded, 1, axis), np.roll(padded, -1, axis)
            move = np.abs(shift)
            padded = padded * (1 - move) + np.where(shift < 0, back, ahead) * move
            for _ in range(4):
                padded = (
                    2 * padded + np.roll(padded, 1, axis) + np.roll(padded, -1, axis)
                ) * np.float32(0.25)
        at = (np.arange(side) + 0.5) / k - 0.5 + 4
        low = at.astype(int)
        t = (at - low).astype(np.float32)
        rows = padded[:, low] * (1 - t[:, None]) + padded[:, low + 1] * t[:, None]
        return rows[:, :, low] * (1 - t) + rows[:, :, low + 1] * t
