"""What a network predicts, as short bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from gam_viz.explain.answer_words import spans
from gam_viz.figures import elements
from gam_viz.figures.style import layout, translucent

LETTER = 0.045  # width of a letter beside a bar, as a share of the axis in a narrow column


def prediction_bars(
    answers: npt.NDArray[np.floating],
    names: Sequence[str],
    colour: str,
    *,
    written: Callable[[float], str] = lambda value: f"{value:.1%}",
    chances: bool = True,
    target: int | None = None,
    truth: int | None = None,
    count: int = 4,
) -> go.Figure:
    """The `count` largest answers, probabilities on one axis; the target is added where it is not among them.

    Args:
        answers: (K,) probabilities of classes or labels, or values.
        names: one an answer, as they are to be read.
        colour: of the network.
        written: how a number is written.
        chances: whether they are probabilities.
        target: the answer the attributions speak of.
        truth: the known class, marked with a tick.
    """
    order = [int(i) for i in np.argsort(-answers, kind="stable")[:count]]
    if target is not None and target not in order:
        order[-1] = target
    values = [float(answers[i]) for i in order]
    low, high = spans(values, chances=chances)
    words = [written(value) for value in values]
    # What is written beyond a bar's end needs room there; on the bar it would have too little contrast.
    reach = high - low
    ends = [value + math.copysign(LETTER * len(said) * reach, value) for value, said in zip(values, words, strict=True)]
    low, high = min(low, *ends, 0.0), max(1 + LETTER * 6 if chances else high, *ends, 0.0)
    labels = [("✓ " if i == truth else "") + names[i] for i in order]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(order))),
            orientation="h",
            marker={
                "color": [colour if i == order[0] else translucent(colour, 0.45) for i in order],
                "line": {"color": colour, "width": 1},
            },
            text=words,
            textposition="outside",
            textfont={"size": 13},
            cliponaxis=False,
            customdata=[elements.verbatim(label) for label in labels],
            hovertemplate=f"%{{customdata}}: %{{x:{'.2%' if chances else '.4g'}}}<extra></extra>",
        )
    )
    figure.layout.shapes = [elements.upright(0)]
    figure.layout.xaxis = elements.hidden(range=[low, high])
    figure.layout.yaxis = elements.axis(
        autorange="reversed",
        tickvals=list(range(len(order))),
        ticktext=labels,
        ticklabelposition="outside",
        tickfont={"size": 13},
    )
    return layout(figure, height=24 * count + 12, left=96, right=8, top=2, bottom=2)
