"""The test pictures of a data set, and what networks predict on them: held once for all sessions of the server."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.shared.audits import audits, opened_audit
from gam_viz.app.shared.networks import network
from gam_viz.app.shared.session_cache import cached_with_progress, keep, recall
from gam_viz.app.shared.words import data_title, prose, text
from gam_viz.audit.errors import AuditError
from gam_viz.audit.predictions import predictions_in
from gam_viz.datasets import DatasetError, LabelledImages, MissingDataError, data_root, load_dataset
from gam_viz.datasets.operator_marks import operator_marks
from gam_viz.datasets.truth import TRUTHS, Truth, load_truth
from gam_viz.evaluation.predictions import (
    Predictions,
    load_predictions,
    pictures_digest,
    predict_pictures,
    predictions_path,
)
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import Checkpoint
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.runtime.device import device_of
from gam_viz.runtime.progress import Progress

STORE, MOST = "test-predictions", 64  # networks whose predictions are kept


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
    with st.spinner(prose("test_pictures.loading", data=data_title(card))):
        pictures = _loaded(card.dataset, card.sides[0], str(data_root()))
    info = pictures.data.info
    if info.classes != card.classes or pictures.data.images.shape[1:3] != card.sides:
        raise DatasetError(
            f"{info.title} has {len(info.classes)} classes at {info.size}x{info.size} here; {card.name} was trained on "
            f"{len(card.classes)}, or on others, at {card.sides[1]}x{card.sides[0]}"
        )
    return pictures


@st.cache_resource(show_spinner=False, max_entries=4)
def _loaded(name: str, size: int, root: str) -> Pictures:
    data = load_dataset(name, "test", data_root(root), size=size, download=False)
    return Pictures(data, pictures_digest(data))


def regions_of(pictures: Pictures, number: int) -> dict[str, npt.NDArray[np.bool_]]:
    """What is known to lie in a test picture, (H, W) each: the object, where people marked it; what was drawn on it.

    Raises:
        DatasetError: what is known of the data set cannot be read.
    """
    info, image = pictures.data.info, pictures.data.images[number]
    truth = _truth(info.name, str(data_root())) if info.name in TRUTHS else None
    regions = {} if truth is None else truth.regions(number)
    if info.name == "busi" and (marks := operator_marks(image)).any():
        regions["marks"] = marks
    return {name: mask for name, mask in regions.items() if mask.shape == image.shape[:2]}


@st.cache_resource(show_spinner=False, max_entries=4)
def _truth(name: str, root: str) -> Truth | None:
    try:
        return load_truth(name, data_root(root))
    except MissingDataError:  # the pictures can be had without the boxes
        return None


def predictions_of(checkpoint: OpenedNetwork, pictures: Pictures, title: str) -> Predictions:
    """What a network predicts on them: known already, or from the file that came with it, or from an audit of them, or
    computed now.

    While it is computed a line says how far that is. What an own network predicts is its session's alone.
    """

    card, key = checkpoint.card, (checkpoint.sha256, pictures.digest)
    shared = checkpoint.origin == "file"
    if isinstance(checkpoint, Checkpoint) and shared and recall(STORE, key, shared=True) is None:
        path = predictions_path(checkpoint.path.parent, card.name)
        stored = load_predictions(path, checkpoint=checkpoint.sha256, pictures=pictures.digest)
        if stored is None:
            stored = _audited(checkpoint.sha256, pictures)
        if stored is not None and _fits(stored, pictures):
            return keep(STORE, key, stored, most=MOST, shared=shared)

    def make(progress: Progress) -> Predictions:
        module = network(checkpoint)
        place = device_of(module)

        def said(share: float) -> None:
            progress(share, "")

        return predict_pictures(module, pictures.data, card.mean, card.std, place, progress=said)

    def say(share: float, _at: str) -> str:
        return text("test_pictures.computing", name=title, share=share)

    return cached_with_progress(STORE, key, make, say, most=MOST, shared=shared)


def _audited(checkpoint: str, pictures: Pictures) -> Predictions | None:
    """Of the audits that are here, what the first says that is of these pictures; one that is damaged says nothing."""
    for folder in audits().values():
        try:
            found = predictions_in(opened_audit(folder), checkpoint, pictures.digest)
        except (AuditError, duckdb.Error, LookupError):
            continue
        if found is not None:
            return found
    return None


def _fits(stored: Predictions, pictures: Pictures) -> bool:
    """Whether they can be of these pictures, whatever the file says."""
    count, classes = len(pictures.data), len(pictures.data.info.classes)
    return len(stored) == count and bool((stored.predicted < classes).all())
