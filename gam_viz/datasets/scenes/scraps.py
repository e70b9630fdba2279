"""Scraps: small things that lie around the object of a planted-evidence scene.

They carry no class. They are there so that "something that is not background" is not yet an answer.
"""

from __future__ import annotations

from gam_viz.datasets.scenes.shapes import OBJECT_PARTS
from gam_viz.datasets.scenes.strokes import (
    ACCENT,
    BODY,
    LIGHT,
    SECOND,
    SHADE,
    Drawing,
    Part,
    box,
    curve,
    drawing,
    oval,
    ring,
    star,
)

_SCRAPS: list[list[Part]] = [
    [(BODY, curve((-1, 0), (-0.5, -0.7), (0.4, -0.6), (0.95, 0), (0.5, 0.65), (-0.5, 0.6)))],  # pebble
    [
        (BODY, curve((-0.9, 0.2), (-0.4, -0.6), (0.6, -0.8), (0.9, 0.1), (0.1, 0.7))),  # two-tone pebble
        (SHADE, curve((-0.8, 0.25), (0.1, 0.2), (0.85, 0.1), (0.1, 0.66))),
    ],
    [
        (BODY, curve((-1, 0), (-0.2, -0.45), (1, 0), (-0.2, 0.45))),
        (SHADE, box(-0.9, -0.05, 0.9, 0.05)),
    ],  # leaf
    [(BODY, oval(0, 0, 0.8, 0.8)), (LIGHT, oval(0, 0, 0.38, 0.38))],  # button
    [(BODY, ring(0, 0, 0.85, 0.85, 0.28))],  # ring
    [(BODY, ring(0, 0.3, 1, 1, 0.3, 190, 350))],  # arc
    [(BODY, box(-1.3, -0.12, 1.3, 0.12))],  # stick
    [(BODY, [(0, -0.8), (0.85, 0.6), (-0.85, 0.6)])],  # triangle
    [(BODY, oval(0, -0.3, 0.9, 0.9, 0, 180))],  # half disc
    [
        (BODY, [(-0.7, -0.6), (0.8, -0.5), (0.65, 0.6), (-0.75, 0.55)]),
        (ACCENT, box(-0.7, -0.15, 0.7, 0.15)),
    ],  # block
    [(BODY, star(5, 0.45))],
    [(BODY, star(4, 0.35))],
    [
        (
            BODY,
            curve((-1, -0.1), (-0.3, -0.4), (0.3, 0), (1, -0.3), (1, 0.05), (0.3, 0.35), (-0.3, 0), (-1, 0.3)),
        )
    ],  # wave
]


def _pieces() -> list[list[Part]]:
    """Parts torn from the objects (a sail, a fin, a wing ...): local cues that belong to no object here."""
    whole = [OBJECT_PARTS[name][0] for name in ("sailboat", "fish", "butterfly", "rocket", "house", "tree")]
    whole.insert(5, OBJECT_PARTS["cup"][1])
    torn = [points for parts in whole for role, points in parts if role in (BODY, SECOND) and len(points) < 40]
    pieces: list[list[Part]] = []
    for points in torn:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        scale = 1.9 / max(max(xs) - min(xs), max(ys) - min(ys))
        pieces.append([(BODY, [(x * scale, y * scale) for x, y in points])])
    return pieces


SCRAPS: tuple[Drawing, ...] = tuple(drawing(parts, 180) for parts in _SCRAPS + _pieces())
