"""What the pages compute, cached by digests and parameters, one computation at a time on each device."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st
import torch

from gam_viz.app.shared.words import text
from gam_viz.explain import Explanation, explain
from gam_viz.explain.attributions import Attribution, Request, attribute_each
from gam_viz.images import (
    NetworkInput,
    Picture,
    Rendering,
    Source,
    first_look,
    measured_range,
    open_source,
    prepare,
    render,
)
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.checkpoints import Checkpoint, CheckpointError, find, load, read, snapshots
from gam_viz.runtime.device import describe, pick_device
from gam_viz.runtime.device_queue import OnWait, lane
from gam_viz.runtime.installation import checkpoint_folder
from gam_viz.runtime.progress import Progress

MAX_EXPLANATIONS, MAX_ATTRIBUTIONS = 32, 200  # kept in one session
MAX_PICTURES, MAX_PICTURE_BYTES = 200, 256 * 2**20  # a 40-megapixel picture has 120 million bytes
PROOF = "proof-"  # begins the names of what is kept for the Evidence page
T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """One network on one picture: what every row of the page is about.

    Attributes:
        checkpoint: the network's file and card.
        input: the picture as this network sees it.
    """

    checkpoint: Checkpoint
    input: NetworkInput

    @property
    def key(self) -> str:
        """Identity in caches: digests and parameters, never an array."""
        return f"{self.checkpoint.sha256}|{self.input.key}"


def checkpoints() -> tuple[list[Checkpoint], list[CheckpointError]]:
    """The checkpoints that are there, and why the others were left out."""
    folder = checkpoint_folder()
    stamp = tuple((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.glob("*.safetensors")))
    return _checkpoints(str(folder), stamp)


@st.cache_resource(show_spinner=False, max_entries=4)
def _checkpoints(folder: str, stamp: object) -> tuple[list[Checkpoint], list[CheckpointError]]:
    return find(Path(folder))


def snapshots_of(checkpoint: Checkpoint) -> dict[int, Checkpoint]:
    """The copies of a network that were kept of earlier epochs and can be read, by epoch, in order."""
    if checkpoint.content is not None:
        return {}  # an upload lies in no folder: what has its name there is another network's
    found = snapshots(checkpoint.path.parent, checkpoint.card.name)
    return _snapshots(checkpoint.sha256, tuple((epoch, str(path)) for epoch, path in found.items()))


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


@st.cache_resource(show_spinner=False)
def device() -> torch.device:
    """The device that every session of this server computes on."""
    return pick_device("auto")


def device_name() -> str:
    """The device in the reader's words."""
    if device().type == "cpu":
        return text("common.device.cpu", threads=torch.get_num_threads())
    return describe(device())


def network(sha256: str, checkpoint: Checkpoint) -> ResidualNetwork:
    """The network of a checkpoint, loaded once; nobody changes it.

    Networks of files are shared by all sessions. An upload is its session's alone and goes with it.
    """
    return _shared(sha256, checkpoint) if checkpoint.content is None else _uploaded(sha256, checkpoint)


@st.cache_resource(show_spinner=False, max_entries=32)
def _shared(sha256: str, _checkpoint: Checkpoint) -> ResidualNetwork:
    return load(_checkpoint, device())


@st.cache_resource(show_spinner=False, max_entries=4, scope="session")
def _uploaded(sha256: str, _checkpoint: Checkpoint) -> ResidualNetwork:
    return load(_checkpoint, device())


def forget(checkpoint: Checkpoint) -> None:
    """Let go of an upload's network and of what this session computed with it."""
    _uploaded.clear(checkpoint.sha256, checkpoint)
    for name in list(st.session_state):
        if name in ("explanations", "attributions") or str(name).startswith(PROOF):
            kept: OrderedDict[Any, Any] = st.session_state[name]
            for key in list(kept):
                # A subject's key, alone or first of several parts; of several networks' results, all of theirs.
                if f"{checkpoint.sha256}|" in (key if isinstance(key, str) else key[0]):
                    del kept[key]


@st.cache_resource(show_spinner=False, scope="session", max_entries=24)
def opened(sha256: str, name: str, _data: bytes) -> Source:
    """An uploaded file: what it holds and offers. Nothing is decoded.

    Raises:
        PictureError: it is refused; the error says why.
    """
    return open_source(_data, name)


def rendered(source: Source, rendering: Rendering | None = None) -> Picture:
    """A file's picture, looked at in one way; None is as the file says itself.

    Raises:
        PictureError: it cannot be shown so; the error says why.
    """
    kept: OrderedDict[Any, Picture] = st.session_state.setdefault("pictures", OrderedDict())
    key = (source.sha256, source.name, source.resolve(rendering).to_key())
    if key not in kept:
        kept[key] = render(source, rendering)
    picture = _newest(kept, [key], MAX_PICTURES)[0]
    while len(kept) > 1 and sum(other.pixels.nbytes for other in kept.values()) > MAX_PICTURE_BYTES:
        kept.popitem(last=False)
    return picture


def measured(source: Source, rendering: Rendering) -> tuple[float, float]:
    """The smallest and the largest value that occur in what a rendering shows, as `measured_range` says.

    Raises:
        PictureError: it cannot be decoded, or has no values to window.
    """
    return _measured(source.sha256, rendering.to_key(), source)


@st.cache_data(show_spinner=False, scope="session", max_entries=200)
def _measured(sha256: str, key: str, _source: Source) -> tuple[float, float]:
    return measured_range(_source, Rendering.from_key(key))


@st.cache_resource(show_spinner=False, scope="session", max_entries=2)
def decoded(sha256: str, name: str, _data: bytes) -> Picture:
    """An uploaded file's picture as the file says itself.

    Raises:
        PictureError: it cannot be shown; the error says why.
    """
    source = opened(sha256, name, _data)
    return rendered(source, first_look(source))


def subject(checkpoint: Checkpoint, picture: Picture, fit: str) -> Subject:
    """A network and the picture as it sees it."""
    card = checkpoint.card
    seen = prepare(picture, size=card.input_size, mean=card.mean, std=card.std, fit=fit)  # type: ignore[arg-type]
    return Subject(checkpoint, seen)


def explanation(subject: Subject, *, on_wait: OnWait) -> Explanation:
    """Prediction and gates; `on_wait` is told the place in the queue and may raise to leave it."""
    kept: OrderedDict[Any, Explanation] = st.session_state.setdefault("explanations", OrderedDict())
    if subject.key not in kept:
        with lane(device(), on_wait):
            kept[subject.key] = explain(model(subject), subject.checkpoint.card, seen(subject))
    return _newest(kept, [subject.key], MAX_EXPLANATIONS)[0]


def attributions(
    subject: Subject, target: int, requests: Sequence[Request], *, progress: Progress, on_wait: OnWait
) -> list[Attribution]:
    """The attributions asked for; those that this session has are not computed again.

    `progress` and `on_wait` may raise to leave: what was finished before stays kept.
    """
    kept: OrderedDict[Any, Attribution] = st.session_state.setdefault("attributions", OrderedDict())
    keys = [(subject.key, target, r.method, r.layer, tuple(sorted(r.params.items()))) for r in requests]
    missing = [i for i, key in enumerate(keys) if key not in kept]
    if missing:
        card = subject.checkpoint.card
        black = [-mean / std for mean, std in zip(card.mean, card.std, strict=True)]
        with lane(device(), on_wait):
            x = seen(subject)
            results = attribute_each(model(subject), x, target, [requests[i] for i in missing], progress, black=black)
            for index, result in zip(missing, results, strict=True):
                kept[keys[index]] = result  # at once: who leaves now finds it when coming back
    return _newest(kept, keys, MAX_ATTRIBUTIONS)


def model(subject: Subject) -> ResidualNetwork:
    """The subject's network."""
    return network(subject.checkpoint.sha256, subject.checkpoint)


def seen(subject: Subject) -> torch.Tensor:
    """(1, 3, S, S): the picture as the subject's network sees it, on the device."""
    return subject.input.tensor.to(device())


def _newest(kept: OrderedDict[Any, T], keys: Sequence[Any], most: int) -> list[T]:
    """The values of `keys`, which become the newest; the oldest beyond `most` are let go.

    A session's results live in the session, so they go when it goes. Streamlit's own cache cannot be used here: what
    is told of the waiting and the progress would be drawn inside it.
    """
    found = []
    for key in keys:
        kept.move_to_end(key)
        found.append(kept[key])
    while len(kept) > max(most, len(keys)):
        kept.popitem(last=False)
    return found
