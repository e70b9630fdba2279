"""The picture of a step: its maps, all small and one large, or its numbers as bars."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gam_viz.app.inside.walkthrough.place import KEYS, Place
from gam_viz.app.inside.walkthrough.scales import GATES, colours_of
from gam_viz.app.shared import state
from gam_viz.app.shared.columns import PLOT, legend, print_scale
from gam_viz.app.shared.words import text
from gam_viz.explain.walkthrough import Step
from gam_viz.figures.scales import Scale, number
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.steps import MOST, mosaic, numbers, single
from gam_viz.figures.style import GUIDE


def picture(step: Step, place: Place, scale: Scale, colour: str, *, shared: bool, key: str) -> None:
    """Draw the step's tensor; a click on a map or bar chooses what is looked at."""
    if "row" in step.axes:
        _maps(step, place, scale, shared=shared, key=key)
    else:
        _vector(step, place, scale if shared else _span(step, scale), colour, key)


def _maps(step: Step, place: Place, scale: Scale, *, shared: bool, key: str) -> None:
    units = next(axis for axis in step.axes if axis not in ("row", "column"))
    maps = np.moveaxis(step.values, step.axes.index(units), 0)  # (n, h, w)
    count, height, width = maps.shape
    unit, cell = place.of(units, count), (place.of("row", height), place.of("column", width))
    colours = colours_of(scale)
    if units == "statistic":
        _two_maps(maps, scale, cell, key)
    elif count == 1:
        _one_map(maps[0], scale, cell, key, text("inside.map_alt", name=text("inside.unit.mask")))
    else:
        named = text(f"inside.unit.{units}", number=unit)
        first = unit // MOST * MOST
        shown = maps[first : first + MOST]
        left, right = st.columns(2, gap="small")
        with left:
            st.caption(text(f"inside.all.{units}", first=first, last=first + len(shown) - 1, count=count))
            st.plotly_chart(
                mosaic(shown, scale, colours, first=first, chosen=unit, hover=text(f"common.word.{units}")),
                config=PLOT,
                key=f"{key}-all",
                on_select=lambda: _picked(f"{key}-all", (KEYS[units],)),
                selection_mode="points",
                alt=text("inside.mosaic_alt", count=len(shown), name=named),
            )
        with right:
            st.caption(named)
            _one_map(maps[unit], scale, cell, key, text("inside.map_alt", name=named))
    print_scale(
        scale,
        colours,
        text("inside.scale_shared") if shared else text("inside.scale_own"),
        marks=(1.0,) if scale.signed and step.station in GATES else (),
    )


def _two_maps(maps: np.ndarray, scale: Scale, cell: tuple[int, int], key: str) -> None:
    for column, name, values in zip(st.columns(2, gap="small"), ("max", "mean"), maps, strict=True):
        with column:
            st.caption(text(f"inside.statistic.{name}"))
            _one_map(values, scale, cell, f"{key}-{name}", text(f"inside.statistic.{name}"))


def _one_map(values: np.ndarray, scale: Scale, cell: tuple[int, int], key: str, alt: str) -> None:
    st.plotly_chart(
        single(values, scale, colours_of(scale), cell=cell, hover=text("common.word.value")),
        config=PLOT,
        key=f"{key}-map",
        on_select=lambda: _picked(f"{key}-map", ("row", "column")),
        selection_mode="points",
        alt=alt,
    )


def _span(step: Step, scale: Scale) -> Scale:
    """Of bars alone: from the lowest to the highest, with 0, where nothing bounds them."""
    if not scale.signed:
        return scale
    return Scale(min(0.0, float(step.values.min())), max(0.0, float(step.values.max())))


def _vector(step: Step, place: Place, scale: Scale, colour: str, key: str) -> None:
    units = step.axes[-1]
    values = np.atleast_2d(step.values)
    names = [text("inside.pool.average"), text("inside.pool.max")] if len(values) == 2 else [""]
    rows = [(name, shade, row) for name, shade, row in zip(names, (colour, GUIDE), values, strict=False)]
    if len(rows) == 2:
        st.html(legend([(mark_sign("square", shade), name) for name, shade, _ in rows]))
    st.plotly_chart(
        numbers(rows, scale, chosen=place.of(units, values.shape[1]), hover=text(f"common.word.{units}")),
        config=PLOT,
        key=f"{key}-bars",
        on_select=lambda: _picked(f"{key}-bars", (KEYS[units],)),
        selection_mode="points",
        alt=text(
            f"inside.bars_alt.{units}",
            count=values.shape[1],
            low=number(float(values.min())),
            high=number(float(values.max())),
        ),
    )


def _picked(chart: str, keys: tuple[str, ...]) -> None:
    """A click in a chart chooses what its point stands for."""
    points = st.session_state[chart]["selection"]["points"]
    if points:
        for key, value in zip(keys, points[0]["customdata"], strict=False):
            state.put(key, int(value))
