"""What was found in an own network, said where it is chosen: how many gates, in which layers, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from gam_viz.app.shared.networks import network
from gam_viz.app.shared.words import text
from gam_viz.explain import gates_of
from gam_viz.explain.gates import layer_of
from gam_viz.networks.adapters import ForeignNetwork
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.titles import literal


def draw_found(opened: Iterable[OpenedNetwork]) -> None:
    """A line a network, and behind it what its reader should know."""
    for each in opened:
        module = network(each)
        gates = gates_of(module)
        channel = sum(gate.branch == "channel" for gate in gates.values())
        name = literal(each.card.name)
        if not gates:
            st.caption(text("own_networks.found_none", name=name))
        else:
            layers = len({gate.layer or layer_of(path) for path, gate in gates.items()})
            counts = {"gates": len(gates), "layers": layers, "channel": channel, "spatial": len(gates) - channel}
            st.caption(text("own_networks.found", name=name, **counts))
        notes = module.adaption.notes if isinstance(module, ForeignNetwork) else ()
        if notes:
            with st.expander(text("own_networks.notes", count=len(notes))):
                for note in notes:
                    st.caption(literal(note))
