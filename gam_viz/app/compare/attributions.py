"""Attributions: which pixels moved the target's logit, by several methods, a row a method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from gam_viz.app.compare.badges import attribution_badges
from gam_viz.app.shared.choices import choose, choose_many, choose_param, segments
from gam_viz.app.shared.columns import PLOT, SCALES, Column, View, print_scale
from gam_viz.app.shared.explanations import attributions
from gam_viz.app.shared.measurements import DEPTH, TYPED
from gam_viz.app.shared.words import layer_title, prose, reason, text
from gam_viz.explain.attributions import (
    DEFAULT_METHODS,
    METHODS,
    NOT_OFFERED,
    Attribution,
    Method,
    Request,
    layers_of,
)
from gam_viz.explain.depth import at_depth, depth_of, halvings_of
from gam_viz.figures.overlay import overlay
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, absolute_scale, number, symmetric_scale
from gam_viz.titles import literal

SIGNS = ("signed", "absolute")


@dataclass(frozen=True)
class Display:
    """How attributions are drawn: with their sign, to which percentile, how opaque, and each on a scale of its own."""

    signed: bool
    percentile: float
    opacity: float
    own: bool

    def scale(self, maps: Sequence[np.ndarray], signed: bool, noise: float) -> Scale:
        """Of maps that share one."""
        make: Callable[..., Scale] = symmetric_scale if signed else absolute_scale
        return make(maps, percentile=self.percentile, noise=noise)


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
        display = _display()
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
    empty = [each for c in view.columns if (each := c.told.nothing(c.explanation, c.target, c.title))]
    if empty:
        st.info(literal(text("compare.attributions.nothing", said=text("common.word.comma").join(empty))))
        return
    _, columns = view.row()
    asked = [_in_own_layer(column, requests) for column, _ in columns]
    found = [_attributions(column, own, place) for (column, place), own in zip(columns, asked, strict=True)]
    # A method is shown where every network has it.
    kept = [place for place in range(len(methods)) if all(made[place] is not None for made in found)]
    methods = [methods[place] for place in kept]
    results = [[each for place, each in enumerate(made) if place in kept and each is not None] for made in found]
    asked = [[own[place] for place in kept] for own in asked]
    layers = [next((request.layer for request in own if request.layer), "") for own in asked]
    if len(set(layers)) > 1:
        st.caption(view.said_by_depth(layers, [halvings_of(subject.network) for subject in view.subjects]))
    parts = zip(view.columns, results, asked, strict=True)
    badges = [attribution_badges(column, made, own) for column, made, own in parts]
    for name, of_method, said in zip(methods, zip(*results, strict=True), zip(*badges, strict=True), strict=True):
        _method_row(view, METHODS[name], of_method, said, display)
    view.shown.attributions = results
    view.shown.absolute, view.shown.percentile = not display.signed, display.percentile


def _methods() -> list[str]:
    return choose_many("methods", list(METHODS), DEFAULT_METHODS, text("compare.attributions.methods"), "common.method")


def _display() -> Display:
    with st.popover(text("compare.display.title")):
        sign = segments("sign", SIGNS, "signed", text("compare.attributions.sign"), "compare.attributions.sign")
        percentile = st.slider(text("compare.attributions.clip"), 90.0, 100.0, 99.0, 0.5, key="clip", format="%.1f")
        label = text("compare.spatial.opacity")
        opacity = st.slider(label, 0, 100, 80, 5, key="attribution-opacity", format="%d %%") / 100
        own = choose("attribution-scale", SCALES, "shared", text("common.scale.label"), "common.scale.option")
    return Display(sign == "signed", percentile, opacity, own == "own")


def _layer(view: View, methods: Sequence[str]) -> str | None:
    if not any(METHODS[name].needs_layer for name in methods):
        return None
    first, *others = (layers_of(subject.network) for subject in view.subjects)
    common = [name for name in first if all(name in other for other in others)] or list(first)
    if not common:
        return None
    layer = _chosen_layer(common)
    st.session_state[DEPTH] = depth_of(layer, first, halvings_of(view.subjects[0].network))
    return layer


def _chosen_layer(common: Sequence[str]) -> str:
    return choose("cam", common, common[-1], text("compare.attributions.layer"), layer_title, width=170)


def _request(method: Method, layer: str | None) -> Request:
    if method.params:
        st.markdown(f"**{text(f'common.method.{method.key}')}**")
    params = {param.key: choose_param(param, f"{method.key}-{param.key}") for param in method.params}
    return Request(method.key, layer=layer if method.needs_layer else None, params=params)


def _in_own_layer(column: Column, requests: Sequence[Request]) -> list[Request]:
    """The requests of one network: in the chosen layer, else in its own at the same depth."""
    known = layers_of(column.subject.network)
    return [
        request
        if request.layer is None or request.layer in known or not known
        else replace(request, layer=at_depth(known, st.session_state[DEPTH], halvings_of(column.subject.network)))
        for request in requests
    ]


def _attributions(column: Column, requests: Sequence[Request], place: DeltaGenerator) -> Sequence[Attribution | None]:
    """One a request; None, and why, of what cannot be had of this network."""

    def say(_share: float, method: str) -> str:
        return text("compare.attributions.computing", name=column.title, method=text(f"common.method.{method}"))

    with place:
        try:
            return attributions(column.subject, column.target, requests, say)
        except torch.OutOfMemoryError:  # the page is drawn again, on the CPU
            raise
        except (ValueError, RuntimeError) as error:
            if len(requests) > 1:  # one of them, perhaps: alone, each says for itself what is wrong
                return [_attributions(column, [request], place)[0] for request in requests]
            method = text(f"common.method.{requests[0].method}")
            said = text("compare.attributions.refused", name=column.title, method=method, reason=reason(error))
            st.info(literal(said))
            return [None]


def _method_row(
    view: View, method: Method, results: Sequence[Attribution], badges: Sequence[str], display: Display
) -> None:
    signed = results[0].signed and display.signed
    maps = [result.values if signed else np.abs(result.values) for result in results]
    shared, title = (
        display.scale(maps, signed, max(result.noise for result in results)),
        text(f"common.method.{method.key}"),
    )
    colours = DIVERGING[0] if signed else SEQUENTIAL[0]
    first, columns = view.row()
    with first:
        st.markdown(f"**{title}**")
        st.caption(prose(f"common.method_help.{method.key}"))
        if method.caution:
            st.warning(prose(f"compare.caution.{method.caution}"), icon=":material/warning:")
        caption = text("common.scale.own") if display.own else text("compare.attributions.scale")
        print_scale(shared, colours, caption, key=f"scale-{method.key}")
    for (column, place), result, values, badge in zip(columns, results, maps, badges, strict=True):
        scale = display.scale([values], signed, result.noise) if display.own else shared
        target = column.told.asked(result.target)
        with place:
            column.heading(text("compare.attributions.target", target=target))
            st.plotly_chart(
                overlay(
                    values,
                    column.seen,
                    scale,
                    colours,
                    opacity=display.opacity,
                    hover=text("common.word.value"),
                    region=column.explanation.card.region,
                ),
                config=PLOT,
                key=f"{method.key}-{column.number}",
                alt=text(
                    "compare.attributions.alt",
                    method=title,
                    name=column.title,
                    target=target,
                    low=number(float(values.min())),
                    high=number(float(values.max())),
                ),
            )
            st.caption(_caption(result, values, scale if display.own else None))
            if badge:
                st.markdown(badge)


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
