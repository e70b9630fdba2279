"""Which classes are taken for which: a row a class, a column a prediction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.figures import elements
from gam_viz.figures.scales import SEQUENTIAL
from gam_viz.figures.style import GUIDE, layout

LETTER = 6.8  # pixels, about, of a name


def confusion_map(
    names: Sequence[str],
    counts: npt.NDArray[np.integer],
    totals: npt.NDArray[np.integer],
    *,
    label: str,
    prediction: str,
) -> go.Figure:
    """Draw it. Colours are shares of a row's pictures; what never occurs is left empty, what occurs has its number.

    Args:
        names: (n,), of rows and columns.
        counts: (n, n) pictures of a row's class that are taken for a column's.
        totals: (n,) pictures of a row's class, those that are taken for classes without a column included.
        label, prediction: titles of the axes.
    """
    count = len(names)
    shares = np.where(counts > 0, counts / np.maximum(totals, 1)[:, None], np.nan)
    told = [
        [
            f"{elements.verbatim(row)} → {elements.verbatim(column)}: {counts[i, j]:,} / {totals[i]:,}"
            for j, column in enumerate(names)
        ]
        for i, row in enumerate(names)
    ]
    written = [[f"{number:,}" if number else "" for number in row] for row in counts.tolist()]
    cells = elements.cells(
        shares,
        0.0,
        1.0,
        SEQUENTIAL[1],
        xgap=1,
        ygap=1,
        text=written if count <= 24 else None,
        texttemplate="%{text}" if count <= 24 else None,
        textfont={"size": 11},
        customdata=told,
        hovertemplate="%{customdata}<extra></extra>",
    )
    figure = go.Figure([cells])
    ticks: elements.Options = {"tickvals": list(range(count)), "ticktext": list(names), "tickfont": {"size": 12}}
    turned: elements.Options = {"tickangle": -90 if count > 12 else -45} if count > 4 else {}
    if count > 12:  # columns are as near as 10 pixels to each other on a telephone
        turned["tickfont"] = {"size": 10}
    figure.layout.xaxis = elements.axis(prediction, side="bottom", **(ticks | turned))
    figure.layout.yaxis = elements.axis(label, range=[count - 0.5, -0.5], **ticks)
    for place in range(count):  # where a class is taken for itself
        box = (place - 0.5, place + 0.5)
        elements.rectangle(figure, box, box, colour=GUIDE, width=1)
    long = min(130, round(LETTER * max((len(name) for name in names), default=0)))
    below = round((1 if count > 12 else 0.75) * long) + 50
    side = 30 if count <= 12 else 22
    return layout(figure, height=side * count + below + 12, left=long + 40, right=8, top=8, bottom=below)
