"""Grounds of planted-evidence scenes: hills, sea, stripes, rays, dots, tiles, contours, paper."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

GROUND_LEVELS = 5  # indices a ground may use on the canvas

# Four tones each, light to dark or the other way round.
_TONES = np.array(
    [
        [[226, 240, 246], [198, 226, 238], [164, 206, 224], [124, 176, 204]],  # sky
        [[246, 234, 210], [236, 217, 180], [222, 194, 147], [200, 164, 112]],  # sand
        [[230, 239, 201], [206, 224, 164], [174, 202, 126], [136, 174, 96]],  # meadow
        [[250, 227, 222], [242, 201, 196], [228, 170, 168], [206, 134, 136]],  # rose
        [[236, 230, 245], [214, 203, 233], [188, 170, 216], [154, 132, 190]],  # lavender
        [[64, 76, 112], [48, 58, 94], [36, 44, 76], [26, 32, 58]],  # night
        [[224, 229, 233], [196, 205, 212], [164, 177, 187], [128, 144, 156]],  # slate
        [[66, 130, 138], [46, 106, 116], [34, 84, 94], [24, 64, 74]],  # deep water
        [[234, 190, 160], [218, 158, 124], [198, 128, 92], [168, 102, 70]],  # clay
        [[223, 243, 234], [192, 229, 214], [152, 208, 188], [110, 180, 158]],  # mint
        [[104, 84, 124], [82, 64, 102], [66, 50, 86], [50, 36, 70]],  # plum
        [[253, 242, 202], [248, 226, 158], [238, 206, 114], [220, 178, 76]],  # butter
    ],
    dtype=np.float64,
)


def pick_ground(rng: Generator) -> np.ndarray:
    """Colours (GROUND_LEVELS, 3) float64: one family of tones, or an upper and a lower one that meet."""
    first, second = (_TONES[int(rng.random() * len(_TONES))] for _ in range(2))
    if rng.random() < 0.5:
        second = first
    return np.concatenate([first[:2], second[1:]])


def noise(rng: Generator, size: int, grids: tuple[int, ...]) -> np.ndarray:
    """Smooth noise (size, size) float32, within -1..1: random grids enlarged, finer ones weaker."""
    total = np.zeros((size, size), dtype=np.float32)
    weight, weights = 1.0, 0.0
    for grid in grids:
        cells = rng.integers(0, 256, (grid, grid), dtype=np.uint8)
        smooth = Image.fromarray(cells).resize((size, size), Image.Resampling.BICUBIC)
        total += np.asarray(smooth, dtype=np.float32) * np.float32(weight)
        weights += weight
        weight *= 0.62
    return total / np.float32(127.5 * weights) - np.float32(1)


def draw_ground(rng: Generator, canvas: Image.Image) -> None:
    """Draw one kind of ground, as indices 0..GROUND_LEVELS-1, on a square canvas of mode "L"."""
    kind = _KINDS[int(rng.random() * len(_KINDS))]
    kind(rng, canvas, ImageDraw.Draw(canvas), canvas.width)


def _turned(edge: int, angle: float, points: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Points given around the canvas's middle, turned and rounded to whole pixels."""
    cos, sin = math.cos(angle), math.sin(angle)
    return [(round(edge / 2 + x * cos - y * sin), round(edge / 2 + x * sin + y * cos)) for x, y in points]


def _ridge(rng: Generator, edge: int, height: float, swing: float) -> list[tuple[int, int]]:
    """A wavy line across the canvas, closed along the bottom."""
    rough = rng.integers(0, 256, (1, 6), dtype=np.uint8)
    line = np.asarray(Image.fromarray(rough).resize((33, 1), Image.Resampling.BICUBIC))[0].tolist()
    top = [(round(edge * k / 32), round(edge * (height + swing * (v / 127.5 - 1)))) for k, v in enumerate(line)]
    return [*top, (edge, edge), (0, edge)]


def _hills(rng: Generator, canvas: Image.Image, pen: ImageDraw.ImageDraw, edge: int) -> None:
    if rng.random() < 0.6:  # a sun or moon
        x, y, r = (
            rng.random() * edge,
            (0.08 + 0.25 * rng.random()) * edge,
            (0.07 + 0.08 * rng.random()) * edge,
        )
        pen.ellipse([round(x - r), round(y - r), round(x + r), round(y + r)], fill=1)
    height = 0.35 + 0.25 * rng.random()
    for level in (2, 3, 4):
        pen.polygon(_ridge(rng, edge, height, 0.13), fill=level)
        height += 0.12 + 0.12 * rng.random()


def _sea(rng: Generator, canvas: Image.Image, pen: ImageDraw.ImageDraw, edge: int) -> None:
    height = 0.25 + 0.3 * rng.random()
    bands = 4 + int(4 * rng.random())
    step = (1.05 - height) / bands
    for k in range(bands):
        pen.polygon(_ridge(rng, edge, height + step * k, 0.035), fill=2 + (k + 1) % 3)


def _stripes(rng: Generator, canvas: Image.Image, pen: ImageDraw.ImageDraw, edge: int) -> None:
    angle, step = rng.random() * math.pi, edge * (0.09 + 0.14 * rng.random())
    levels = (0, 1, 0, 3) if rng.random() < 0.4 else (0, 2)
    thick = 0.3 + 0.4 * rng.random()
    reach = edge * 0.75
    for k in range(-int(reach / step) - 1, int(reach / step) + 2):
        level = levels[k % len(levels)]
        x0, x1 = k * step, (k + (1 if len(levels) == 4 else 2 * thick)) * step
        if level:
            pen.polygon(_turned(edge, angle, [(x0, -reach), (x1, -reach), (x1, reach), (x0, reach)]), fill=level)


def _rays(rng: Generator, canvas: Image.Image, pen: ImageDraw.ImageDraw, edge: int) -> None:
    x, y = rng.random() * edge, (0.3 + 0.8 * rng.random()) * edge
    count, turn = 7 + int(7 * rng.random()), rng.random()
    for k in range(count):
        corners = [(round(x), round(y))]
        for end in (0.0, 0.5):
            angle = 2 * math.pi * (k + end + turn) / count
            corners.append((round(x + 2 * edge * math.cos(angle)), round(y + 2 * edge * math.sin(angle))))
        pen.polygon(corners, fill=1)


def _dots(rng: Generator, canvas: Image.Image, pen: ImageDraw.ImageDraw, edge: int) -> None:
    step, angle = edge * (0.13 + 0.09 * rng.random()), rng.random() * math.pi / 2
    radius = step * (0.16 + 0.14 * rng.random())
    level = 1 + int(3 * rng.random())
    reach = int(0.75 * edge / step) + 1
    grid = [(step * (i + 0.5 * (j % 2)), step * j) for i in range(-reach, reach) for j in range(-reach, reach)]
    for x, y in _turned(edge, angle, grid):
        if -radius < x < edge + radius and -radius < y < edge + radius:
            pen.ellipse([round(x - radius), round(y - radius), round(x + radius), round(y + radius)], fill=level)


def _tiles(rng: Generator, canvas: Image.Image, pen: ImageDraw.ImageDraw, edge: int) -> None:
    step, angle = edge * (0.14 + 0.12 * rng.random()), rng.random() * math.pi / 2
    reach = int(0.75 * edge / step) + 1
    level = 1 + int(2 * rng.random())
    for i in range(-reach, reach):
        for j in range(-reach, reach):
            if (i + j) % 2:
                x, y = i * step, j * step
                corners = [(x, y), (x + step, y), (x + step, y + step), (x, y + step)]
                pen.polygon(_turned(edge, angle, corners), fill=level)


def _contours(rng: Generator, canvas: Image.Image, pen: ImageDraw.ImageDraw, edge: int) -> None:
    cells = rng.integers(0, 256, (5, 5), dtype=np.uint8)
    field = Image.fromarray(cells).resize((edge, edge), Image.Resampling.BICUBIC)
    canvas.paste(field.point([min(4, v * 5 // 256) for v in range(256)]))


def _paper(rng: Generator, canvas: Image.Image, pen: ImageDraw.ImageDraw, edge: int) -> None:
    canvas.paste(1, (0, 0, edge, edge))
    if rng.random() < 0.5:  # a table's edge
        pen.polygon(
            _turned(edge, (rng.random() - 0.5) * 0.5, [(-edge, 0), (edge, 0), (edge, edge), (-edge, edge)]),
            fill=3,
        )


_KINDS = (_hills, _hills, _sea, _stripes, _rays, _dots, _tiles, _contours, _contours, _paper)
