"""Change one place, and see where each gate changes."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.inside.experiments.shared import (
    answer,
    column_heading,
    joined,
    measured,
    print_changes,
    say,
    shape_of,
    titled,
    what_is_changed,
)
from gam_viz.app.shared.cell_choice import CellChoice
from gam_viz.app.shared.choices import choose_colour, chosen_colour
from gam_viz.app.shared.columns import PLOT, Column, View
from gam_viz.app.shared.explanations import Subject
from gam_viz.app.shared.page import section
from gam_viz.app.shared.public import is_public
from gam_viz.app.shared.session_cache import cached_with_spinner
from gam_viz.app.shared.words import layer_title, prose, text
from gam_viz.explain.interventions import Effect, Spread, move_features, move_pixel
from gam_viz.figures.changes import Panel, ceiling, panels
from gam_viz.figures.scales import number
from gam_viz.images import normalise

Cell = tuple[int, int]


@section
def pixel_section(view: View, layer: str) -> None:
    """Draw the experiment."""
    changed = what_is_changed(view, layer, colours=True)
    if changed is None:
        return
    view, level, size = changed
    st.markdown(prose(f"inside.try.pixel.do.{level}"))
    first, columns = view.row()
    seen = view.columns[0].seen
    with first:
        names = ("try-row", "try-column") if level == "features" else ("try-y", "try-x")
        choice = CellChoice(names, size)
        # The pixel's new colour; at first the one farthest from its own.
        colour = chosen_colour("try-colour", _farthest(seen[choice.cell])) if level == "picture" else ""
        shown = _recoloured(seen, choice.cell, colour) if colour else seen
        place = choice.draw(shown, f"try-picker-{names[0]}-{size[0]}")
        if colour:
            label = text("inside.try.pixel.colour", own=_hex(seen[place]))
            choose_colour("try-colour", _farthest(seen[place]), label)
        heres = [_same_place(column, layer, level, place, size) for column, _ in columns]
        changes = [  # in this column, so that the wait is said below what was pressed
            measured(column, layer, partial(_moved, column.subject, level=level, here=here, colour=colour))
            for (column, _), here in zip(columns, heres, strict=True)
        ]
    top = ceiling([gate.change for each in changes for moved in each.parts.values() for gate in moved.gates])
    for (column, drawn), found, here in zip(columns, changes, heres, strict=True):
        with drawn:
            column_heading(column, found, layer)
            for part, moved in found.parts.items():
                _maps(column, part, moved, here if level == "features" else None, top)
                say(part, layer, _sentences(view, moved, level))
    with first:
        print_changes(top, "try-pixel-scale")
        st.caption(prose(f"inside.try.pixel.outline.{level}"))


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


def _same_place(column: Column, layer: str, level: str, place: Cell, size: Cell) -> Cell:
    """The place in a network's own map or picture, which may be of another size than the first network's `size`."""
    shape = shape_of(column.explanation, layer)
    own = size if shape is None else shape[1:] if level == "features" else column.seen.shape[:2]
    return place[0] * own[0] // size[0], place[1] * own[1] // size[1]


def _moved(subject: Subject, part: str, *, level: str, here: Cell, colour: str) -> Effect[Spread]:
    """What happens, computed once in a session."""
    card = subject.card

    def make() -> Effect[Spread]:
        network, x = subject.network, subject.input_tensor()
        if level == "features":
            return move_features(network, x, part, *here)
        rgb = normalise(_rgb(colour)[None, None], card.mean, card.std)  # (1, 3, 1, 1)
        return move_pixel(network, x, part, *here, rgb[0, :, 0, 0])

    return cached_with_spinner(
        "try-pixel", (subject.key, part, level, here, colour), make, shared=is_public(subject.key)
    )


def _maps(column: Column, part: str, moved: Effect[Spread], cell: Cell | None, top: int) -> None:
    """A layer's gates: where each changed."""
    counts = [
        (titled(gate), text("inside.try.count", changed=gate.changed, positions=gate.positions)) for gate in moved.gates
    ]
    shown = [
        Panel(
            f"{name}\n{count}",
            gate.change,
            field=gate.direct_reach if gate.per_position else None,
            cell=cell,
        )
        for gate, (name, count) in zip(moved.gates, counts, strict=True)
    ]
    st.plotly_chart(
        panels(shown, column.seen, top, hover=text("inside.try.change"), places=2),
        config=PLOT,
        key=f"try-moved-{column.number}-{part}",
        alt=f"{column.title} {layer_title(part)}: {'; '.join(map(': '.join, counts))}",
    )


def _sentences(view: View, moved: Effect[Spread], level: str) -> list[str]:
    """What happened, with its numbers."""
    # A pixel that was given its own colour changes nothing anywhere, which says nothing about the gates.
    anything = level == "features" or not np.array_equal(moved.before, moved.after)  # type: ignore[arg-type]
    return [*(_of_gate(gate, level, anything) for gate in moved.gates), *answer(view, moved)]


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
