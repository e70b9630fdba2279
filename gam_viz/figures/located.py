"""Where an answer lies, over the picture: a segmentation's mask in colours of the classes, or the boxes of detections.

A drawing is SVG text that carries its picture, the same on a page and in a report.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb
from PIL import Image

from gam_viz.figures.pixels import uri
from gam_viz.figures.style import CHOSEN, GUIDE, enlarged, grey, ink_on
from gam_viz.networks.adapters import DetectedBox, Detections, SegmentedMask
from gam_viz.networks.card import Region

#: Of classes, told apart by colour-blind eyes: the "muted" scheme of P. Tol, Colour schemes (2021), which shares no
#: colour with the attention modules'. Further classes are grey.
CLASS_COLOURS = ("#88ccee", "#cc6677", "#ddcc77", "#117733", "#882255", "#44aa99", "#999933", "#aa4499", "#332288")
OPACITY = 0.6  # of a mask
LETTERS = 5.2  # height of a box's words, where the picture is 100 wide


def class_colours(found: Iterable[SegmentedMask | Detections | None]) -> dict[int, str]:
    """A colour a class that is drawn, the same for all networks side by side; those that cover most come first."""
    amount: Counter[int] = Counter()
    for each in found:
        if isinstance(each, SegmentedMask):
            classes, counts = np.unique(each.classes[each.classes >= 0], return_counts=True)
            amount.update({int(k): float(n) / each.classes.size for k, n in zip(classes, counts, strict=True)})
        elif each is not None:
            amount.update(box.label for box in each.drawn)
    order = sorted(amount, key=lambda index: (-amount[index], index))
    return {index: CLASS_COLOURS[place] if place < len(CLASS_COLOURS) else GUIDE for place, index in enumerate(order)}


def located(
    found: SegmentedMask | Detections,
    seen: npt.NDArray[np.uint8],
    colours: Mapping[int, str],
    labels: Sequence[str] = (),
    region: Region | None = None,
) -> str:
    """The picture with the mask or the boxes on it, as SVG.

    Args:
        found: what the network says.
        seen: (H, W, 3) uint8, what the network saw.
        colours: by class; see `class_colours`.
        labels: words on each box, as they are to be read.
        region: outlined, where scores are summed over one.
    """
    height, width = 100 * seen.shape[0] / seen.shape[1], 100.0
    if isinstance(found, SegmentedMask):
        below, parts = masked(found, seen, colours), []
    else:
        below = enlarged(seen, 256)
        boxes = zip(reversed(found.drawn), reversed(labels), strict=True)  # the strongest on top
        parts = [_box(box, label, colours.get(box.label, GUIDE), height) for box, label in boxes]
    if region is not None:
        left, top, right, bottom = region
        parts.append(
            f'<rect x="{left * width:.2f}" y="{top * height:.2f}" width="{(right - left) * width:.2f}" '
            f'height="{(bottom - top) * height:.2f}" fill="none" stroke="{CHOSEN}" stroke-dasharray="3 1.5"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="500" '
        f'height="{5 * height:.0f}"><image href="{uri(below)}" width="{width:g}" height="{height:g}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated"/>{"".join(parts)}</svg>'
    )


def masked(mask: SegmentedMask, seen: npt.NDArray[np.uint8], colours: Mapping[int, str]) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8: the grey picture under its classes' colours, cells kept as cells; plain where there is none."""
    table = np.zeros((int(mask.classes.max(initial=0)) + 2, 3))  # the last stands for no class, -1
    for index, colour in colours.items():
        if index < len(table) - 1:
            table[index] = to_rgb(colour)
    below = enlarged(grey(seen), 256)
    painted = Image.fromarray((table[mask.classes] * 255).round().astype(np.uint8))
    there = Image.fromarray(mask.classes >= 0)
    size, nearest = (below.shape[1], below.shape[0]), Image.Resampling.NEAREST
    share = OPACITY * np.asarray(there.resize(size, nearest))[..., None]
    mixed = share * np.asarray(painted.resize(size, nearest)) + (1 - share) * below
    return mixed.round().astype(np.uint8)


def _box(box: DetectedBox, label: str, colour: str, height: float) -> str:
    left, top, right, bottom = (
        min(max(edge, 0.0), 1.0) * side for edge, side in zip(box.edges, (100, height, 100, height), strict=True)
    )
    wide = sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.58 for letter in label) * LETTERS + 1.5
    x = max(0.0, min(left, 100 - wide))
    y = top - LETTERS - 1 if top > LETTERS + 1 else top  # above the box, where there is room
    return (
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" height="{bottom - top:.2f}" fill="none" '
        f'stroke="{colour}"/><rect x="{x:.2f}" y="{y:.2f}" width="{wide:.2f}" height="{LETTERS + 1:.2f}" '
        f'fill="{colour}"/><text x="{x + 0.75:.2f}" y="{y + LETTERS - 0.2:.2f}" font-size="{LETTERS}" '
        f'font-family="sans-serif" fill="{ink_on(colour)}">{escape(label)}</text>'
    )
