"""A symmetric matrix of likenesses whose cells can be picked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.scales import DIVERGING, Scale
from gam_viz.figures.style import layout

SIDE = 28  # pixels of a row


def matrix(
    names: Sequence[str],
    values: npt.NDArray[np.floating],
    outside: npt.NDArray[np.integer],
    *,
    scale: Scale,
    chosen: tuple[int, int] | None,
    value: str,
) -> go.Figure:
    """Draw the lower triangle, a point a cell, so that a click says which.

    Args:
        names: (n,), of rows and columns.
        values: (n, n); NaN where two maps cannot be compared.
        outside: (n, n): not 0 where a value lies beyond what random maps give; such cells have a dot.
        scale: of the colours, drawn with the diverging colours.
        chosen: (row, column) that is outlined.
        value: what the pointer is told the number is.
    """
    count = len(names)
    rows, columns = np.tril_indices(count, -1)
    found = values[rows, columns]
    known = ~np.isnan(found)
    shown = np.where(np.tri(count, k=-1, dtype=bool), values, np.nan)
    figure = go.Figure([elements.cells(shown, scale.low, scale.high, DIVERGING[0], hoverinfo="skip", xgap=1, ygap=1)])
    # Heatmaps tell no clicks: points that nobody sees lie over the cells.
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": SIDE - 4, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=np.stack([rows, columns, found], axis=1),
        text=[elements.verbatim(f"{names[int(r)]} · {names[int(c)]}") for r, c in zip(rows, columns, strict=True)],
        hovertemplate=f"%{{text}}<br>{value} %{{customdata[2]:.2f}}<extra></extra>",
    )
    marked = known & (outside[rows, columns] != 0)
    figure.add_scatter(
        x=columns[marked],
        y=rows[marked],
        mode="markers",
        marker={
            "size": 7,
            "color": "white",
            "line": {"color": "black", "width": 1.2},
            "symbol": np.where(outside[rows, columns][marked] > 0, "circle", "x"),
        },
        hoverinfo="skip",
    )
    if chosen is not None:
        row, column = max(chosen), min(chosen)
        box = (column - 0.5, column + 0.5), (row - 0.5, row + 0.5)
        elements.rectangle(figure, *box, width=3, layer="above")
    # Names stand at the rows alone; columns have their numbers.
    numbers: elements.Options = {
        "tickvals": list(range(count - 1)),
        "ticktext": [str(number) for number in range(1, count)],
    }
    named = [f"{name}  {number}" for number, name in enumerate(names, 1)]
    rows_at: elements.Options = {"tickvals": list(range(count)), "ticktext": named}
    small: elements.Options = {"tickfont": {"size": 12}}
    figure.layout.xaxis = elements.axis(range=[-0.6, count - 1.4], side="bottom", **small, **numbers)
    figure.layout.yaxis = elements.axis(range=[count - 0.5, -0.5], **small, **rows_at)
    left = round(6.6 * max((len(name) for name in names), default=0)) + 30
    return layout(
        figure, height=min(SIDE, 22 if count > 14 else SIDE) * count + 50, left=left, right=4, top=4, bottom=26
    )
