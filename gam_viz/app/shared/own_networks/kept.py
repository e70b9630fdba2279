"""The own networks of this session: kept, let go, and in which comparisons they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st
import torch

from gam_viz.app.shared.device import device
from gam_viz.app.shared.networks import network
from gam_viz.app.shared.own_networks.admission import OwnNetworkError, Uploaded, admitted, check_new, check_room
from gam_viz.app.shared.own_networks.live import live_networks
from gam_viz.app.shared.session_cache import forget
from gam_viz.app.shared.waiting import in_queue
from gam_viz.images import normalise_batch
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.visit import OnWait


def own_networks() -> tuple[OpenedNetwork, ...]:
    """Live ones first, then those that were uploaded, in the order they came."""
    return (*live_networks(), *uploaded_networks())


def uploaded_networks() -> tuple[Uploaded, ...]:
    """Those of this session's files, in the order they came."""
    kept: dict[str, Uploaded] = st.session_state.get("own-networks", {})
    return tuple(kept.values())


def is_own(checkpoint: OpenedNetwork) -> bool:
    """Whether the reader brought it: such a one lies in no file of ours."""
    return checkpoint.origin != "file"


def keep(opened: Uploaded, shipped: Sequence[Checkpoint], *, on_wait: OnWait) -> None:
    """Take a network in, after it was loaded and run once; it is the one that the page shows next.

    Raises:
        CheckpointError: its weights are not those of the network it describes.
        OwnNetworkError: it is here already, too large to be looked at, or does not run.
    """
    kept = uploaded_networks()
    if isinstance(opened, Checkpoint):
        new: Uploaded = admitted(opened, shipped, kept)
    else:
        check_new(opened, kept)
        check_room(opened.size, kept)
        new = opened
    try:
        _try(new, on_wait)
    except ValueError:
        forget(new.sha256)
        raise
    st.session_state.setdefault("own-networks", {})[new.sha256] = new
    st.session_state["own-arrived"] = new.card.name


def _try(checkpoint: Uploaded, on_wait: OnWait) -> None:
    card = checkpoint.card
    noise = torch.randint(256, (1, card.channels, *card.sides), generator=torch.Generator().manual_seed(0))
    picture = normalise_batch(noise.to(device()), card.mean, card.std)  # (1, C, H, W)

    def runs() -> bool:
        with torch.no_grad():
            return bool(torch.isfinite(network(checkpoint)(picture)).all())

    if not in_queue(runs, on_wait):
        raise OwnNetworkError("fails")


def remove(name: str) -> None:
    """Let go of a network, its weights and what was computed with it."""
    for checkpoint in uploaded_networks():
        if checkpoint.card.name == name:
            forget(checkpoint.sha256)
            # The choice it may have been a part of begins anew, without it.
            st.session_state.pop(f"networks-{group_of(checkpoint)}", None)


def arrived() -> str | None:
    """The name of the network that was taken in just now; told once."""
    name: str | None = st.session_state.pop("own-arrived", None)
    return name


def grouped(shipped: Sequence[OpenedNetwork]) -> dict[str, list[OpenedNetwork]]:
    """Networks that can be compared, by the data set's name: the shipped ones, each data set with the own networks of
    its classes, then the other own ones, together where their classes are the same."""
    groups: dict[str, list[OpenedNetwork]] = {}
    for checkpoint in (*shipped, *own_networks()):
        groups.setdefault(group_of(checkpoint), []).append(checkpoint)
    return groups


def group_of(checkpoint: OpenedNetwork) -> str:
    """The name of the group that a network belongs to: its data set's, of own data one made from its outputs."""
    card = checkpoint.card
    if card.dataset != "own":
        return card.dataset
    alike = card.classes if card.output == "class" else (*card.classes, card.output, card.unit)
    return f"own-{hashlib.sha256(chr(0).join(alike).encode()).hexdigest()[:8]}"
