"""Garments and accessories of the product catalogue, one drawing function per type.

Each takes a `Canvas` and paints on it, in the product's own frame: x right, y down, about 0.8
around the middle. Numbers below are such lengths; they are tuned by eye.
"""

import numpy as np

from prodimg_lib.data.catalogue.shapes import (
    blend,
    box,
    bump,
    carve,
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
    c.frame(1.06, -0.05)
    x, y, ax = c.x, c.y, c.ax
    side = ramp(y, (-0.62, 0.36), (-0.3, 0.395), (0.1, 0.37), (0.64, 0.405))
    slope = 0.40 * (ax - 0.18) - 0.916 * (y + 0.70)
    torso = inside(carve(ax - side, y - 0.64 + 0.10 * ax * ax, 0.05), slope)
    # The sleeve hangs from the tip of the shoulder, steeper the longer it is.
    length = 0.40 + 0.68 * c.detail
    ux = 0.70 - 0.36 * c.detail
    uy = np.sqrt(1 - ux * ux)
    sx, sy = ax - 0.37, y + 0.612
    along, across = sx * ux + sy * uy, sy * ux - sx * uy
    half = 0.165 - 0.02 * c.detail - (0.03 + 0.055 * c.detail) * smoothstep(along, 0.1, length)
    v = (across - half) / half
    sleeve = carve(np.abs(across - half) - half, along - length, 0.03)
    sleeve = inside(sleeve, -along - 0.12 * (1 + v))
    shape = blend(torso, sleeve, 0.02)
    neck = ellipse(x, y + 0.72, 0.185, 0.165)
    back = inside(neck - 0.02, -0.71 - y + 0.3 * x * x, ax - 0.195)
    c.paint(back, scale(c.main, 0.36), edge=0.3)
    u = x / (side + 0.03)
    relief = 0.20 * np.sqrt(np.maximum(1 - u * u, 0.03))
    relief += 0.045 * fold(ax, y, 0.37, -0.24, 0.10, 0.02, 0.09)
    relief += 0.030 * fold(ax, y, 0.36, -0.14, 0.16, 0.22, 0.07)
    relief += 0.040 * fold(x, y, -0.38, 0.12, 0.10, 0.36, 0.09)
    relief += 0.040 * fold(x, y, 0.38, 0.26, -0.12, 0.48, 0.09)
    relief += 0.014 * wave(x * 2.3 + 0.4 * y + 0.15) * smoothstep(y, 0.0, 0.7)
    relief -= 0.018 * bump(y + 0.1 * x * x, 0.575, 0.02)
    arm = 0.13 * np.sqrt(np.maximum(1 - v * v, 0.03))
    arm += 0.020 * wave(along * 3.3 + 0.5 * v) * smoothstep(along, 0.12, 0.3)
    # The armhole seam: an arc from the shoulder's tip to the armpit.
    seam = ax - 0.385 + 0.05 * bump(y, -0.42, 0.25)
    relief = np.where((seam > 0) & (sleeve < 0.02), arm + 0.07, relief)
    shirt = inside(shape, -neck)
    c.paint(shirt, c.main, relief, edge=0.3, rim=0.05)
    stitch = inside(np.abs(seam), shape + 0.01, y + 0.27)
    c.line(stitch, 0.006, scale(c.main, 0.4), 0.5)
    c.paint(inside(sleeve, length - 0.06 - along), c.trim, relief, edge=0.3)
    collar = inside(np.abs(neck - 0.02) - 0.026, 0.40 * (ax - 0.19) - 0.916 * (y + 0.71))
    c.paint(collar, c.trim, dome(collar, 0.026), edge=0.25, rim=0.03)


def draw_trousers(c):
    """detail: width of the legs, from tapered to wide."""
    c.frame(0.96)
    x, y, ax = c.x, c.y, c.ax
    hem = 0.105 + 0.13 * c.detail
    # One leg: from the crotch at y = -0.2 down to the hem at 0.8.
    middle = ramp(y, (-0.2, 0.168), (0.8, 0.245))
    half = soft_ramp(y, (-0.35, 0.175), (0.25, 0.5 * (0.15 + hem)), (0.85, hem))
    hips = soft_ramp(y, (-0.95, 0.245), (-0.15, 0.345))
    low = smoothstep(y, -0.35, -0.05)
    outer = hips + (middle + half - hips) * low
    gap = (middle - half) * smoothstep(y, -0.2, -0.1)
    legs = inside(ax - outer, y - 0.8 + 0.10 * (ax - middle) * (ax - middle), -0.8 - y)
    legs = inside(legs, np.where(y > -0.2, gap - ax, -1))
    u, v = (ax - middle) / (half + 0.01), x / (outer + 0.02)
    leg = 0.13 * np.sqrt(np.maximum(1 - u * u, 0.03))
    seat = 0.16 * np.sqrt(np.maximum(1 - v * v, 0.03))
    relief = seat + (leg - seat) * smoothstep(y, -0.32, -0.12)
    relief += 0.018 * bump(ax, middle, 0.045) * smoothstep(y, -0.25, 0.1)
    relief += 0.035 * fold(ax, y, 0.02, -0.20, 0.30, -0.34, 0.06)
    relief += 0.035 * fold(ax, y, 0.03, -0.15, 0.28, -0.08, 0.06)
    relief += 0.028 * fold(x, y, -0.40, 0.26, -0.10, 0.18, 0.06)
    relief += 0.028 * fold(x, y, 0.10, 0.20, 0.34, 0.30, 0.06)
    relief += 0.028 * fold(x, y, 0.38, 0.10, 0.12, 0.02, 0.06)
    relief += 0.030 * fold(x, y, -0.10, 0.66, -0.36, 0.72, 0.05)
    relief += 0.030 * fold(x, y, 0.40, 0.64, 0.14, 0.72, 0.05)
    c.paint(legs, c.main, relief, edge=0.3, rim=0.05)
    dark = scale(c.main, 0.4)
    c.line(segment(x, y, 0.0, -0.68, 0.0, -0.2)[0], 0.007, dark, 0.8)
    placket = np.abs(ellipse(x - 0.01, y + 0.62, 0.075, 0.30))
    c.line(
        inside(placket, -x, -0.68 - y),
        0.005,
        dark,
        0.5,
    )
    c.line(segment(ax, y, 0.19, -0.69, 0.29, -0.46)[0], 0.009, dark, 0.8)
    c.line(inside(np.abs(y - 0.755), legs + 0.01), 0.005, dark, 0.5)
    band = inside(ax - hips - 0.004, -0.8 - y - 0.1 * x * x, y + 0.69 + 0.1 * x * x)
    c.paint(band, c.trim, seat + dome(band, 0.04), edge=0.3, rim=0.04)
    loop = inside(np.abs(ax - 0.15) - 0.016, np.abs(y + 0.745) - 0.065)
    c.paint(loop, scale(c.main, 0.8), dome(loop, 0.016), edge=0.3, rim=0.02)
    button = ellipse(x, y + 0.745, 0.026, 0.026)
    c.paint(button, GOLD, dome(button, 0.026), gloss=0.5)


def draw_dress(c):
    """detail: flare of the skirt."""
    c.frame(1.02)
    x, y, ax = c.x, c.y, c.ax
    flare = 0.26 + 0.38 * c.detail
    down = np.clip((y + 0.13) / 0.9, 0, 1)
    side = soft_ramp(y, (-0.50, 0.245), (-0.15, 0.17))
    side = side + (flare - 0.17) * down * (1.35 - 0.35 * down)
    u = x / (side + 0.02)
    pleats = wave(2.1 * u + 0.12)
    hem = y - 0.76 + 0.12 * ax * ax - 0.016 * pleats
    shape = inside((ax - side) * 0.93, hem, -0.76 - y + 0.3 * ax)
    neck = ellipse(x, y + 0.80, 0.125, 0.30)
    armhole = ellipse(ax - 0.285, y + 0.66, 0.085, 0.23)
    behind = inside(neck - 0.01, -0.62 - y + 0.5 * x * x, ax - 0.12)
    c.paint(behind, scale(c.main, 0.34), edge=0.2)
    body = carve(inside(shape, -neck), -armhole, 0.02)
    relief = 0.20 * np.sqrt(np.maximum(1.02 - u * u, 0.03))
    relief += smoothstep(y, -0.13, 0.7) * (0.034 * pleats + 0.022 * wave(3.7 * u + 0.4))
    relief += 0.05 * bump(ax, 0.115, 0.11) * bump(y, -0.40, 0.14)
    relief += 0.03 * fold(ax, y, 0.22, -0.44, 0.06, -0.28, 0.05)
    relief += 0.02 * fold(x, y, 0.16, -0.17, -0.10, -0.27, 0.05)
    c.paint(body, c.main, relief, gloss=0.05, edge=0.25, rim=0.04)
    line = inside(np.abs(neck - 0.018) - 0.014, body)
    c.paint(line, c.trim, edge=0.0)
    waist = y + 0.14 - 0.3 * x * x
    belt = inside(ax - side - 0.006, np.abs(waist) - 0.038)
    c.paint(belt, c.trim, relief + dome(belt, 0.035), gloss=0.1, edge=0.3, rim=0.03)
    buckle = np.abs(box(x, waist, 0.048, 0.045, 0.012) + 0.009) - 0.011
    c.paint(buckle, GOLD, dome(buckle, 0.01), gloss=0.4, edge=0)
    c.line(inside(np.abs(hem + 0.035), body + 0.01), 0.005, scale(c.main, 0.45), 0.5)


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
    u = x / (taper + 0.06)
    relief = dome(body, 0.07) + 0.3 * np.sqrt(np.maximum(1 - u * u, 0.05))
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
    c.frame(0.93, 0.03)
    x, y = c.x, c.y
    c.stand(0.51, 0.80, 0.08)
    tall = 0.34 * c.detail
    # Toe to the left. The top line climbs over the laces to the tongue, dips at the ankle.
    top = ramp(x, (-0.62, 0.15), (-0.35, 0.06), (-0.02, -0.15 - 0.55 * tall))
    top = top + soft_ramp(x, (-0.04, 0.0), (0.14, -0.07 - 0.45 * tall), (0.36, 0.02 - 0.4 * tall))
    top = top - soft_ramp(x, (0.36, 0.0), (0.66, 0.09 + 0.05 * tall))
    heel = soft_ramp(y, (-0.3 - tall, 0.70), (-0.05, 0.67), (0.25, 0.76))
    upper = carve(carve((top - y) * 0.85, x - heel, 0.14), -0.55 - x, 0.04)
    toe = carve(ellipse(x + 0.46, y - 0.42, 0.37, 0.335), x + 0.1, 0.05)
    upper = inside(blend(upper, toe, 0.08), y - 0.42)
    tongue = rod(x, y, -0.06, -0.05, 0.09, -0.30 - tall, 0.09, 0.075)
    c.paint(tongue, mix(c.main, c.trim, 0.35), dome(tongue, 0.06), edge=0.35)
    inner = ellipse(x - 0.37, y + 0.20 + 0.98 * tall, 0.29, 0.075)
    c.paint(inside(inner, x - heel + 0.04), scale(c.main, 0.2), edge=0.0)
    relief = dome(upper, 0.34) * 0.75
    relief += 0.03 * fold(x, y, -0.26, 0.26, -0.20, 0.02, 0.06)
    relief += 0.03 * fold(x, y, -0.15, 0.30, -0.10, 0.10, 0.06)
    c.paint(upper, c.main, relief, gloss=0.08, edge=0.3)
    dark = scale(c.main, 0.42)
    part = mix(c.main, c.trim, 0.75)
    cap = inside(upper, ellipse(x + 0.60, y - 0.46, 0.29, 0.37))
    c.paint(cap, part, relief + dome(cap, 0.03), gloss=0.15, edge=0.3, rim=0.03)
    counter = inside(upper, -ellipse(x - 0.24, y + 0.02, 0.35, 0.50 + 0.5 * tall), 0.35 - x)
    c.paint(counter, part, relief + dome(counter, 0.03), edge=0.3, rim=0.03)
    padding = inside(upper, -upper - 0.055, 0.12 - x, y + 0.02 + 0.9 * tall)
    c.paint(padding, part, relief + dome(padding, 0.03), edge=0.3, rim=0.03)
    for shift in (0.0, 0.19):
        stripe = rod(x - shift, y, -0.08, 0.36, 0.28, 0.02, 0.024, 0.045)
        c.paint(inside(stripe, upper + 0.02), c.trim, relief, edge=0.2, rim=0.03)
    # Lace stay and laces, along the climb to the tongue.
    rise = -0.50 - 1.25 * tall
    stay = np.abs(y - 0.115 - rise * (x + 0.35)) * 0.85
    c.line(inside(stay, -0.36 - x, x - 0.03), 0.007, dark, 0.6)
    lace = mix(WHITE, c.trim, 0.4)
    for i in range(4):
        px = -0.33 + 0.105 * i
        py = 0.05 + rise * (px + 0.35)
        bar = rod(x, y, px - 0.035, py - 0.045, px + 0.05, py + 0.065, 0.027, 0.022)
        c.paint(bar, lace, dome(bar, 0.027), edge=0.35, rim=0.02)
    sole = carve(box(x, y - 0.42, 0.83, 0.10, 0.09), 0.375 - y - 0.05 * smoothstep(x, 0, 0.7), 0.05)
    rubber = mix(WHITE, c.trim, 0.3)
    c.paint(sole, rubber, dome(sole, 0.07), edge=0.4, rim=0.04)
    c.line(inside(np.abs(y - 0.425), sole + 0.02), 0.007, mix(rubber, c.main, 0.85), 0.9)
    c.paint(inside(sole, 0.492 - y), scale(mix(rubber, c.main, 0.85), 0.8), edge=0.2)


def draw_hat(c):
    """detail: width of the brim."""
    c.frame(0.95, -0.02)
    x, y, ax = c.x, c.y, c.ax
    reach = 0.58 + 0.27 * c.detail
    c.stand(0.42, reach * 0.86, 0.10)
    u = x / reach
    bent = y + 0.15 * u * u
    under = ellipse(x, bent - 0.325, reach, 0.16)
    c.paint(under, scale(c.main, 0.38), edge=0.2)
    brim = ellipse(x, bent - 0.30, reach, 0.16)
    relief = dome(brim, 0.14) * 0.5 - 0.12 * bump(y, 0.24, 0.22) + 0.05 * u * u
    c.paint(brim, c.main, relief, edge=0.25, rim=0.03)
    c.line(np.abs(brim + 0.022), 0.008, c.trim, 0.6)
    shadow = inside(ellipse(x + 0.14 * c.light[0], y - 0.31, 0.50, 0.12), brim)
    c.paint(shadow, scale(c.main, 0.3), edge=0, cut=0.6 * np.clip(shadow * -14, 0, 1))
    # The crown leans in towards a top with a dent in the middle and a pinch on both sides.
    side = soft_ramp(y, (-0.52, 0.285), (0.32, 0.425))
    top = -0.44 + 0.075 * bump(x, 0.0, 0.24) + 0.5 * x * x
    low = y - 0.25 - 0.12 * np.sqrt(np.maximum(1 - (x / 0.44) * (x / 0.44), 0))
    crown = inside(carve(ax - side, (top - y) * 0.95, 0.16), low)
    v = x / (side + 0.01)
    relief = 0.34 * np.sqrt(np.maximum(1.02 - v * v, 0.02))
    relief -= 0.08 * fold(ax, y, 0.13, -0.36, 0.20, 0.02, 0.13)
    relief += 0.10 * smoothstep(y - top, 0.0, 0.12)
    c.paint(crown, c.main, relief, edge=0.2, rim=0.05)
    band = inside(crown - 0.006, -0.135 - low)
    c.paint(band, c.trim, relief + dome(band, 0.05) * 0.3, edge=0.3, rim=0.03, gloss=0.08)
    bow = inside(rod(x, y, 0.27, 0.30, 0.36, 0.26, 0.055, 0.062), crown - 0.012)
    c.paint(bow, scale(c.trim, 0.85), dome(bow, 0.05), edge=0.4, rim=0.04)
