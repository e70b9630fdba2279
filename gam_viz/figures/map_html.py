"""Maps over the picture as HTML that a page draws at once: images and style, no script and no chart library.

The picture is told once, as a class that every map over it names (`picture_style`), so that a page of twelve maps
carries it once. Cells stay cells, whatever size the page gives them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from gam_viz.figures.overlay import form_of
from gam_viz.figures.pixels import Pixels, bar, painted, reduced, uri
from gam_viz.figures.scales import Scale, scale_ticks
from gam_viz.figures.style import grey
from gam_viz.networks.card import Region

MOST = 512  # pixels of a picture's longer side: more is not seen at the size a map has
TOLD = 64  # cells a side whose values the pointer is told, at most


def picture_class(seen: Pixels) -> str:
    """The class of what lies over this picture, (H, W, 3) uint8."""
    return f"gv-seen-{hashlib.sha256(np.ascontiguousarray(seen).tobytes()).hexdigest()[:12]}"


def picture_style(pictures: Sequence[Pixels]) -> str:
    """The style that lays each of these pictures, grey, below the maps of its class."""
    below = {picture_class(seen): seen for seen in pictures}
    rules = (f".{name} {{background-image: url({uri(grey(reduced(seen, MOST)))})}}" for name, seen in below.items())
    return f"<style>{''.join(rules)}</style>"


def picture_html(seen: Pixels, alt: str) -> str:
    """The picture in its colours, its pixels kept as pixels."""
    return f'<img class="gv-picture" src="{uri(reduced(seen, MOST))}" style="{_form(seen)}" alt="{escape(alt)}">'


def map_html(
    values: npt.NDArray[np.floating],
    seen: Pixels,
    scale: Scale,
    colours: str,
    *,
    opacity: float = 0.65,
    alt: str = "",
    region: Region | None = None,
) -> str:
    """A map over the grey picture that the network saw.

    Args:
        values: (h, w) at the map's true resolution.
        seen: (H, W, 3) uint8, the network's input.
        scale: of the colours.
        colours: a Matplotlib colour map's name.
        opacity: of the map, 0..1.
        alt: what it shows, in words; a map without them says nothing to who cannot see it.
        region: outlined, where the target is summed over one.
    """
    outline = ""
    if region is not None:
        left, top, right, bottom = (100 * edge for edge in region)
        place = f"left:{left:g}%;top:{top:g}%;width:{right - left:g}%;height:{bottom - top:g}%"
        outline = f'<i style="{place}"></i>'
    rows, columns = values.shape
    told = ""
    if alt and max(rows, columns) <= TOLD:
        packed = base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()
        told = f' data-rows="{rows}" data-columns="{columns}" data-values="{packed}"'
    return (
        f'<div class="gv-map {picture_class(seen)}" style="{_form(seen)}"{told}>'
        f'<img src="{uri(painted(values, scale, colours))}" style="opacity:{opacity:g}" alt="{escape(alt)}">'
        f"{outline}</div>"
    )


def strip_html(maps: Sequence[tuple[str, str]], chosen: int | None, alt: str) -> str:
    """Small maps in a row, each with its name below; the chosen one is outlined.

    Args:
        maps: name and `map_html` of each.
        chosen: index of the one that is shown large.
        alt: what they are, in words.
    """
    cells = "".join(
        f'<div class="gv-small{" gv-chosen" if index == chosen else ""}">{drawn}<span>{_breakable(name)}</span></div>'
        for index, (name, drawn) in enumerate(maps)
    )
    return f'<div class="gv-strip" role="img" aria-label="{escape(alt)}">{cells}</div>'


def scale_html(scale: Scale, colours: str, alt: str, *, marks: Sequence[float] = ()) -> str:
    """The printed scale: the colours from end to end with their numbers; `marks` adds values to name."""
    span = (scale.high - scale.low) or 1.0
    places = {(tick - scale.low) / span: name for tick, name in scale_ticks(scale, marks).items()}
    return _bar_html(colours, places, alt)


def _bar_html(colours: str, ticks: Mapping[float, str], alt: str) -> str:
    """`ticks`: words by their place, 0..1."""
    named = "".join(f'<span style="left:{100 * at:.1f}%">{escape(name)}</span>' for at, name in ticks.items())
    return (
        f'<div class="gv-scale" role="img" aria-label="{escape(alt)}"><img src="{uri(bar(colours))}" alt="">'
        f'<div aria-hidden="true">{named}</div></div>'
    )


def bars_html(
    answers: Sequence[tuple[str, float, str]], colour: str, span: tuple[float, float], *, changes: bool = False
) -> str:
    """Answers as short bars.

    Args:
        answers: name, value and the value as it is written, of each.
        colour: of the network.
        span: the values at the ends of the longest bars.
        changes: they are changes, with 0 in the middle, and more than a number is written of each.
    """
    low, high = span
    wide = (high - low) or 1.0
    rows = []
    for name, value, written in answers:
        left, right = sorted((100 * (0 - low) / wide, 100 * (value - low) / wide))
        drawn = f'<b style="left:{left:.1f}%;width:{right - left:.1f}%;background:{colour}"></b>'
        rows.append(f"<dt>{escape(name)}</dt><dd><i>{drawn}</i><span>{escape(written)}</span></dd>")
    return f'<dl class="gv-answers{" gv-changes" if changes else ""}">{"".join(rows)}</dl>'


def _breakable(name: str) -> str:
    """A name that may end a line before its number, as "layer3.1" below a small map."""
    return re.sub(r"(?<=[a-z])(?=\d)", "<wbr>", escape(name))


def _form(seen: Pixels) -> str:
    """The picture's form; one that is very long in one direction stays large enough in the other to be seen."""
    return f"aspect-ratio:{min(max(1 / form_of(seen), 0.25), 4):.4g}"
