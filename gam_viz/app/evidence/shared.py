"""What the sections share: names of maps, the methods that are judged, the map that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec

import streamlit as st

from gam_viz.app.evidence import measurements
from gam_viz.app.shared import state
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.words import layer_title, text, text_or, words
from gam_viz.evidence.measure import Measure, MeasureInput, Verdict
from gam_viz.explain.attributions import DEFAULT_METHODS, METHODS
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.text.refusal import said as reason_of

P = ParamSpec("P")


def refusals(draw: Callable[P, None]) -> Callable[P, None]:
    """A section that says in a sentence what the library refuses, as a network that answers NaN; the page goes on."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except ValueError as error:
            st.warning(text("evidence.cannot", reason=reason_of(error, words())))

    return drawn


def map_title(map_: Heatmap) -> str:
    """A map's name for people."""
    if map_.kind == "gate":
        return text("evidence.map.gate", layer=layer_title(map_.layer or ""))
    return text(f"common.method.{map_.source}")


def choose_methods() -> list[str]:
    """The methods whose maps are judged beside the gates; Compare's choice."""
    state.restore_many("methods", list(METHODS), DEFAULT_METHODS)
    chosen = st.multiselect(
        text("evidence.methods"),
        list(METHODS),
        format_func=lambda name: text(f"common.method.{name}"),
        key="methods",
        help=text("evidence.methods_help"),
    )
    state.publish("methods", DEFAULT_METHODS)
    return list(chosen)


def givens(view: View, methods: Sequence[str]) -> list[MeasureInput]:
    """Each network with its gates and attributions; while they are computed, the page says how far that is."""
    return [
        measurements.given_of(view, index, measurements.requests_of(view, index, methods))
        for index in range(len(view.subjects))
    ]


def choose_map(maps: Sequence[Sequence[Heatmap]], key: str) -> str:
    """The map that is drawn strongest; one choice for all networks, by the map's key."""
    titles = {map_.key: map_title(map_) for of_network in maps for map_ in of_network}
    default = next((name for name in reversed(titles) if name.startswith("gate.")), next(iter(titles)))
    state.restore(key, list(titles), default)
    chosen = st.selectbox(text("evidence.highlight"), list(titles), format_func=titles.__getitem__, key=key)
    state.publish(key, default)
    return str(chosen)


def measure_title(measure: Measure) -> str:
    """A measure's name for people; its own, where the catalogue does not know it."""
    return text_or(measure.title_key, measure.key)


def verdict_title(measure: Measure, verdict: Verdict) -> str:
    """What a verdict is called."""
    return text_or(f"{measure.verdict_key}.{verdict.code}", verdict.code) if verdict.code else "–"


def in_numbers(measure: Measure, verdict: Verdict) -> str:
    """A verdict where the catalogue has no sentence for it: its name, and its numbers."""
    parts = [verdict_title(measure, verdict)] if verdict.code else []
    parts += [f"{text_or(q.title_key, q.key)} {q.written(verdict)}" for q in measure.quantities]
    return f"{measure_title(measure)}: {', '.join(parts)}"
