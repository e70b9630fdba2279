"""The arithmetic of the number that is looked at: the formula with its numbers, the windows, all terms."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gam_viz.app.inside.walkthrough.latex import tex
from gam_viz.app.inside.walkthrough.place import Place
from gam_viz.app.inside.walkthrough.scales import colours_of
from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.words import text
from gam_viz.explain.walkthrough import DotProduct, Moved, Step
from gam_viz.figures.scales import number, symmetric_scale
from gam_viz.figures.steps import numbers, window

Index = tuple[int, ...]


def cell(step: Step, place: Place, colour: str, *, key: str) -> None:
    """Draw the arithmetic; of CBAM's two pooled vectors and two maps, that of both."""
    at = place.index(step)
    both = step.axes[0] in ("pool", "statistic")
    for first in range(step.values.shape[0]) if both else (None,):
        index = at if first is None else (first, *at[1:])
        chain = step.arithmetic(index)
        st.markdown(f"**{_name(step, index)}** = {number(float(step.values[index]))}")
        if isinstance(chain[0], Moved):
            if step.kind != "features":
                origin = ", ".join(map(str, chain[0].origin))
                st.caption(text("inside.moved", origin=origin))
            continue
        st.latex(tex(chain))
        if isinstance(chain[0], DotProduct):
            of = f"{key}-{first}"
            if chain[0].weights.ndim == 3 and chain[0].weights[0].size > 1:
                _windows(chain[0], of)
            _terms(chain[0], colour, of)


def _name(step: Step, index: Index) -> str:
    """What the number is, in words: "channel 3, row 8, column 8"."""
    words = []
    for axis, i in zip(step.axes, index, strict=True):
        if axis == "pool":
            words.append(text(f"inside.pool.{('average', 'max')[i]}"))
        elif axis == "statistic":
            words.append(text(f"inside.statistic.{('max', 'mean')[i]}"))
        elif axis != "mask":
            words.append(text(f"inside.unit.{axis}", number=i))
    return text("own_networks.comma").join(words)


def _windows(dot: DotProduct, key: str) -> None:
    """Input, kernel and their product in the window of one input channel, the one that adds most to begin with."""
    partial = dot.partial
    order = [int(i) for i in np.argsort(-np.abs(partial), kind="stable")]
    chosen = 0
    if len(order) > 1:
        chosen = st.selectbox(
            text("inside.window_of"),
            order,
            format_func=lambda i: text("inside.window_adds", number=dot.first + i, value=number(float(partial[i]))),
            key=f"{key}-tap",
        )
    parts = {"input": dot.inputs[chosen], "kernel": dot.weights[chosen], "product": dot.products[chosen]}
    top, below = st.columns(2, gap="small"), st.columns(2, gap="small")
    for column, (name, values) in zip([*top, below[0]], parts.items(), strict=True):
        scale = symmetric_scale([values])
        with column:
            st.caption(text(f"inside.window.{name}", limit=number(scale.high)))
            st.plotly_chart(
                window(values, scale, colours_of(scale), hover=text("common.word.value")),
                config=PLOT,
                key=f"{key}-{name}",
                alt=text("inside.window_alt", name=text(f"inside.window.{name}", limit=number(scale.high))),
            )


def _terms(dot: DotProduct, colour: str, key: str) -> None:
    """Every term, as bars and as a table."""
    partial = dot.partial
    if len(partial) < 2:
        return
    with st.expander(text("inside.terms", count=len(partial)), type="compact"):
        scale = symmetric_scale([partial])
        st.plotly_chart(
            numbers(
                [("", colour, partial)],
                scale,
                chosen=int(np.abs(partial).argmax()),
                hover=text("inside.term"),
                height=150,
            ),
            config=PLOT,
            key=f"{key}-terms",
            alt=text("inside.terms", count=len(partial)),
        )
        table: dict[str, np.ndarray] = {text("inside.term"): np.arange(dot.first, dot.first + len(partial))}
        if dot.weights.ndim == 1:
            table |= {text("common.word.weight"): dot.weights, text("common.word.value"): dot.inputs}
        st.dataframe(table | {text("inside.adds"): partial}, hide_index=True, height=220)
        st.caption(text("inside.bias", value=number(dot.bias)))
