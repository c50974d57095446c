"""Garments and accessories of the product catalogue, one drawing function per type.

Each takes a `Canvas` and paints on it, in the product's own frame: x right, y down, about 0.8
around the middle. Numbers below are such lengths; they are tuned by eye.
"""

import numpy as np

from prodimg_lib.data.catalogue_shapes import (
    blend,
    box,
    bump,
    dome,
    ellipse,
    fold,
    inside,
    mix,
    ramp,
    rod,
    scale,
    segment,
    smoothstep,
    soft_ramp,
    wave,
)

GOLD = (0.72, 0.48, 0.16)
WHITE = (0.92, 0.91, 0.88)


def draw_t_shirt(c):
    """detail: sleeve length."""
    x, y, ax = c.x, c.y, c.ax
    torso = inside(
        ax - ramp(y, (-0.3, 0.40), (0.1, 0.375), (0.74, 0.415)),
        y - 0.74 + 0.03 * ax,
        0.42 * (ax - 0.18) - 0.9 * (y + 0.69),
    )
    length = 0.36 + 0.62 * c.detail
    ux = 0.66 - 0.30 * c.detail
    uy = np.sqrt(1 - ux * ux)
    sx, sy = ax - 0.34, y + 0.46
    along, across = sx * ux + sy * uy, sx * uy - sy * ux
    half = 0.17 - 0.10 * np.clip(along, 0, 1) - 0.02 * c.detail
    sleeve = inside(np.abs(across) - half, along - length, -along - 0.05)
    neck = ellipse(x, y + 0.71, 0.185, 0.155)
    shape = blend(torso, sleeve, 0.05)
    # Inside of the back, seen through the neck.
    back = inside(neck - 0.02, -0.70 - y + 0.25 * x * x, ax - 0.19)
    c.paint(back, scale(c.main, 0.36), edge=0.3)
    relief = dome(shape, 0.16) * 0.55
    relief += 0.035 * fold(ax, y, 0.42, -0.22, 0.08, 0.02, 0.07)
    relief += 0.03 * fold(x, y, -0.40, 0.05, 0.05, 0.30, 0.07)
    relief += 0.03 * fold(x, y, 0.42, 0.22, -0.10, 0.42, 0.08)
    relief += 0.012 * wave(x * 2.3 + 0.35 * y + 0.15) * smoothstep(y, 0.0, 0.7)
    relief += 0.02 * wave(along * 3.1 + across) * smoothstep(-sleeve, 0.0, 0.1)
    shirt = inside(shape, -neck)
    c.paint(shirt, c.main, relief, edge=0.3, rim=0.05)
    seam = np.abs(segment(ax, y, 0.40, -0.585, 0.375, -0.27)[0])
    c.line(seam, 0.008, scale(c.main, 0.45), 0.6)
    c.line(np.abs(inside(torso + 0.045, -y + 0.5)), 0.006, scale(c.main, 0.5), 0.5)
    cuff = inside(sleeve, length - 0.055 - along)
    c.paint(cuff, c.trim, relief, edge=0.3)
    collar = inside(np.abs(neck - 0.02) - 0.024, 0.42 * (ax - 0.19) - 0.9 * (y + 0.70))
    c.paint(collar, c.trim, dome(collar, 0.024), edge=0.2)


def draw_trousers(c):
    """detail: width of the legs, from tapered to wide."""
    c.frame(0.96)
    x, y, ax = c.x, c.y, c.ax
    hem = 0.11 + 0.13 * c.detail
    middle = ramp(y, (-0.2, 0.16), (0.8, 0.245))
    half = ramp(y, (-0.2, 0.175), (0.2, 0.5 * (0.15 + hem)), (0.8, hem))
    outer = blend(-(middle + half), -ramp(y, (-0.8, 0.28), (-0.25, 0.345)), 0.05) * -1
    outer = np.where(y < -0.2, ramp(y, (-0.8, 0.275), (-0.2, 0.335)), middle + half)
    gap = smoothstep(y, -0.2, -0.1) * (middle - half) * (y > -0.2)
    legs = inside(ax - outer, np.where(y > -0.2, gap - ax, -1), y - 0.8, -0.8 - y)
    across = (ax - middle) / half
    relief = 0.10 * np.sqrt(np.maximum(1.04 - across * across, 0.02)) * smoothstep(y, -0.35, 0.0)
    relief += dome(legs, 0.12) * 0.35
    relief += 0.014 * bump(ax, middle, 0.05) * smoothstep(y, -0.3, 0.1)
    relief += 0.03 * fold(ax, y, 0.03, -0.2, 0.30, -0.32, 0.05)
    relief += 0.03 * fold(ax, y, 0.04, -0.16, 0.27, -0.12, 0.05)
    relief += 0.014 * wave(y * 4.3 + ax * 2 + 0.2 * x) * bump(y, 0.22, 0.28)
    relief += 0.012 * wave(y * 6.1 - ax * 3) * bump(y, 0.72, 0.14)
    c.paint(legs, c.main, relief, edge=0.3, rim=0.05)
    dark = scale(c.main, 0.4)
    fly = segment(x, y, 0.0, -0.68, 0.0, -0.2)[0]
    c.line(fly, 0.007, dark, 0.8)
    pocket = segment(ax, y, 0.20, -0.69, 0.30, -0.48)[0]
    c.line(pocket, 0.008, dark, 0.8)
    c.line(np.abs(inside(legs + 0.03, 0.6 - y)), 0.005, dark, 0.4)
    band = inside(ax - ramp(y, (-0.8, 0.275), (-0.2, 0.335)), -0.8 - y, y + 0.69)
    c.paint(band, c.trim, dome(band, 0.05) + 0.2 * np.sqrt(np.maximum(0.1 - x * x, 0)), edge=0.3)
    button = ellipse(x, y + 0.745, 0.026, 0.026)
    c.paint(button, GOLD, dome(button, 0.026), gloss=0.5)


def draw_dress(c):
    """detail: flare of the skirt."""
    c.frame(0.98)
    x, y, ax = c.x, c.y, c.ax
    flare = 0.30 + 0.36 * c.detail
    side = soft_ramp(y, (-0.45, 0.265), (-0.13, 0.19)) + np.clip((y + 0.13) / 0.9, 0, 1) * (
        flare - 0.19
    ) * (1.25 - 0.25 * np.clip((y + 0.13) / 0.9, 0, 1))
    folds = wave(x / (side + 0.02) * 2.1 + 0.12)
    down = smoothstep(y, -0.13, 0.75)
    shape = inside(
        (ax - side) * 0.93,
        y - 0.76 + 0.10 * ax * ax - 0.018 * folds,
        -0.52 - y + 0.35 * smoothstep(ax, 0.15, 0.28) - 0.0 * x,
    )
    neck = ellipse(x, y + 0.56, 0.14, 0.17)
    strap = inside(rod(ax, y, 0.165, -0.80, 0.20, -0.42, 0.035, 0.05), -0.80 - y)
    back = inside(neck, -0.50 - y, ax - 0.16)
    c.paint(back, scale(c.main, 0.35), edge=0.2)
    body = inside(blend(shape, strap, 0.05), -neck)
    across = x / (side + 0.02)
    relief = 0.20 * np.sqrt(np.maximum(1.05 - across * across, 0.02))
    relief += down * (0.030 * folds + 0.02 * wave(x / (side + 0.02) * 3.7 + 0.4))
    relief += 0.03 * fold(ax, y, 0.24, -0.36, 0.04, -0.30, 0.06)
    relief += 0.02 * fold(x, y, 0.16, -0.17, -0.10, -0.28, 0.05)
    c.paint(body, c.main, relief, edge=0.25, rim=0.04)
    belt = inside(ax - side - 0.006, np.abs(y + 0.13) - 0.035)
    c.paint(belt, c.trim, relief + dome(belt, 0.035), edge=0.3, rim=0.03)
    buckle = np.abs(box(x, y + 0.13, 0.045, 0.045, 0.012) + 0.008) - 0.010
    c.paint(buckle, GOLD, dome(buckle, 0.01), gloss=0.4, edge=0)


def draw_handbag(c):
    """detail: height of the handle."""
    x, y, ax = c.x, c.y, c.ax
    c.stand(0.70, 0.58)
    rise = 0.30 + 0.34 * c.detail
    arc = ellipse(x, y + 0.08, 0.30, rise)
    handle = inside(np.abs(arc) - 0.036, y + 0.02)
    rear = inside(np.abs(ellipse(x, y + 0.11, 0.27, rise)) - 0.026, y + 0.02)
    c.paint(rear, scale(c.trim, 0.5), dome(rear, 0.026))
    taper = ramp(y, (-0.15, 0.53), (0.70, 0.64))
    body = box(x * (0.64 / taper), y - 0.28, 0.64, 0.42, 0.11)
    relief = dome(body, 0.16) * 0.8 + 0.10 * (1 - x * x * 2) * smoothstep(y, -0.2, 0.6)
    relief += 0.02 * fold(ax, y, 0.50, 0.55, 0.2, 0.30, 0.10)
    c.paint(body, c.main, relief, gloss=0.20, edge=0.35, rim=0.06)
    base = inside(body, 0.57 - y)
    c.paint(base, c.trim, relief, gloss=0.1, edge=0.4)
    c.paint(handle, c.trim, dome(handle, 0.036) * 1.3, gloss=0.35, edge=0.3, rim=0.03)
    edge = 0.24 - 0.30 * ax * ax
    lid = inside(box(x * (0.64 / taper), y - 0.02, 0.64, 0.16 + 0.12, 0.10), y - edge)
    shade = inside(body, lid - 0.05, 0.05 - y)
    c.paint(shade, scale(c.main, 0.3), edge=0.0, cut=0.45 * (1 - smoothstep(lid, 0.0, 0.05)))
    c.paint(lid, c.main, relief + dome(lid, 0.05), gloss=0.25, edge=0.3)
    c.line(np.abs(lid + 0.035), 0.006, mix(c.main, c.trim, 0.7), 0.6)
    ring = np.abs(ellipse(ax - 0.292, y + 0.05, 0.045, 0.045)) - 0.014
    c.paint(ring, GOLD, dome(ring, 0.014), gloss=0.5, edge=0.2)
    clasp = box(x, y - 0.23, 0.075, 0.055, 0.02)
    c.paint(clasp, GOLD, dome(clasp, 0.03), gloss=0.6, edge=0.35, rim=0.03)


def draw_sneaker(c):
    """detail: height of the collar, from low to high top."""
    c.frame(0.91)
    x, y = c.x, c.y
    c.stand(0.50, 0.80, 0.08)
    tall = 0.30 * c.detail
    # Toe to the left. The top line climbs from the toe over the laces to the collar.
    top = soft_ramp(
        x, (-0.84, 0.24), (-0.62, 0.10), (-0.02, -0.20 - 0.55 * tall), (0.12, -0.27 - tall)
    )
    top = top + (0.07 + 0.2 * tall) * bump(x, 0.38, 0.24) - 0.05 * smoothstep(x, 0.5, 0.72)
    heel = 0.76 + 0.03 * wave((y + 0.1) * 0.9)
    upper = inside((top - y) * 0.82, x - heel, -0.83 - x + 0.9 * bump(y, 0.40, 0.0001), y - 0.40)
    toe = ellipse(x + 0.52, y - 0.40, 0.33, 0.30)
    upper = blend(upper, inside(toe, y - 0.40), 0.06)
    upper = inside(upper, np.where(x < -0.52, toe, -1.0))
    inner = ellipse(x - 0.40, y + 0.235 + tall - 0.02, 0.29, 0.07)
    c.paint(inner, scale(c.main, 0.22), edge=0.0)
    relief = dome(upper, 0.30) * 0.75
    relief += 0.025 * fold(x, y, -0.30, 0.22, -0.22, -0.02, 0.06)
    c.paint(upper, c.main, relief, gloss=0.06, edge=0.3)
    dark = scale(c.main, 0.45)
    cap = inside(upper, ellipse(x + 0.62, y - 0.46, 0.30, 0.36))
    c.paint(cap, mix(c.main, c.trim, 0.75), relief, gloss=0.15, edge=0.3)
    counter = inside(upper, -ellipse(x - 0.30, y - 0.02, 0.33, 0.42 + 0.5 * tall), 0.45 - x)
    c.paint(counter, mix(c.main, c.trim, 0.75), relief, edge=0.25)
    stripe = rod(x, y, -0.12, 0.33, 0.36, -0.02, 0.022, 0.05)
    c.paint(inside(stripe, upper), c.trim, relief, edge=0.2)
    stripe = rod(x, y, 0.08, 0.35, 0.46, 0.07, 0.02, 0.045)
    c.paint(inside(stripe, upper), c.trim, relief, edge=0.2)
    c.line(np.abs(inside(ellipse(x + 0.14, y + 0.14, 0.36, 0.20), upper)), 0.008, dark, 0.5)
    lace = mix(WHITE, c.trim, 0.5)
    for i in range(4):
        px = -0.36 + 0.125 * i
        py = 0.045 - (0.082 + 0.18 * tall) * i
        bar = rod(x, y, px - 0.03, py - 0.045, px + 0.07, py + 0.075, 0.026, 0.02)
        c.paint(inside(bar, upper - 0.03), lace, dome(bar, 0.026), edge=0.35, rim=0.02)
    sole = inside(box(x, y - 0.42, 0.84, 0.105, 0.09), 0.355 - y - 0.05 * smoothstep(x, 0.2, 0.8))
    rubber = mix(WHITE, c.trim, 0.35)
    c.paint(sole, rubber, dome(sole, 0.07), edge=0.4, rim=0.04)
    c.paint(inside(sole, 0.485 - y), mix(rubber, c.main, 0.8), dome(sole, 0.07), edge=0.4)


def draw_hat(c):
    """detail: width of the brim."""
    c.frame(0.9)
    x, y, ax = c.x, c.y, c.ax
    reach = 0.60 + 0.28 * c.detail
    c.stand(0.46, reach * 0.92, 0.10)
    lift = 0.16 * (x / reach) * (x / reach)
    brim = ellipse(x, y - 0.32 + lift, reach, 0.15)
    under = ellipse(x, y - 0.345 + lift, reach, 0.145)
    c.paint(under, scale(c.main, 0.4), edge=0.2)
    relief = dome(brim, 0.12) * 0.6 - 0.10 * bump(y, 0.26, 0.2)
    c.paint(brim, c.main, relief, edge=0.2, rim=0.03)
    dark = inside(ellipse(x + 0.12 * c.light[0], y - 0.33, 0.50, 0.10), brim)
    c.paint(dark, scale(c.main, 0.35), edge=0, cut=0.55)
    side = soft_ramp(y, (-0.55, 0.30), (0.28, 0.43))
    crown_top = -0.52 + 0.06 * bump(x, 0.0, 0.2) + 0.9 * np.maximum(ax - 0.16, 0) ** 2 * 2
    curve = y - 0.27 - 0.11 * np.sqrt(np.maximum(1 - (x / 0.44) * (x / 0.44), 0))
    crown = inside((ax - side) * 0.98, (crown_top - y) * 0.9, curve)
    across = x / (side + 0.01)
    relief = 0.34 * np.sqrt(np.maximum(1.04 - across * across, 0.02)) + dome(crown, 0.14) * 0.5
    relief -= 0.06 * fold(ax, y, 0.14, -0.42, 0.22, -0.02, 0.13)
    c.paint(crown, c.main, relief, edge=0.2, rim=0.04)
    band = inside(crown - 0.004, -curve - 0.155)
    c.paint(band, c.trim, relief + dome(band, 0.05) * 0.3, edge=0.3, rim=0.03, gloss=0.08)
    bow = inside(box(x - 0.33, y - 0.25 - 0.06, 0.05, 0.06, 0.02), crown - 0.01)
    c.paint(bow, scale(c.trim, 0.8), dome(bow, 0.04), edge=0.3)
