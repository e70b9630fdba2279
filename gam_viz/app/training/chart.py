"""One number of one gate over the steps, a line a run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from gam_viz.app.shared.choices import choose
from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.words import layer_title, prose, text, text_or
from gam_viz.figures.curves import DASHES, Curve, lines
from gam_viz.figures.style import palette
from gam_viz.titles import number
from gam_viz.watching import QUANTITIES, WatchedGate, WatchedRun

SHARES = ("between_pictures", "below", "above")  # in 0..1


def chart(runs: Mapping[str, WatchedRun]) -> str:
    """Draw which gate and which number, a sentence a run, and the lines; the gate's path."""
    gates = {gate.path: gate for run in runs.values() for gate in run.gates}
    left, right = st.columns(2)
    with left:
        path = choose(
            "t-gate", list(gates), list(gates)[-1], text("training.gate"), lambda path: gate_title(gates[path])
        )
    with right:
        quantity = choose("t-number", QUANTITIES, "mean", text("training.number"), "training.quantity")
    found = {name: of for name, run in runs.items() if (of := _values(run, path, quantity)) is not None}
    lacking = [name for name in runs if name not in found]
    if lacking:
        st.caption(
            prose("training.lacking", runs=text("common.word.comma").join(lacking), gate=gate_title(gates[path]))
        )
    told = {name: (steps, values) for name, (steps, values) in found.items() if np.isfinite(values).any()}
    if not told:
        st.info(text("training.no_number"))
        return path
    st.markdown("  \n".join(_went(name, *of, quantity, gate_title(gates[path])) for name, of in told.items()))
    _draw(told, quantity)
    st.caption(prose(f"training.about.{quantity}"))
    return path


def _went(name: str, steps: np.ndarray, values: np.ndarray, quantity: str, gate: str) -> str:
    """A run's sentence: from the first reading that has the number to the last."""
    first, last = np.flatnonzero(np.isfinite(values))[[0, -1]]
    of: dict[str, object] = {"run": name, "gate": gate, "number": text(f"training.quantity.{quantity}")}
    of |= {"last": number(float(values[last])), "end": int(steps[last])}
    if first == last:
        return prose("training.is", **of)
    return prose("training.went", **of, first=number(float(values[first])), begin=int(steps[first]))


def gate_title(gate: WatchedGate) -> str:
    """A gate for people: its layer, its branch, and its own name where the layer has several."""
    branch = text_or(f"evidence.branch.{gate.branch}", gate.branch)
    own = gate.path.rpartition(".")[2]
    named = "" if own == f"{gate.branch}_gate" else f" ({own})"
    return text("evidence.gates.row", layer=layer_title(gate.layer), branch=branch) + named


def _values(run: WatchedRun, path: str, quantity: str) -> tuple[np.ndarray, np.ndarray] | None:
    """(N,) steps and (N,) values; None of a run without that gate, or without a reading."""
    places = [place for place, gate in enumerate(run.gates) if gate.path == path]
    steps, numbers = run.numbers()
    return (steps, numbers[:, places[0], QUANTITIES.index(quantity)]) if places and len(steps) else None


def _draw(told: Mapping[str, tuple[np.ndarray, np.ndarray]], quantity: str) -> None:
    every = np.unique(np.concatenate([steps for steps, _ in told.values()]))
    colours, drawn = palette()[1:], []
    for place, (name, (steps, values)) in enumerate(told.items()):
        known = np.isfinite(values)
        # A straight line from reading to reading, as it is drawn, so that runs with other steps lie over each other.
        at = np.interp(every, steps[known], values[known], left=np.nan, right=np.nan)
        drawn.append(Curve(name, colours[place % len(colours)], at, DASHES[place % len(DASHES)]))
    ends = np.concatenate([values[np.isfinite(values)] for _, values in told.values()])
    low, high = (0.0, 1.0) if quantity in SHARES else (float(ends.min()), float(ends.max()))
    air = 0.06 * (high - low) or 0.05
    st.plotly_chart(
        lines(
            every.tolist(),
            drawn,
            axis=text("training.steps"),
            value=text(f"training.quantity.{quantity}"),
            span=(low - air, high + air),
            form=".3~g",
            place_form=",d",
        ),
        config=PLOT,
        key="training-chart",
        alt=text("training.chart_alt", number=text(f"training.quantity.{quantity}"), runs=len(told)),
    )
