"""The networks that are there, and their weights: of files loaded once a server, of uploads once a session."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from weakref import WeakKeyDictionary

import streamlit as st
from torch import nn

from gam_viz.app.shared.device import device, gave_up
from gam_viz.app.shared.session_cache import cached
from gam_viz.networks.checkpoints import Checkpoint, CheckpointError, find, of_file, read, snapshots
from gam_viz.networks.copies import copy_of
from gam_viz.networks.identity import promise_unchanged
from gam_viz.networks.live import LiveNetwork
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.installation import checkpoint_folder

MOST_UPLOADED = 4  # networks of a session that stay loaded


def checkpoints() -> tuple[list[Checkpoint], list[CheckpointError]]:
    """The checkpoints that are there, and why the others, and copies of earlier epochs, were left out."""
    folder = checkpoint_folder()
    found, refused = _checkpoints(str(folder), tuple(map(_stamp, sorted(folder.glob("*.safetensors")))))
    left_out = {
        path: error
        for path, (stamp, error) in _left_out().items()
        if path.is_relative_to(folder) and stamp == _stamp(path)
    }
    return [each for each in found if each.path not in left_out], [*refused, *left_out.values()]


@st.cache_resource(show_spinner=False, max_entries=4)
def _checkpoints(folder: str, stamp: object) -> tuple[list[Checkpoint], list[CheckpointError]]:
    return find(Path(folder))


def _stamp(path: Path) -> object:
    """What is another where the file is; a link may lead nowhere, or to itself."""
    try:
        status = path.stat()
    except OSError as error:
        return path.name, error.errno
    return path.name, status.st_mtime_ns, status.st_size


@st.cache_resource(show_spinner=False)
def _left_out() -> dict[Path, tuple[object, CheckpointError]]:
    """Files whose cards could be read and whose weights could not, as they were then."""
    return {}


def _leave_out(path: Path, error: CheckpointError) -> NoReturn:
    """From now on the sidebar says why; the page begins anew without the file."""
    _left_out()[path] = _stamp(path), of_file(error, path.name)
    st.rerun()


def snapshots_of(network: OpenedNetwork) -> Mapping[int, OpenedNetwork]:
    """The copies of a network that were kept of earlier epochs and can be read, by epoch, in order."""
    if not isinstance(network, Checkpoint) or network.origin != "file":
        return {}  # it lies in no folder: what has its name there is another network's
    readable = {}
    for epoch, path in snapshots(network.path.parent, network.card.name).items():
        stamp = _stamp(path)
        if _left_out().get(path, (None,))[0] == stamp:
            continue  # the film has one frame less; the network itself is not affected
        try:
            readable[epoch] = _snapshot(str(path), stamp)
        except CheckpointError as error:
            _leave_out(path, error)
    return readable


@st.cache_resource(show_spinner=False, max_entries=200)
def _snapshot(path: str, stamp: object) -> Checkpoint:
    return read(Path(path))


def network(opened: OpenedNetwork) -> nn.Module:
    """The module of a network, loaded once; nobody changes it. One of a file that cannot be loaded is left out, and
    the page begins anew without it.

    Networks of files are shared by all sessions. An upload is its session's alone and goes with it; of a live one
    nothing is kept here, so that it goes when its program takes it back; a page that still asks for it is drawn anew,
    without it.
    """
    if isinstance(opened, Checkpoint) and opened.origin == "file":
        try:
            return _shared(opened.sha256, device().type, opened)
        except CheckpointError as error:
            _leave_out(opened.path, error)
    if isinstance(opened, LiveNetwork) and opened.gone:
        st.rerun()
    if opened.origin == "live":
        module = opened.load(device())
        return module if gave_up() is None else _on_cpu(module)
    return cached("networks", (opened.sha256, device().type), lambda: opened.load(device()), most=MOST_UPLOADED)


@st.cache_resource(show_spinner=False, max_entries=32)
def _shared(sha256: str, device_type: str, _opened: OpenedNetwork) -> nn.Module:
    return promise_unchanged(_opened.load(device()))


_copies: WeakKeyDictionary[nn.Module, nn.Module] = WeakKeyDictionary()


def _on_cpu(module: nn.Module) -> nn.Module:
    if module not in _copies:
        _copies[module] = copy_of(module).cpu()
    return _copies[module]
