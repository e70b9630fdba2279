"""Choosing a picture in the sidebar: a sample of the gallery, or an upload."""

from __future__ import annotations

import hashlib

import streamlit as st

from gam_viz.checkpoints import Card
from gam_viz.images import ACCEPTED_SUFFIXES, LIMITS, Picture, PictureError, Sample, list_samples, load_sample
from gam_viz.pages import compute, url
from gam_viz.pages.names import sample_title
from gam_viz.pages.text import text


def choose_picture(card: Card) -> tuple[Picture, Sample | None] | None:
    """A sample, or one of the uploaded pictures; None where there is none yet (the sidebar says so).

    Samples of the kind that `card`'s network was trained on come first.
    """
    url.restore("source", ["sample", "upload"], "sample")
    source = st.segmented_control(
        text("sidebar.picture"),
        ["sample", "upload"],
        format_func=lambda name: text(f"sidebar.{name}"),
        key="source",
        required=True,
        width="stretch",
    )
    url.publish("source", "sample")
    chosen = _sample(card) if source == "sample" else None
    # The uploader is there in both cases: a widget that is not drawn forgets its files.
    uploaded = _upload(source == "upload")
    return uploaded if source == "upload" else chosen


def _sample(card: Card) -> tuple[Picture, Sample]:
    samples = {s.id: s for s in sorted(list_samples(), key=lambda s: not _suits(s, card))}
    default = next(iter(samples))
    url.restore("sample", list(samples), default)
    chosen = st.selectbox(
        text("sidebar.sample"), list(samples), format_func=lambda name: sample_title(samples[name]), key="sample"
    )
    url.publish("sample", default)
    return load_sample(chosen), samples[chosen]


def _suits(sample: Sample, card: Card) -> bool:
    """Whether the network was trained on pictures of the sample's kind."""
    if card.dataset.startswith("scenes"):
        return sample.domain == "scenes" and (sample.tag_name is not None) == (card.dataset == "scenes-shortcut")
    return sample.label_name in card.classes and sample.domain != "scenes"


def _to_uploads() -> None:
    """Who uploads a picture wants to see it."""
    if st.session_state["files"]:
        st.session_state["source"] = "upload"


def _upload(shown: bool) -> tuple[Picture, None] | None:
    files = st.file_uploader(
        text("sidebar.files"),
        type=list(ACCEPTED_SUFFIXES),
        accept_multiple_files=True,
        key="files",
        on_change=_to_uploads,
    )
    st.caption(
        text(
            "sidebar.limits",
            megabytes=LIMITS.file_bytes // 2**20,
            megapixels=LIMITS.pixels // 10**6,
            side=LIMITS.side,
            files=LIMITS.files,
        )
    )
    if not shown:
        return None
    pictures: dict[str, Picture] = {}
    try:
        LIMITS.check_batch([file.size for file in files])
    except PictureError as error:
        st.error(picture_error(error))
        return None
    for file in files:
        data = file.getvalue()
        try:
            LIMITS.check_file_size(len(data))
            picture = compute.decoded(hashlib.sha256(data).hexdigest(), file.name, data)
        except PictureError as error:
            st.error(f"**{_plain(file.name)}** · {picture_error(error)}")
            continue
        pictures[f"{len(pictures) + 1}. {picture.name}"] = picture
    if not pictures:
        st.info(text("sidebar.upload_first"))
        return None
    if len(pictures) == 1:
        return next(iter(pictures.values())), None
    name = st.selectbox(text("sidebar.which"), list(pictures), key="upload")
    return pictures[name], None


def picture_error(error: PictureError) -> str:
    """What was wrong with a file, in the reader's language."""
    return text(f"picture.{error.code}", **error.details)


def _plain(name: str) -> str:
    """A file's name without what Markdown would take for markup."""
    return "".join(character if character.isalnum() or character in "._- " else "_" for character in name)[:80]
