"""Change one place, and see where each gate changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.inside.experiments.shared import (
    answer,
    joined,
    parts_of,
    print_changes,
    say,
    titled,
    what_is_changed,
)
from gam_viz.app.shared import state
from gam_viz.app.shared.columns import PLOT, View, heading
from gam_viz.app.shared.page import section
from gam_viz.app.shared.session_cache import cached_with_spinner
from gam_viz.app.shared.words import layer_title, prose, text
from gam_viz.explain.interventions import GateChange, Spread, move_features, move_pixel
from gam_viz.figures.changes import Panel, ceiling, panels
from gam_viz.figures.overlay import picker
from gam_viz.figures.scales import number
from gam_viz.images import normalise

HEX = r"#[0-9a-fA-F]{6}"
CLICKS = 64  # cells a side that can be clicked, at most: each is a point that the browser draws


@section
def pixel_section(view: View, layer: str) -> None:
    """Draw the experiment."""
    changed = what_is_changed(view, layer)
    if changed is None:
        return
    view, shapes, level, size = changed
    st.markdown(prose(f"inside.try.pixel.do.{level}"))
    first, columns = view.grid()
    seen = view.subjects[0].input.seen
    with first:
        names = ("try-row", "try-column") if level == "features" else ("try-y", "try-x")
        place = _place(names, size)
        colour = _colour(seen, place) if level == "picture" else ""
        _picker(_recoloured(seen, place, colour) if colour else seen, names, size)
        if colour:
            st.color_picker(text("inside.try.pixel.colour", own=_hex(seen[place])), key="try-colour")
            state.publish("try-colour", _farthest(seen[place]))
    found: list[list[tuple[str, GateChange, tuple[int, int]]]] = []
    for index, shape in enumerate(shapes):
        parts = [] if shape is None else parts_of(view, index, layer)
        # Networks may have maps, or see pictures, of other sizes.
        of = size if shape is None else shape[1:] if level == "features" else view.subjects[index].input.seen.shape[:2]
        here = place[0] * of[0] // size[0], place[1] * of[1] // size[1]
        found.append([(part, _moved(view, index, part, level, here, colour), here) for part in parts])
    top = ceiling([gate.change for parts in found for _, moved, _ in parts for gate in moved.gates])
    for index, column in enumerate(columns):
        with column:
            st.html(heading(view.titles()[index], view.colours()[index]))
            if not found[index]:
                st.caption(text("inside.try.absent", name=view.titles()[index], layer=layer_title(layer)))
            for part, moved, here in found[index]:
                _maps(view, index, part, moved, here if level == "features" else None, top)
                say(part, layer, _sentences(view, moved, level))
    with first:
        print_changes(top, "try-pixel-scale")
        st.caption(prose(f"inside.try.pixel.outline.{level}"))


def _place(keys: tuple[str, str], size: tuple[int, int]) -> tuple[int, int]:
    """The place that is chosen; at first the middle. A click sets the numbers before they are drawn."""
    for key, count in zip(keys, size, strict=True):
        state.restore_number(key, 0, count - 1, count // 2)
    return int(st.session_state[keys[0]]), int(st.session_state[keys[1]])


def _colour(seen: npt.NDArray[np.uint8], place: tuple[int, int]) -> str:
    """The pixel's new colour, as "#rrggbb"; at first the one farthest from its own."""
    state.restore_matching("try-colour", HEX, _farthest(seen[place]))
    return str(st.session_state["try-colour"])


def _farthest(own: npt.NDArray[np.uint8]) -> str:
    """Of (3,) RGB, the corner of the cube of colours that is farthest away."""
    return _hex(np.where(own > 127, 0, 255))


def _hex(rgb: npt.NDArray[np.integer]) -> str:
    return "#" + "".join(f"{int(value):02x}" for value in rgb)


def _rgb(colour: str) -> npt.NDArray[np.uint8]:
    """(3,) of "#rrggbb"."""
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.uint8)


def _recoloured(seen: npt.NDArray[np.uint8], place: tuple[int, int], colour: str) -> npt.NDArray[np.uint8]:
    """The picture with that pixel's new colour."""
    pixels = seen.copy()
    pixels[place] = _rgb(colour)
    return pixels


def _picker(shown: npt.NDArray[np.uint8], keys: tuple[str, str], size: tuple[int, int]) -> None:
    """The place: clicked on the picture, or typed."""
    rows, columns = size
    cells = min(rows, CLICKS), min(columns, CLICKS)
    row, column = st.session_state[keys[0]], st.session_state[keys[1]]
    chart = f"try-picker-{keys[0]}-{rows}"

    def clicked() -> None:
        points = st.session_state[chart]["selection"]["points"]
        if points:
            down, across = (int(value) for value in points[0]["customdata"][:2])
            # The middle of what was clicked, where a click is coarser than a pixel.
            st.session_state[keys[0]] = (2 * down + 1) * rows // (2 * cells[0])
            st.session_state[keys[1]] = (2 * across + 1) * columns // (2 * cells[1])

    st.plotly_chart(
        picker(shown, cells, (row * cells[0] // rows, column * cells[1] // columns)),
        config=PLOT,
        key=chart,
        on_select=clicked,
        selection_mode="points",
        alt=text("compare.channels.picker_alt", rows=rows, columns=columns, row=row, column=column),
    )
    with st.container(key="cell", horizontal=True, wrap=False, gap="small"):
        st.number_input(text("common.word.row"), 0, rows - 1, key=keys[0])
        st.number_input(
            text("common.word.column"), 0, columns - 1, key=keys[1], help=text("compare.channels.picker_help")
        )
    state.publish(keys[0], rows // 2)
    state.publish(keys[1], columns // 2)


def _moved(view: View, index: int, part: str, level: str, here: tuple[int, int], colour: str) -> GateChange:
    """What happens, computed once in a session."""
    subject = view.subjects[index]
    card = subject.checkpoint.card

    def make() -> GateChange:
        network, x = subject.network, subject.input_tensor()
        if level == "features":
            return move_features(network, x, part, *here)
        rgb = normalise(_rgb(colour)[None, None], card.mean, card.std)  # (1, 3, 1, 1)
        return move_pixel(network, x, part, *here, rgb[0, :, 0, 0])

    return cached_with_spinner("try-pixel", (subject.key, part, level, here, colour), make)


def _maps(view: View, index: int, part: str, moved: GateChange, cell: tuple[int, int] | None, top: int) -> None:
    """A layer's gates: where each changed."""
    counts = [
        (titled(gate), text("inside.try.count", changed=gate.changed, positions=gate.positions)) for gate in moved.gates
    ]
    shown = [
        Panel(
            f"{name}<br>{count}",
            gate.change,
            field=gate.direct_reach if gate.per_position else None,
            cell=cell,
        )
        for gate, (name, count) in zip(moved.gates, counts, strict=True)
    ]
    st.plotly_chart(
        panels(shown, view.subjects[index].input.seen, top, hover=text("inside.try.change"), places=2),
        config=PLOT,
        key=f"try-moved-{index}-{part}",
        alt=f"{view.titles()[index]} {layer_title(part)}: {'; '.join(map(': '.join, counts))}",
    )


def _sentences(view: View, moved: GateChange, level: str) -> list[str]:
    """What happened, with its numbers."""
    # A pixel that was given its own colour changes nothing anywhere, which says nothing about the gates.
    anything = level == "features" or not np.array_equal(moved.before, moved.after)  # type: ignore[arg-type]
    said = [_of_gate(gate, level, anything) for gate in moved.gates]
    if moved.before is not None and moved.after is not None:
        said.append(answer(view, moved.before, moved.after))
    return said


def _of_gate(gate: Spread, level: str, anything: bool) -> str:
    rows, columns = gate.extent
    values = {
        "gate": titled(gate),
        "changed": gate.changed,
        "positions": gate.positions,
        "largest": number(gate.largest),
        "elsewhere": number(gate.largest_elsewhere),
        "rows": rows,
        "columns": columns,
        "channels": gate.shape[0],
    }
    if not gate.changed:
        blocked = anything and bool(gate.reach.any())
        return prose(f"inside.try.pixel.{'blocked' if blocked else 'nothing'}", gate=titled(gate))
    if not gate.per_position:
        return prose("inside.try.pixel.constant", **values)
    around = not gate.direct_reach.all() and bool(gate.reach.all())
    if level == "picture":
        said = [prose(f"inside.try.pixel.{gate.branch}_picture", **values)]
        return joined([*said, prose("inside.try.pixel.around")] if around else said)
    if gate.branch == "channel":
        return prose("inside.try.pixel.channel", **values)
    if around:
        return prose("inside.try.pixel.spatial_around", **values)
    values["field"] = " × ".join(map(str, gate.field or (rows, columns)))
    if gate.direct_reach.all():
        return prose("inside.try.pixel.spatial_covered", **values)
    if gate.field is None:
        return prose("inside.try.pixel.spatial_plain", **values)
    if gate.field == (rows, columns):
        return prose("inside.try.pixel.spatial", **values)
    return prose("inside.try.pixel.spatial_cut", **values)
