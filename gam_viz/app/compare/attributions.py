"""Attributions: which pixels moved the target's logit, by several methods, a row a method."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gam_viz.app.compare.badges import attribution_badges
from gam_viz.app.shared.choices import choose, choose_many, choose_param, segments
from gam_viz.app.shared.columns import PLOT, SCALES, View, heading, print_scale
from gam_viz.app.shared.explanations import attributions
from gam_viz.app.shared.measurements import TYPED
from gam_viz.app.shared.words import class_title, layer_title, prose, text
from gam_viz.explain.attributions import (
    DEFAULT_METHODS,
    METHODS,
    NOT_OFFERED,
    Attribution,
    Method,
    Request,
    layers_of,
)
from gam_viz.figures.overlay import overlay
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, absolute_scale, number, symmetric_scale

SIGNS = ("signed", "absolute")


@st.fragment
def attribution_row(view: View) -> None:
    """Draw the rows; only what was not asked for before is computed."""
    st.divider()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(
            text("compare.attributions.title"), anchor=False, help=text("compare.attributions.help"), width="content"
        )
        methods = _methods()
        layer = _layer(view, methods)
        sign, percentile, opacity, own = _display()
        with st.popover(
            text("compare.attributions.settings"), disabled=not any(METHODS[name].params for name in methods)
        ):
            requests = [_request(METHODS[name], layer) for name in methods]
            # What is typed here is what Evidence and the report ask for; a page that is left forgets its widgets.
            st.session_state[TYPED] = st.session_state.get(TYPED, {}) | {r.method: r for r in requests}
        with st.popover(text("compare.attributions.not_offered"), type="tertiary"):
            for reason in NOT_OFFERED.values():
                st.caption(text(f"compare.not_offered.{reason}"))
    view.shown.attributions = []
    if not methods:
        st.info(text("compare.attributions.choose"))
        return
    _, columns = view.grid()
    results = [_compute(view, index, requests, column) for index, column in enumerate(columns)]
    proven = [attribution_badges(column, of, requests) for column, of in zip(view.columns, results, strict=True)]
    for row, name in enumerate(methods):
        badges = [of[row] if of else "" for of in proven]
        _method_row(view, METHODS[name], [of[row] for of in results], badges, sign, percentile, opacity, own)
    view.shown.attributions, view.shown.absolute, view.shown.percentile = results, sign == "absolute", percentile


def _methods() -> list[str]:
    return choose_many("methods", list(METHODS), DEFAULT_METHODS, text("compare.attributions.methods"), "common.method")


def _display() -> tuple[str, float, float, bool]:
    with st.popover(text("compare.display.title")):
        sign = segments("sign", SIGNS, "signed", text("compare.attributions.sign"), "compare.attributions.sign")
        percentile = st.slider(text("compare.attributions.clip"), 90.0, 100.0, 99.0, 0.5, key="clip", format="%.1f")
        opacity = (
            st.slider(text("compare.spatial.opacity"), 0, 100, 80, 5, key="attribution-opacity", format="%d %%") / 100
        )
        own = choose("attribution-scale", SCALES, "shared", text("common.scale.label"), "common.scale.option")
    return sign, float(percentile), opacity, own == "own"


def _layer(view: View, methods: Sequence[str]) -> str | None:
    if not any(METHODS[name].needs_layer for name in methods):
        return None
    first, *others = (layers_of(subject.network) for subject in view.subjects)
    common = [name for name in first if all(name in other for other in others)]
    return choose("cam", common, common[-1], text("compare.attributions.layer"), layer_title, width=170)


def _request(method: Method, layer: str | None) -> Request:
    if method.params:
        st.markdown(f"**{text(f'common.method.{method.key}')}**")
    params = {param.key: choose_param(param, f"{method.key}-{param.key}") for param in method.params}
    return Request(method.key, layer=layer if method.needs_layer else None, params=params)


def _compute(view: View, index: int, requests: Sequence[Request], column: DeltaGenerator) -> list[Attribution]:
    title = view.titles()[index]

    def say(_share: float, method: str) -> str:
        return text("compare.attributions.computing", name=title, method=text(f"common.method.{method}"))

    with column:
        return attributions(view.subjects[index], view.targets()[index], requests, say)


def _method_row(
    view: View,
    method: Method,
    results: Sequence[Attribution],
    badges: Sequence[str],
    sign: str,
    percentile: float,
    opacity: float,
    own: bool,
) -> None:
    signed = results[0].signed and sign == "signed"
    maps = [r.values if signed else np.abs(r.values) for r in results]
    shared = _scale(maps, signed, percentile)
    colours = DIVERGING[0] if signed else SEQUENTIAL[0]
    first, columns = view.grid()
    with first:
        st.markdown(f"**{text(f'common.method.{method.key}')}**")
        st.caption(prose(f"common.method_help.{method.key}"))
        if method.caution:
            st.warning(prose(f"compare.caution.{method.caution}"), icon=":material/warning:")
        caption = text("common.scale.own") if own else text("compare.attributions.scale")
        print_scale(shared, colours, caption, key=f"scale-{method.key}")
    for index, (column, result, values) in enumerate(zip(columns, results, maps, strict=True)):
        scale = _scale([values], signed, percentile) if own else shared
        title, target = view.titles()[index], class_title(view.selection.classes[result.target])
        with column:
            st.html(heading(f"{title} · {text('compare.attributions.target', target=target)}", view.colours()[index]))
            st.plotly_chart(
                overlay(
                    values,
                    view.subjects[index].input.seen,
                    scale,
                    colours,
                    opacity=opacity,
                    hover=text("common.word.value"),
                ),
                config=PLOT,
                key=f"{method.key}-{index}",
                alt=text(
                    "compare.attributions.alt",
                    method=text(f"common.method.{method.key}"),
                    name=title,
                    target=target,
                    low=number(float(values.min())),
                    high=number(float(values.max())),
                ),
            )
            st.caption(_caption(result, values, scale if own else None))
            if badges[index]:
                st.markdown(badges[index])


def _scale(maps: Sequence[np.ndarray], signed: bool, percentile: float) -> Scale:
    make: Callable[..., Scale] = symmetric_scale if signed else absolute_scale
    return make(maps, percentile=percentile)


def _caption(result: Attribution, values: np.ndarray, own: Scale | None) -> str:
    parts = [
        text("compare.attributions.cells", width=result.resolution[1], height=result.resolution[0])
        if METHODS[result.method].resolution != "superpixel"
        else text("compare.attributions.superpixels", count=result.evidence["superpixels"]),
        text("compare.attributions.range", low=number(float(values.min())), high=number(float(values.max()))),
        text("compare.attributions.seconds", seconds=result.seconds),
    ]
    if result.delta is not None:
        relative = result.relative_delta
        if relative is not None and np.isfinite(relative):
            parts.append(prose("compare.attributions.delta", delta=number(result.delta), relative=relative))
        else:  # the picture's logit is the baseline's: there is no change to take a share of
            parts.append(prose("compare.attributions.delta_alone", delta=number(result.delta)))
    if "steps" in result.evidence:
        parts.append(text("compare.attributions.steps", steps=result.evidence["steps"]))
    if result.evidence.get("converged") is False:
        parts.append(text("compare.attributions.not_converged"))
    if "interpolation_error" in result.evidence:
        parts.append(
            text(
                "compare.attributions.interpolated",
                interpolated=result.evidence["interpolated"],
                windows=result.evidence["windows"],
                error=result.evidence["interpolation_error"],
            )
        )
    if not values.any():
        parts.append(text("compare.attributions.flat"))
    if own is not None:
        parts.append(text("common.scale.own_range", low=number(own.low), high=number(own.high)))
    return " · ".join(parts)
