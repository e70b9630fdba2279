"""The whole way at a glance: a tile for every station and module, the chosen one outlined."""

from __future__ import annotations

from html import escape

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.inside.walkthrough.columns import WalkColumn, stations_of, steps_at
from gam_viz.app.inside.walkthrough.place import Place
from gam_viz.app.inside.walkthrough.scales import colours_of, comparable, scale_of
from gam_viz.app.shared.words import text
from gam_viz.explain.walkthrough import Step
from gam_viz.figures.pixels import painted, uri
from gam_viz.figures.scales import Scale
from gam_viz.figures.style import CHOSEN

STYLE = f"""<style>
.gv-flow {{display: flex; flex-wrap: wrap; gap: .35rem .3rem; font-size: .72rem; line-height: 1.15}}
.gv-flow > div {{width: 54px; padding: 3px; border-radius: 6px; border: 2px solid transparent; text-align: center}}
.gv-flow > div.gv-on {{border-color: {CHOSEN}}}
.gv-flow img, .gv-flow i {{display: block; width: 44px; height: 44px; margin: 2px 0; border-radius: 3px;
  image-rendering: pixelated; border-left: 4px solid transparent; box-sizing: border-box}}
.gv-flow i {{font-style: normal; opacity: .45; line-height: 44px}}
</style>"""


def flow(columns: list[WalkColumn], place: Place) -> None:
    """Draw the tiles: at each station the chosen channel of every module, above each other in the columns' order."""
    cells = []
    for number, station in enumerate(stations_of(columns), 1):
        tiles = []
        for column in columns:
            steps = column.walk.at(station)
            if not steps:
                tiles.append(f'<i title="{escape(text("inside.nothing_here", name=column.title))}">–</i>')
                continue
            step = steps[-1]
            name = text("inside.tile", name=column.title, station=text(f"inside.station.{station}"))
            picture = uri(_tile(step, scale_of(comparable(step, steps_at(columns, station))), place))
            tiles.append(f'<img src="{picture}" alt="{escape(name)}" style="border-left-color:{column.look.colour}">')
        on = ' class="gv-on" aria-current="step"' if station == place.station else ""
        cells.append(f"<div{on}>{number}{''.join(tiles)}</div>")
    st.html(f'{STYLE}<div class="gv-flow" role="img" aria-label="{escape(_label(columns))}">{"".join(cells)}</div>')


def _label(columns: list[WalkColumn]) -> str:
    return text("inside.flow_alt", names=text("own_networks.comma").join(column.title for column in columns))


def _tile(step: Step, scale: Scale, place: Place) -> npt.NDArray[np.uint8]:
    """(h, w, 3): the chosen map, or the numbers of a vector as stripes."""
    values = step.values
    if "row" in step.axes:
        keep = tuple(
            slice(None) if axis in ("row", "column") else place.of(axis, length)
            for axis, length in zip(step.axes, values.shape, strict=True)
        )
        values = values[keep]
    else:
        values = np.atleast_2d(values)
        values = values.repeat(max(1, values.shape[1] // values.shape[0]), axis=0)
    return painted(values, scale, colours_of(scale))
