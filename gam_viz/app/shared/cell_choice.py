"""A cell of a map: picked on the picture, or typed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.cell_picker import pick_cell
from gam_viz.app.shared.choices import choose_number, chosen_number
from gam_viz.app.shared.words import text


@dataclass(frozen=True)
class CellChoice:
    """The choice; the middle to begin with. On a map of another size it stays at its place on the picture.

    Attributes:
        keys: of its row and column, in the URL.
        size: (rows, columns) of the map.
    """

    keys: tuple[str, str]
    size: tuple[int, int]

    @property
    def cell(self) -> tuple[int, int]:
        """(row, column) that is chosen, before it is drawn, too: a click sets the numbers before they are drawn."""
        row, column = (self._followed(k, n) for k, n in zip(self.keys, self.size, strict=True))
        return row, column

    def draw(self, shown: npt.NDArray[np.uint8] | None, key: str) -> tuple[int, int]:
        """Draw the choice over `shown`, (S, S, 3), the numbers alone without; `key` is the picture's. Returns the
        cell."""
        (rows, columns), (row, column) = self.size, self.cell
        if shown is not None:
            alt = text("compare.channels.picker_alt", rows=rows, columns=columns, row=row, column=column)
            pick_cell(shown, self.size, (row, column), self._picked, alt=alt, key=key)
        with st.container(key="cell", horizontal=True, wrap=False, gap="small"):
            row = choose_number(self.keys[0], 0, rows - 1, rows // 2, text("common.word.row"))
            label, help = text("common.word.column"), text("compare.channels.picker_help")
            column = choose_number(self.keys[1], 0, columns - 1, columns // 2, label, help=help)
        return row, column

    def _picked(self, cell: tuple[int, int]) -> None:
        for key, at in zip(self.keys, cell, strict=True):
            st.session_state[key] = at

    def _followed(self, key: str, count: int) -> int:
        """One of its numbers: where the map has as many cells as when it was chosen that number, else the cell at the
        same share of the picture."""
        places: dict[str, tuple[float, int]] = st.session_state.setdefault("cell-places", {})
        place, of = places.get(key, (0.5, count))
        if of != count:
            state.put(key, int(place * count))
        number = chosen_number(key, 0, count - 1, count // 2)
        if int(place * count) != number:  # it was chosen
            place = (number + 0.5) / count
        places[key] = place, count
        return number
