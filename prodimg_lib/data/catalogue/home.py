"""Household goods of the product catalogue, one drawing function per type.

Each takes a `Canvas` and paints on it, in the product's own frame: x right, y down, about 0.8
around the middle. Numbers below are such lengths; they are tuned by eye.
"""

import numpy as np

from prodimg_lib.data.catalogue.shapes import (
    barrel,
    box,
    bump,
    dome,
    ellipse,
    inside,
    mix,
    ramp,
    rod,
    scale,
    smoothstep,
    soft_ramp,
)

WOOD = (0.50, 0.27, 0.11)
BRASS = (0.62, 0.45, 0.20)


def strip_light(c, u, width=0.1):
    """Reflection of a tall soft box on a round glossy body; u is -1 and 1 at its outline."""
    place = 0.75 * c.light[0]
    return bump(u, place, width) * c.strength


def draw_mug(c):
    """detail: size of the handle."""
    x, y = c.x + 0.12, c.y
    c.stand(0.66, 0.56)
    reach = 0.20 + 0.16 * c.detail
    ring = ellipse(x - 0.44, y - 0.08, reach, reach * 1.05)
    handle = inside(np.abs(ring) - 0.055, 0.40 - x)
    c.paint(handle, c.main, dome(handle, 0.055) * 1.2, gloss=0.5, edge=0.3, rim=0.04)
    half = soft_ramp(y, (-0.6, 0.50), (0.75, 0.46))
    u = x / half
    bow = np.sqrt(np.maximum(1 - u * u, 0))
    body = inside((np.abs(x) - half), y - 0.56 - 0.11 * bow, -0.50 - y)
    relief = barrel(u, 0.42)
    stripe = 0.9 * strip_light(c, u, 0.12) * smoothstep(-body, 0.03, 0.12) * 0.35
    c.paint(body, c.main, relief, gloss=0.15, edge=0.12, glow=stripe)
    low = y - 0.11 * bow
    band = inside(body, np.abs(low - 0.36) - 0.045)
    c.paint(band, c.trim, relief, gloss=0.15, edge=0.0, glow=stripe)
    rim = ellipse(x, y + 0.50, 0.505, 0.125)
    c.paint(rim, c.main, dome(rim, 0.03) * 0.8, gloss=0.3, edge=0.1)
    mouth = ellipse(x, y + 0.495, 0.465, 0.098)
    wall = mix(c.main, c.trim, 0.6)
    c.paint(mouth, scale(wall, 0.75), -barrel(x / 0.48, 0.42), edge=0.35, rim=0.05)
    drink = inside(ellipse(x, y + 0.43, 0.445, 0.088), mouth)
    c.paint(drink, (0.10, 0.04, 0.015), edge=0.3, glow=0.10 * bump(x, 0.2 * c.light[0], 0.2))


def draw_bottle(c):
    """detail: length of the neck."""
    x, y = c.x, c.y
    c.stand(0.80, 0.34)
    shoulder = -0.18 + 0.30 * (1 - c.detail) - 0.20
    neck_top = -0.62
    half = soft_ramp(y, (shoulder - 0.12, 0.105), (shoulder + 0.16, 0.29), (0.85, 0.285))
    u = x / half
    bow = np.sqrt(np.maximum(1 - u * u, 0))
    body = inside(np.abs(x) - half, y - 0.77 - 0.045 * bow, neck_top - y)
    relief = barrel(u, 0.26)
    glow = (0.40 * bump(u, 0.8 * c.light[0], 0.16) + 0.10 * bump(np.abs(u), 0.82, 0.1)) * c.strength
    glow = glow * smoothstep(-body, 0.01, 0.06)
    # Glass: light gathers inside, opposite the lamp.
    deep = mix(scale(c.main, 0.75), c.main, np.clip(0.5 - 0.9 * u * c.light[0], 0, 1))
    c.paint(body, deep, relief, gloss=0.1, edge=0.45, rim=0.05, glow=glow)
    top = shoulder + 0.26
    curve = 0.04 * bow
    label = inside(body + 0.004, top - y + curve, y - 0.58 - curve)
    paper = mix((0.85, 0.82, 0.75), c.trim, 0.5)
    c.paint(label, paper, relief, edge=0.05, glow=glow * 0.25)
    middle = 0.5 * (top + 0.58)
    bar = inside(label, np.abs(y - curve - middle) - 0.06)
    c.paint(bar, mix(c.trim, c.main, 0.5), relief, edge=0, glow=glow * 0.25)
    cap = box(x, y + 0.70, 0.135, 0.105, 0.025)
    turn = barrel(x / 0.135, 0.12)
    shine = 0.35 * bump(x / 0.135, 0.7 * c.light[0], 0.3) * c.strength
    c.paint(cap, c.trim, turn, gloss=0.2, edge=0.35, rim=0.03, glow=shine)


def draw_lamp(c):
    """detail: taper of the shade, from drum to cone."""
    x, y = c.x, c.y
    c.stand(0.77, 0.32)
    foot = ellipse(x, y - 0.73, 0.27, 0.07)
    under = ellipse(x, y - 0.755, 0.27, 0.07)
    c.paint(under, scale(c.trim, 0.35), edge=0.2)
    c.paint(foot, c.trim, dome(foot, 0.07), gloss=0.2, edge=0.25, rim=0.03)
    half = soft_ramp(y, (0.0, 0.045), (0.16, 0.04), (0.42, 0.165), (0.66, 0.13), (0.75, 0.10))
    vase = inside(np.abs(x) - half, y - 0.72 - 0.03 * (1 - (x / 0.13) * (x / 0.13)), -y)
    u = x / half
    glow = 0.35 * bump(u, 0.7 * c.light[0], 0.22) * c.strength * smoothstep(-vase, 0.01, 0.05)
    c.paint(vase, c.trim, barrel(u, 0.15), gloss=0.25, edge=0.3, rim=0.03, glow=glow)
    ring = box(x, y - 0.15, 0.055, 0.02, 0.01)
    c.paint(ring, BRASS, barrel(x / 0.06, 0.05), gloss=0.4)
    top_half = 0.46 - 0.28 * c.detail
    half = ramp(y, (-0.76, top_half), (0.12, 0.56))
    u = x / half
    bow = np.sqrt(np.maximum(1 - u * u, 0))
    shade = inside((np.abs(x) - half) * 0.96, y - 0.05 - 0.09 * bow, -0.72 - y - 0.045 * bow)
    # The bulb shines through the cloth, most in the middle of the shade.
    warm = bump(x, 0.0, 0.5) * bump(y, -0.22, 0.6)
    cloth = mix(c.main, (1.0, 0.88, 0.62), 0.32 * warm)
    c.paint(shade, cloth, 0.8 * barrel(u, 0.42), edge=0.15, rim=0.04, glow=0.10 * warm)
    hem = inside(shade, -(y - 0.015 - 0.09 * bow))
    c.paint(hem, mix(c.main, c.trim, 0.8), 0.8 * barrel(u, 0.42), edge=0.1)
    hem = inside(shade, y + 0.68 + 0.045 * bow)
    c.paint(hem, mix(c.main, c.trim, 0.8), 0.8 * barrel(u, 0.42), edge=0.1)


def draw_chair(c):
    """detail: height of the back."""
    c.frame(0.96)
    x, y, ax = c.x, c.y, c.ax
    c.stand(0.76, 0.56, 0.13, contact=0.0)
    for foot_x, foot_y in ((0.32, 0.67), (0.47, 0.81)):
        spot = ellipse(ax - foot_x, y - foot_y, 0.09, 0.03)
        c.paint(spot, (0.02, 0.02, 0.02), edge=0, cut=0.5 * np.clip(spot / -0.03, 0, 1))
    wood = mix(WOOD, c.trim, 0.6)
    rear = rod(ax, y, 0.26, 0.15, 0.32, 0.66, 0.034, 0.024)
    c.paint(rear, scale(wood, 0.5), dome(rear, 0.03), edge=0.2)
    top = -0.42 - 0.36 * c.detail
    mid, tall = 0.5 * (top + 0.12), 0.5 * (0.12 - top)
    width = ramp(y, (-0.8, 0.40), (0.1, 0.36))
    back = box(x * (0.4 / width), y - mid, 0.40, tall, 0.14)
    relief = dome(back, 0.09) * 0.8 - 0.22 * (1 - x * x * 4) * 0.5
    relief -= 0.03 * bump(x, 0.0, 0.04) + 0.03 * bump(ax, 0.2, 0.04)
    c.paint(back, c.main, relief, gloss=0.12, edge=0.25, rim=0.04)
    # Piping along the edge of the back.
    c.line(np.abs(back + 0.055), 0.007, mix(c.main, c.trim, 0.5), 0.7)
    leg = rod(ax, y, 0.36, 0.22, 0.47, 0.80, 0.045, 0.026)
    c.paint(leg, wood, dome(leg, 0.04) * 1.2, gloss=0.1, edge=0.2, rim=0.03)
    side = ramp(y, (-0.05, 0.40), (0.25, 0.52))
    lip = box(x * (0.5 / side), y - 0.17, 0.50, 0.13, 0.10)
    c.paint(lip, scale(c.main, 0.6), dome(lip, 0.06), edge=0.2)
    seat = box(x * (0.5 / side), y - 0.12, 0.50, 0.13, 0.11)
    relief = dome(seat, 0.09) * 0.7 + 0.10 * smoothstep(y, -0.05, 0.25)
    c.paint(seat, c.main, relief, gloss=0.15, edge=0.15, rim=0.03)
    gap = inside(seat, back)
    c.paint(gap, scale(c.main, 0.35), edge=0, cut=0.5 * (1 - smoothstep(y, -0.02, 0.08)))
