"""Where in a scene? A quantity over it; a click on a cell opens its tile in Compare."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.audit.download import table_downloads
from gam_viz.app.audit.gates import STATISTICS
from gam_viz.app.audit.rows import COMPARE, picture_rows
from gam_viz.app.audit.view import AuditView
from gam_viz.app.shared.audits import link_to_compare
from gam_viz.app.shared.choices import choose, choose_number, chosen_number
from gam_viz.app.shared.columns import PLOT, legend
from gam_viz.app.shared.page import section
from gam_viz.app.shared.session_cache import cached
from gam_viz.app.shared.words import class_title, prose, text
from gam_viz.audit.questions import cell_side, on_the_scene
from gam_viz.audit.rows import tiles_of_part
from gam_viz.audit.sources.overview import overview
from gam_viz.figures.located import CLASS_COLOURS
from gam_viz.figures.scales import SEQUENTIAL, Scale, range_scale
from gam_viz.figures.scene_map import scene_map
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.style import GUIDE
from gam_viz.titles import number

#: Numbers that lie within 0..1.
SHARES = ("probability", "farther", "closed", "open", "negative", "centre", "object")
Cells = dict[tuple[int, int], Any]


@section
def scene_section(view: AuditView) -> None:
    """Draw the section."""
    st.header(text("audit.ask.scene"), anchor=False)
    columns = _columns(view)
    column = choose("over", list(columns), next(iter(columns)), text("audit.page.number"), columns.__getitem__)
    found = view.ask(on_the_scene, column)
    if not found.num_rows:
        st.info(text("audit.page.nothing"))
        return
    side, size = cell_side(view.audit), tuple(view.audit.manifest.source["size"])
    rows, across = -(-size[1] // side), -(-size[0] // side)
    named = column.endswith("/prediction")
    cells = {(down, right): value for down, right, value in zip(*(c.to_pylist() for c in found.columns), strict=True)}
    kinds = [name for name, _ in Counter(cells.values()).most_common()] if named else []
    values = np.full((rows, across), np.nan)
    told = [[""] * across for _ in range(rows)]
    for (down, right), value in cells.items():
        values[down, right] = min(kinds.index(value), len(CLASS_COLOURS)) if named else value
        told[down][right] = f"{class_title(value) if named else number(value)}\n{right * side}, {down * side}"
    st.markdown(_sentence(view, columns[column], cells, named, kinds))
    chosen = (chosen_number("down", 0, rows - 1, 0), chosen_number("across", 0, across - 1, 0))
    colours: str | list[tuple[float, str]]
    if named:
        scale, colours = Scale(-0.5, len(CLASS_COLOURS) + 0.5), _steps()
        st.html(legend(_entries(kinds)))
    else:
        scale, colours = _scale(column, values), SEQUENTIAL[1]
    below = cached("audit-overviews", (str(view.folder),), lambda: (overview(view.audit.manifest.source),), most=4)[0]
    st.plotly_chart(
        scene_map(
            values, side, size, scale=scale, colours=colours, told=told, chosen=chosen, below=below, opacity=0.65
        ),
        config=PLOT,
        key="audit-scene",
        on_select=_picked,
        selection_mode="points",
        alt=text("audit.page.scene_alt", of=columns[column], rows=rows, columns=across),
    )
    if st.session_state.pop("scene-picked", False):
        tiles = view.ask(tiles_of_part, *chosen)
        if tiles.num_rows == 1:
            link = link_to_compare(view.audit, view.name, tiles["item"][0].as_py())
            st.switch_page(COMPARE, query_params=link)
    about = "" if named else prose("audit.page.scene_scale", low=number(scale.low), high=number(scale.high)) + " "
    st.caption(about + prose("audit.page.scene_about", side=side))
    if below is None:
        st.caption(prose("audit.page.no_overview"))
    table_downloads(found, "scene")
    _tile(view, rows, across, chosen)


def _tile(view: AuditView, rows: int, across: int, chosen: tuple[int, int]) -> None:
    """The tiles of one cell, which the numbers say as a click does."""
    st.markdown(f"**{text('audit.page.tiles')}**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_number("down", 0, rows - 1, 0, text("common.word.row"), step=1, width=140)
        choose_number("across", 0, across - 1, 0, text("common.word.column"), step=1, width=140)
    picture_rows(view, view.ask(tiles_of_part, *chosen), "tiles")


def _picked() -> None:
    """A click on a cell sets the numbers before they are drawn."""
    for point in st.session_state["audit-scene"]["selection"]["points"]:
        if data := point.get("customdata"):
            for key, place in zip(("down", "across"), data, strict=True):
                st.session_state[key] = int(place)
            st.session_state["scene-picked"] = True


def _columns(view: AuditView) -> dict[str, str]:
    """Column -> title of what can be shown over the scene."""
    there, titles = view.audit.columns, view.titles
    found = {f"{name}/prediction": text("audit.page.predicted", network=titles[name]) for name in view.networks}
    found |= {"disagree": text("audit.number.disagree"), "gap": text("my_pictures.gap")}
    for name in view.networks:
        for answer in ("probability", "value", "margin", "farther"):
            of = text(f"audit.number.{answer}")
            found[f"{name}/{answer}"] = text("audit.page.of_network", network=titles[name], number=of)
        for gate, title in view.gates.items():
            for statistic in STATISTICS:
                of = text("audit.page.of_gate", gate=title, statistic=text(f"audit.statistic.{statistic}"))
                found[f"{name}/{gate}/{statistic}"] = text("audit.page.of_network", network=titles[name], number=of)
    return {column: title for column, title in found.items() if column in there}


def _sentence(view: AuditView, of: str, cells: Cells, named: bool, kinds: list[str]) -> str:
    if named:
        share = sum(value == kinds[0] for value in cells.values()) / len(cells)
        return prose("audit.page.scene_most", of=of, most=class_title(kinds[0]), share=share)
    (down, across), value = max(cells.items(), key=lambda cell: float(cell[1]))
    return prose("audit.page.scene_highest", of=of, value=number(float(value)), row=down, column=across)


def _scale(column: str, values: npt.NDArray[np.floating]) -> Scale:
    """Shares have their range; of other numbers it is what occurs."""
    if column in ("disagree", "gap") or column.rpartition("/")[2] in SHARES:
        return Scale(0.0, 1.0)
    return range_scale([values[np.isfinite(values)]])


def _steps() -> list[tuple[float, str]]:
    """The colours of classes, each as wide as the others, grey for all that come after."""
    every = (*CLASS_COLOURS, GUIDE)
    return [(end / len(every), colour) for place, colour in enumerate(every) for end in (place, place + 1)]


def _entries(kinds: list[str]) -> list[tuple[str, str]]:
    drawn = zip(CLASS_COLOURS, kinds, strict=False)
    found = [(mark_sign("square", colour), class_title(name)) for colour, name in drawn]
    others = len(kinds) - len(CLASS_COLOURS)
    return found + ([(mark_sign("square", GUIDE), text("audit.page.others", count=others))] if others > 0 else [])
