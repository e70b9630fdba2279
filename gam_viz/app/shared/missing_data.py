"""Where a data set's files are not there: what is expected where, and for CIFAR-10 a download."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gam_viz.app.shared.words import prose, text, text_or
from gam_viz.datasets import DATASETS, DatasetError, MissingDataError
from gam_viz.datasets.cifar10_download import BYTES, Cifar10Download
from gam_viz.networks.card import Card
from gam_viz.titles import literal

MEGABYTE = 1_000_000


def is_known(card: Card) -> bool:
    """Whether the network's data set has a name here, and so a test set."""
    return card.dataset in DATASETS or card.dataset.startswith("folder:")


def dataset_error(error: DatasetError) -> str:
    """What is the matter with a data set, in the reader's language."""
    if isinstance(error, MissingDataError):
        names = text("common.word.or").join(f"`{name}`" for name in error.expected)
        return text("data.missing", title=literal(error.title), folder=str(error.folder).replace("`", "'"), names=names)
    return prose("data.unreadable", reason=error)


def where_to_get(dataset: str) -> str:
    """A sentence: where a data set is to be had; empty for a folder of the reader's own."""
    return text_or(f"data.where.{dataset}", "")


def offer_download(root: Path) -> None:
    """A button that downloads CIFAR-10 into the data folder; while that goes on, how far it is."""
    downloads = _downloads()
    download = downloads.get(str(root))
    if download is not None and download.running:
        st.fragment(_progress, run_every=1.0)(download)
        return
    if download is not None and download.failure:
        st.error(prose("data.download_failed", reason=download.failure))
    if st.button(text("data.download", megabytes=round(BYTES / MEGABYTE)), icon=":material/download:"):
        downloads[str(root)] = Cifar10Download(root)
        st.rerun()
    st.caption(text("data.download_about"))


def _progress(download: Cifar10Download) -> None:
    if not download.running:
        st.rerun()
    received = download.received
    if received < BYTES:
        said = text("data.downloading", received=received / MEGABYTE, total=BYTES / MEGABYTE)
    else:
        said = text("data.unpacking")
    st.progress(received / BYTES, said)
    st.caption(text("data.download_goes_on"))


@st.cache_resource(show_spinner=False)
def _downloads() -> dict[str, Cifar10Download]:
    """The server's, a data folder."""
    return {}
