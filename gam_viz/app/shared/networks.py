"""The networks that are there, and their weights: of files loaded once a server, of uploads once a session."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from torch import nn

from gam_viz.app.shared.device import device
from gam_viz.app.shared.session_cache import cached
from gam_viz.networks.checkpoints import Checkpoint, CheckpointError, find, read, snapshots
from gam_viz.networks.live import LiveNetwork
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.installation import checkpoint_folder

MOST_UPLOADED = 4  # networks of a session that stay loaded


def checkpoints() -> tuple[list[Checkpoint], list[CheckpointError]]:
    """The checkpoints that are there, and why the others were left out."""
    folder = checkpoint_folder()
    stamp = tuple((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.glob("*.safetensors")))
    return _checkpoints(str(folder), stamp)


@st.cache_resource(show_spinner=False, max_entries=4)
def _checkpoints(folder: str, stamp: object) -> tuple[list[Checkpoint], list[CheckpointError]]:
    return find(Path(folder))


def snapshots_of(network: OpenedNetwork) -> Mapping[int, OpenedNetwork]:
    """The copies of a network that were kept of earlier epochs and can be read, by epoch, in order."""
    if not isinstance(network, Checkpoint) or network.origin != "file":
        return {}  # it lies in no folder: what has its name there is another network's
    paths = snapshots(network.path.parent, network.card.name)
    return _snapshots(network.sha256, tuple((epoch, str(path)) for epoch, path in paths.items()))


@st.cache_resource(show_spinner=False, max_entries=32)
def _snapshots(sha256: str, paths: tuple[tuple[int, str], ...]) -> dict[int, Checkpoint]:
    readable = {}
    for epoch, path in paths:
        try:
            copy = read(Path(path))
        except CheckpointError:
            continue  # the film has one frame less; the network itself is not affected
        readable[epoch] = copy
    return readable


def network(opened: OpenedNetwork) -> nn.Module:
    """The module of a network, loaded once; nobody changes it.

    Networks of files are shared by all sessions. An upload is its session's alone and goes with it; of a live one
    nothing is kept here, so that it goes when its program takes it back; a page that still asks for it is drawn anew,
    without it.
    """
    if opened.origin == "file":
        return _shared(opened.sha256, opened)
    if isinstance(opened, LiveNetwork) and opened.gone:
        st.rerun()
    if opened.origin == "live":
        return opened.load(device())
    return cached("networks", (opened.sha256,), lambda: opened.load(device()), most=MOST_UPLOADED)


@st.cache_resource(show_spinner=False, max_entries=32)
def _shared(sha256: str, _opened: OpenedNetwork) -> nn.Module:
    return _opened.load(device())
