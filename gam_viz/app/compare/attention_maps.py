"""Attention maps of transformers: what the answer's token takes from where. No gates, and told apart from them."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.choices import choose
from gam_viz.app.shared.columns import PLOT, Column, View, print_scale
from gam_viz.app.shared.session_cache import cached_with_spinner
from gam_viz.app.shared.words import layer_title, text
from gam_viz.explain.attention_maps import AttentionReading, on_grid, read_attention, rollout
from gam_viz.explain.gates import FloatArray
from gam_viz.figures.overlay import overlay
from gam_viz.figures.scales import SEQUENTIAL, Scale, number
from gam_viz.networks.adapters import ForeignNetwork

ROLLOUT = "rollout"
MOST = 16  # networks and pictures whose attention is kept


def attention_row(view: View) -> None:
    """Draw the row, where one of the networks has attention over tokens."""
    readings = {column.number: _readings(column) for column in view.columns}
    layers = list(dict.fromkeys(reading.layer for of in readings.values() for reading in of))
    if not layers:
        return
    st.divider()
    first, columns = view.row()
    with first:
        st.header(text("compare.attention.title"), anchor=False, help=text("compare.attention.help"))
        chosen = choose("attention", [ROLLOUT, *layers], ROLLOUT, text("compare.attention.map"), _named)
    maps = {column.number: _map(column, readings[column.number], chosen) for column in view.columns}
    drawn = [values for values in maps.values() if values is not None]
    scale = Scale(0.0, max((float(values.max()) for values in drawn), default=1.0))
    for column, place in columns:
        with place:
            column.heading()
            values = maps[column.number]
            if values is None:
                st.caption(_why_not(readings[column.number], chosen))
                continue
            low, high = number(float(values.min())), number(float(values.max()))
            kind = ROLLOUT if chosen == ROLLOUT else "layer"
            heads = next((r.weights.shape[1] for r in readings[column.number] if r.layer == chosen), 0)
            rows, across = values.shape
            caption = text(f"compare.attention.says_{kind}", rows=rows, columns=across, low=low, high=high, heads=heads)
            st.plotly_chart(
                overlay(values, column.seen, scale, SEQUENTIAL[0], hover=text("common.word.value")),
                config=PLOT,
                key=f"attention-{column.number}",
                alt=f"{column.title}: {caption}",
            )
            st.caption(caption)
    if drawn:
        with first:
            print_scale(scale, SEQUENTIAL[0], text("compare.attention.scale"))


def _readings(column: Column) -> tuple[AttentionReading, ...]:
    """What this network's attention is on the picture; networks of this project have none."""
    network = column.subject.network
    if not isinstance(network, ForeignNetwork):
        return ()
    return cached_with_spinner(
        "attention", (column.subject.key,), lambda: read_attention(network, column.subject.input_tensor()), most=MOST
    )


def _map(column: Column, readings: tuple[AttentionReading, ...], chosen: str) -> FloatArray | None:
    """(h, w): what the first token takes from each cell; of tokens without one before them, what all take on average.

    None where there is no such layer, or its tokens are no grid of the picture.
    """
    try:
        joined = rollout(readings) if chosen == ROLLOUT else _mean(readings, chosen)
    except ValueError:
        return None
    if joined is None:
        return None
    size = column.seen.shape[0], column.seen.shape[1]
    taken = on_grid(joined.mean(axis=0), size)
    classed = taken is not None and taken.size == joined.shape[1] - 1
    return on_grid(joined[0], size) if classed else taken


def _mean(readings: tuple[AttentionReading, ...], layer: str) -> FloatArray | None:
    """(queries, keys), heads averaged; None where all tokens do not attend to all."""
    reading = next((each for each in readings if each.layer == layer), None)
    return reading.weights[0].mean(axis=0) if reading is not None and reading.whole else None


def _why_not(readings: tuple[AttentionReading, ...], chosen: str) -> str:
    if not readings:
        return text("compare.attention.none")
    return text("compare.attention.no_rollout") if chosen == ROLLOUT else text("compare.attention.no_map")


def _named(option: str) -> str:
    return text("compare.attention.rollout") if option == ROLLOUT else layer_title(option)
