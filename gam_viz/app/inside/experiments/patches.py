"""Shuffle the patches of the layer's features or of the picture, and see which gates notice."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch

from gam_viz.app.inside.experiments.shared import (
    ROUNDING,
    answer,
    column_heading,
    measured,
    print_changes,
    say,
    titled,
    what_is_changed,
)
from gam_viz.app.shared.choices import choose_number, segments_of_numbers
from gam_viz.app.shared.columns import PLOT, Column, View, print_scale
from gam_viz.app.shared.explanations import Subject
from gam_viz.app.shared.page import section
from gam_viz.app.shared.public import is_public
from gam_viz.app.shared.session_cache import cached_with_spinner
from gam_viz.app.shared.words import gate_title, layer_title, prose, text
from gam_viz.explain import Explanation
from gam_viz.explain.interventions import Effect, Rearranged, Shuffle, grids, shuffle_features, shuffle_picture
from gam_viz.figures.changes import Panel, before_after, ceiling, panels
from gam_viz.figures.gate_scales import shared_bounds
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, number, symmetric_scale
from gam_viz.figures.style import enlarged

SEEDS = 9999
HEIGHT = 122  # pixels, of three maps in a row


@section
def patches_section(view: View, layer: str) -> None:
    """Draw the experiment."""
    changed = what_is_changed(view, layer)
    if changed is None:
        return
    view, level, size = changed
    st.markdown(prose(f"inside.try.patches.do.{level}"))
    first, columns = view.row()
    offered = grids(*size)
    if not offered:
        st.info(prose("inside.try.patches.too_small", layer=layer_title(layer)))
        return
    with first:
        shuffle = _choose(offered, size[0])
        _pictures(view.columns[0].seen, shuffle)
        results = [  # in this column, so that the wait is said below what was pressed
            measured(column, layer, partial(_patched, column.subject, level=level, shuffle=shuffle))
            for column, _ in columns
        ]
    gates = [gate for found in results for patched in found.parts.values() for gate in patched.gates]
    scale = _scale([gate for gate in gates if gate.branch == "channel"])
    masks = [gate for gate in gates if gate.branch == "spatial" and gate.map_before is not None]
    top = ceiling([gate.map_difference for gate in gates if gate.map_difference is not None])
    for (column, drawn), found in zip(columns, results, strict=True):
        with drawn:
            column_heading(column, found, layer)
            for part, patched in found.parts.items():
                for gate in patched.gates:
                    _gate(column, part, gate, shuffle, scale if gate.branch == "channel" else _scale(masks), top)
                say(part, layer, _sentences(view, patched, shuffle, level))
            for patched in list(found.parts.values())[:1]:
                _prediction(view, column, patched)
    with first:
        if any(gate.branch == "channel" and gate.per_position for gate in gates):
            colours = DIVERGING[0] if scale.signed else SEQUENTIAL[0]
            marks = (1.0,) if scale.signed and scale.high < 4 else ()  # farther out, 0 and 1 would overlap
            print_scale(scale, colours, text("inside.try.patches.channel_scale"), marks=marks)
        if masks:
            of_masks = _scale(masks)
            colours = DIVERGING[0] if of_masks.signed else SEQUENTIAL[0]
            print_scale(of_masks, colours, text("inside.try.patches.mask_scale"))
        print_changes(top, "try-patches-scale")


def _choose(offered: tuple[int, ...], side: int) -> Shuffle:
    default = 4 if 4 in offered and side >= 16 else offered[0]  # patches of a few positions, not of one or two
    grid = segments_of_numbers("try-grid", offered, default, text("inside.try.patches.grid"))
    with st.container(horizontal=True, vertical_alignment="bottom", key="try-shuffle"):
        st.button(text("inside.try.patches.again"), icon=":material/shuffle:", on_click=_again, key="try-again")
        seed = choose_number("try-seed", 0, SEEDS, 0, text("inside.try.patches.seed"), width=90)
    return Shuffle(grid, seed)


def _again() -> None:
    st.session_state["try-seed"] = (st.session_state["try-seed"] + 1) % (SEEDS + 1)


def _pictures(seen: npt.NDArray[np.uint8], shuffle: Shuffle) -> None:
    """The picture before and after; the features are shuffled in the same way."""
    moved = _moved(seen, shuffle)
    with st.container(horizontal=True, gap="small"):
        st.image(
            enlarged(seen, 192), width=72, caption=text("inside.try.before"), alt=text("inside.try.patches.before_alt")
        )
        if moved is not None:
            st.image(
                enlarged(moved, 192),
                width=72,
                caption=text("inside.try.after"),
                alt=text("inside.try.patches.after_alt", grid=shuffle.grid),
            )


def _moved(seen: npt.NDArray[np.uint8], shuffle: Shuffle) -> npt.NDArray[np.uint8] | None:
    """(S, S, 3) with its patches at their new places; None where the patches do not divide it."""
    if not shuffle.fits(*seen.shape[:2]):
        return None
    pixels = torch.from_numpy(seen.copy()).permute(2, 0, 1)  # (3, S, S)
    moved: npt.NDArray[np.uint8] = shuffle.apply(pixels).permute(1, 2, 0).contiguous().numpy()
    return moved


def _patched(subject: Subject, part: str, *, level: str, shuffle: Shuffle) -> Effect[Rearranged]:
    """What happens, computed once in a session."""
    run = shuffle_features if level == "features" else shuffle_picture

    def make() -> Effect[Rearranged]:
        return run(subject.network, subject.input_tensor(), part, shuffle)

    return cached_with_spinner("try-patches", (subject.key, part, level, shuffle), make, shared=is_public(subject.key))


def _scale(gates: list[Rearranged]) -> Scale:
    """One for all these gates: their range, 0..1 out of sigmoids; where one has none, signed, and wide enough for 1."""
    if (bounded := shared_bounds(gates)) is not None:
        return bounded
    maps = [m for gate in gates for m in (gate.before, gate.after, gate.map_before, gate.map_after)]
    limit = max(1.0, symmetric_scale([m for m in maps if m is not None]).high)
    return Scale(-limit, limit, signed=True)


def _gate(column: Column, part: str, gate: Rearranged, shuffle: Shuffle, scale: Scale, top: int) -> None:
    title = f"{column.title} {layer_title(part)}, {titled(gate)}"
    key = f"try-patched-{column.number}-{part}-{gate.branch}-{gate.name}"
    if gate.map_before is None or gate.map_after is None:
        st.caption(text("inside.try.patches.bars", gate=titled(gate), channels=gate.shape[0]))
        st.plotly_chart(
            before_after(
                gate.before,
                gate.after,
                column.colour,
                span=(min(0.0, float(gate.before.min()), float(gate.after.min())), gate.bounds[1])
                if gate.bounds
                else (scale.low, scale.high),
                labels=(text("common.word.channel"), text("inside.try.before"), text("inside.try.after")),
            ),
            config=PLOT,
            key=key,
            alt=f"{title}: {text('inside.try.patches.bars', gate=titled(gate), channels=gate.shape[0])}",
        )
        return
    colours = DIVERGING[0] if scale.signed else SEQUENTIAL[0]
    st.caption(
        text(f"inside.try.patches.maps_{gate.branch}", channel=gate.channel)
        if gate.channel is not None
        else text("inside.try.patches.maps_one")
    )
    shown = [
        Panel(text("inside.try.before"), gate.map_before, scale, colours),
        Panel(text("inside.try.after"), gate.map_after, scale, colours, grid=shuffle.grid),
    ]
    if gate.map_difference is not None:
        shown.append(Panel(text("inside.try.patches.difference"), gate.map_difference, grid=shuffle.grid))
    st.plotly_chart(
        panels(shown, _moved(column.seen, shuffle), top, hover=text("common.word.value"), height=HEIGHT),
        config=PLOT,
        key=key,
        alt=f"{title}: {', '.join(panel.title for panel in shown)}",
    )


def _prediction(view: View, column: Column, patched: Effect[Rearranged]) -> None:
    """The answer to the shuffled picture."""
    if patched.after is None:
        return
    now = Explanation(column.explanation.card, patched.after.astype(np.float32), ())
    st.caption(text("inside.try.patches.answers"))
    st.plotly_chart(
        column.bars(now.values, target=column.explanation.predicted),
        config=PLOT,
        key=f"try-patched-answer-{column.number}",
        alt=column.told.says(now, column.title),
    )


def _sentences(view: View, patched: Effect[Rearranged], shuffle: Shuffle, level: str) -> list[str]:
    """What happened, with its numbers."""
    return [*(_of_gate(gate, shuffle, level) for gate in patched.gates), *answer(view, patched)]


def _of_gate(gate: Rearranged, shuffle: Shuffle, level: str) -> str:
    if gate.per_position and gate.map_before is None:
        moved = float(np.abs(gate.after - gate.before).max())
        return prose("inside.try.patches.plane", gate=gate_title(gate.name), largest=number(moved))
    if gate.largest is None or gate.difference is None:
        return prose("inside.try.patches.untold", grid=shuffle.grid, height=gate.shape[1], width=gate.shape[2])
    same = gate.largest < ROUNDING
    values = {"largest": number(gate.largest), "channels": gate.shape[0]}
    if not gate.per_position:
        return prose(f"inside.try.patches.constant_{'same' if same else 'other'}", **values)
    if gate.branch == "channel":
        return prose(f"inside.try.patches.channel_{'same' if same else 'other'}", **values)
    if same:
        return prose("inside.try.patches.spatial_same", **values)
    steps = gate.by_border(shuffle)
    values |= {"near": number(float(steps[0])), "far": number(float(steps[-1]))}
    if len(steps) == 1 or level == "picture":
        return prose("inside.try.patches.spatial_all", mean=number(float(gate.difference.mean())), **values)
    return prose(f"inside.try.patches.spatial_{'inside' if steps[-1] < ROUNDING else 'across'}", **values)
