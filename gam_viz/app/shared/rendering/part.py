"""Which part of a raster is read: the whole, reduced where it is large, or a box drawn on an overview of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.pictures import rendered
from gam_viz.app.shared.rendering import state
from gam_viz.app.shared.words import text
from gam_viz.figures.region import box_picker
from gam_viz.images import PictureError, Rendering, Source
from gam_viz.images.formats.raster.header import RasterFile
from gam_viz.images.formats.to_rgb import upright

EDGES = ("left", "top", "right", "bottom")
SMALLEST = 64  # pixels a side: of less, a part is nothing that a network could look at
SIDE = 512  # pixels of the overview


def part_control(source: Source, look: Rendering, page: RasterFile, *, reduced: bool) -> None:
    """Draw the choice of whole or part; not of a raster that is small itself."""
    if min(page.width, page.height) >= SMALLEST or look.region is not None:
        state.show(state.key(source, "part"), "whole" if look.region is None else "part")
        st.segmented_control(
            text("rendering.look.part"),
            ["whole", "part"],
            format_func=lambda name: (
                text("rendering.part.reduced") if name == "whole" and reduced else text(f"rendering.part.{name}")
            ),
            key=state.key(source, "part"),
            required=True,
            wrap=True,
            on_change=_choose_part,
            args=(source, page),
        )


def edges_control(source: Source, look: Rendering, page: RasterFile) -> None:
    """Draw the edges of the part in pixels of the file, the twins of the box on the overview."""
    if look.region is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="look-region"):
        for edge, value in zip(EDGES, look.region, strict=True):
            state.show(state.key(source, edge), value)
            st.number_input(
                text(f"compare.region.{edge}"),
                0,
                page.width if edge in ("left", "right") else page.height,
                step=max(1, (page.width if edge in ("left", "right") else page.height) // 50),
                key=state.key(source, edge),
                on_change=_type,
                args=(source,),
                width=110,
            )


def overview(source: Source, look: Rendering, page: RasterFile) -> bool:
    """Draw the whole raster with the part as a box, on which another box can be drawn; False where it cannot be read
    whole."""
    assert look.region is not None
    try:
        whole = rendered(source, replace(look, region=None))
    except PictureError:  # a part of it can be read all the same
        return False
    # The file's edges are those of the stored picture, so that is what lies under the box.
    stored = upright(small(whole.pixels), {6: 8, 8: 6}.get(page.orientation, page.orientation))
    left, top, right, bottom = look.region
    box = (left / page.width, top / page.height, right / page.width, bottom / page.height)
    st.plotly_chart(
        box_picker(stored, box, None),
        config=PLOT,
        key=state.key(source, "overview"),
        on_select=_draw(source, page),
        selection_mode="box",
        alt=text(
            "rendering.look.overview_alt",
            width=page.width,
            height=page.height,
            left=left,
            top=top,
            right=right,
            bottom=bottom,
        ),
    )
    st.caption(text("rendering.look.part_help"))
    return True


def small(pixels: npt.NDArray[np.uint8], side: int = SIDE) -> npt.NDArray[np.uint8]:
    """(H, W, 3) -> the same, reduced to `side` pixels where it is larger."""
    image = Image.fromarray(pixels)
    scale = side / max(image.size)
    if scale >= 1:
        return pixels
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return np.asarray(image.resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def region_of_box(across: list[float], down: list[float], width: int, height: int) -> tuple[int, int, int, int]:
    """A box in shares of the raster -> its edges in whole pixels, at least one pixel large and within the raster."""
    left, right = (min(max(share, 0.0), 1.0) * width for share in sorted(across))
    top, bottom = (min(max(share, 0.0), 1.0) * height for share in sorted(down))
    x, y = min(round(left), width - 1), min(round(top), height - 1)
    return x, y, max(x + 1, round(right)), max(y + 1, round(bottom))


def _draw(source: Source, page: RasterFile):  # type: ignore[no-untyped-def]
    def drawn() -> None:
        boxes = state.given(source, "overview")["selection"]["box"]
        if boxes:
            box = boxes[-1]
            state.change(source, region=region_of_box(list(box["x"]), list(box["y"]), page.width, page.height))

    return drawn


def _choose_part(source: Source, page: RasterFile) -> None:
    if state.given(source, "part") == "whole":
        state.change(source, region=None)
        return
    width, height = page.width, page.height
    middle = (width // 4, height // 4, width - width // 4, height - height // 4)
    state.change(source, region=state.last(source, "region") or middle)


def _type(source: Source) -> None:
    state.change(source, region=tuple(int(state.given(source, edge)) for edge in EDGES))
