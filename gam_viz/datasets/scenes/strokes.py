"""The strokes that scene drawings are made of: polygons with a role, in unit coordinates.

Units: x to the right, y downwards, a drawing reaches from about -1 to 1. A polygon names a *role* (body,
second, accent ...), never a colour: which colour plays which role is drawn anew for every scene from palettes
that all classes share, so that only the shape tells the class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

# Roles a polygon can play; `SHADE` and `TINT` are the body's colour made darker and lighter.
BODY, SECOND, ACCENT, LIGHT, SHADE, TINT, INK = range(7)

Points = list[tuple[float, float]]
Part = tuple[int, Points]


@dataclass(frozen=True)
class Drawing:
    """Polygons ready to be placed: `points` (N, 2) float64, all parts end to end, around their box's middle.

    `parts` holds (role, first, last) into `points`; `area` is the silhouette's area in square units;
    `tilt` is the largest rotation, in degrees, at which the object still looks natural.
    """

    points: np.ndarray
    parts: tuple[tuple[int, int, int], ...]
    area: float
    tilt: float


def box(x0: float, y0: float, x1: float, y1: float) -> Points:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def oval(cx: float, cy: float, rx: float, ry: float, start: float = 0, end: float = 360, lean: float = 0) -> Points:
    """Ellipse, or its part from `start` to `end` degrees (clockwise from the right), turned by `lean`."""
    steps = max(8, round(36 * (end - start) / 360))
    cos, sin = math.cos(math.radians(lean)), math.sin(math.radians(lean))
    points = []
    for k in range(steps + 1):
        angle = math.radians(start + (end - start) * k / steps)
        x, y = rx * math.cos(angle), ry * math.sin(angle)
        points.append((cx + x * cos - y * sin, cy + x * sin + y * cos))
    return points


def ring(cx: float, cy: float, rx: float, ry: float, width: float, start: float = 0, end: float = 360) -> Points:
    """Ring or arc as one polygon: out along the rim, back along the hole."""
    return oval(cx, cy, rx, ry, start, end) + oval(cx, cy, rx - width, ry - width, start, end)[::-1]


def curve(*knots: tuple[float, float], closed: bool = True) -> Points:
    """Smooth line through the knots (Catmull-Rom)."""
    count, points = len(knots), []
    for i in range(count if closed else count - 1):
        around = [i - 1, i, i + 1, i + 2]
        p = [knots[j % count] if closed else knots[min(max(j, 0), count - 1)] for j in around]
        for t in (0.0, 0.2, 0.4, 0.6, 0.8):
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            points.append(
                (
                    sum(w * q[0] for w, q in zip(weights, p, strict=True)) / 2,
                    sum(w * q[1] for w, q in zip(weights, p, strict=True)) / 2,
                )
            )
    return points if closed else [*points, knots[-1]]


def ribbon(*knots: tuple[float, float], width: float) -> Points:
    """A smooth stroke of the given width, sideways: good for steam, stalks and antennae."""
    line = curve(*knots, closed=False)
    return [(x - width / 2, y) for x, y in line] + [(x + width / 2, y) for x, y in line[::-1]]


def _flip(points: Points) -> Points:
    return [(-x, y) for x, y in points]


def both(role: int, points: Points) -> list[Part]:
    """A part and its mirror image across x = 0."""
    return [(role, points), (role, _flip(points))]


def star(tips: int, inner: float) -> Points:
    radii = [1.0 if k % 2 == 0 else inner for k in range(2 * tips)]
    return [(r * math.sin(math.pi * k / tips), -r * math.cos(math.pi * k / tips)) for k, r in enumerate(radii)]


def _area(parts: Sequence[Part]) -> float:
    """Silhouette's area in square units, counted on a raster because the parts overlap."""
    canvas = Image.new("1", (400, 400))
    pen = ImageDraw.Draw(canvas)
    for _, points in parts:
        pen.polygon([(round(200 + 100 * x), round(200 + 100 * y)) for x, y in points], fill=1)
    return float(np.asarray(canvas).sum()) / 1e4


def drawing(parts: Sequence[Part], tilt: float) -> Drawing:
    points = np.array([p for _, part in parts for p in part], dtype=np.float64)  # (N, 2)
    area = _area(parts)
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    points.setflags(write=False)
    spans, first = [], 0
    for role, part in parts:
        spans.append((role, first, first + len(part)))
        first += len(part)
    return Drawing(points, tuple(spans), area, tilt)
