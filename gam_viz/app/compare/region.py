"""A region of the picture: how much of every map shown lies in it, against how much of the picture it is."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from gam_viz.app.shared.box_choice import choose_box
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.columns import PLOT, Column, View, legend
from gam_viz.app.shared.page import fragment
from gam_viz.app.shared.session_cache import SHORT, cached
from gam_viz.app.shared.words import layer_title, picture_sentence, prose, text
from gam_viz.evidence.localisation import Box, Mask, Region, Share, share
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.region import box_picker
from gam_viz.figures.signs import mark_sign
from gam_viz.images import LIMITS, PictureError, decode

MOST = 8  # uploaded masks that a session keeps


@fragment
def region_row(view: View) -> None:
    """Draw the row; nothing is measured until a region is chosen."""
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(text("compare.region.title"), anchor=False, help=text("compare.region.help"), width="content")
        st.space("small")
        kinds = ("off", "box", *view.selection.regions, "mask")
        kind = segments(
            "region", kinds, "off", text("compare.region.kind"), "compare.region.kind", label_visibility="collapsed"
        )
    view.shown.box = None
    if kind == "off":
        return
    first, second = st.columns([1.0, 3.5], gap="medium")
    with first:
        region = choose_box("box", view.columns[0].seen) if kind == "box" else _mask(view, kind)
    if isinstance(region, Box):
        view.shown.box = region.left, region.top, region.right, region.bottom
    with second:
        if region is None:
            st.info(text("compare.region.none"))
        else:
            _measured(view, region)


def _mask(view: View, kind: str) -> Region | None:
    """What is known to lie in the picture, or a mask that was uploaded."""
    picture, seen = view.selection.picture, view.columns[0].subject.input
    if kind in view.selection.regions:
        inside = view.selection.regions[kind]
    else:
        key = f"mask-file-{picture.sha256[:SHORT]}"
        file = st.file_uploader(text("compare.region.upload"), type=["png", "bmp", "tif", "webp"], key=key)
        st.caption(text("compare.region.upload_help", width=picture.width, height=picture.height))
        if file is None:
            return None
        try:
            inside = cached("masks", (picture.sha256, file.file_id), partial(_read_mask, file), most=MOST)
        except PictureError as error:
            st.error(picture_sentence(error))
            return None
        height, width = inside.shape
        if (width, height) != (picture.width, picture.height):
            wanted = {"wanted_width": picture.width, "wanted_height": picture.height}
            st.error(text("compare.region.wrong_size", width=width, height=height, **wanted))
            return None
    try:
        region = Mask.as_seen(inside, seen.box, seen.seen.shape[:2])
    except ValueError:
        st.error(text("compare.region.empty"))
        return None
    height, width = seen.seen.shape[:2]
    st.plotly_chart(
        box_picker(seen.seen, None, region.coverage(height, width)),
        config=PLOT,
        key="mask-shown",
        alt=text("compare.region.mask_alt", name=text(f"compare.region.kind.{kind}")),
    )
    return region


def _read_mask(file: UploadedFile) -> npt.NDArray[np.bool_]:
    """(H, W): where the mask is white."""
    LIMITS.check_file_size(file.size)
    return np.asarray(decode(file.getvalue(), file.name).pixels.mean(axis=2) > 127)


def _measured(view: View, region: Region) -> None:
    rows = _rows(view, region)
    if not rows:
        st.info(text("compare.region.no_maps"))
        return
    area = rows[0][1][0][1].area
    marks = [
        (name, [Dot(c.title, c.look, s.inside, filled=bool(s.hit), form=".1%") for c, s in shares])
        for name, shares in rows
    ]
    st.html(legend([(mark_sign(column.look.marker, column.colour), column.title) for column in view.columns]))
    st.plotly_chart(
        dots(
            marks,
            axis=text("compare.region.axis"),
            span=(0, 1),
            guides=[(area, text("compare.region.area", area=area))],
        ),
        config=PLOT,
        key="region-shares",
        alt=text("compare.region.alt", maps=len(rows), area=area),
    )
    st.caption(prose("compare.region.caption", area=area))
    with st.expander(text("compare.region.table")):
        st.dataframe(
            [
                {
                    text("compare.region.column.map"): name,
                    text("compare.region.column.network"): column.title,
                    text("compare.region.column.inside"): "" if s.inside is None else f"{s.inside:.1%}",
                    text("compare.region.column.density"): "" if s.density is None else f"{s.density:.2f}",
                    text("compare.region.column.hit"): "" if s.hit is None else ("✓" if s.hit else "✗"),
                }
                for name, shares in rows
                for column, s in shares
            ],
            hide_index=True,
            key="region-table",
        )
    if any(s.inside is None for _, shares in rows for _, s in shares):
        st.caption(text("compare.region.flat"))


def _rows(view: View, region: Region) -> list[tuple[str, list[tuple[Column, Share]]]]:
    """For each map that the rows above show, in their order: its name, and each network's share."""
    rows = []
    for layer in view.layers():
        shares = [
            (column, share(maps[layer].values, region))
            for column, maps in zip(view.columns, view.shown.spatial, strict=False)
            if layer in maps
        ]
        if shares:
            reduction = next(maps[layer].reduction for maps in reversed(view.shown.spatial) if layer in maps)
            rows.append(
                (
                    text("compare.region.mask", layer=layer_title(layer), kind=text(f"compare.region.as.{reduction}")),
                    shares,
                )
            )
    for of_method in zip(*view.shown.attributions, strict=True):
        shares = [(c, share(each.values, region)) for c, each in zip(view.columns, of_method, strict=True)]
        rows.append((text(f"common.method.{of_method[0].method}"), shares))
    return rows
