"""Which bands of a raster are shown as red, green and blue, or which one as grey."""

from __future__ import annotations

import streamlit as st

from gam_viz.app.shared.rendering import state
from gam_viz.app.shared.rendering.facts import band_title
from gam_viz.app.shared.words import text
from gam_viz.images import Rendering, Source
from gam_viz.images.formats.raster.header import RasterFile

CHANNELS = ("red", "green", "blue")
NEAR_INFRARED = ("nir", "near infrared", "near-infrared", "near_infrared", "nir1", "b08", "b8")


def bands_controls(source: Source, look: Rendering, page: RasterFile) -> None:
    """Draw them; nothing for a single band."""
    if len(page.bands) < 2:
        return
    presets = presets_of(page)
    bands = source.resolve(look).bands or page.default_bands
    single = len(set(bands)) == 1
    kind = "single" if single else next((name for name, of in presets.items() if of == bands), "three")
    with st.container(horizontal=True, gap="small", key="look-bands"):
        state.show(state.key(source, "colours"), kind)
        st.segmented_control(
            text("rendering.look.colours"),
            [*presets, *(["three"] if kind == "three" or not presets else []), "single"],
            format_func=lambda name: text(f"rendering.colours_of.{name}"),
            key=state.key(source, "colours"),
            required=True,
            wrap=True,
            on_change=_choose_kind,
            args=(source, page),
        )
        titles = {str(band.number): band_title(band) for band in page.bands}
        for index, channel in enumerate(("grey",) if single else CHANNELS):
            state.show(state.key(source, channel), str(bands[index]))
            st.selectbox(
                text(f"rendering.band.{channel}"),
                list(titles),
                format_func=titles.__getitem__,
                key=state.key(source, channel),
                on_change=_choose_band,
                args=(source, single),
                width=130,
            )


def presets_of(page: RasterFile) -> dict[str, tuple[int, int, int]]:
    """Combinations that are known by a name, where the file says which bands they need: natural colours, and
    near infrared, red and green as plants are told from other things."""
    named = {band.role: band.number for band in reversed(page.bands) if band.role}
    named |= {band.name.lower(): band.number for band in reversed(page.bands)}
    presets = {}
    if {"red", "green", "blue"} <= named.keys():
        presets["natural"] = page.default_bands
    infrared = next((named[name] for name in NEAR_INFRARED if name in named), None)
    if infrared is not None and {"red", "green"} <= named.keys():
        presets["infrared"] = (infrared, named["red"], named["green"])
    return presets


def _choose_kind(source: Source, page: RasterFile) -> None:
    numbers = [band.number for band in page.bands]
    bands = source.resolve(state.look_of(source)).bands or page.default_bands
    kind = state.given(source, "colours")
    if kind == "single":
        bands = (bands[0],) * 3
    elif kind == "three":
        bands = (numbers[0], numbers[1], numbers[2 % len(numbers)])
    else:
        bands = presets_of(page)[kind]
    state.change(source, bands=bands)


def _choose_band(source: Source, single: bool) -> None:
    channels = ("grey",) * 3 if single else CHANNELS
    state.change(source, bands=tuple(int(state.given(source, channel)) for channel in channels))
