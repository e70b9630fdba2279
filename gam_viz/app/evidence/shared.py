"""What the sections share: names of maps, the methods that are judged, the map that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec

import streamlit as st

from gam_viz.app.compare.attributions import DEFAULT_METHODS
from gam_viz.app.evidence import measurements
from gam_viz.app.shared import state
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.words import layer_title, text
from gam_viz.explain.attributions import METHODS, Request, default_layer
from gam_viz.explain.heatmaps import Heatmap

P = ParamSpec("P")


def refusals(draw: Callable[P, None]) -> Callable[P, None]:
    """A section that says in a sentence what the library refuses, as a network that answers NaN; the page goes on."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except ValueError as error:
            st.warning(text("evidence.cannot", reason=error))

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


def requests_of(view: View, index: int, methods: Sequence[str]) -> list[Request]:
    """With the methods' default settings, in a network's last layer."""
    network = view.subjects[index].network
    return [Request(name, layer=default_layer(network) if METHODS[name].needs_layer else None) for name in methods]


def maps_of_all(view: View, methods: Sequence[str]) -> list[tuple[Heatmap, ...]]:
    """Each network's gates and attributions; while they are computed, the page says how far that is."""
    return [measurements.maps_of(view, index, requests_of(view, index, methods)) for index in range(len(view.subjects))]


def choose_map(maps: Sequence[Sequence[Heatmap]], key: str) -> str:
    """The map that is drawn strongest; one choice for all networks, by the map's key."""
    titles = {map_.key: map_title(map_) for of_network in maps for map_ in of_network}
    default = next((name for name in reversed(titles) if name.startswith("gate.")), next(iter(titles)))
    state.restore(key, list(titles), default)
    chosen = st.selectbox(text("evidence.highlight"), list(titles), format_func=titles.__getitem__, key=key)
    state.publish(key, default)
    return str(chosen)
