"""Attributions: which pixels moved the target's logit, by several methods, a row a method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
import torch

from gam_viz.app.compare.badges import Badge, attribution_badges
from gam_viz.app.compare.lead import attribution_lead
from gam_viz.app.compare.masks import OPACITIES
from gam_viz.app.shared.beside import beside, cell, held
from gam_viz.app.shared.choices import choose, choose_many, choose_param, segments, segments_of_numbers
from gam_viz.app.shared.columns import SCALES, Column, View, print_scale
from gam_viz.app.shared.explanations import attributions
from gam_viz.app.shared.measurements import DEPTH, TYPED
from gam_viz.app.shared.page import fragment
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
from gam_viz.figures.map_html import map_html
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, absolute_scale, number, symmetric_scale
from gam_viz.titles import literal

PERCENTILES = (90, 95, 98, 99, 100)
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


@fragment
def attribution_row(view: View, fresh: bool = False) -> None:
    """Draw the rows; only what was not asked for before is computed.

    Args:
        view: the page's.
        fresh: whether the page is drawn for the first time: room is held for what is computed.
    """
    fresh = fresh and not view.shown.attributions
    st.header(text("compare.attributions.title"), anchor=False, help=text("compare.attributions.help"))
    lead = st.container()
    methods = _methods()
    with st.expander(text("compare.attributions.settings")):
        with st.container(horizontal=True, gap="medium"):
            layer = _layer(view, methods)
            display = _display()
        requests = [_request(METHODS[name], layer) for name in methods]
        # What is typed here is what Evidence and the report ask for; a page that is left forgets its widgets.
        st.session_state[TYPED] = st.session_state.get(TYPED, {}) | {r.method: r for r in requests}
        st.markdown(f"**{text('compare.attributions.not_offered')}**")
        for why in dict.fromkeys(NOT_OFFERED.values()):
            st.caption(text(f"compare.not_offered.{why}"))
    view.shown.attributions = []
    if not methods:
        st.info(text("compare.attributions.choose"))
        return
    empty = [each for c in view.columns if (each := c.told.nothing(c.explanation, c.target, c.title))]
    if empty:
        st.info(literal(text("compare.attributions.nothing", said=text("common.word.comma").join(empty))))
        return
    asked = [_in_own_layer(column, requests) for column in view.columns]
    with held(len(view.columns)) if fresh else nullcontext():
        found = [_attributions(column, own) for column, own in zip(view.columns, asked, strict=True)]
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
    if results and results[0]:
        lead.markdown(attribution_lead(view, [of_network[0] for of_network in results]))
    for name, of_method, said in zip(methods, zip(*results, strict=True), zip(*badges, strict=True), strict=True):
        _method_row(view, METHODS[name], of_method, said, display)
    view.shown.attributions = results
    view.shown.absolute, view.shown.percentile = not display.signed, display.percentile


def _methods() -> list[str]:
    return choose_many("methods", list(METHODS), DEFAULT_METHODS, text("compare.attributions.methods"), "common.method")


def _display() -> Display:
    sign = segments("sign", SIGNS, "signed", text("compare.attributions.sign"), "compare.attributions.sign")
    clip, label = text("compare.attributions.clip"), text("compare.spatial.opacity")
    percentile = float(segments_of_numbers("clip", PERCENTILES, 99, clip))
    opacity = segments_of_numbers("attribution-opacity", OPACITIES, 80, label) / 100
    own = choose("attribution-scale", SCALES, "shared", text("common.scale.label"), "common.scale.option", width=160)
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


def _attributions(column: Column, requests: Sequence[Request]) -> Sequence[Attribution | None]:
    """One a request; None, and why, of what cannot be had of this network."""

    def say(_share: float, method: str) -> str:
        return text("compare.attributions.computing", name=column.title, method=text(f"common.method.{method}"))

    try:
        return attributions(column.subject, column.target, requests, say)
    except torch.OutOfMemoryError:  # the page is drawn again, on the CPU
        raise
    except (ValueError, RuntimeError) as error:
        if len(requests) > 1:  # one of them, perhaps: alone, each says for itself what is wrong
            return [_attributions(column, [request])[0] for request in requests]
        method = text(f"common.method.{requests[0].method}")
        said = text("compare.attributions.refused", name=column.title, method=method, reason=reason(error))
        st.info(literal(said))
        return [None]


def _method_row(
    view: View, method: Method, results: Sequence[Attribution], badges: Sequence[Badge], display: Display
) -> None:
    signed, title = results[0].signed and display.signed, text(f"common.method.{method.key}")
    maps = [result.values if signed else np.abs(result.values) for result in results]
    shared = display.scale(maps, signed, max(result.noise for result in results))
    colours = DIVERGING[0] if signed else SEQUENTIAL[0]
    st.markdown(f"**{title}** · {prose(f'common.method_help.{method.key}')}")
    if method.caution:
        st.warning(prose(f"compare.caution.{method.caution}"), icon=":material/warning:")
    with beside(method.key):
        for column, result, values, badge in zip(view.columns, results, maps, badges, strict=True):
            scale = display.scale([values], signed, result.noise) if display.own else shared
            target = column.told.asked(result.target)
            ends = {"low": number(float(values.min())), "high": number(float(values.max()))}
            alt = text("compare.attributions.alt", method=title, name=column.title, target=target, **ends)
            with cell(f"{method.key}-{column.number}"):
                drawn = map_html(
                    values,
                    column.seen,
                    scale,
                    colours,
                    opacity=display.opacity,
                    alt=alt,
                    region=column.explanation.card.region,
                )
                st.html(column.heading_html(text("compare.attributions.target", target=target)) + drawn)
                st.caption(_caption(result, values, scale if display.own else None))
                badge.draw()
    print_scale(shared, colours, text("common.scale.own") if display.own else text("compare.attributions.scale"))


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
