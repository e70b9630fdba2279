"""Choosing a picture in the sidebar: a sample, one of the test set, or an upload."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.app.pages import script
from gam_viz.app.shared import state as url
from gam_viz.app.shared.audits import asked_for_audit, audits, opened_audit, row_picture
from gam_viz.app.shared.choices import choose, choose_number, segments
from gam_viz.app.shared.chosen_picture import Chosen
from gam_viz.app.shared.evaluation_set import Pictures, pictures_of, regions_of
from gam_viz.app.shared.missing_data import dataset_error, is_known, where_to_get
from gam_viz.app.shared.own_networks.live import given
from gam_viz.app.shared.pictures import rendered
from gam_viz.app.shared.public import published
from gam_viz.app.shared.rendering import state
from gam_viz.app.shared.session_cache import SHORT, cached
from gam_viz.app.shared.uploader import draw_uploader
from gam_viz.app.shared.uploads import plain, uploads, written
from gam_viz.app.shared.words import data_title, picture_sentence, reason, sample_title, text
from gam_viz.audit.errors import AuditError
from gam_viz.datasets import DatasetError, data_root, is_here
from gam_viz.datasets.scenes.draw import Scene, draw_scene
from gam_viz.images import (
    Picture,
    PictureError,
    Sample,
    Source,
    from_pixels,
    list_samples,
    load_sample,
    sample_scene,
)
from gam_viz.networks.card import Card
from gam_viz.titles import literal

SOURCES = ("given", "sample", "test", "audit", "upload")
GALLERY = script("test_pictures")
SCENES = ("scenes", "scenes-shortcut")
SECOND = "second-"  # what the keys of a second picture's choices begin with


def choose_second_picture(card: Card) -> Chosen | None:
    """Another one to set beside the first, from the same sources; of uploaded pictures, those that are there. Its
    choices have keys of their own."""
    label, default = text("compare.second.picture"), _default_source(card)
    source = segments("second", _sources(card), default, label, "common.source", always=True)
    draw = {"given": _given, "sample": _sample, "test": _test, "audit": _audited}.get(source)
    return _uploaded(SECOND) if draw is None else draw(card, SECOND)


def choose_picture(card: Card) -> Chosen | None:
    """A sample, a test picture or one of the uploaded pictures; None where there is none yet (the sidebar says so).

    Samples of the kind that `card`'s network was trained on come first; the test pictures are those of its data set.
    """
    default = _default_source(card)
    if st.session_state.get("source-of") not in (None, card.dataset) and st.session_state.get("source") != "upload":
        st.session_state["source"] = default  # another data set: begin with what its networks know
    st.session_state["source-of"] = card.dataset
    label = text("common.sidebar.picture")
    source = segments("source", _sources(card), default, label, "common.source", width="stretch")
    if not is_here(card.dataset, data_root()):
        not_here = text("common.sidebar.not_here", data=data_title(card))
        st.caption(f"{not_here} {where_to_get(card.dataset)}".strip())
    draw = {"given": _given, "sample": _sample, "test": _test, "audit": _audited}.get(source)
    chosen = None if draw is None else draw(card, "")
    uploaded = _upload(source == "upload")
    return uploaded if source == "upload" else chosen


def _sources(card: Card) -> tuple[str, ...]:
    # Of networks whose data set nobody here knows, or whose files are not there, there are no test pictures.
    here = is_here(card.dataset, data_root())
    missing = {"given": given() is None, "test": not (is_known(card) and here), "audit": not asked_for_audit()}
    return tuple(source for source in SOURCES if not missing.get(source))


def _default_source(card: Card) -> str:
    """Samples, unless none is of the kind that the network was trained on and its test pictures are there."""
    if given() is not None and card.dataset == "own":
        return "given"
    if any(_suits(sample, card) for sample in list_samples()):
        return "sample"
    try:
        pictures_of(card)
    except DatasetError:
        return "sample"
    return "test"


def _sample(card: Card, of: str) -> Chosen:
    samples = {s.id: s for s in sorted(list_samples(), key=lambda s: not _suits(s, card))}
    default = list(samples)[bool(of)]  # another than the first picture's
    label = text("common.sidebar.sample")
    chosen = choose(f"{of}sample", list(samples), default, label, lambda name: sample_title(samples[name]))
    sample = samples[chosen]
    medical = sample.domain in ("histology", "ophthalmology")
    regions = _regions(sample_scene(chosen))
    return Chosen(
        published(load_sample(chosen)), sample_title(sample), sample.credit, sample.label_name, medical, regions
    )


def _given(card: Card, of: str) -> Chosen | None:
    pictures = given()
    if pictures is None:  # taken back since the page was drawn
        return None
    last = len(pictures) - 1
    label = text("common.sidebar.given_number", last=last)
    number = choose_number(f"{of}given", 0, last, _second(of, last), label) if last else 0
    title = pictures.name(number)
    st.caption(written(title))
    try:
        given_one = pictures.item(number)
        known = given_one.digest
        source = cached("given", (known,), given_one.source) if known else given_one.source()
        picture = given_one.picture() if source is None else _looked_at(source, of)
        known_class = given_one.label(card.classes)
    except PictureError as error:
        st.error(f"**{written(title)}** · {picture_sentence(error)}")
        return None
    except (OSError, ValueError) as error:
        st.error(f"**{written(title)}** · {literal(reason(error))}")
        return None
    return Chosen(
        picture, title, label=known_class, medical=source is not None and source.kind == "dicom", source=source
    )


def _audited(card: Card, of: str) -> Chosen | None:
    """A row of an audit, while its picture is where it was."""
    found = audits()
    name = choose(f"{of}audit", list(found), next(iter(found)), text("common.sidebar.audit"), str)
    try:
        last = opened_audit(found[name]).manifest.count - 1
        number = choose_number(f"{of}item", 0, last, _second(of, last), text("common.sidebar.audit_item", last=last))
        row = row_picture(found[name], number)
        source = row.found if isinstance(row.found, Source) else None
        picture = row.found if isinstance(row.found, Picture) else _looked_at(row.found, of)
    except PictureError as error:
        st.error(picture_sentence(error))
        return None
    except AuditError as error:
        st.error(literal(reason(error)))
        return None
    label = row.label if row.label in card.classes else None
    regions = {} if row.inside is None or not row.inside.any() else {"object": row.inside}
    st.caption(written(PurePath(row.name).name))
    medical = source is not None and source.kind == "dicom"
    return Chosen(picture, row.name, label=label, medical=medical, regions=regions, source=source)


def _test(card: Card, of: str) -> Chosen | None:
    chosen = None
    try:
        pictures = pictures_of(card)
    except DatasetError as error:
        st.info(dataset_error(error))
    else:
        last = len(pictures.data) - 1
        number = choose_number(f"{of}test", 0, last, _second(of, last), text("common.sidebar.test_number", last=last))
        info = pictures.data.info
        title = text("common.sidebar.test_title", data=data_title(card), number=number)
        label = info.classes[pictures.data.labels[number]]
        picture = published(from_pixels(pictures.data.images[number], f"{card.dataset}-test-{number}"))
        if info.name in SCENES:  # drawn, so what lies where is known
            regions = _regions(draw_scene(number, split="test", shortcut=info.name == "scenes-shortcut"))
        else:
            regions = _known_regions(pictures, number)
        medical = info.domain == "medical"
        chosen = Chosen(picture, title, f"{info.source}; {info.licence}", label, medical, regions)
    if not of:
        st.page_link(GALLERY, label=text("common.sidebar.gallery"), icon=":material/grid_view:")
    return chosen


def _known_regions(pictures: Pictures, number: int) -> dict[str, npt.NDArray[np.bool_]]:
    try:
        return regions_of(pictures, number)
    except DatasetError as error:
        st.caption(dataset_error(error))
        return {}


def _regions(scene: Scene | None) -> dict[str, npt.NDArray[np.bool_]]:
    if scene is None:
        return {}
    return {name: mask for name, mask in (("object", scene.mask), ("tag", scene.tag_mask)) if mask.any()}


def _suits(sample: Sample, card: Card) -> bool:
    """Whether the network was trained on pictures of the sample's kind."""
    if card.dataset.startswith("scenes"):
        return sample.domain == "scenes" and (sample.tag_name is not None) == (card.dataset == "scenes-shortcut")
    return sample.label_name in card.classes and sample.domain != "scenes"


def elsewhere() -> bool:
    """Whether the link names an upload that is not here: another session's, or one that is gone."""
    asked = st.session_state.get("upload")
    return bool(asked) and asked not in [upload.short for upload in uploads()]


def _upload(shown: bool) -> Chosen | None:
    draw_uploader()
    return _uploaded("") if shown else None


def _uploaded(of: str) -> Chosen | None:
    """One of the uploads that are there."""
    files, key = uploads(), f"{of}upload"
    url.restore_words(key, SHORT)
    if not files or (not of and elsewhere()):
        return None  # the page says so
    names = {upload.short: f"{number}. {plain(upload.name)}" for number, upload in enumerate(files, 1)}
    url.restore(key, list(names), list(names)[_second(of, len(names) - 1)])
    if not of:  # before the link names the file that is shown
        state.take_link(st.session_state[key])
    if len(files) > 1:
        st.selectbox(text("common.sidebar.which"), list(names), format_func=names.__getitem__, key=key)
    url.publish(key, None)
    upload = next(upload for upload in files if upload.short == st.session_state[key])
    source = upload.source
    try:
        with st.spinner(text("rendering.look.reading"), show_time=True):
            picture = rendered(source, state.look_of(source)) if of else state.picture_of(source)
    except PictureError as error:
        st.error(f"**{written(upload.name)}** · {picture_sentence(error)}")
        return None
    return Chosen(picture, picture.name, medical=source.kind == "dicom", source=source)


def _second(of: str, last: int) -> int:
    """The number to begin with: of a second picture another than that of the first."""
    return min(1, last) if of else 0


def _looked_at(source: Source, of: str) -> Picture:
    """As the file is looked at now. The link names the look of the first picture alone; the second has that which was
    chosen when it was the first."""
    if of:
        return rendered(source, state.look_of(source))
    state.take_link(source.sha256[:SHORT])
    return state.picture_of(source)
