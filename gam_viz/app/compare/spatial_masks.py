"""The picture, and each network's spatial mask beside it: one layer large, all layers small."""

from __future__ import annotations

from html import escape

import streamlit as st

from gam_viz.app.compare.badges import gate_badges
from gam_viz.app.compare.lead import truth_of
from gam_viz.app.compare.masks import OPACITIES, OPACITY, Masks
from gam_viz.app.compare.prediction import about_picture, answer_line
from gam_viz.app.shared import state
from gam_viz.app.shared.beside import beside, cell
from gam_viz.app.shared.choices import choose, choose_number, segments_of_numbers
from gam_viz.app.shared.columns import PLOT, SCALES, Column, View, print_scale
from gam_viz.app.shared.gate_captions import spatial_caption, variation
from gam_viz.app.shared.words import layer_title, prose, text
from gam_viz.explain import REDUCTIONS, GateReading
from gam_viz.figures.gate_scales import shared_bounds
from gam_viz.figures.map_html import map_html, picture_html, strip_html
from gam_viz.figures.planes import plane
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, number, symmetric_scale


def mask_row(view: View, masks: Masks) -> None:
    """Draw the picture and the masks of that layer."""
    with beside("masks"):
        with cell("picture"):
            _picture(view)
            _scale(masks)
        for column in view.columns:
            with cell(f"mask-{column.number}"):
                _mask(column, truth_of(view), masks)


def _scale(masks: Masks) -> None:
    if masks.drawn:
        caption = text("common.scale.own") if masks.own else text(f"compare.spatial.scale_{_kind(masks)}")
        print_scale(masks.scale, masks.colours, caption, marks=(1.0,) if masks.scale.signed else ())


def _picture(view: View) -> None:
    selection, seen = view.selection, view.columns[0].seen
    height, width = seen.shape[:2]
    alt = text("common.prediction.seen_alt", name=selection.title, width=width, height=height)
    size = text("common.prediction.seen", width=width, height=height)
    st.html(
        f'<div class="gv-net gv-line" dir="auto">{escape(selection.title)}</div><p class="gv-answer">{escape(size)}</p>'
        f"{picture_html(seen, alt)}"
    )
    about_picture(view)


def _mask(column: Column, truth: int | None, masks: Masks) -> None:
    gate, where, shown = masks.gates[column.number], masks.places[column.number], masks.shown(column.number)
    if shown is not None and shown.values.size == 1:
        shown = None
    drawn, caption = "", ""
    if shown is not None:
        caption = spatial_caption(shown)
        drawn = map_html(
            shown.values,
            column.seen,
            masks.scale_of(shown),
            masks.colours,
            opacity=masks.opacity,
            alt=f"{column.title} {layer_title(where)}: {caption}",
        )
    elif gate is None or gate.over_picture:
        said = text("compare.spatial.absent") if gate is None else text("compare.spatial.one_position")
        drawn = f'<div class="gv-map gv-none"><span>{escape(said)}</span></div>'
    st.html(f"{column.heading_html()}{answer_line(column, truth)}{drawn}{_strip(column, where, masks)}")
    if gate is not None and not gate.over_picture:
        _plane(column.title, where, gate, f"plane-{column.number}")
    if shown is None:
        return
    caption = spatial_caption(shown, prose)
    if varies := variation(column.subject.checkpoint, where, "spatial"):
        caption += " " + varies
    if masks.own:
        own = masks.scale_of(shown)
        caption += " " + text("common.scale.own_range", low=number(own.low), high=number(own.high))
    st.caption(caption)
    if badges := gate_badges(column, masks):
        badges[where].draw()


def _strip(column: Column, where: str, masks: Masks) -> str:
    """All layers of a network, small."""
    maps = masks.maps[column.number]
    drawn = [
        (
            layer_title(name),
            map_html(m.values, column.seen, masks.scale_of(m), masks.colours, opacity=max(masks.opacity, 0.5)),
        )
        for name, m in maps.items()
    ]
    chosen_one = list(maps).index(where) if where in maps else None
    alt = text("compare.spatial.thumbnails_alt", name=column.title, layers=len(maps))
    return strip_html(drawn, chosen_one, alt) if drawn else ""


def choose_reduction(view: View, layer: str) -> tuple[str, int]:
    """Draw how masks of many channels become one, and of which channels; see `Masks`."""
    label = text("compare.spatial.reduction")
    st.html(f'<span class="gv-thought" aria-hidden="true">{escape(label)}</span>', width="content")
    reduction = choose(
        "reduction", REDUCTIONS, REDUCTIONS[0], label, "compare.reduction", label_visibility="collapsed", width=230
    )
    most = _most_channels(view, layer)
    if most and reduction == "channel":
        if state.is_new("one-channel") and "one-channel" not in st.query_params:
            state.mean("channel", "one-channel")  # that of the card below, and of links as they were
        label = text("common.word.channel")
        return reduction, choose_number("one-channel", 0, most - 1, 0, label, always=True, width=120)
    if most and reduction == "top":
        return reduction, choose_number("top", 1, most, 4, text("compare.spatial.top"), width=120)
    return reduction, 0


def _most_channels(view: View, layer: str) -> int:
    of_each = zip(view.explanations, view.layers_beside(layer), strict=True)
    return max((r.shape[0] for e, own in of_each for r in e.gates(own, "spatial") if r.per_channel), default=0)


def mask_display() -> None:
    """Draw how masks are shown."""
    with st.container(horizontal=True, gap="medium"):
        segments_of_numbers("opacity", OPACITIES, OPACITY, text("compare.spatial.opacity"))
        choose("spatial-scale", SCALES, SCALES[0], text("common.scale.label"), "common.scale.option", width=180)
        choose("colours", SEQUENTIAL, SEQUENTIAL[0], text("common.scale.colours"), "compare.colours", width=180)


def _plane(name: str, place: str, gate: GateReading, key: str) -> None:
    """A gate that has no value for every row and column: its own axes, beside the picture and not over it."""
    channels, rows, columns = gate.values.shape
    along = "tokens" if not gate.grid else "rows" if columns == 1 else "columns"
    values = gate.values.reshape(channels, max(rows, columns))
    scale = shared_bounds([gate]) or symmetric_scale([values])
    colours = DIVERGING[0] if scale.signed else SEQUENTIAL[0]
    caption = text(
        f"compare.spatial.plane_{along}",
        channels=channels,
        count=values.shape[1],
        low=number(float(values.min())),
        mean=number(float(values.mean())),
        high=number(float(values.max())),
    )
    st.plotly_chart(
        plane(
            values,
            scale,
            colours,
            axes=(text("common.word.channel"), text(f"common.word.{along.removesuffix('s')}")),
            hover=text("common.word.weight"),
        ),
        config=PLOT,
        key=key,
        alt=f"{name} {layer_title(place)}: {caption}",
    )
    st.caption(caption)
    print_scale(scale, colours, text("compare.spatial.plane_scale"))


def _kind(masks: Masks) -> str:
    """Of which kind the scale is: one with a sign, one without an upper end, or the range of a gate."""
    if masks.scale.signed:
        return "signed"
    return "gain" if any(m.highest is None for m in masks.drawn) else "bounded"
