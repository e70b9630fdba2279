"""The bar under a page's title: how the uploaded file is looked at, where the change is seen at once."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.rendering import state
from gam_viz.app.shared.rendering.bands import bands_controls
from gam_viz.app.shared.rendering.ends import shown_ends
from gam_viz.app.shared.rendering.facts import essentials, page_of, shown_now
from gam_viz.app.shared.rendering.part import edges_control, overview, part_control
from gam_viz.app.shared.rendering.window import mode_control, range_control
from gam_viz.app.shared.words import picture_sentence, text
from gam_viz.figures.pixels import thumbnail
from gam_viz.images import Picture, Rendering, Source

SHOWN_SIDE = 230  # pixels on the page


def adjustable(source: Source) -> bool:
    """Whether there is anything to choose."""
    return source.frames > 1 or source.stretchable or len(source.bands) > 1


def look_bar(source: Source | None, picture: Picture, title: str) -> None:
    """Draw the bar: the picture as it is shown, or a raster's overview, beside what can be chosen of it.

    Args:
        source: the uploaded file; None for other pictures, which have no bar, as ordinary uploads have none.
        picture: of it, by `state.picture_of`.
        title: its name for people.
    """
    if source is None:
        return
    refused = state.refusal(source)
    if refused is not None:
        st.warning(text("rendering.look.refused", reason=picture_sentence(refused)))
    if not adjustable(source):
        return
    look = state.look_of(source)
    page = page_of(source, look.frame)
    st.space("xsmall")
    first, second = st.columns([1.0, 3.5], gap="medium")
    with first:
        if page is None or look.region is None or not overview(source, look, page):
            st.image(
                thumbnail(picture.pixels, 2 * SHOWN_SIDE), width=SHOWN_SIDE, alt=text("rendering.look.alt", name=title)
            )
        st.button(
            text("rendering.look.reset"),
            icon=":material/restart_alt:",
            type="tertiary",
            key=state.key(source, "reset"),
            disabled=look == Rendering(),
            on_click=state.reset,
            args=(source,),
        )
    with second, st.container(gap="small", key="look"):
        if source.frames > 1:
            _steps(source, "frame", look.frame, source.frames)
        if source.times > 1:
            _steps(source, "time", look.time, source.times)
        if page is not None:
            bands_controls(source, look, page)
        ends = shown_ends(source, look, picture) if source.stretchable else (0.0, 0.0)
        with st.container(horizontal=True, gap="medium"):
            if source.stretchable:
                mode_control(source, look, ends)
            if page is not None:
                reduced = any(note.code == "read_reduced" for note in picture.notes)
                part_control(source, look, page, reduced=reduced)
        if source.stretchable:
            range_control(source, look, picture, ends)
        if page is not None:
            edges_control(source, look, page)
        st.caption("  \n".join(filter(None, (essentials(source), shown_now(picture)))))
    st.divider()


def _steps(source: Source, what: str, now: int, count: int) -> None:
    """A slider over the file's pictures ("frame") or over its times ("time"), which the arrow keys move, too."""
    state.show(state.key(source, what), now + 1)
    st.slider(
        text(f"rendering.look.{what}", count=count),
        1,
        count,
        step=1,
        key=state.key(source, what),
        on_change=_choose_step,
        args=(source, what),
    )


def _choose_step(source: Source, what: str) -> None:
    state.change_step(source, what, int(state.given(source, what)) - 1)
