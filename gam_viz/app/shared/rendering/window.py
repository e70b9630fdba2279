"""Which of a file's values become black and white: a preset, percentiles, or two ends set by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gam_viz.app.shared.rendering import state
from gam_viz.app.shared.rendering.ends import HAND, PERCENTILES, measured_ends, mode_of, span_of
from gam_viz.app.shared.rendering.facts import unit_of, window_name, window_title
from gam_viz.app.shared.words import text
from gam_viz.images import Picture, Rendering, Source

MOST_BUTTONS = 9  # more windows than that go into a list
TWINS = 276  # pixels of the two numbers beside a slider, which go to the next line together


def mode_control(source: Source, look: Rendering, ends: tuple[float, float]) -> None:
    """Draw the choice of a preset, of percentiles or of ends by hand, which begin where they are: at `ends`."""
    mode = mode_of(source.resolve(look))
    titles = {w.id: window_title(w, alone=_alone(w.id, source)) for w in source.windows}
    if mode not in (PERCENTILES, HAND):
        titles.setdefault(mode, window_name(mode))  # a window that only this frame has
    if source.stretchable:
        titles = {**titles, PERCENTILES: text("rendering.window.percentiles")}
    if source.kind == "raster":  # what it does of itself stands first
        titles = {PERCENTILES: titles.pop(PERCENTILES), **titles}
    titles[HAND] = text("rendering.window.hand")
    state.show(state.key(source, "window"), mode)
    label = text("rendering.look.window") if source.kind == "dicom" else text("rendering.look.values")
    how: dict[str, Any] = {"key": state.key(source, "window"), "on_change": _choose_mode, "args": (source, ends)}
    if len(titles) <= MOST_BUTTONS:
        st.segmented_control(label, list(titles), format_func=titles.__getitem__, required=True, wrap=True, **how)
    else:
        st.selectbox(label, list(titles), format_func=titles.__getitem__, width=320, **how)


def range_control(source: Source, look: Rendering, picture: Picture, ends: tuple[float, float]) -> None:
    """Draw what the choice leaves open: a slider and two numbers, its twins. Moving either is setting ends by hand."""
    resolved = source.resolve(look)
    with st.container(horizontal=True, gap="small", key="look-range"):
        if resolved.stretch is not None:
            _percentiles(source, resolved.stretch)
        else:
            _ends(source, look, picture, ends)


def _alone(id: str, source: Source) -> bool:
    kind, colon, _ = id.partition(":")
    return not colon or sum(window.id.startswith(f"{kind}:") for window in source.windows) == 1


def _choose_mode(source: Source, ends: tuple[float, float]) -> None:
    mode = state.given(source, "window")
    if mode == PERCENTILES:
        state.change(source, window=None, stretch=state.last(source, "stretch") or (2.0, 98.0))
    elif mode == HAND:
        state.change(source, stretch=None, window=_window(*ends))
    else:
        state.change(source, stretch=None, window=mode)


def _ends(source: Source, look: Rendering, picture: Picture, ends: tuple[float, float]) -> None:
    """The slider from black to white, and two numbers: centre and width for those who read DICOM, else the ends."""
    lowest, highest = measured_ends(source, look)
    reach = max(highest - lowest, 1.0)
    offered = [w for w in source.windows if w.centre is not None and w.width is not None]
    wanted = [w.centre + sign * w.width / 2 for w in offered for sign in (-1, 1)]  # type: ignore[operator]
    if source.kind != "dicom":
        wanted += source.value_range or ()
    # What is offered may lie far from the values: the slider goes no further than as wide as they are, to each side.
    wanted = [min(max(value, lowest - reach), highest + reach) for value in wanted]
    whole = np.dtype(source.dtype).kind in "iu" and lowest.is_integer() and highest.is_integer()
    span = span_of((lowest, highest, *wanted), whole=whole)
    low, high = (min(max(float(value), span.low), span.high) for value in ends)
    state.show(state.key(source, "ends"), (low, high))
    unit = unit_of(source)
    turned = any(note.code == "white_is_smallest" for note in picture.notes)
    label = text("rendering.look.ends_turned") if turned else text("rendering.look.ends")
    st.slider(
        f"{label} ({unit})" if unit else label,
        span.low,
        span.high,
        step=span.step,
        format=span.format,
        key=state.key(source, "ends"),
        on_change=_slide,
        args=(source, (low, high), ends),
        width="stretch",
    )
    if source.kind == "dicom":
        numbers = {"centre": (ends[0] + ends[1]) / 2, "width": ends[1] - ends[0]}
    else:
        numbers = {"black": ends[0], "white": ends[1]}
    with st.container(horizontal=True, gap="small", width=TWINS):
        for name, value in numbers.items():
            state.show(state.key(source, name), float(value))
            st.number_input(
                text(f"rendering.look.{name}"),
                step=span.step,
                format=span.format,
                key=state.key(source, name),
                on_change=_type,
                args=(source, tuple(numbers)),
                width=130,
            )


def _slide(source: Source, shown: tuple[float, float], ends: tuple[float, float]) -> None:
    """An end that was not moved stays exactly where it was, though the slider may not reach so far."""
    moved = state.given(source, "ends")
    low, high = (end if now == before else now for now, before, end in zip(moved, shown, ends, strict=True))
    state.change(source, stretch=None, window=_window(low, high))


def _type(source: Source, names: tuple[str, str]) -> None:
    first, second = (float(state.given(source, name)) for name in names)
    window = (first, second) if names == ("centre", "width") else _window(first, second)
    state.change(source, stretch=None, window=window)


def _percentiles(source: Source, stretch: tuple[float, float]) -> None:
    state.show(state.key(source, "percentiles"), stretch)
    st.slider(
        text("rendering.look.percentiles"),
        0.0,
        100.0,
        step=0.5,
        format="%.1f",
        key=state.key(source, "percentiles"),
        on_change=_slide_percentiles,
        args=(source,),
        width="stretch",
    )
    with st.container(horizontal=True, gap="small", width=TWINS):
        for end, label, value in zip(
            ("low", "high"),
            (text("rendering.look.percent_low"), text("rendering.look.percent_high")),
            stretch,
            strict=True,
        ):
            state.show(state.key(source, f"percent-{end}"), float(value))
            st.number_input(
                label,
                0.0,
                100.0,
                step=0.5,
                format="%.2f",
                key=state.key(source, f"percent-{end}"),
                on_change=_type_percentiles,
                args=(source,),
                width=130,
            )


def _slide_percentiles(source: Source) -> None:
    low, high = state.given(source, "percentiles")
    state.change(source, window=None, stretch=(low, high))


def _type_percentiles(source: Source) -> None:
    low, high = (float(state.given(source, f"percent-{end}")) for end in ("low", "high"))
    state.change(source, window=None, stretch=(low, high))


def _window(low: float, high: float) -> tuple[float, float]:
    """(centre, width) of two ends."""
    return low / 2 + high / 2, high - low
