"""The figure of what is on the page, beside what it shows, and the last row: the numbers of every layer."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from matplotlib.figure import Figure

from gam_viz import __version__
from gam_viz.app.shared.columns import Column, View
from gam_viz.app.shared.file_names import file_stem
from gam_viz.app.shared.gate_captions import channel_caption, spatial_caption
from gam_viz.app.shared.page import fragment
from gam_viz.app.shared.words import data_title, language, layer_title, own_title, speaking, text
from gam_viz.figures.export import ExportColumn, MapPanel, comparison_figure, to_bytes
from gam_viz.figures.gate_scales import weight_scale
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, absolute_scale, range_scale, symmetric_scale
from gam_viz.report import to_csv, to_npz


@fragment
def download_row(view: View) -> None:
    """Draw the row. Files are made when a button is pressed."""
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(text("compare.download.title"), anchor=False, width="content", help=text("compare.download.help"))
        stem = file_stem(view)
        st.download_button(
            text("compare.download.npz"),
            partial(_arrays_file, view),
            f"{stem}.npz",
            "application/octet-stream",
            key="download-npz",
            on_click="ignore",
        )
        st.download_button(
            text("compare.download.csv"),
            partial(to_csv, view.explanations, view.selection.picture.sha256),
            f"{stem}.csv",
            "text/csv",
            key="download-csv",
            on_click="ignore",
        )


def figure_buttons(view: View) -> None:
    """Draw the figure's buttons where its layer is chosen: what is saved is called after the layer that it shows.

    It is made when a button is pressed, outside the script, so it is told the language.
    """
    stem = file_stem(view, view.shown.layer)
    for form, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
        st.download_button(
            text(f"compare.download.{form}"),
            partial(_figure_file, view, language(), form),
            f"{stem}.{form}",
            mime,
            key=f"download-{form}",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            help=text("compare.download.figure_help"),
        )


def _figure_file(view: View, code: str, form: str) -> bytes:
    with speaking(code):
        return to_bytes(_figure(view), form)


def _arrays_file(view: View) -> bytes:
    attributions = {column.name: view.shown.attributions_of(column.number) for column in view.columns}
    return to_npz(view.explanations, attributions, _facts(view))


def _facts(view: View) -> dict[str, object]:
    return {
        "gam_viz": __version__,
        "picture_sha256": view.selection.picture.sha256,
        "picture_rendering": view.selection.picture.rendering,
        "fit": view.selection.fit,
        "networks": {column.name: column.subject.checkpoint.sha256 for column in view.columns},
        "targets": {column.name: view.selection.classes[column.target] for column in view.columns},
        "attributions": {
            column.name: [
                {"method": a.method, "layer": a.layer, "params": dict(a.params)}
                for a in view.shown.attributions_of(column.number)
            ]
            for column in view.columns
            if view.shown.attributions
        },
    }


def _figure(view: View) -> Figure:
    shown = view.shown
    gates, columns = view.gates_beside(shown.layer, "channel"), []
    present = [gate for gate in gates if gate is not None]
    scale = weight_scale(present) if present else Scale(0, 1)
    for column in view.columns:
        explanation = column.explanation
        channel = gates[column.number]
        columns.append(
            ExportColumn(
                column.title,
                column.colour,
                column.seen,
                column.told.says(explanation, column.title),
                channel,
                scale,
                "" if channel is None else channel_caption(column.title, channel.layer, channel),
                (*_spatial_panels(view, column.number), *_attribution_panels(view, column)),
            )
        )
    heading = text("compare.download.figure_title", picture=_picture_title(view), layer=layer_title(shown.layer))
    foot = text(
        "compare.download.foot",
        version=__version__,
        data=data_title(view.subjects[0].card),
        sha=view.selection.picture.sha256[:12],
    )
    return comparison_figure(heading, columns, foot=foot, box=shown.box)


def _picture_title(view: View) -> str:
    """The picture's name in what leaves: of a file not its own, which often names a patient."""
    selection = view.selection
    if selection.source is None:
        return selection.title
    return own_title(selection.picture)


def _spatial_panels(view: View, index: int) -> list[MapPanel]:
    shown = view.shown
    if not any(place in of_network for place, of_network in zip(shown.places, shown.spatial, strict=True)):
        return []
    place = shown.places[index]
    title = f"{text('compare.spatial.title')}, {layer_title(place or shown.layer)}"
    found = shown.spatial[index].get(place)
    if found is None:  # the other network has a mask here: keep the rows aligned
        why = text("compare.spatial.not_over_picture") if place else text("compare.spatial.absent")
        return [MapPanel(None, Scale(0, 1), shown.colours, title, why)]
    signed = shown.colours in DIVERGING
    scale = shown.spatial_scale or (symmetric_scale if signed else range_scale)([found.values])
    return [MapPanel(found.values, scale, shown.colours, title, spatial_caption(found))]


def _attribution_panels(view: View, column: Column) -> list[MapPanel]:
    shown = view.shown
    target = column.target_name
    panels = []
    # zip(*…): of each method, those of all networks.
    for attribution, every in zip(
        shown.attributions_of(column.number), zip(*shown.attributions, strict=True), strict=True
    ):
        signed = attribution.signed and not shown.absolute
        make = symmetric_scale if signed else absolute_scale
        panels.append(
            MapPanel(
                attribution.values if signed else np.abs(attribution.values),
                make([each.values for each in every], percentile=shown.percentile),
                DIVERGING[0] if signed else SEQUENTIAL[0],
                text(f"common.method.{attribution.method}"),
                text("compare.attributions.target", target=target),
            )
        )
    return panels
