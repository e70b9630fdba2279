"""What a report shows: channel weights of all layers, masks, and attributions, each kind on one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from gam_viz.evidence.dependence.words import sentence
from gam_viz.explain import GateReading, SpatialMap
from gam_viz.explain.attributions import Attribution
from gam_viz.explain.heatmaps import spatial_maps
from gam_viz.figures.gate_scales import spatial_scale, weight_scale
from gam_viz.figures.pixels import over
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, absolute_scale, number, symmetric_scale
from gam_viz.figures.static import barcode
from gam_viz.report.context import ReportContext

PERCENTILE = 99.5  # of |attribution|: where its colours end
MASK_OPACITY, OPACITY = 0.65, 0.8


def parts(shown: ReportContext) -> dict[str, Any]:
    """What the template `gates` draws."""
    methods = shown.case.settings.methods
    planes = [note for index in range(len(shown.titles)) if (note := _planes_sentence(shown, index))]
    known = [(shown.titles[i], network.dependence) for i, network in enumerate(shown.case.networks)]
    depend = [f"{title}: {sentence(shown.words, found)}" for title, found in known if found]
    gates = {"weights": _weights(shown), "masks": _masks(shown), "planes": planes, "depend": depend}
    return gates | {"attributions": [_row(shown, method) for method in methods]}


def _weights(shown: ReportContext) -> dict[str, Any] | None:
    """Channel weights of all layers on one axis."""
    say = shown.say
    readings = [
        [r for r in network.explanation.readings if r.branch == "channel" and np.isfinite(r.values).all()]
        for network in shown.case.networks
    ]
    channel = [(reading, shown.colours[i]) for i, of_network in enumerate(readings) for reading in of_network]
    if not channel:
        return None
    layers = list(dict.fromkeys(reading.layer for reading, _ in channel))
    rows = [(shown.layer(layer), [pair for pair in channel if pair[0].layer == layer]) for layer in layers]
    scale = weight_scale([reading for reading, _ in channel])
    alt = say("report.weights_alt", layers=len(layers), low=number(scale.low), high=number(scale.high))
    notes = [_weights_sentence(shown, index, of_network) for index, of_network in enumerate(readings)]
    return {"chart": Markup(barcode(rows, scale, alt)), "notes": notes}


def _weights_sentence(shown: ReportContext, index: int, channel: list[GateReading]) -> str:
    if not channel:
        return shown.say("compare.channels.absent", name=shown.titles[index])
    values = np.concatenate([reading.channel_means() for reading in channel])
    negative = float(np.concatenate([reading.values.ravel() < 0 for reading in channel]).mean())
    return shown.say(
        f"report.weights.{'negative' if negative else 'positive'}",
        name=shown.titles[index],
        low=number(float(values.min())),
        high=number(float(values.max())),
        negative=negative,
    )


def _planes_sentence(shown: ReportContext, index: int) -> str:
    """What is said of spatial gates whose axes are not the picture's; empty where there are none."""
    readings = shown.case.networks[index].explanation.readings
    planes = [
        reading.values.ravel() for reading in readings if reading.branch == "spatial" and not reading.over_picture
    ]
    if not planes:
        return ""
    values = np.concatenate(planes)
    low, mean, high = (number(float(value)) for value in (values.min(), values.mean(), values.max()))
    return shown.say("report.planes", name=shown.titles[index], count=len(planes), low=low, high=high, mean=mean)


def _masks(shown: ReportContext) -> dict[str, Any] | None:
    """All masks in one range of colours, a block a layer."""
    case = shown.case
    masks = [spatial_maps(network.explanation, reduction=case.settings.reduction) for network in case.networks]
    drawn = [m for of_network in masks for m in of_network.values() if np.isfinite(m.values).all()]
    if not drawn:
        return None
    scale = spatial_scale(drawn)
    colours = DIVERGING[0] if scale.signed else SEQUENTIAL[0]
    blocks = [
        (shown.layer(layer), [_mask(shown, i, of.get(layer), layer, scale, colours) for i, of in enumerate(masks)])
        for layer in dict.fromkeys(layer for of_network in masks for layer in of_network)
    ]
    return {"scale": scale, "colours": colours, "blocks": blocks}


def _mask(
    shown: ReportContext, index: int, mask: SpatialMap | None, layer: str, scale: Scale, colours: str
) -> dict[str, Any]:
    if mask is None or not np.isfinite(mask.values).all():
        return {"pixels": None, "caption": shown.say("report.no_mask")}
    values = mask.values
    caption = shown.say(
        f"report.mask.{'mask' if mask.reduction == 'mask' else 'reduced'}",
        width=values.shape[1],
        height=values.shape[0],
        low=number(float(values.min())),
        high=number(float(values.max())),
    )
    alt = shown.say("report.mask_alt", name=shown.titles[index], layer=shown.layer(layer), caption=caption)
    pixels = over(values, shown.case.networks[index].input.seen, scale, colours, MASK_OPACITY)
    return {"pixels": pixels, "caption": caption, "alt": alt}


def _row(shown: ReportContext, method: str) -> dict[str, Any]:
    """One method of all networks, on one scale; without cells where none could be drawn."""
    say = shown.say
    made = [next((a for a in network.attributions if a.method == method), None) for network in shown.case.networks]
    finite = [a.values for a in made if a is not None and np.isfinite(a.values).all()]
    row: dict[str, Any] = {
        "title": say(f"common.method.{method}"),
        "help": say(f"common.method_help.{method}"),
        "cells": [],
    }
    if not finite:
        return row
    signed = any(a.signed for a in made if a is not None)
    scale = (symmetric_scale if signed else absolute_scale)(finite, percentile=PERCENTILE)
    colours = DIVERGING[0] if signed else SEQUENTIAL[0]
    cells = [_attribution(shown, index, each, scale, colours) for index, each in enumerate(made)]
    return row | {"scale": scale, "colours": colours, "cells": cells}


def _attribution(
    shown: ReportContext, index: int, made: Attribution | None, scale: Scale, colours: str
) -> dict[str, Any]:
    say, network = shown.say, shown.case.networks[index]
    if made is None or not np.isfinite(made.values).all():
        return {"pixels": None, "caption": say("report.no_map")}
    caption = [say("compare.attributions.target", target=shown.target(network))]
    if made.layer is not None:
        caption.append(shown.layer(made.layer))
    caption.append(say("compare.attributions.cells", width=made.resolution[1], height=made.resolution[0]))
    if not made.values.any():
        caption.append(say("compare.attributions.flat"))
    if made.delta is not None and made.relative_delta is not None:
        caption.append(say("compare.attributions.delta", delta=number(made.delta), relative=made.relative_delta))
    alt = say(
        "compare.attributions.alt",
        method=say(f"common.method.{made.method}"),
        name=shown.titles[index],
        target=shown.target(network),
        low=number(float(made.values.min())),
        high=number(float(made.values.max())),
    )
    pixels = over(made.values, network.input.seen, scale, colours, OPACITY)
    return {"pixels": pixels, "caption": say("report.comma").join(caption), "alt": alt}
