"""Cut-outs of pictures in a row, each with a number below it, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from gam_viz.figures.pixels import Pixels, reduced, uri

MOST = 96  # pixels of a cut-out's side: more is not seen at the size it has


@dataclass(frozen=True, eq=False)
class Crop:
    """One cut-out.

    Attributes:
        seen: (H, W, 3) the picture.
        box: (left, top, right, bottom) in its pixels, right and bottom outside: what is cut out.
        cell: the same of a part that is marked.
        said: what is written below.
        told: what the picture is called, for the pointer and for those who hear the page.
    """

    seen: Pixels
    box: tuple[int, int, int, int]
    cell: tuple[float, float, float, float]
    said: str
    told: str


def crops_html(crops: Sequence[Crop], alt: str) -> str:
    """The row; it wraps on small screens.

    Args:
        crops: from the outermost on.
        alt: what they are, in words.
    """
    drawn = "".join(_figure(crop) for crop in crops)
    return f'<div class="gv-crops" role="group" aria-label="{escape(alt)}">{drawn}</div>'


def _figure(crop: Crop) -> str:
    left, top, right, bottom = crop.box
    # Cut at the picture's edge, a field is no square: what it lacks stays empty, so that all have one scale.
    side = max(right - left, bottom - top)
    pixels = np.zeros((side, side, 4), np.uint8)
    down, across = (side - (bottom - top)) // 2, (side - (right - left)) // 2
    pixels[down : down + bottom - top, across : across + right - left, :3] = crop.seen[top:bottom, left:right]
    pixels[down : down + bottom - top, across : across + right - left, 3] = 255
    x0, y0, x1, y1 = crop.cell
    place = (
        f"left:{100 * (x0 - left + across) / side:.2f}%;top:{100 * (y0 - top + down) / side:.2f}%;"
        f"width:{100 * (x1 - x0) / side:.2f}%;height:{100 * (y1 - y0) / side:.2f}%"
    )
    return (
        f'<figure><span title="{escape(crop.told)}"><img src="{uri(reduced(pixels, MOST))}" alt="{escape(crop.told)}">'
        f'<i style="{place}"></i></span><figcaption>{escape(crop.said)}</figcaption></figure>'
    )
