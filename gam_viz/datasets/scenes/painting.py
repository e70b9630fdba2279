"""How a planted-evidence scene is painted: clutter, the object over it, then light, shadow and grain.

Everything is drawn as indices on one canvas three times too large, coloured by one look-up and reduced by a
box filter: antialiased, and fast enough to draw a data set rather than to ship one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from gam_viz.datasets.scenes.grounds import GROUND_LEVELS, draw_ground, noise, pick_ground
from gam_viz.datasets.scenes.scraps import SCRAPS
from gam_viz.datasets.scenes.shapes import OBJECTS
from gam_viz.datasets.scenes.strokes import Drawing

SIZE = 64  # pixels; lengths below that are given in pixels mean a picture of this edge
SUPERSAMPLING = 3
AREA_SHARE = (0.065, 0.17)  # of the picture, before the outline, which adds about a fifth

# Each palette: five mid tones, then a light one. Ink and light lines are the same for everyone.
_PALETTES = np.array(
    [
        [[207, 74, 92], [236, 175, 77], [22, 122, 140], [52, 92, 148], [122, 168, 116], [250, 243, 224]],
        [[190, 72, 70], [96, 148, 82], [166, 196, 90], [222, 150, 62], [70, 104, 78], [246, 236, 208]],
        [[232, 84, 112], [250, 204, 100], [36, 190, 154], [34, 132, 172], [108, 92, 170], [255, 247, 232]],
        [[220, 122, 94], [74, 80, 120], [126, 176, 150], [240, 200, 140], [154, 100, 72], [247, 240, 224]],
        [[118, 40, 82], [178, 52, 52], [246, 144, 44], [222, 104, 48], [30, 92, 104], [252, 230, 200]],
        [[48, 90, 104], [44, 152, 140], [230, 194, 104], [242, 162, 98], [226, 112, 82], [253, 248, 226]],
        [[146, 100, 200], [232, 110, 176], [246, 216, 84], [44, 158, 214], [70, 196, 172], [252, 250, 255]],
        [[84, 88, 120], [154, 138, 156], [204, 174, 172], [216, 72, 86], [240, 170, 90], [243, 236, 230]],
    ],
    dtype=np.float64,
)
_DARK_INK = np.array([38, 36, 52], dtype=np.float64)
_LIGHT_INK = np.array([252, 248, 238], dtype=np.float64)

# Index canvas: ground levels, then scraps (seven roles each), then the object's and everybody's outline.
_FIRST_SCRAP, _OBJECT, _OUTLINE = GROUND_LEVELS, 200, 210


def draw_clutter(rng: Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Ground and scraps as an index canvas (3H, 3W) uint8 and the colours (256, 3) float64 of its indices."""
    colours = np.zeros((256, 3))
    ground = colours[:GROUND_LEVELS] = pick_ground(rng)
    palette = _PALETTES[int(rng.random() * len(_PALETTES))]
    # The colours farthest from the ground come first: the object takes those, the scraps take any.
    distance = np.abs(palette[:, None] - ground[None]).mean(axis=2).min(axis=1)
    palette = palette[np.argsort(-(distance + 45 * rng.random(len(palette))), kind="stable")]
    dark_lines = rng.random() < (0.75 if ground.mean() > 110 else 0.15)
    ink = _DARK_INK if dark_lines else _LIGHT_INK

    edge = size * SUPERSAMPLING
    canvas = Image.new("L", (edge, edge))
    draw_ground(rng, canvas)
    scraps = Image.new("L", (edge, edge))
    pen = ImageDraw.Draw(scraps)
    for k in range(3 + int(6 * rng.random())):
        scrap = SCRAPS[int(rng.random() * len(SCRAPS))]
        base = _FIRST_SCRAP + 7 * k
        first, second = (palette[int(rng.random() * len(palette))] for _ in range(2))
        colours[base : base + 7] = _role_colours(first, second, second, ink)
        reach = edge * (0.055 + 0.065 * rng.random())
        x, y = rng.random() * edge, rng.random() * edge
        _paint(pen, _place(scrap, rng, reach, 180)[0] + (x, y), scrap, base)
    outline = (0.5 + 0.35 * rng.random()) * edge / SIZE / 2
    layer = np.asarray(scraps)
    rim = _grow(layer > 0, outline)
    indices = np.where(rim, np.uint8(_OUTLINE), np.asarray(canvas))
    np.copyto(indices, layer, where=layer > 0)

    body, second, accent = palette[0], palette[1], palette[2]
    pale_body = body.min() > 210  # windows in the walls' own colour would be lost
    light = palette[3] if rng.random() < 0.5 or pale_body else _LIGHT_INK
    colours[_OBJECT : _OBJECT + 7] = _role_colours(body, second, accent, ink, light)
    colours[_OUTLINE] = ink
    return indices, colours


def _role_colours(
    body: np.ndarray, second: np.ndarray, accent: np.ndarray, ink: np.ndarray, light: np.ndarray = _LIGHT_INK
) -> np.ndarray:
    """Colours (7, 3) of the roles of `scene_shapes`, in their order."""
    return np.array([body, second, accent, light, body * 0.8, body + 0.35 * (255 - body), _DARK_INK])


def draw_object(
    rng: Generator, indices: np.ndarray, colours: np.ndarray, label: int, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Paint the object over the clutter, reduce and light: image (H, W, 3) uint8, mask (H, W) bool."""
    edge = size * SUPERSAMPLING
    variants = OBJECTS[label]
    drawing = variants[int(rng.random() * len(variants))]
    low, high = AREA_SHARE
    share = low * (high / low) ** rng.random()
    points, extent = _place(drawing, rng, edge * math.sqrt(share / drawing.area), drawing.tilt)
    margin = 0.03 * edge
    room = edge - 2 * margin
    points *= min(1.0, room / extent.max())
    extent = extent * min(1.0, room / extent.max())
    middle = margin + extent / 2 + rng.random(2) * (room - extent)
    layer_image = Image.new("L", (edge, edge))
    _paint(ImageDraw.Draw(layer_image), points + middle, drawing, _OBJECT)
    layer = np.asarray(layer_image)
    rim = _grow(layer > 0, (0.6 + 0.4 * rng.random()) * edge / SIZE / 2)
    indices = np.where(layer > 0, layer, np.where(rim, np.uint8(_OUTLINE), indices))

    # One look-up gives four bytes a pixel: colour, and whether a thing (not ground) is there.
    table = np.zeros((256, 4), dtype=np.uint8)
    table[:, :3] = np.rint(colours.clip(0, 255))
    table[GROUND_LEVELS:, 3] = 255
    pixels = table.view(np.uint32)[:, 0][indices]  # (3H, 3W)
    reduced = Image.frombuffer("RGBX", (edge, edge), pixels.tobytes(), "raw", "RGBX", 0, 1).reduce(SUPERSAMPLING)
    mask_image = Image.fromarray(rim.view(np.uint8) * np.uint8(255)).reduce(SUPERSAMPLING)
    mask = np.asarray(mask_image) > 127
    return _light(rng, np.asarray(reduced), size), mask


def _light(rng: Generator, reduced: np.ndarray, size: int) -> np.ndarray:
    """Shadows, mottled ground, a light from one side, grain, exposure: (H, W, 4) uint8 -> (H, W, 3) uint8."""
    things = reduced[:, :, 3]
    unit = size / SIZE
    shadow_image = Image.new("L", (size, size))
    shift = (round((2 * rng.random() - 1) * 1.6 * unit), round((0.8 + 1.2 * rng.random()) * unit))
    shadow_image.paste(Image.fromarray(things), shift)
    shadow = np.asarray(shadow_image.filter(ImageFilter.BoxBlur(1.1 * unit)), dtype=np.float32) / 255
    bare = 1 - things.astype(np.float32) / 255  # (H, W) share of ground in the pixel

    mottle = noise(rng, size, (3, 6, 12, 27))  # (H, W) -1..1
    slope_x, slope_y, depth, strength, contrast, brightness = rng.random(6)
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    gain = 1 + np.float32(0.09 * (2 * slope_x - 1)) * ramp[None, :] + np.float32(0.11 * (slope_y - 0.7)) * ramp[:, None]
    gain += mottle * (np.float32(0.06 + 0.26 * depth) * bare + np.float32(0.035))
    gain *= 1 - np.float32(0.2 + 0.3 * strength) * shadow * bare
    grain = noise(rng, size, (64,)) * np.float32(4)
    warmth = (rng.random(3) - 0.5) * 0.12  # the mottle's tint: a little warmer or cooler where it is lighter

    factor = np.float32(0.8 + 0.32 * contrast)
    offset = np.float32(128 - 128 * factor + 34 * (brightness - 0.5))
    lit = np.empty((size, size, 3), dtype=np.float32)
    for c in range(3):
        tinted = gain + mottle * bare * np.float32(warmth[c])
        lit[:, :, c] = reduced[:, :, c] * tinted * factor + (grain + offset)
    picture: np.ndarray = np.rint(lit.clip(0, 255)).astype(np.uint8)
    return picture


def _place(drawing: Drawing, rng: Generator, scale: float, tilt: float) -> tuple[np.ndarray, np.ndarray]:
    """Scaled, stretched, turned, perhaps mirrored points (N, 2) around their box's middle; its edges (2,)."""
    stretch, turn, mirror = rng.random(3)
    wide = scale * (0.9 + 0.2 * stretch)
    tall = scale * scale / wide  # same area
    wide = -wide if mirror < 0.5 else wide
    angle = math.radians(tilt * (2 * turn - 1))
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = drawing.points[:, 0] * wide, drawing.points[:, 1] * tall
    points = np.empty_like(drawing.points)
    points[:, 0], points[:, 1] = x * cos - y * sin, x * sin + y * cos
    low, high = points.min(axis=0), points.max(axis=0)
    return points - (low + high) / 2, high - low


def _paint(pen: ImageDraw.ImageDraw, points: np.ndarray, drawing: Drawing, base: int) -> None:
    flat = np.rint(points).astype(np.int64).ravel().tolist()  # whole pixels: no machine rounds them differently
    for role, first, last in drawing.parts:
        pen.polygon(flat[2 * first : 2 * last], fill=base + role)


def _grow(mask: np.ndarray, radius: float) -> np.ndarray:
    """The mask grown by about `radius` pixels: crosses and squares in turn make a near-round brush."""
    grown = mask
    for step in range(max(1, round(radius))):
        wider = grown.copy()
        wider[1:] |= grown[:-1]
        wider[:-1] |= grown[1:]
        tall = wider if step % 2 else grown
        wider = wider.copy()
        wider[:, 1:] |= tall[:, :-1]
        wider[:, :-1] |= tall[:, 1:]
        grown = wider
    return grown
