"""Over which part of the picture the scores of segmentations and detections are summed: all of it, or a box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import streamlit as st

from gam_viz.app.shared.box_choice import choose_box
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.words import text
from gam_viz.evidence.localisation import Box
from gam_viz.explain import seen_by
from gam_viz.images import Fit, NetworkInput, Picture
from gam_viz.networks.live import LiveNetwork
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.text.refusal import RefusalError
from gam_viz.titles import literal

LOCATED = ("segmentation", "detection")


def asked_about(networks: Sequence[OpenedNetwork], picture: Picture, fit: str) -> tuple[OpenedNetwork, ...]:
    """Draw the choice, where there is one; the networks, asked about what was chosen.

    The box is drawn on what the first network saw; the others are asked about the same part of the picture.
    """
    networks = tuple(networks)
    seen = {each.sha256: _seen(each, picture, fit) for each in networks if each.card.output in LOCATED}
    first = next((found for found in seen.values() if found is not None), None)
    if first is None:
        return networks
    over = segments("over", ("picture", "region"), "picture", text("common.sidebar.over"), "common.sidebar.over")
    if over == "picture":
        return networks
    box = choose_box("over-box", first.seen)
    if box is None:
        st.info(text("common.sidebar.over.no_box"))
        return networks
    return tuple(_within(each, box, first, seen.get(each.sha256)) for each in networks)


def _seen(network: OpenedNetwork, picture: Picture, fit: str) -> NetworkInput | None:
    """None where it cannot see the picture; the page says why."""
    assert fit in get_args(Fit)
    try:
        return seen_by(network.card, picture, fit)  # type: ignore[arg-type]
    except RefusalError:
        return None


def _within(network: OpenedNetwork, box: Box, first: NetworkInput, seen: NetworkInput | None) -> OpenedNetwork:
    """Asked about the part of the picture that the box covers in what the first network saw."""
    if seen is None or not isinstance(network, LiveNetwork):
        return network
    across = _shares((box.left, box.right), first.box[0::2], seen.box[0::2])
    down = _shares((box.top, box.bottom), first.box[1::2], seen.box[1::2])
    if across[0] >= across[1] or down[0] >= down[1]:
        st.warning(literal(text("common.sidebar.over.outside", name=network.card.name)))
        return network
    return network.within((across[0], down[0], across[1], down[1]))


def _shares(edges: tuple[float, float], of: tuple[float, ...], wanted: tuple[float, ...]) -> tuple[float, float]:
    """Two edges in shares of one stretch of the picture (from, to), in shares of another."""
    if of == wanted:
        return edges
    there = (of[0] + edge * (of[1] - of[0]) for edge in edges)
    low, high = (min(max((place - wanted[0]) / (wanted[1] - wanted[0]), 0.0), 1.0) for place in there)
    return low, high
