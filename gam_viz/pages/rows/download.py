"""The last row: the figure and the numbers of what is on the page."""

from __future__ import annotations

import streamlit as st
from matplotlib.figure import Figure

from gam_viz import __version__
from gam_viz.explain.attributions import METHODS, Attribution
from gam_viz.figures.export import Column, MapPanel, comparison_figure, to_bytes
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, absolute_scale, symmetric_scale
from gam_viz.pages.rows.channels import all_channel, channel_caption, channel_scale
from gam_viz.pages.rows.spatial import spatial_caption, spatial_maps, spatial_scale
from gam_viz.pages.rows.view import View, layer_title
from gam_viz.pages.sidebar import class_title
from gam_viz.pages.text import text
from gam_viz.report import to_csv, to_npz


@st.fragment
def download_row(view: View) -> None:
    """Draw the row. Files are made when a button is pressed, not with every view."""
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(text("download.title"), anchor=False, width="content", help=text("download.help"))
        stem = f"gam-viz-{view.selection.picture.sha256[:8]}"
        for form, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
            st.download_button(
                text(f"download.{form}"),
                lambda form=form: to_bytes(_figure(view), form),
                f"{stem}.{form}",
                mime,
                key=f"download-{form}",
                on_click="ignore",
            )
        st.download_button(
            text("download.npz"),
            lambda: to_npz(view.explanations, _shown(view), _facts(view)),
            f"{stem}.npz",
            "application/octet-stream",
            key="download-npz",
            on_click="ignore",
        )
        st.download_button(
            text("download.csv"),
            lambda: to_csv(view.explanations),
            f"{stem}.csv",
            "text/csv",
            key="download-csv",
            on_click="ignore",
        )


def _shown(view: View) -> dict[str, list[Attribution]]:
    results = st.session_state.get("shown_attributions", [[] for _ in view.explanations])
    return {e.card.name: list(of) for e, of in zip(view.explanations, results, strict=True)}


def _facts(view: View) -> dict[str, object]:
    return {
        "gam_viz": __version__,
        "picture_sha256": view.selection.picture.sha256,
        "picture_rendering": view.selection.picture.rendering,
        "fit": view.selection.fit,
        "networks": {s.checkpoint.card.name: s.checkpoint.sha256 for s in view.subjects},
        "targets": {
            e.card.name: view.selection.classes[target]
            for e, target in zip(view.explanations, view.targets(), strict=True)
        },
        "attributions": {
            name: [{"method": a.method, "layer": a.layer, "params": dict(a.params)} for a in of]
            for name, of in _shown(view).items()
        },
    }


def _figure(view: View) -> Figure:
    layer = str(st.session_state.get("layer") or (view.layers() or ("",))[-1])
    reduction = str(st.session_state.get("reduction", "gain"))
    detail = int(st.session_state.get("channel", 0) if reduction == "channel" else st.session_state.get("top", 4))
    spatial = [spatial_maps(view, index, reduction, detail) for index in range(len(view.subjects))]
    drawn = [m for of_network in spatial for m in of_network.values()]
    shown = _shown(view)
    columns = []
    for index, explanation in enumerate(view.explanations):
        title, target = view.titles()[index], view.selection.classes[view.targets()[index]]
        maps = []
        if layer in spatial[index]:
            mask = spatial[index][layer]
            maps.append(
                MapPanel(
                    mask.values,
                    spatial_scale(drawn),
                    str(st.session_state.get("colours", SEQUENTIAL[0])),
                    f"{text('spatial.title')}, {layer_title(layer)}",
                    spatial_caption(mask),
                )
            )
        for row, attribution in enumerate(shown[explanation.card.name]):
            every = [of[row].values for of in shown.values()]
            signed = METHODS[attribution.method].signed
            maps.append(
                MapPanel(
                    attribution.values,
                    symmetric_scale(every, percentile=99) if signed else absolute_scale(every, percentile=99),
                    DIVERGING[0] if signed else SEQUENTIAL[0],
                    text(f"method.{attribution.method}"),
                    text("attributions.target", target=class_title(target)),
                )
            )
        channel = explanation.reading(layer, "channel")
        columns.append(
            Column(
                title,
                view.colours()[index],
                view.subjects[index].input.seen,
                text(
                    "prediction.alt",
                    name=title,
                    predicted=class_title(view.selection.classes[explanation.predicted]),
                    probability=explanation.probabilities[explanation.predicted],
                ),
                channel,
                channel_scale(all_channel(view)),
                "" if channel is None else channel_caption(title, layer, channel),
                tuple(maps),
            )
        )
    return comparison_figure(
        text("download.figure_title", picture=view.selection.title, layer=layer_title(layer)), columns
    )
