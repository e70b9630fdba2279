"""The test pictures of a data set, and what networks predict on them: held once for all sessions of the server."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from gam_viz.app.shared import networks
from gam_viz.app.shared.words import data_title, text
from gam_viz.datasets import DatasetError, LabelledImages, data_root, load_dataset
from gam_viz.evaluation.predictions import (
    Predictions,
    load_predictions,
    pictures_digest,
    predict_pictures,
    predictions_path,
)
from gam_viz.networks.checkpoints import Card, Checkpoint
from gam_viz.runtime.device_queue import OnWait, lane

MAX_PREDICTIONS = 64  # of networks, kept by the server


@dataclass(frozen=True, eq=False)
class Pictures:
    """A test split, and its identity in caches."""

    data: LabelledImages
    digest: str


def pictures_of(card: Card) -> Pictures:
    """The test split of the data set that a network was trained on, loaded once; nothing is downloaded.

    Raises:
        DatasetError: it is not there, cannot be read, or is not what the network was trained on.
    """
    with st.spinner(text("test_pictures.loading", data=data_title(card))):
        pictures = _loaded(card.dataset, card.input_size, str(data_root()))
    info = pictures.data.info
    if info.classes != card.classes or pictures.data.images.shape[1:3] != (card.input_size, card.input_size):
        raise DatasetError(
            f"{info.title} has {len(info.classes)} classes at {info.size}x{info.size} here; {card.name} was trained on "
            f"{len(card.classes)}, or on others, at {card.input_size}x{card.input_size}"
        )
    return pictures


@st.cache_resource(show_spinner=False, max_entries=4)
def _loaded(name: str, size: int, root: str) -> Pictures:
    data = load_dataset(name, "test", data_root(root), size=size, download=False)
    return Pictures(data, pictures_digest(data))


def predictions_of(
    checkpoint: Checkpoint, pictures: Pictures, *, progress: Callable[[float], None], on_wait: OnWait
) -> Predictions:
    """What a network predicts on them: known already, or from the file that came with it, or computed now.

    `progress` and `on_wait` may raise to leave.
    """
    known, key = _known(), (checkpoint.sha256, pictures.digest)
    if key not in known:
        stored = load_predictions(
            predictions_path(checkpoint.path.parent, checkpoint.card.name),
            checkpoint=checkpoint.sha256,
            pictures=pictures.digest,
        )
        if stored is None or not _fits(stored, pictures):
            stored = _computed(checkpoint, pictures, progress, on_wait)
        known[key] = stored
        while len(known) > MAX_PREDICTIONS:
            known.popitem(last=False)
    return known[key]


def _computed(
    checkpoint: Checkpoint, pictures: Pictures, progress: Callable[[float], None], on_wait: OnWait
) -> Predictions:
    with lane(networks.device(), on_wait):
        computed = _known().get((checkpoint.sha256, pictures.digest))
        if computed is not None:  # by another session, while this one waited
            return computed
        network, card = networks.network(checkpoint.sha256, checkpoint), checkpoint.card
        return predict_pictures(network, pictures.data, card.mean, card.std, networks.device(), progress=progress)


def _fits(stored: Predictions, pictures: Pictures) -> bool:
    """Whether they can be of these pictures, whatever the file says."""
    count, classes = len(pictures.data), len(pictures.data.info.classes)
    return len(stored) == count and bool((stored.predicted < classes).all())


@st.cache_resource(show_spinner=False)
def _known() -> OrderedDict[tuple[str, str], Predictions]:
    return OrderedDict()
