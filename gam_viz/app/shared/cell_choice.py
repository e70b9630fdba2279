"""A cell of a map: clicked on the picture, or typed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.shared.choices import choose_number, chosen_number
from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.words import text
from gam_viz.figures.overlay import picker

CLICKS = 64  # cells a side that can be clicked, at most: each is a point that the browser draws


@dataclass(frozen=True)
class CellChoice:
    """The choice; the middle to begin with. A cell beyond the map of another layer is brought back into it.

    Attributes:
        keys: of its row and column, in the URL.
        size: (rows, columns) of the map.
    """

    keys: tuple[str, str]
    size: tuple[int, int]

    @property
    def cell(self) -> tuple[int, int]:
        """(row, column) that is chosen, before it is drawn, too: a click sets the numbers before they are drawn."""
        row, column = (chosen_number(k, 0, n - 1, n // 2) for k, n in zip(self.keys, self.size, strict=True))
        return row, column

    def draw(self, shown: npt.NDArray[np.uint8], key: str) -> tuple[int, int]:
        """Draw the choice over `shown`, (S, S, 3); `key` is the picture's. Returns the cell."""
        (rows, columns), (row, column) = self.size, self.cell
        clickable = min(rows, CLICKS), min(columns, CLICKS)
        st.plotly_chart(
            picker(shown, clickable, (row * clickable[0] // rows, column * clickable[1] // columns)),
            config=PLOT,
            key=key,
            on_select=lambda: self._clicked(key, clickable),
            selection_mode="points",
            alt=text("compare.channels.picker_alt", rows=rows, columns=columns, row=row, column=column),
        )
        with st.container(key="cell", horizontal=True, wrap=False, gap="small"):
            row = choose_number(self.keys[0], 0, rows - 1, rows // 2, text("common.word.row"))
            label, help = text("common.word.column"), text("compare.channels.picker_help")
            column = choose_number(self.keys[1], 0, columns - 1, columns // 2, label, help=help)
        return row, column

    def _clicked(self, chart: str, clickable: tuple[int, int]) -> None:
        for point in st.session_state[chart]["selection"]["points"][:1]:
            for key, count, cells, at in zip(self.keys, self.size, clickable, point["customdata"], strict=False):
                # The middle of what was clicked, where a click is coarser than a cell.
                st.session_state[key] = (2 * int(at) + 1) * count // (2 * cells)
